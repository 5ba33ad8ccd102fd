"""The composition root: settings -> App. Who knows whom is decided here, and nowhere else.

Adapters are loaded by name; the order of start and stop is written down here.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
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
from bot.engine import engine_for
from bot.engine.doorbells import Doorbells
from bot.engine.gateway import one_at_a_time
from bot.engine.roles import ALL_ROLES, Role, of_roles
from bot.engine.watch import ensure_clock, watch
from bot.engine.works import Works
from bot.errors import PortError, SettingsError, SudiError
from bot.health import Kind
from bot.jobs.alert import Admins, Alerts
from bot.jobs.announcement_day import PollContext, PollResult
from bot.jobs.compose import Composer
from bot.jobs.configuration import of_settings
from bot.jobs.deliver import Courier, Tally
from bot.jobs.edit_late import LateEditor
from bot.jobs.health import Health
from bot.jobs.ingest import ingest
from bot.jobs.match import is_unmatched, is_wanting, match
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
from bot.sources.arxiv_api import look_up
from bot.sources.client import PoliteClient
from bot.sources.files import listing_from
from bot.store import Store
from bot.store.conversations import StoredConversations
from bot.store.keys import signing_key
from bot.store.migrate import migrate, opened_for_a_bot, opened_for_one_command
from bot.summaries import TextField
from bot.summaries.chain import Chain
from bot.summaries.makers import chain
from bot.supervision import Work, stopped_by_signals, supervised
from bot.tokens import Links, Tokens

log = logging.getLogger(__name__)

MOST_WAITING = timedelta(hours=1)
"""How long a digest waits for papers that are being read when its time has come."""

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
        self,
        settings: Settings,
        store: Store,
        adapters: Adapters,
        clock: Clock,
        matcher: Matcher,
        *,
        roles: Collection[Role] = ALL_ROLES,
    ) -> None:
        self._roles, self._is_matching = frozenset(roles), Role.INGEST in roles
        self.settings = settings
        self.store = store
        self.channels = {channel.name: channel for channel in adapters.channels}
        self.sources = adapters.sources
        self.client = adapters.client
        self.clock = clock
        is_able = adapters.makers.can(TextField.ABSTRACT) or "arxivdaily" in settings.bot_sources
        preferences = replace(defaults(settings), makes_chinese=is_able)
        self._matcher = matcher
        holidays = settings.bot_arxiv_holidays
        self._links = adapters.links
        also = taxonomy.readable(settings.bot_room_categories) if settings.has_room else ()
        in_order = sorted(adapters.sources, key=lambda one: one.due_offset)
        context = PollContext(store, in_order, clock, matcher, holidays)
        self.reader = Poller(context, also=also, is_reading=self._is_matching)
        self.read = self.reader.read
        self.commands = Commands(
            store, preferences, clock, admins=settings.bot_admins, read_first=self.reader.read_first,
            look_up=look_up(settings, adapters.client),
        )  # fmt: skip
        self.email_workflow = EmailWorkflow(
            self.commands, store, adapters.links, clock,
            channel=self.channels.get("email"), confirmation=self.reader.hear,
        )  # fmt: skip
        self.answer = CommandGuard(self.commands, self.email_workflow, store, clock)
        budget = Budget(settings.llm_daily_tokens, round(settings.llm_daily_cost * 1_000_000))
        self.summarizer = Summarizer(
            store, adapters.makers, clock, budget=budget, matcher=matcher if self._is_matching else None,
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
        self._stops = [one.stop for one in self._couriers.values()]
        self._late_editors = {
            name: LateEditor(store, channel, composer, clock)
            for name, channel in self.channels.items()
            if channel.has_edits
        }
        self.admins = Admins(settings.bot_admins, self.channels, Language(settings.bot_language))
        configured = list(of_settings(settings))
        self._health = Health(
            store, self.channels, clock, process=process, holidays=holidays, configured=configured
        )
        self._alerts = Alerts(store, self.admins, clock, troubles=self._health.troubles)
        self._failure: SudiError | None = None

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
            if not self._is_matching:
                await self.store.ring("match")
                return 0
            await match(self.store, self.clock(), self._matcher)
            if await is_unmatched(self.store):  # by another process, which has not ended yet
                return 0
        patience = timedelta(minutes=self.settings.summary_deadline)
        return await plan(self.store, self.clock(), patience=patience if self.summarizer.is_able else None)

    async def deliver(self) -> dict[str, Tally]:
        """Deliver what is due on every channel, side by side; a signal lets what is in flight end."""
        with stopped_by_signals(*self._stops):
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
        engine = self._engine()
        self.store.bells = engine
        with stopped_by_signals(*self._stops, engine.stop) as stop:
            tasks = [asyncio.create_task(self._listen(one, engine)) for one in self._talks()]
            tasks += map(asyncio.create_task, (self._watch(engine, stop), self._health.beat_for_ever()))
            ready()
            try:
                await engine.run()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await self._release()
                await self.reader.stop()
                await self._health.end()
        if self._failure is not None:
            raise self._failure

    def _engine(self) -> Works:
        """What runs the works of our roles: alone on SQLite, with other processes on PostgreSQL."""
        works: dict[str, Work] = {
            "read": self._read_and_ring,
            "match": self._match_and_ring,
            "plan": self.plan_due,
            "tell": self._alerts.tell,
            "prune": self._prune,
            **{f"deliver {name}": courier.drain for name, courier in self._couriers.items()},
            "summarize": self._summarize_and_ring,
            **{f"fill {name}": late_editor.fill for name, late_editor in self._late_editors.items()},
        }
        felt = {name: self._health.pulses.felt(name, work) for name, work in of_roles(works, self._roles).items()}
        return engine_for(felt, self.store, channels=self.channels, clock=self.clock)

    def _talks(self) -> list[Work]:
        """Where our roles have us listen."""
        alone = list[Work]()
        for one in self.channels.values():
            if not one.listens_by_http:
                alone.append(partial(one.listen, self.answer))
            alone.append(partial(one.correspond, self.email_workflow))
        talks = one_at_a_time(self.store, self.clock, alone) if Role.GATEWAY in self._roles else []
        by_http = [partial(one.attend, self.answer) for one in self.channels.values() if one.routes]
        if Role.WEB in self._roles and (self.settings.is_listening or by_http or self._roles != ALL_ROLES):
            talks += [*by_http, self.served()]
        return talks

    async def _watch(self, engine: Works, stop: Callable[[], None]) -> None:
        self._failure = await watch(self.store, self.clock, engine.ring)
        stop()

    def site(self) -> Any:
        """The pages; a `bot.web.Site`."""
        web, tokens = importlib.import_module("bot.web"), self._links.tokens  # its library is not everybody's
        room = web.Room(self.store, tokens, self.clock, self.settings, lack=self.summarizer.lack)
        return web.Site(self.email_workflow, room if self.settings.has_room else None)

    def served(self) -> Work:
        """All that comes by HTTP on one port: the pages if somebody has asked for them, health, and channels."""
        web, health = (importlib.import_module(name) for name in ("bot.web", "bot.web.health"))
        pages = self.site().application() if self.settings.bot_public_url else None
        application = health.with_health(pages, self._health.report, self._health.measured)
        for route in (route for channel in self.channels.values() for route in channel.routes):
            application.router.add_route(*route)
        return partial(web.serve, application, self.settings.listen)

    async def _listen(self, talk: Work, engine: Works) -> None:
        """Listen until the channel ends by itself; after a broken connection, listen again."""

        async def unless_taken() -> None:
            try:
                await talk()
            except PortError as error:
                self._failure = PortError(trouble_line(Kind.PORT_TAKEN, reason=str(error)))
                engine.stop()

        while True:
            if await supervised("listen", unless_taken):
                break
            await asyncio.sleep(LISTEN_AGAIN_SECONDS)
        if len(self.channels) == 1:
            (channel,) = self.channels.values()
            if (reason := channel.connection.refusal) and self._failure is None:
                refused = trouble_line(Kind.CHANNEL_REFUSED, channel=channel.name, reason=reason)
                self._failure = SettingsError([refused])
            engine.stop()

    async def _release(self) -> None:
        for courier in self._couriers.values():
            await courier.release()

    async def _read_and_ring(self) -> None:
        await self.reader.read_missing()
        await self.store.ring("plan", "summarize")

    async def _match_and_ring(self) -> None:
        """Match what other processes have announced or have had made."""
        if await is_wanting(self.store) and await match(self.store, self.clock(), self._matcher):
            async with self.store.write() as tx:
                await tx.planning.go(self.clock())
                tx.ring("plan", "deliver")

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
            await self.store.ring("plan", "deliver", "fill")

    async def fill(self) -> int:
        """Put texts that have come late into the digests that lack them; how many digests."""
        return sum([await late_editor.fill() for late_editor in self._late_editors.values()])

    async def plan_due(self) -> None:
        """Plan what is due and need not wait for what is being read, and have it delivered."""
        if await self.reader.is_under_way(MOST_WAITING):
            return
        await self.plan()


@asynccontextmanager
async def opened(
    settings: Settings,
    clock: Clock = utc_now,
    *,
    beside: bool = False,
    roles: Collection[Role] = ALL_ROLES,
) -> AsyncIterator[App]:
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
    store = await (opened_for_one_command(url) if beside else opened_for_a_bot(url, has_clock=clock is utc_now))
    if store.is_shared:
        store.bells = Doorbells()
    elif frozenset(roles) != ALL_ROLES:
        await store.close()
        raise SettingsError(["--role: several processes need PostgreSQL; set DATABASE_URL=postgresql://..."])
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
        made.share_rate_limits(shared(store, clock))
        client.share_leases(SourceLeases(store, clock))
        adapters = Adapters(found, origins, client, links, made)
        yield App(settings, store, adapters, clock, Matcher(store.compiled, key), roles=roles)
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
