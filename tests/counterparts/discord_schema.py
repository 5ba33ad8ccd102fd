"""Discord's own description of its API, as validators of what we send. It is kept beside the repository."""

from __future__ import annotations

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.counterparts.needed import SAMPLES

FILE = SAMPLES / "schemas" / "discord_openapi.json"


def missing() -> str | None:
    """Why nothing can be validated, None when it can."""
    return None if FILE.is_file() else "../shared/samples/schemas/discord_openapi.json is not here"


def faults(schema: str, body: Any) -> list[str]:
    """What is wrong with a body, by the name of its schema; nothing where the description is missing."""
    if missing():
        return []
    return [f"{error.json_path}: {error.message[:200]}" for error in _validator(schema).iter_errors(body)]


@functools.cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": _components()})


@functools.cache
def _components() -> Any:
    return json.loads(FILE.read_text("utf-8"))["components"]
