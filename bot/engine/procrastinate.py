"""Any number of processes on one PostgreSQL: Procrastinate carries bells between them, and keeps the time.

A job is a doorbell, and its queue is the role whose processes hear it: it says "look", and is done when one of
them has heard it. So all jobs may be deleted at any moment, and no lock of a job is used: a killed one keeps it.
https://procrastinate.readthedocs.io/en/stable/discussions.html
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate

from bot.engine.doorbells import Doorbells
from bot.engine.roles import Role, role_of
from bot.engine.works import Works
from bot.store import Store, Transaction
from bot.supervision import Work, supervised

POLL_SECONDS = 5.0
"""How often jobs are asked for where no notification comes through, as behind a pooler."""

_EVERY_FIVE_SECONDS = "* * * * * */5"  # seconds stand last
_TICK = timedelta(seconds=5)
_AT_ONCE = 8
_STALLED_SECONDS = 30.0
_PAUSE = 1.0  # before working again after the database went away
_CONNECT_SECONDS = 10.0

Due = Callable[[datetime], Awaitable[Mapping[str, datetime]]]
"""When each work is first due after an instant."""


class Engine(Works):
    """The works of one process of several."""

    def __init__(
        self,
        works: Mapping[str, Work],
        *,
        store: Store,
        due: Due,
        clock: Callable[[], datetime],
        hasty: Collection[str] = (),
    ) -> None:
        super().__init__(works, hasty=hasty)
        self._store = store
        self._queues = sorted({role_of(name).value for name in works})
        self._due = due
        self._clock = clock

    async def within(self, tx: Transaction, names: Collection[str]) -> None:
        """Ring for all processes, once the transaction is committed."""
        await Doorbells().within(tx, names)

    async def _keep_time(self) -> None:
        while self._queues:
            await supervised("engine", self._work)
            await asyncio.sleep(_PAUSE)
        await asyncio.Event().wait()

    async def _work(self) -> None:
        """Hear doorbells until the database goes away."""
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it tells of each tick
        app = procrastinate.App(connector=connector(self._store.url))

        @app.task(name="ring", queue=Role.WORKER.value)
        async def heard(name: str) -> None:
            self.ring(name)

        @app.periodic(cron=_EVERY_FIVE_SECONDS)
        @app.task(name="tick", queue=Role.WORKER.value, queueing_lock="tick")
        async def tick(timestamp: int) -> None:
            await self._ring_when_due()

        @app.periodic(cron=_EVERY_FIVE_SECONDS)
        @app.task(name="reap", queue=Role.WORKER.value, queueing_lock="reap")
        async def reap(timestamp: int) -> None:
            await _reap(app)

        async with app.open_async():
            self.ring()
            await app.run_worker_async(
                queues=self._queues,
                concurrency=_AT_ONCE,
                fetch_job_polling_interval=POLL_SECONDS,
                delete_jobs="successful",
                install_signal_handlers=False,
                stalled_worker_timeout=_STALLED_SECONDS,
            )

    async def _ring_when_due(self) -> None:
        """Ring for what is due, and for what becomes due before the next tick."""
        seen, until = datetime.min.replace(tzinfo=UTC), self._clock() + _TICK
        while not self._stopped.is_set():
            due = await self._due(seen)
            now = self._clock()
            if names := [name for name, at in due.items() if at <= now]:
                await self._store.ring(*names)
                seen = now
                continue
            if (next_at := min(due.values(), default=until)) >= until:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout((next_at - now).total_seconds()):
                    await self._stopped.wait()


async def _reap(app: procrastinate.App) -> None:
    """Take away the jobs of dead processes: what they rang for is still due, and rung for again."""
    manager = app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
        await manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=True)


def connector(url: str) -> procrastinate.PsycopgConnector:
    """One connection for jobs; another one listens."""
    kwargs: dict[str, Any] = {"prepare_threshold": None, "connect_timeout": _CONNECT_SECONDS}
    return procrastinate.PsycopgConnector(conninfo=url, kwargs=kwargs, min_size=1, max_size=1)
