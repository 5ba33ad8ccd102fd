"""Servers of others as processes beside the tests: a port, a start, and an end with ours at the latest."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests import PATIENCE

_END = 10.0  # seconds
_LEASH = 'read -r _; kill "$0" 2>/dev/null'


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def leashed(pid: int) -> Iterator[None]:
    """End a process with the block, or with this process: however that ends, it closes the pipe."""
    command = ["sh", "-c", _LEASH, str(pid)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        yield


@contextmanager
def running(
    command: Sequence[str | Path],
    answers: Callable[[], object],
    *,
    log: Path = Path(os.devnull),
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server from when `answers` no longer raises to the end of the block."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=folder, env=environment)
    try:
        with leashed(process.pid):
            _wait(process, answers, log)
            yield
        process.wait(_END)
    finally:
        process.kill()
        process.wait()


def _wait(process: subprocess.Popen[bytes], answers: Callable[[], object], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        try:
            answers()
            return
        except (OSError, httpx.HTTPError):
            time.sleep(0.05)
    raise RuntimeError(f"{process.args!r} did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
