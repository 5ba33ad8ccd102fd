"""How the C library keeps the memory of threads: glibc gives each a pool of its own, which stays at its largest.

https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

from __future__ import annotations

import ctypes
import os

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_POOLS = 2


def share() -> bool:
    """Let all threads of this process share two pools, unless `MALLOC_ARENA_MAX` says otherwise; False elsewhere.

    Before there are threads: what has a pool of its own keeps it.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return False
    try:
        return bool(ctypes.CDLL(None).mallopt(_ARENA_MAX, _POOLS))
    except (OSError, AttributeError):  # macOS and musl have no such thing
        return False
