"""local-slack, a model of Slack as one binary from npm: Web API, Socket Mode, commands, modals, App Home."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from bot.certificates import trusted
from tests.counterparts import npm
from tests.counterparts.processes import free_port, running

PACKAGE = "local-slack-linux-x64@0.1.8"
FOLDER = npm.VAR
BINARY = FOLDER / "node_modules" / "local-slack-linux-x64" / "bin" / "local-slack"


def missing() -> str | None:
    """Why there is no local-slack to be had, None when there is one."""
    if not BINARY.is_file():
        return f"the npm package {PACKAGE} is not installed (`make counterparts`)"
    return None


def install() -> str | None:
    """Put it into a folder that git ignores; why that did not work."""
    if missing() is None:
        return None
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return f"{PACKAGE} runs on Linux on x86_64 only"
    return npm.install(FOLDER, PACKAGE)


@contextmanager
def server(folder: Path, workspace: Mapping[str, Any]) -> Iterator[str]:
    """A running server for one workspace; its URL, without a slash at the end."""
    config = folder / "workspace.json"
    config.write_text(json.dumps(workspace), "utf-8")
    port = free_port()
    command = [str(BINARY), "--config", str(config), "--port", str(port), "--files-dir", str(folder / "files")]
    url = f"http://localhost:{port}"

    def answers() -> None:
        httpx.get(f"{url}/_control/state", timeout=1, verify=trusted()).raise_for_status()

    with running(command, answers, log=folder / "local-slack.log"):
        yield url
