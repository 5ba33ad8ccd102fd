"""The bot and arXiv living together by one clock: the real sources and client, over a loopback connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import httpx2 as httpx

from bot.app import Adapters, App
from bot.jobs.rate_limits import SourceLeases
from bot.matching import Matcher
from bot.model import Slot
from bot.settings import Settings
from bot.sources import load
from bot.sources.calendar import EASTERN, opens
from bot.sources.client import PoliteClient
from bot.store import Store
from bot.summaries.chain import Chain
from bot.tokens import Links, Tokens
from tests.counterparts.arxiv_site import ArxivSite
from tests.counterparts.arxiv_world import Asked, World
from tests.fakes import FakeChannel, HandClock, courier, subscribed

BEIJING_NINE = Slot("Asia/Shanghai", 9 * 60)
STEP, HOUR = timedelta(minutes=5), timedelta(hours=1)
_CHANGES = (20, 0)  # Eastern: the listings, and the feeds
_STEPS = {*range(0, 24, 3), *_CHANGES}


def eastern(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the clocks of New York."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=EASTERN).astimezone(opens(day).tzinfo)


@dataclass
class Life:
    """One process of the bot that lives in a world."""

    app: App
    clock: HandClock
    world: World
    site: ArxivSite
    channel: FakeChannel
    digests: list[tuple[datetime, list[tuple[str, date]]]] = field(default_factory=list)

    async def until(self, end: datetime) -> None:
        """Live until then: read, plan and deliver at every step, as the scheduler does."""
        while self.clock.now < end:
            await self.app.reader.read_missing()
            await self.app.plan_due()
            holidays = self.app.settings.bot_arxiv_holidays
            await courier(self.app.store, self.channel, self.clock, holidays=holidays).drain()
            for digest in self.channel.digests[len(self.digests) :]:
                cards = (*digest.cards, *digest.rest)
                self.digests.append((self.clock.now, [(card.paper.id, card.date) for card in cards]))
            self.clock.now = min(end, self._next())

    def _next(self) -> datetime:
        """Steps are short when arXiv changes and as long as it is asked then, and else go from hour to hour."""
        now = self.clock.now.astimezone(EASTERN)
        is_asked = bool(self.world.asked) and self.clock.now - self.world.asked[-1].at < 3 * STEP
        if now.hour in _CHANGES and (now.minute < 20 or is_asked):
            return self.clock.now + STEP
        hour = self.clock.now.replace(minute=0, second=0, microsecond=0) + HOUR
        while hour.astimezone(EASTERN).hour not in _STEPS:
            hour += HOUR
        return hour

    def asked(self, part: str) -> list[Asked]:
        """The requests for paths that have this in them."""
        return [one for one in self.world.asked if part in one.path]

    @property
    def delivered(self) -> list[str]:
        """The papers that arrived, in order."""
        return [paper for _, papers in self.digests for paper, _ in papers]

    def announced(self, *categories: str, first: date = date.min, last: date = date.max) -> list[str]:
        """The new papers and cross-lists that the world has announced in categories, sorted."""
        found = {
            paper.id
            for day in self.world.mailings
            for category in categories
            for paper, kind in self.world.entries(category, day)
            if first <= day <= last and not kind.is_revision
        }
        return sorted(found)


@asynccontextmanager
async def living(
    store: Store,
    start: datetime,
    prepare: Callable[[World], None] = lambda _world: None,
    *,
    queries: Sequence[str] = ("cs.LG, cs.AI",),
    sources: Sequence[str] = ("arxiv_listing", "arxiv_feed"),
    slot: Slot = BEIJING_NINE,
) -> AsyncIterator[Life]:
    """A bot with one reader in a world."""
    clock = HandClock(start)
    world = World(clock)
    prepare(world)
    if queries:
        await subscribed(store, *queries, slot=slot, now=start)
    async with ArxivSite(world) as site, bot(store, clock, world, site, sources) as one:
        yield one


@asynccontextmanager
async def bot(
    store: Store, clock: HandClock, world: World, site: ArxivSite, sources: Sequence[str]
) -> AsyncIterator[Life]:
    """One process of the bot; it never really waits."""

    async def sleep(seconds: float) -> None:
        clock.now += timedelta(seconds=seconds)

    fields = {name: each.default for name, each in Settings.model_fields.items()}
    changes = {"bot_sources": tuple(sources), "arxiv_feed_url": site.feeds, "arxiv_url": site.url}
    changes |= {"arxiv_api_url": site.url}
    settings = Settings.model_construct(_fields_set=set(), **fields | changes)
    client = PoliteClient(SourceLeases(store, clock), transport=httpx.AsyncHTTPTransport(), now=clock, sleep=sleep)
    channel = FakeChannel()
    origins = [load(name, settings, client) for name in sources]
    adapters = Adapters([channel], origins, client, Links(Tokens(b"k" * 32)), Chain([]))
    app = App(settings, store, adapters, clock, Matcher())
    try:
        yield Life(app, clock, world, site, channel)
    finally:
        await client.close()
