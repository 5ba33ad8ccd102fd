"""The composition root: settings -> App. Who knows whom is decided here, and nowhere else.

Adapters are loaded by name; the order of start and stop is written down here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot import channels, sources
from bot.channels import Channel, Listener
from bot.commands import Commands, Defaults
from bot.delivery import Courier, Tally
from bot.model import ALL, Language, Slot
from bot.pipeline import Ingested, Reading, categories_to_read, ingest, plan, plan_all, read
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.sources import Outcome, Source
from bot.sources.calendar import label
from bot.sources.client import PoliteClient, Turn
from bot.sources.files import listing_from
from bot.store import Store
from bot.store.migrate import migrate

log = logging.getLogger(__name__)

READ_AGAIN = timedelta(minutes=30)
"""How long a source is left alone between two rounds for listings that were not there yet."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Day:
    """What one pass over all sources did."""

    readings: dict[str, Reading] = field(default_factory=dict)
    ingested: Ingested = field(default_factory=Ingested)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Adapters:
    """What was loaded by name, and the one way out to the sources."""

    channels: list[Channel]
    sources: list[Source]
    client: PoliteClient


class StorePacer:
    """The store as the polite client sees it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def take(self, key: str, lease: timedelta) -> Turn:
        """The turn over the whole installation, if nobody has it."""
        return Turn(*await self._store.take_turn(key, lease, self._clock()))

    async def give_back(self, key: str, turn: Turn, rest: timedelta) -> None:
        """End a turn of ours; the next one is `rest` later."""
        await self._store.give_turn_back(key, turn.until, self._clock() + rest)

    async def hold(self, key: str, until: datetime) -> None:
        """Let nobody go before `until`."""
        await self._store.hold(key, until)


class App:
    """One process of the bot, opened by :func:`opened`."""

    def __init__(self, settings: Settings, store: Store, adapters: Adapters, clock: Clock) -> None:
        self.settings = settings
        self.store = store
        self.channels = {channel.name: channel for channel in adapters.channels}
        self.sources = adapters.sources
        self.client = adapters.client
        self.clock = clock
        self.commands = Commands(store, defaults(settings), clock)
        owner = f"{socket.gethostname()}:{os.getpid()}"
        self._couriers = {
            name: Courier(store, channel, owner=owner, cap=settings.bot_digest_cap, clock=clock)
            for name, channel in self.channels.items()
        }
        self._read_at: datetime | None = None
        self._ring: Callable[..., None] = lambda *_names: None

    async def read(
        self,
        categories: Iterable[str] | None = None,
        on_outcome: Callable[[Outcome], None] = lambda _outcome: None,
        *,
        again: bool = True,
    ) -> Day:
        """Read and ingest: these categories, or those that subscriptions want.

        Without `again`, listings of today's mailing that are stored are not asked for a second time.
        """
        started = time.monotonic()
        codes = sorted(categories) if categories is not None else await categories_to_read(self.store)
        day = Day()
        listings = []
        for source in self.sources:
            wanted = codes if again else await self._missing(source, codes)
            reading = await read(self.store, source, wanted, on_outcome) if wanted else Reading()
            day.readings[source.name] = reading
            listings += reading.listings
        if listings:
            day.ingested = await ingest(self.store, listings, self.clock())
        day.seconds = time.monotonic() - started
        return day

    async def _missing(self, source: Source, codes: list[str]) -> list[str]:
        expected = label(self.clock())
        if expected is None:
            return []
        async with self.store.read() as tx:
            listed = await tx.papers.listed(source.name, expected)
        return [] if ALL in listed else [code for code in codes if code not in listed]

    async def read_file(self, location: str) -> Day:
        """Read and ingest one saved feed or page instead of the sources."""
        started = time.monotonic()
        reading = Reading(listings=[await listing_from(location, self.client)])
        day = Day({location: reading}, await ingest(self.store, reading.listings, self.clock()))
        day.seconds = time.monotonic() - started
        return day

    async def wanted(self) -> list[str]:
        """The categories that subscriptions want."""
        return await categories_to_read(self.store)

    async def plan_all(self) -> int:
        """Plan one delivery for every destination with papers waiting, due or not."""
        return await plan_all(self.store, self.clock())

    async def plan(self) -> int:
        """Plan what is due; how many deliveries are new."""
        return await plan(self.store, self.clock())

    async def deliver(self) -> dict[str, Tally]:
        """Deliver what is due on every channel, side by side."""
        tallies = await asyncio.gather(*(courier.drain() for courier in self._couriers.values()))
        return dict(zip(self._couriers, tallies, strict=True))

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Read, plan, deliver and listen until SIGTERM or SIGINT, or until a sole listener ends."""
        scheduler = Scheduler(
            {"read": self._read_when_expected, "plan": self._plan_and_ring}
            | {name: courier.drain for name, courier in self._couriers.items()}
        )
        self._ring = scheduler.ring
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, scheduler)
        listeners = [
            asyncio.create_task(channel.listen(self.commands), name=f"listen:{name}")
            for name, channel in self.channels.items()
            if isinstance(channel, Listener)
        ]
        if len(listeners) == len(self.channels) == 1:
            listeners[0].add_done_callback(lambda _task: self._stop(scheduler))
        ready()
        try:
            await scheduler.run()
        finally:
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)
            for courier in self._couriers.values():
                await courier.release()

    def _stop(self, scheduler: Scheduler) -> None:
        log.info("stopping")
        for courier in self._couriers.values():
            courier.stop()
        scheduler.stop()

    async def _read_when_expected(self) -> None:
        now = self.clock()
        if label(now) is None or (self._read_at is not None and now - self._read_at < READ_AGAIN):
            return
        self._read_at = now
        await self.read(again=False)

    async def _plan_and_ring(self) -> None:
        if await self.plan():
            self._ring(*self._couriers)


def defaults(settings: Settings) -> Defaults:
    """The habits of new destinations."""
    hour, minute = settings.bot_time.split(":")
    return Defaults(Language(settings.bot_language), Slot(settings.bot_timezone, int(hour) * 60 + int(minute)))


@asynccontextmanager
async def opened(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[App]:
    """An app with everything open; the database is brought up to date first.

    Raises SettingsError for a channel or source that is not there, StoreError for a database in use.
    """
    store = Store.open(settings.database_url.get_secret_value())
    client: PoliteClient | None = None
    found: list[Channel] = []
    try:
        await migrate(store)
        client = PoliteClient.create(settings, StorePacer(store, clock))
        found = [channels.load(name, settings) for name in settings.bot_channels]
        origins = [sources.load(name, settings, client) for name in settings.bot_sources]
        yield App(settings, store, Adapters(found, origins, client), clock)
    finally:
        for channel in found:
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await channel.close()
        if client is not None:
            await client.close()
        await store.close()
