"""Programs that the tests talk to and that may be missing on a machine."""

import os
from typing import NoReturn

import pytest


def missing(name: str, reason: str) -> NoReturn:
    """Skip, and say why; fail where a green run must not hide a missing counterpart."""
    if os.environ.get("REQUIRE_COUNTERPARTS") == "1":
        pytest.fail(f"{name} is missing: {reason}")
    pytest.skip(f"{name} is missing: {reason}")
