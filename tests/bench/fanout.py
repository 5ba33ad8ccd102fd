"""What a whole day costs for any number of readers: `python -m tests.bench fanout -n N`.

A day of 2,251 papers is read as the service reads it, from listings in the evening and from feeds after midnight;
each of N destinations has one subscription, over 120 slots. Beside all of it small writes are tried, as commands
make them; what these take is not counted. All else is counted in seconds of CPU of this process, and of the server
where there is one.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from sqlalchemy import func, select, text

from bot import arenas
from bot.app import Adapters, App
from bot.channels import Channel
from bot.channels import load as load_channel
from bot.digest import Digest
from bot.engine.works import keep_pauses_short
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.matching import Matcher
from bot.model import Announcement, Language, Listing, Validator
from bot.settings import Settings
from bot.sources import Outcome
from bot.sources.calendar import FEEDS_DUE, PAGES_DUE, newest, opens
from bot.store import Store, Transaction, schema
from bot.summaries.chain import Chain
from bot.tokens import Links, Tokens
from tests.bench.crowd import BEFORE, DAY, LARGE, READERS, gathered, printed
from tests.bench.proc import cpu_of, server_of
from tests.counterparts import postgres
from tests.fakes import HandClock

_SAMPLE = 2_000  # digests of the crowd that are sent
_PAUSE = 0.02  # seconds between two small writes
_ALONE = 200  # of them, to see what one takes
_SIZE = {
    True: "SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN "
    "(SELECT name FROM sqlite_master WHERE tbl_name = :table)",
    False: "SELECT pg_total_relation_size(CAST(:table AS text)::regclass)",
}


class Press:
    """A source that has the newspaper of the day by category; listing pages bring the Chinese texts with it.

    It reads a category from a file when it is asked for it, as a real one from a page: the whole day is not here.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime], *, is_feed: bool) -> None:
        self.name = "arxiv_feed" if is_feed else "arxiv_listing"
        self.due_offset = FEEDS_DUE if is_feed else PAGES_DUE
        self.is_daily = is_feed
        self._folder = folder
        self._clock = clock

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """Every category that was asked for."""
        day = newest(self._clock(), self.due_offset)
        for category in categories:
            yield self.listing(category, day)

    def listing(self, category: str, day: date) -> Listing:
        """What it says of a category."""
        found = printed(self._folder, category) if day == DAY else []
        announced = tuple(Announcement(one.paper, category, day, one.types[category]) for one in found)
        own = [one.summary for one in found if one.summary and one.paper.primary == category]
        summaries = () if self.is_daily else tuple(own)
        return Listing(self.name, category, day, announced, None if self.is_daily else len(found), summaries)


class Pages(Press):
    """The listing pages: days of the past can be had of them, too."""

    async def rebuild(self, category: str, day: date) -> Outcome:
        """What was announced on a day."""
        return self.listing(category, day)


class Quick(Channel):
    """A channel that renders as another one does, for as many at a time; it says stop when it has had enough.

    What it sends has arrived at once.
    """

    def __init__(self, name: str, other: Channel | None, enough: int) -> None:
        self.name = name
        self.digests = 0
        self.enough = enough
        self.stop: Callable[[], None] = lambda: None
        self._other = other
        if other:
            self.at_once = other.at_once  # type: ignore[misc]  # of a class elsewhere

    def render(self, digest: Digest) -> tuple[str, ...]:
        """The messages of the other channel; without one, a line."""
        self.digests += 1
        if self.digests == self.enough:
            self.stop()
        return self._other.render(digest) if self._other else (f"{len(digest.cards)} papers",)

    def preview(self, bodies: Sequence[str]) -> str:
        """The bodies as they are."""
        return "".join(bodies)

    async def send(self, address: str, body: str, key: str) -> str:
        """It is there."""
        return key

    async def check(self) -> str:
        """Nothing to reach."""
        return self.name

    async def close(self) -> None:
        """Let go of what the other one has."""
        if self._other:
            await self._other.close()


