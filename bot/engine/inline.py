"""One process: APScheduler rings when something is due, and every minute in any case."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine.works import Works
from bot.store.insist import AWAY
from bot.supervision import Work

LOOK_SECONDS = 20
"""How often the store is asked what is due next: preferences change, and attempts fail."""

_LOOKS = 3  # after which everything is rung, due or not
_OVERDUE = timedelta(seconds=5)  # how long what is due and cannot be done is left alone

Due = Callable[[], Awaitable[datetime | None]]
"""When the next slot, attempt or end of a lease is."""


async def _nothing() -> None:
    return None


class Scheduler(Works):
    """Wakes at the earliest instant at which something is due."""

    def __init__(self, works: Mapping[str, Work], *, hasty: Collection[str] = (), due: Due = _nothing) -> None:
        super().__init__(works, hasty=hasty)
        self._due = due
        self._metronome = AsyncIOScheduler(timezone=UTC)
        self._struck = asyncio.Event()
        self._is_due = False

    async def _keep_time(self) -> None:
        look = {"seconds": LOOK_SECONDS, "next_run_time": datetime.now(UTC), "coalesce": True}
        self._metronome.add_job(self._strike, "interval", args=[False], **look)
        self._metronome.start()
        try:
            for looks in itertools.count():
                await self._struck.wait()
                self._struck.clear()
                if self._is_due or looks % _LOOKS == 0:
                    self._is_due = False
                    self.ring()
                await self._set_alarm()
        finally:
            self._metronome.shutdown(wait=False)

    async def _strike(self, is_due: bool) -> None:
        # A coroutine, because APScheduler runs plain functions in a thread, and events are not thread-safe.
        self._is_due = self._is_due or is_due
        self._struck.set()

    async def _set_alarm(self) -> None:
        try:
            due = await self._due()
        except AWAY:
            return  # the next look asks again
        now = datetime.now(UTC)
        if due is not None and due < now + timedelta(seconds=LOOK_SECONDS):
            at = due if due > now else now + _OVERDUE
            self._metronome.add_job(
                self._strike, "date", args=[True], run_date=at, id="alarm", replace_existing=True
            )
