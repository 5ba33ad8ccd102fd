"""PollResult by hand and by the clock, with sources that do what they are told."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import func, select, text

from bot.errors import SourceError
from bot.jobs.announcement_day import PollContext, portions
from bot.jobs.ingest import Ingested
from bot.jobs.poll import Poller
from bot.model import AnnounceType, Validator
from bot.sources import Outcome, Unchanged
from bot.sources.calendar import weekdays
from bot.store import Store, schema
from bot.store.packing import unpack
from tests.counterparts.arxiv_world import World
from tests.fakes import DAY, MORNING, FakeSource, HandClock, listing, matches, paper, rows, subscribed
from tests.jobs.life import BEIJING_NINE, bot, eastern, living

SUNDAY, MONDAY, TUESDAY = (date(2026, 6, day) for day in (7, 8, 9))
CROSS = AnnounceType.CROSS
LG = Validator("https://feeds.example/cs.LG", '"1"', "Wed, 10 Jun 2026 04:00:00 GMT")


def week(world: World) -> None:
    """A mailing on every day, of two categories."""
    for day in (date(2026, 6, 5), *weekdays(SUNDAY, date(2026, 6, 12))):
        world.announce(day, world.papers(3, "cs.LG", "cs.AI") + world.papers(2, "cs.AI"))


async def test_a_category_that_fails_leaves_a_fault_alone_and_the_others_are_ingested(store):
    await subscribed(store, "cs.LG", "cs.AI")
    source = FakeSource(
        outcomes={
            "cs.AI": SourceError("cs.AI", "the feed is cut", timedelta(minutes=5)),
            "cs.LG": listing("cs.LG", paper(1)),
            "hep-th": Unchanged("hep-th"),
        }
    )
    seen: list[Outcome] = []
    day = await Poller(PollContext(store, [source], HandClock())).read(["cs.AI", "cs.LG", "hep-th"], seen.append)
    reading = day.readings["arxiv_feed"]
    assert [fault.category for fault in reading.faults] == ["cs.AI"]
    assert (len(reading.listings), reading.unchanged) == (1, ["hep-th"])
    assert len(seen) == 3
    assert day.ingested == Ingested(1, 1, 2)
    assert [row.category for row in await rows(store, schema.listing)] == ["cs.LG"]
    assert [row.category for row in await rows(store, schema.announcement)] == ["cs.LG"]
    (fault,) = await rows(store, schema.fault)
    assert (fault.category, fault.date, fault.reason) == ("cs.AI", DAY, "the feed is cut")


def test_many_listings_are_stored_a_few_at_a_time_and_none_is_cut():
    one = paper(1)
    told = [listing(f"cs.{n}", *[one] * n) for n in (0, 400, 1, 299, 150, 100, 60)]
    wholes, parts = told[:5], told[5:]
    found = list(portions(wholes, parts))
    assert [some for group, _ in found for some in group] == wholes
    assert [some for _, group in found for some in group] == parts
    assert [sum(len(each.announcements) for each in (*these, *those)) for these, those in found] == [
        400, 300, 250, 60,
    ]  # fmt: skip
    assert list(portions([], [])) == []
    assert list(portions(told[:1], [])) == [([told[0]], [])]


async def test_the_validator_is_stored_with_the_listing_and_handed_to_the_source_the_next_time(sqlite_store):
    source = FakeSource(outcomes={"cs.LG": listing("cs.LG", paper(1), validator=LG)})
    reader = Poller(PollContext(sqlite_store, [source], HandClock()))
    for _ in range(2):
        await reader.read(["cs.LG"])
    assert source.asked == [(["cs.LG"], {}), (["cs.LG"], {"cs.LG": LG})]


async def test_who_has_nothing_to_read_asks_nobody(sqlite_store):
    source = FakeSource()
    await Poller(PollContext(sqlite_store, [source], HandClock())).read()
    assert source.asked == []


async def test_a_look_that_finds_nothing_to_read_writes_nothing(sqlite_store):
    await subscribed(sqlite_store, "cs.LG", now=MORNING - timedelta(days=1))
    clock = HandClock(MORNING - timedelta(days=1))
    source = FakeSource(outcomes={"cs.LG": listing("cs.LG", paper(1))})
    reader, beside = (
        Poller(PollContext(sqlite_store, [source], clock)),
        Store.open(sqlite_store.url, exclusive=False),
    )
    wrote = []
    for now in (clock.now, clock.now, MORNING, MORNING + timedelta(minutes=1)):
        await beside.has_changed()
        clock.now = max(now, clock.forward(minutes=6))
        await reader.read_missing()
        wrote.append(await beside.has_changed())
    await beside.close()
    assert wrote == [True, False, True, False], "the categories are noted, and the mailing is read, once each"


async def test_categories_that_are_named_are_read_before_those_that_nobody_names(sqlite_store):
    before = MORNING - timedelta(days=1)
    await subscribed(sqlite_store, "tide", "hep-th axion", "cs.RO, cs.LG OR tide", "stat.ML (a, b)", now=before)
    source, clock = FakeSource(), HandClock(before)
    reader = Poller(PollContext(sqlite_store, [source], clock))
    await reader.read_missing()
    clock.now = MORNING
    await reader.read_missing()
    asked, _ = source.asked[-1]
    assert set(asked[:2]) == {"hep-th", "stat.ML"}
    assert len(asked) == 149


async def test_a_paper_that_is_new_elsewhere_waits_for_that_listing_to_be_read(sqlite_store):
    """Else a digest that is planned in between would call it a cross-list."""
    await subscribed(sqlite_store, "cs.AI, cs.LG")
    seen: list[int] = []

    class Slow(FakeSource):
        async def fetch(self, categories, known):
            async for outcome in super().fetch(categories, known):
                seen.append(len(await rows(sqlite_store, schema.announcement)))
                yield outcome

    alone = paper(2, categories=("cs.AI",))
    outcomes: dict[str, Outcome] = {"cs.LG": listing("cs.LG", paper(1))}
    outcomes["cs.AI"] = listing("cs.AI", (paper(1), CROSS), alone)
    await Poller(PollContext(sqlite_store, [Slow(outcomes=dict(outcomes))], HandClock())).read()
    assert seen == [0, 1], "what waits for no other category is stored at once"
    found = [(one.paper_id, one.type) for one in await matches(sqlite_store)]
    assert found == [(paper(1).id, AnnounceType.NEW), (alone.id, AnnounceType.NEW)]


async def test_two_processes_do_not_both_ask_for_the_day(store):
    await subscribed(store, "cs.LG", now=MORNING - timedelta(days=1))
    source = FakeSource(outcomes={"cs.LG": listing("cs.LG", paper(1))})
    clock = HandClock(MORNING - timedelta(days=1))
    readers = [Poller(PollContext(store, [source], clock)) for _ in range(2)]
    await readers[0].read_missing()
    clock.now = MORNING
    await asyncio.gather(*(one.read_missing() for one in readers))
    assert [asked for asked, _ in source.asked] == [["cs.LG"]]


async def test_a_plan_waits_for_what_is_being_read(sqlite_store):
    await subscribed(sqlite_store, "cs.LG", now=MORNING - timedelta(days=1))
    clock, under_way = HandClock(MORNING - timedelta(days=1)), []

    class Watched(FakeSource):
        async def fetch(self, categories, known):
            under_way.append(await reader.is_under_way())
            async for outcome in super().fetch(categories, known):
                yield outcome

    reader = Poller(PollContext(sqlite_store, [Watched(outcomes={"cs.LG": listing("cs.LG", paper(1))})], clock))
    assert await reader.is_under_way(), "nobody knows yet what is missing"
    await reader.read_missing()
    assert not await reader.is_under_way()
    clock.now = MORNING
    await reader.read_missing()
    assert under_way == [True]
    assert not await reader.is_under_way()


# Over two processes, and for any number of readers


async def crowd(store: Store, readers: int) -> None:
    """That many readers, a hundredth of whom gets papers."""
    await subscribed(store, "cs.LG zeppelin", address="#1", slot=BEIJING_NINE)
    numbers = "WITH RECURSIVE these(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM these WHERE n < :readers) "
    destinations = (
        "INSERT INTO destination (id, channel, address, slot_id, language) SELECT n, 'fake', '#' || n, 1, 'en'"
    )
    query = "CASE n % 100 WHEN 2 THEN 'cs.AI tide' ELSE 'cs.LG zeppelin' || (n % 50) END"
    texts = f"INSERT OR IGNORE INTO query (text) SELECT DISTINCT {query}"
    asked = (
        "INSERT INTO subscription (id, destination_id, number, query_id, created_at) "
        "SELECT n, n, 1, query.id, '2026-06-01 00:00:00.000000'"
    )
    async with store.write() as tx:
        for insert in (destinations, texts):
            await tx.connection.execute(text(f"{numbers}{insert} FROM these"), {"readers": readers})
        asking = text(f"{numbers}{asked} FROM these JOIN query ON query.text = {query}")
        await tx.connection.execute(asking, {"readers": readers})


async def test_as_many_requests_are_made_for_100_000_readers_as_for_two(sqlite_store, sqlite_other):
    asked = []
    for store, readers in ((sqlite_store, 2), (sqlite_other, 100_000)):
        async with living(store, eastern(SUNDAY, 19), week, queries=()) as life:
            await crowd(store, readers)
            for hours in (0, 1, 2, 5, 6):
                life.clock.now = eastern(SUNDAY, 19, 10) + timedelta(hours=hours)
                await life.app.reader.read_missing()
            asked.append([one.path for one in life.world.asked])
        async with store.read() as tx:
            asking = func.count().label("asking")
            rows_ = await tx.connection.execute(
                select(schema.hit.c.papers, asking)
                .join_from(schema.hit, schema.subscription, schema.subscription.c.query_id == schema.hit.c.query)
                .group_by(schema.hit.c.batch, schema.hit.c.query)
            )
            found = sum(len(unpack(row.papers)) * row.asking for row in rows_)
        assert found == 5 * max(readers // 100, 1), "all of them were matched"
    assert asked[0] == asked[1]
    assert len(asked[0]) == 4, "two pages and two feeds"


async def test_over_two_processes_pages_are_15_seconds_apart_and_feeds_3_and_nothing_is_asked_twice(
    store_url, store
):
    async with living(store, eastern(SUNDAY, 12), week) as life:
        other_store = Store.open(store_url, exclusive=False)
        async with bot(other_store, life.clock, life.world, life.site, ["arxiv_listing", "arxiv_feed"]) as other:
            while life.clock.now < eastern(TUESDAY, 2):
                await asyncio.gather(life.app.reader.read_missing(), other.app.reader.read_missing())
                life.clock.forward(minutes=7)
        await other_store.close()
        asked = life.world.asked
        assert life.site.most_at_once == 1
        for one, after in pairwise(asked):
            assert after.at - one.at >= timedelta(seconds=15 if "/list/" in one.path else 3)
        pages = [one.path for one in asked if "/rss/" not in one.path]
        assert len(pages) == 4, "two categories, Monday and Tuesday"


async def test_categories_of_the_reading_room_are_read_though_nobody_has_subscribed(sqlite_store):
    source = FakeSource()
    await subscribed(sqlite_store, "cs.LG")
    poller = Poller(PollContext(sqlite_store, [source], HandClock()), also=["stat.ML", "cs.LG"])
    assert await poller.wanted() == ["cs.LG", "stat.ML"]
    await poller.read()
    assert [codes for codes, _ in source.asked] == [["cs.LG", "stat.ML"]]
