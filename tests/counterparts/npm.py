"""Programs from npm that the tests talk to, in folders that git ignores."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

VAR = Path(__file__).parents[2] / "var" / "counterparts"


def install(folder: Path, *packages: str) -> str | None:
    """Put packages into a folder of their own; why that did not work."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed (Debian: apt-get install npm)"
    folder.mkdir(parents=True, exist_ok=True)
    options = "install --no-save --no-audit --no-fund --silent --prefix"
    command = [npm, *options.split(), str(folder), *packages]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()[-300:] or "npm install failed"
