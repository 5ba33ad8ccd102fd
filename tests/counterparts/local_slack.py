"""local-slack, a model of Slack as one binary from npm: Web API, Socket Mode, commands, modals, App Home."""

from __future__ import annotations

import json
import platform
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.counterparts import npm

PACKAGE = "local-slack-linux-x64@0.1.8"
FOLDER = npm.VAR
BINARY = FOLDER / "node_modules" / "local-slack-linux-x64" / "bin" / "local-slack"
_READY = 15.0  # seconds


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
    with (folder / "local-slack.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        url = f"http://localhost:{port}"
        _wait(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _READY
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(f"{url}/_control/state", timeout=1).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError("local-slack did not start")
