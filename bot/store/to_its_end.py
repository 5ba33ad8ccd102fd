"""What must not be left in the middle, also by who is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")


async def to_its_end(begun: Awaitable[_T]) -> _T:
    """What it gives. Who is cancelled meanwhile waits for it: else its connection is lost, with a traceback."""
    task = asyncio.ensure_future(begun)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
