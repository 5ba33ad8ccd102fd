"""Programs of Debian that the tests talk to: installed where we may, and never started by their packages."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def install(*packages: str) -> str | None:
    """Put packages onto this machine with apt-get; why that did not work."""
    command = "apt-get install --yes --quiet --no-install-recommends"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"not installed (Debian, as root: {command} {' '.join(packages)})"
    # Two runs of this may meet, and packages ask questions and start their services unless they are told not to.
    waits = ["-o", "DPkg::Lock::Timeout=300"]
    with tempfile.TemporaryDirectory(prefix="sudi-apt-") as folder:
        policy = Path(folder) / "policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "POLICYRCD": str(policy)}
        for words in (["apt-get", "update", "--quiet", *waits], [*command.split(), *waits, *packages]):
            done = subprocess.run(words, check=False, capture_output=True, text=True, env=environment)
            if done.returncode != 0:
                return done.stderr.strip()[-300:] or f"{words[1]} failed"
    return None
