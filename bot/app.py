"""The composition root: settings -> App. Who knows whom is decided here, and nowhere else.

Adapters are loaded by name; the order of start and stop is written down here.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar

from bot import channels, sources, taxonomy
from bot.channels import Channel
from bot.commands import Commands
from bot.commands.email_workflow import EmailWorkflow
from bot.commands.guard import CommandGuard
from bot.commands.newcomers import defaults
from bot.engine.inline import Scheduler
from bot.engine.watch import ensure_clock, watch
from bot.errors import PortError, SettingsError, SudiError
from bot.health import Kind
from bot.jobs.alert import Admins, Alerts
from bot.jobs.announcement_day import PollResult
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier, Tally
from bot.jobs.edit_late import LateEditor
from bot.jobs.health import Health
from bot.jobs.ingest import ingest
from bot.jobs.match import is_unmatched, match
from bot.jobs.plan import plan, plan_all
from bot.jobs.poll import Day, Poller
from bot.jobs.prune import prune_nightly
from bot.jobs.rate_limits import SourceLeases, shared
from bot.jobs.summarize import Budget, Summarizer, SummaryReport
from bot.matching import Matcher
from bot.model import Language
from bot.presentation.health import trouble_line
from bot.settings import Settings
from bot.sources import Source
from bot.sources.client import PoliteClient
from bot.sources.files import listing_from
from bot.store import Store
from bot.store.conversations import StoredConversations
from bot.store.keys import signing_key
from bot.store.migrate import migrate, opened_for_one_command
from bot.summaries.chain import Chain
from bot.summaries.makers import chain
from bot.supervision import Work, supervised
from bot.tokens import Links, Tokens

log = logging.getLogger(__name__)

MOST_WAITING = timedelta(hours=1)
"""How long a digest waits for papers that are being read when its time has come."""

SWITCH_SECONDS = 0.0005
"""How long a thread that works may hold up the event loop, which asks for its turn a thousand times a second
when it sends: ten times less than Python's own, https://docs.python.org/3/library/sys.html#sys.setswitchinterval."""

LISTEN_AGAIN_SECONDS = 10.0
"""How long a channel that broke off is left alone."""

Clock = Callable[[], datetime]
_T = TypeVar("_T")


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Adapters:
    """What was loaded by name, and the one way out to the sources."""

    channels: list[Channel]
    sources: list[Source]
    client: PoliteClient
    links: Links
    makers: Chain


