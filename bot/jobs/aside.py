"""The work of composing: in a thread, so that sending goes on, unless it is over before a thread begins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

_FEW = 10  # papers: all that is done with them takes a millisecond or two, to change threads a tenth of one
_T = TypeVar("_T")


async def aside(papers: int, work: Callable[[], _T]) -> _T:
    """What `work` on so many papers gives."""
    return await asyncio.to_thread(work) if papers > _FEW else work()
