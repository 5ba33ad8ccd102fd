"""A rate limit for its users: turns, booked a few at a time with all who share the limit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

Reserve = Callable[[str, timedelta, int], Awaitable[float]]
"""Book turns under a key, the given time apart: when the first of them is, by the clock of the event loop."""

_LATE = 0.04  # seconds that a turn may be used after its time; more would let too many come together


def alone() -> Reserve:
    """Turns of this process alone, which does not share its rate limits."""
    free: dict[str, float] = {}

    async def reserve(key: str, every: timedelta, count: int) -> float:
        now = asyncio.get_running_loop().time()
        first = max(free.get(key, now), now)
        free[key] = first + count * every.total_seconds()
        return first

    return reserve


class RateLimit:
    """One act for each turn, one after another; unused turns are lost."""

    def __init__(self, key: str, every: timedelta, *, at_a_time: int = 1, reserve: Reserve | None = None) -> None:
        self._key = key
        self._every = every
        self._at_a_time = at_a_time
        self._reserve = reserve or alone()
        self._turns: deque[float] = deque()  # by the clock of the event loop
        self._step = every.total_seconds()
        self._lock = asyncio.Lock()

    async def wait(self) -> None:
        """Wait for the next turn."""
        clock = asyncio.get_running_loop().time
        async with self._lock:
            while True:
                if not self._turns:
                    first, step = await self._reserve(self._key, self._every, self._at_a_time), self._step
                    self._turns.extend(first + number * step for number in range(self._at_a_time))
                turn = self._turns.popleft()
                await asyncio.sleep(turn - clock())
                if clock() <= turn + _LATE:
                    return
