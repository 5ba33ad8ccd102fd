"""The metronome: what runs when, in one process, until it is told to stop.

APScheduler only ticks; the store says what is due, so that a lost or doubled tick is harmless. Every
worker is a loop around a bell, supervised: an error is logged, and the next ring tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.supervision import Work, supervised

TICK_SECONDS = 20
"""How often the store is asked what is due; a slot is a minute wide."""

GRACE_SECONDS = 20.0
"""How long work in flight may take to end after a stop; hosts kill after 30 s."""


class Scheduler:
    """Runs named pieces of work at every tick, each in a loop of its own: one never delays another."""

    def __init__(self, works: Mapping[str, Work], *, hasty: Collection[str] = ()) -> None:
        """`hasty` names works that a stop cuts off at once, because nothing is lost by it."""
        self._works = works
        self._hasty = hasty
        self._bells = {name: asyncio.Event() for name in works}
        self._stopped = asyncio.Event()

    def ring(self, *names: str) -> None:
        """Wake these works now, or all of them."""
        for name in names or self._bells:
            self._bells[name].set()

    def stop(self) -> None:
        """Start nothing more; `run` returns when what is in flight has ended, or its grace is over."""
        self._stopped.set()
        self.ring()

    async def run(self) -> None:
        """Tick until stopped."""
        metronome = AsyncIOScheduler(timezone=UTC)
        metronome.add_job(
            self._tick, "interval", seconds=TICK_SECONDS, next_run_time=datetime.now(UTC), coalesce=True
        )
        metronome.start()
        loops = [asyncio.create_task(self._loop(name, work), name=name) for name, work in self._works.items()]
        try:
            await self._stopped.wait()
            for loop in loops:
                if loop.get_name() in self._hasty:
                    loop.cancel()
            await asyncio.wait(loops, timeout=GRACE_SECONDS)
        finally:
            metronome.shutdown(wait=False)
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def _tick(self) -> None:
        # A coroutine, because APScheduler runs plain functions in a thread, and bells are not thread-safe.
        self.ring()

    async def _loop(self, name: str, work: Work) -> None:
        bell = self._bells[name]
        while not self._stopped.is_set():
            await bell.wait()
            bell.clear()
            if not self._stopped.is_set():
                await supervised(name, work)