class Watched(Store):
    """A store that notes how long each of its writes took, and which lines of the bot wrote."""

    longest: ClassVar[list[tuple[float, str]]] = []

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that may write."""
        lines = _lines_of_the_bot()
        async with super().write() as tx:
            began = time.monotonic()
            yield tx
        took = time.monotonic() - began
        Watched.longest = sorted([*Watched.longest, (took, lines)], reverse=True)[:3]


def _lines_of_the_bot() -> str:
    """The last three lines of the bot that are being run; to tell them costs little, for it is measured, too."""
    found: list[str] = []
    frame = sys._getframe(1)
    while frame is not None and len(found) < 3:
        path = frame.f_code.co_filename
        if "/bot/" in path:
            found.append(f"{path.rpartition('/')[2]}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(found)


@dataclass
class Figures:
    """What was measured."""

    ingest: float = 0.0
    batches: int = 0
    plan: float = 0.0
    planned: int = 0
    digests: dict[str, float] = field(default_factory=dict)  # milliseconds, by channel
    waits: dict[str, list[float]] = field(default_factory=dict)  # seconds, by what was done beside
    hits: int = 0  # bytes
    delivery: float = 0.0  # bytes a digest
    peak: int = 0  # bytes
    longest: list[tuple[float, str]] = field(default_factory=list)  # writes: seconds, and who wrote


async def bench(count: int, database: str, statistics: str) -> None:
    """Print the table of one size."""
    arenas.share()  # as `sudi` does, and `sudi run` what follows
    gc.freeze()
    keep_pauses_short()
    found = await _measured(count, 120, database, statistics)
    one_slot = await _measured(20_000, 1, database, statistics) if count >= 20_000 else None
    print(f"{count:,} destinations on {database}, statistics {statistics}; load {os.getloadavg()[0]:.0f}")
    _say("evening's ingest", found.ingest, "s of CPU", {100_000: 20, 1_000_000: 120}.get(count))
    _say("batches", found.batches, "", 6)
    for beside, waits in found.waits.items():
        waits.sort()
        name = f"a small write beside {beside} ({len(waits)}; longest {max(waits, default=0):.2f} s): p99"
        p99 = waits[int(len(waits) * 0.99)] if waits else 0
        _say(name, p99, "s", {3_000: 0.3, 100_000: 0.3, 1_000_000: 0.5}.get(count))
    for seconds, origin in found.longest:
        print(f"  one of the longest writes: {seconds:.2f} s, of {origin}")
    _say(f"plan, all slots ({found.planned})", found.plan, "s of CPU", {100_000: 8, 1_000_000: 80}.get(count))
    if one_slot:
        _say(f"plan, 20,000 in one slot ({one_slot.planned})", one_slot.plan, "s of CPU", 5)
    for name, milliseconds in found.digests.items():
        _say(
            f"compose, render and record a large digest, {name}", milliseconds, "ms of CPU", {3_000: 15}.get(count)
        )
    _say("hits of the day", found.hits / 1e6, "MB", {100_000: 40, 1_000_000: 400}.get(count))
    _say("a delivery", found.delivery / 1e3, "kB", 1)
    _say("peak memory", found.peak / 1e6, "MB", {3_000: 220, 100_000: 600, 1_000_000: 1800}.get(count))


def _say(name: str, value: float, unit: str, most: float | None) -> None:
    verdict = "" if most is None else f"; floor {most:g} {'met' if value <= most else 'MISSED'}"
    print(f"{name}: {value:.2f} {unit}{verdict}".replace(" ;", ";"))


async def _measured(count: int, slots: int, database: str, statistics: str) -> Figures:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sudi-fanout-"))
        url, server = f"sqlite:///{folder}/sudi.db", 0
        if database == "postgres":
            url = await stack.enter_async_context(postgres.database(stack.enter_context(postgres.server())))
            server = await server_of(url)
        await asyncio.to_thread(gathered, url, count, slots, statistics, folder)
        return await _Day(await stack.enter_async_context(_living(url, Path(folder))), server).go()


@dataclass
class _Living:
    app: App
    clock: HandClock
    channels: dict[str, Quick]


@asynccontextmanager
async def _living(url: str, folder: Path) -> AsyncIterator[_Living]:
    """A process of the service whose queries are compiled."""
    clock, store = HandClock(BEFORE), Watched.open(url)
    fields = {name: each.default for name, each in Settings.model_fields.items()}
    settings = Settings.model_construct(
        _fields_set=set(), **fields | {"bot_sources": ("arxiv_listing", "arxiv_feed")}
    )
    credentials = Settings(
        _env_file=None, slack_bot_token="xoxb-1", slack_app_token="xapp-1", discord_token="MTIz.fake.token",
        smtp_url="smtp://localhost:25", smtp_from="papers@sudi.test",
    )  # type: ignore[arg-type,call-arg]  # fmt: skip
    links = Links(Tokens(b"k" * 32))
    channels = {"fake": Quick("fake", None, _SAMPLE)}
    for name in LARGE:
        real = load_channel(name, credentials)
        real.link(links)
        channels |= {each: Quick(each, real, 0) for each in (name, f"warm {name}")}
    sources = [Pages(folder, clock, is_feed=False), Press(folder, clock, is_feed=True)]
    adapters = Adapters(list(channels.values()), list(sources), None, links, Chain([]))  # type: ignore[arg-type]
    app = App(settings, store, adapters, clock, Matcher(store.compiled))
    await app.reader.read_missing()  # on the day before, of which nothing is told
    try:
        yield _Living(app, clock, channels)
    finally:
        for one in channels.values():
            await one.close()
        await store.close()


class _Day:
    """The day, step by step."""

    def __init__(self, living: _Living, server: int) -> None:
        self._app, self._clock, self._channels = living.app, living.clock, living.channels
        self._server = server
        self._found = Figures()

    async def go(self) -> Figures:
        """Read, plan and deliver."""
        found = self._found
        small = await self._small()
        Watched.longest = []
        async with self._beside("ingest"):
            began = self._cpu()
            for at in (opens(DAY) + timedelta(minutes=6), opens(DAY) + timedelta(hours=4, minutes=10)):
                self._clock.now = at
                await self._app.reader.read_missing()
            found.ingest = self._cpu() - began
        found.ingest -= small * len(found.waits["ingest"])
        found.batches = await self._count(schema.batch)
        found.hits = await self._size("hit")
        before = await self._size("delivery", "part")
        async with self._beside("plan"):
            began = self._cpu()
            while self._clock.now <= opens(DAY) + timedelta(days=1):
                self._clock.now += timedelta(minutes=30)
                found.planned += await self._app.plan()
            found.plan = self._cpu() - began
        found.plan -= small * len(found.waits["plan"])
        planned = await self._size("delivery", "part")
        for name in LARGE:
            found.digests[name] = await self._large(name)
        large = await self._size("delivery", "part")
        async with self._beside("delivery"):
            await self._deliver("fake")
        sent = await self._size("delivery", "part")
        found.delivery = (sent - large) / max(self._channels["fake"].digests, 1)
        found.delivery += (planned - before) / max(found.planned, 1)
        found.peak, found.longest = _peak(), Watched.longest
        return found

    async def _large(self, name: str) -> float:
        """Milliseconds of CPU for each of the large digests of a channel; the papers have been in some before."""
        await self._deliver(f"warm {name}")
        began = self._cpu()
        await self._deliver(name)
        digests = self._channels[name].digests
        assert digests == READERS, f"{digests} digests on {name}"
        return 1000 * (self._cpu() - began) / digests

    async def _deliver(self, name: str) -> None:
        channel = self._channels[name]
        composer = Composer(self._app.store, cap=20, clock=self._clock)
        courier = Courier(self._app.store, channel, composer, owner="bench", clock=self._clock)
        channel.stop = courier.stop
        await courier.drain()

    async def _small(self) -> float:
        """Seconds of CPU of a small write, beside which nothing else is done."""
        began = self._cpu()
        for number in range(_ALONE):
            await self._write(number)
        return (self._cpu() - began) / _ALONE

    async def _write(self, number: int) -> None:
        async with self._app.store.write() as tx:
            await tx.subscribers.set_language(number % 1000 + 1, Language.BOTH)

    @asynccontextmanager
    async def _beside(self, what: str) -> AsyncIterator[None]:
        """Try small writes all the while, as a command makes them, and note how long each of them took."""
        waits: list[float] = []

        async def write() -> None:
            number = 0
            while True:
                number += 1
                began = time.monotonic()
                await self._write(number)
                waits.append(time.monotonic() - began)
                await asyncio.sleep(_PAUSE)

        writing = asyncio.create_task(write())
        yield
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        self._found.waits[what] = waits

    async def _count(self, table: object) -> int:
        async with self._app.store.read() as tx:
            return int((await tx.connection.execute(select(func.count()).select_from(table))).scalar_one())  # type: ignore[arg-type]

    async def _size(self, *tables: str) -> int:
        """Bytes of tables with their indexes."""
        size = 0
        async with self._app.store.write() as tx:
            is_sqlite = tx.connection.dialect.name == "sqlite"
            for table in tables:
                size += int((await tx.connection.execute(text(_SIZE[is_sqlite]), {"table": table})).scalar_one())
        return size

    def _cpu(self) -> float:
        """Seconds of CPU of this process and of the server's."""
        return time.process_time() + (cpu_of(self._server) if self._server else 0)


def _peak() -> int:
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("VmHWM")).split()[1]) * 1024


if __name__ == "__main__":
    asyncio.run(bench(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
