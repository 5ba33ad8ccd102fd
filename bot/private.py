"""Files that only their owner may read: addresses, keys and tokens are in them."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

_OTHERS = 0o077


def make_private(path: Path) -> None:
    """Create a file if it is missing, and take the rights of everybody but its owner away; log what fails."""
    if not path.exists():
        path.touch(0o600)
    mode = path.stat().st_mode
    if not mode & _OTHERS:
        return
    with suppress(PermissionError):
        path.chmod(mode & 0o700)
    if path.stat().st_mode & _OTHERS:
        log.warning(
            "Others can read %s, and this process cannot change that: run chmod 600 %s as its owner", path, path
        )
