"""Programs of Debian that the tests talk to: installed where we may, and not started by their packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLICY = Path("/usr/sbin/policy-rc.d")  # invoke-rc.d asks it


def install(*packages: str) -> str | None:
    """Put packages onto this machine with apt-get; why that did not work."""
    command = "apt-get install --yes --quiet --no-install-recommends"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"not installed (Debian, as root: {command} {' '.join(packages)})"
    waits = ["-o", "DPkg::Lock::Timeout=300"]  # two runs of this may meet
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _no_services():
        for words in (["apt-get", "update", "--quiet", *waits], [*command.split(), *waits, *packages]):
            done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
            if done.returncode != 0:
                return done.stderr.strip()[-300:] or f"{words[1]} failed"
    return None


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting what they bring; somebody may have seen to that already."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
