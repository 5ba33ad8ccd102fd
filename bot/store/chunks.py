"""Many rows, written a few at a time, so that no other writer waits long."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from bot.store import Store, Transaction

LONGEST = 0.1
"""Seconds that a transaction may take: after a longer one, the next has half as many rows."""

_FIRST, _MOST = 500, 20_000  # rows
_T = TypeVar("_T")


async def in_chunks(
    store: Store,
    rows: Sequence[_T],
    write: Callable[[Transaction, Sequence[_T]], Awaitable[object]],
    *,
    first: int = _FIRST,
) -> None:
    """Write rows chunk by chunk, each in a transaction of its own; larger ones while that is fast."""
    start, size = 0, first
    while start < len(rows):
        some = rows[start : start + size]
        async with store.write() as tx:
            began = time.monotonic()
            await write(tx, some)
            took = time.monotonic() - began
        start += len(some)
        size = adapted(size, took)


async def repeated(
    store: Store, step: Callable[[Transaction, int], Awaitable[int]], *, first: int = _FIRST, most: int = _MOST
) -> int:
    """Repeat a step, each time in a transaction of its own, until nothing is left for it; how many rows it was.

    A step is told how many rows it may take at the most, and says how many it took.
    """
    done, size = 0, first
    while True:
        async with store.write() as tx:
            began = time.monotonic()
            some = await step(tx, size)
            took = time.monotonic() - began
        if not some:
            return done
        done, size = done + some, min(adapted(size, took), most)


def adapted(size: int, seconds: float, *, least: int = 1) -> int:
    """How many rows to write next, when so many took so long; `least` where fewer of them take hardly less."""
    if seconds > LONGEST:
        return max(size // 2, least)
    return min(size * 2, _MOST) if seconds < LONGEST / 4 else size