class App:
    """One process of the bot, opened by :func:`opened`."""

    def __init__(
        self, settings: Settings, store: Store, adapters: Adapters, clock: Clock, matcher: Matcher
    ) -> None:
        self.settings = settings
        self.store = store
        self.channels = {channel.name: channel for channel in adapters.channels}
        self.sources = adapters.sources
        self.client = adapters.client
        self.clock = clock
        preferences = defaults(settings)
        self._matcher = matcher
        holidays = settings.bot_arxiv_holidays
        self._links = adapters.links
        also = taxonomy.readable(settings.bot_room_categories) if settings.has_room else ()
        self.reader = Poller(store, adapters.sources, clock, matcher=self._matcher, holidays=holidays, also=also)
        self.read = self.reader.read
        self.commands = Commands(
            store, preferences, clock, admins=settings.bot_admins, read_first=self.reader.read_first
        )
        self.email_workflow = EmailWorkflow(
            self.commands,
            store,
            adapters.links,
            clock,
            mailboxes=preferences.mailboxes,
            channel=self.channels.get("email"),
            confirmation=self.reader.hear,
        )
        self.answer = CommandGuard(self.commands, self.email_workflow, store, clock)
        budget = Budget(settings.llm_daily_tokens, round(settings.llm_daily_cost * 1_000_000))
        self.summarizer = Summarizer(
            store, adapters.makers, clock, budget=budget, at_once=settings.llm_at_once, matcher=self._matcher,
            makes_all=settings.has_room and settings.bot_room_chinese == "all",
        )  # fmt: skip
        process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"  # containers share two
        composer = Composer(
            store, cap=settings.bot_digest_cap, clock=clock, holidays=settings.bot_arxiv_holidays,
            lack=self.summarizer.lack, links=adapters.links,
        )  # fmt: skip
        self._couriers = {
            name: Courier(store, channel, composer, owner=process, clock=clock)
            for name, channel in self.channels.items()
        }
        self._late_editors = {
            name: LateEditor(store, channel, composer, clock)
            for name, channel in self.channels.items()
            if channel.has_edits
        }
        self.admins = Admins(settings.bot_admins, self.channels, Language(settings.bot_language))
        self._health = Health(store, self.channels, clock, process=process, holidays=holidays)
        self._alerts = Alerts(store, self.admins, clock, troubles=self._health.troubles)
        self._failure: SudiError | None = None
        self._ring: Callable[..., None] = lambda *_names: None

    async def read_file(self, location: str) -> Day:
        """Read and ingest one saved feed or page instead of the sources."""
        started = time.monotonic()
        reading = PollResult(listings=[await listing_from(location, self.client)])
        ingested = await ingest(self.store, reading.listings, self.clock())
        matched = await match(self.store, self.clock(), self._matcher)
        day = Day({location: reading}, replace(ingested, matched=matched))
        day.seconds = time.monotonic() - started
        return day

    async def plan_all(self) -> int:
        """Plan one delivery for every destination with papers waiting, due or not; nothing has to wait."""
        await match(self.store, self.clock(), self._matcher)
        return await plan_all(self.store, self.channels, self.clock())

    async def plan(self) -> int:
        """Plan what is due, once all that was read is matched; how many deliveries are new."""
        if await is_unmatched(self.store):
            await match(self.store, self.clock(), self._matcher)
            if await is_unmatched(self.store):  # by another process, which has not ended yet
                return 0
        return await plan(self.store, self.clock(), patience=self._patience)

    @property
    def _patience(self) -> timedelta | None:
        """How long after its slot a delivery waits for Chinese texts, where there is anybody to make them."""
        return timedelta(minutes=self.settings.summary_deadline) if self.summarizer.is_able else None

    async def deliver(self) -> dict[str, Tally]:
        """Deliver what is due on every channel, side by side; a signal lets what is in flight end."""
        with self._stopped_by_signals(lambda: None):
            try:
                tallies = await asyncio.gather(*(courier.drain() for courier in self._couriers.values()))
                await self._alerts.tell()
            finally:
                await self._release()
        return dict(zip(self._couriers, tallies, strict=True))

    async def run(self, *, ready: Callable[[], None] = lambda: None) -> None:
        """Read, plan, deliver and listen until SIGTERM or SIGINT, or until a sole listener ends.

        Raises PortError when an address of ours is taken, SettingsError when the sole channel refuses us for good.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        works: dict[str, Work] = {
            "read": self._read_and_ring,
            "plan": self.plan_due,
            "tell": self._alerts.tell,
            "prune": self._prune,
            **{f"deliver {name}": courier.drain for name, courier in self._couriers.items()},
            "summarize": self._summarize_and_ring,
            **{f"fill {name}": late_editor.fill for name, late_editor in self._late_editors.items()},
        }
        felt = {name: self._health.pulses.felt(name, work) for name, work in works.items()}
        scheduler = Scheduler(felt, hasty=["read", "summarize"])
        self._ring = scheduler.ring
        talks: list[Work] = [partial(one.listen, self.answer) for one in self.channels.values()]
        talks += [partial(one.correspond, self.email_workflow) for one in self.channels.values()]
        if self.settings.is_listening:
            talks.append(self._site())
        with self._stopped_by_signals(scheduler.stop) as stop:
            tasks = [asyncio.create_task(self._listen(one, scheduler)) for one in talks]
            tasks += map(asyncio.create_task, (self._watch(stop), self._health.beat_for_ever()))
            ready()
            try:
                await scheduler.run()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._release()
                await self.reader.stop()
                await self._health.end()
        if self._failure is not None:
            raise self._failure

    async def _watch(self, stop: Callable[[], None]) -> None:
        self._failure = await watch(self.store, self.clock, self._ring)
        stop()

    def site(self) -> Any:
        """The pages; a `bot.web.Site`."""
        web, tokens = importlib.import_module("bot.web"), self._links.tokens  # its library is not everybody's
        room = web.Room(self.store, tokens, self.clock, self.settings, lack=self.summarizer.lack)
        return web.Site(self.email_workflow, room if self.settings.has_room else None)

    def _site(self) -> Work:
        """The pages, or health alone where nobody has asked for pages."""
        web, health = (importlib.import_module(name) for name in ("bot.web", "bot.web.health"))
        pages = self.site().application() if self.settings.bot_public_url else None
        application = health.with_health(pages, self._health.lines, self._health.measured)
        return partial(web.serve, application, self.settings.listen)

    async def _listen(self, talk: Work, scheduler: Scheduler) -> None:
        """Listen until the channel ends by itself; one that broke off is listened to again."""

        async def unless_taken() -> None:
            try:
                await talk()
            except PortError as error:
                self._failure = PortError(trouble_line(Kind.PORT_TAKEN, reason=str(error)))
                scheduler.stop()

        while True:
            if await supervised("listen", unless_taken):
                break
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)
        if len(self.channels) == 1:
            (channel,) = self.channels.values()
            if (reason := channel.connection.refusal) and self._failure is None:
                refused = trouble_line(Kind.CHANNEL_REFUSED, channel=channel.name, reason=reason)
                self._failure = SettingsError([refused])
            scheduler.stop()

    @contextmanager
    def _stopped_by_signals(self, stop: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Have SIGTERM and SIGINT end work in good order; a second one ends the process at once.

        What is yielded does the same without a signal.
        """
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)

        def stopping() -> None:
            log.info("stopping")
            for number in numbers:
                loop.remove_signal_handler(number)
            for courier in self._couriers.values():
                courier.stop()
            stop()

        for number in numbers:
            loop.add_signal_handler(number, stopping)
        try:
            yield stopping
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def _release(self) -> None:
        for courier in self._couriers.values():
            await courier.release()

    async def _read_and_ring(self) -> None:
        await self.reader.read_missing()
        self._ring("plan", "summarize")

    async def _prune(self) -> None:
        keep = timedelta(days=self.settings.bot_keep_days)
        await prune_nightly(self.store, self.clock(), keep, self.settings.bot_timezone)

    async def summarize(self) -> SummaryReport:
        """Have Chinese texts made, until SUMMARY_DEADLINE at the longest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(self.settings.summary_deadline, 1) * 60):
                return await self.summarizer.run()
        return SummaryReport(all_makers_down=True)

    async def _summarize_and_ring(self) -> None:
        if (await self.summarizer.run()).made:
            self._ring()

    async def fill(self) -> int:
        """Put texts that have come late into the digests that lack them; how many digests."""
        return sum([await late_editor.fill() for late_editor in self._late_editors.values()])

    async def plan_due(self) -> None:
        """Plan what is due and need not wait for what is being read, and have it delivered."""
        if await self.reader.is_under_way(MOST_WAITING):
            return
        if await self.plan():
            self._ring(*(f"deliver {name}" for name in self._couriers))


@asynccontextmanager
async def opened(settings: Settings, clock: Clock = utc_now, *, beside: bool = False) -> AsyncIterator[App]:
    """An app with everything open; the database is brought up to date first.

    `beside` is for one command that delivers nothing: on SQLite, too, it may run beside the bot.

    Raises SettingsError for a channel or source that is not there, StoreError for a database in use.
    """
    found, faults = _loaded(settings.bot_channels, lambda name: channels.load(name, settings))
    client = PoliteClient.create(settings)
    origins, more_faults = _loaded(settings.bot_sources, lambda name: sources.load(name, settings, client))
    if settings.is_listening and find_spec("aiohttp") is None:
        faults.append("BOT_LISTEN: pages and health need the library aiohttp: pip install 'sudi[email]'")
    if unknown := [one for one in settings.bot_room_categories if not taxonomy.readable([one])]:
        faults.append(f"BOT_ROOM_CATEGORIES: arXiv has no category {', '.join(unknown)}")
    if faults or more_faults:
        raise SettingsError([*faults, *more_faults])
    made = chain(settings)
    url = settings.database_url.get_secret_value()
    # A clock that is moved by hand is that of the leases, too.
    store = await opened_for_one_command(url) if beside else Store.open(url, has_clock=clock is utc_now)
    try:
        if not beside:
            await migrate(store)
            await store.recover(clock())
            await ensure_clock(store, clock)
        key = await signing_key(store)
        async with store.read() as tx:
            tokens = Tokens(key, await tx.epochs.known())
        links = Links(tokens, settings.bot_public_url, settings.has_room)
        for channel in found:
            channel.link(links)
            channel.remember(StoredConversations(store, channel.name, clock))
            channel.share_rate_limits(shared(store, clock))
        client.share_leases(SourceLeases(store, clock))
        adapters = Adapters(found, origins, client, links, made)
        yield App(settings, store, adapters, clock, Matcher(store.compiled, key))
    finally:
        for channel in found:
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await channel.close()
        await made.close()
        await client.close()
        await store.close()


def _loaded(names: Iterable[str], load: Callable[[str], _T]) -> tuple[list[_T], list[str]]:
    """What could be loaded, and a line for each that could not."""
    found: list[_T] = []
    faults: list[str] = []
    for name in names:
        try:
            found.append(load(name))
        except SettingsError as error:
            faults += error.faults
    return found, faults
