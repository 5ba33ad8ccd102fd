"""The work of composing: in a thread, so that sending goes on, unless it is soon over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

_FEW = 40  # papers: all that is done with them takes 10 ms the first time, and 1 ms when they are known
_T = TypeVar("_T")


async def aside(papers: int, work: Callable[[], _T]) -> _T:
    """What `work` on so many papers gives."""
    return await asyncio.to_thread(work) if papers > _FEW else work()
