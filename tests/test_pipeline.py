"""The day's steps: each may run twice, may fail for one category, and misses nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.model import ALL, AnnounceType, Language, Listing, Match, Summary, Validator
from bot.pipeline import Ingested, categories_to_read, ingest, plan, plan_all
from bot.reading import Reader
from bot.store import Store, schema
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    FakeSource,
    HandClock,
    courier,
    listing,
    paper,
    rows,
    subscribed,
)

CROSS, REPLACE = AnnounceType.CROSS, AnnounceType.REPLACE
NOON = MORNING + timedelta(hours=6)


class InterruptedStore(Store):
    """A store where something happens right before the next write transaction begins."""

    interruption: Callable[[], Awaitable[object]] | None = None

    @asynccontextmanager
    async def write(self):
        happens, self.interruption = self.interruption, None
        if happens is not None:
            await happens()
        async with super().write() as tx:
            yield tx


@pytest.fixture
async def interrupted(store_url, store):
    opened = InterruptedStore.open(store_url, exclusive=False)
    yield opened
    await opened.close()


async def found(store: Store, number: int = 1) -> list[Match]:
    """The matches of a paper, over all destinations."""
    async with store.read() as tx:
        return [
            match
            for place in await tx.subscribers.destinations()
            for match in await tx.matches.of(place.id, paper(number).id)
        ]


# Which categories are read


async def test_the_categories_to_read_are_those_of_all_subscriptions_together(sqlite_store):
    await subscribed(sqlite_store, "cs.LG tide", "(cs.AI, math.IT) -survey")
    _, (paused,) = await subscribed(sqlite_store, "primary:hep-th", address="#other")
    async with sqlite_store.write() as tx:
        await tx.subscribers.set_paused(paused.id, paused=True)
    assert await categories_to_read(sqlite_store) == ["cs.AI", "cs.IT", "cs.LG", "hep-th"]


async def test_all_categories_are_read_when_one_subscription_does_not_say_which(sqlite_store):
    await subscribed(sqlite_store, "cs.LG")
    await subscribed(sqlite_store, "tide", address="#other")
    read_now = await categories_to_read(sqlite_store)
    assert len(read_now) == 149
    assert "cs.IT" in read_now
    assert "math.IT" not in read_now, "an alias is not read a second time"


async def test_nothing_is_read_for_nobody(sqlite_store):
    assert await categories_to_read(sqlite_store) == []


# Ingesting


async def test_an_ingest_that_fails_leaves_nothing_of_itself(store):
    await subscribed(store)
    validator = Validator("https://feeds.example/cs.LG", '"1"')
    stray = Summary("2606.99999", 1, Language.ZH, "无主", provenance="arxivdaily")
    broken = Listing("arxivdaily", ALL, DAY, (), summaries=(stray,))
    good = listing("cs.LG", paper(1), validator=validator)
    with pytest.raises(IntegrityError):
        await ingest(store, [good, broken], MORNING)
    for table in (schema.paper, schema.announcement, schema.listing, schema.match, schema.text_):
        assert await rows(store, table) == []
    assert await ingest(store, [good], MORNING) == Ingested(1, 1, 1)


# Ingesting


async def test_ingesting_twice_brings_nothing_new(store):
    await subscribed(store, "cs.LG")
    listings = [listing("cs.LG", paper(1), (paper(2, categories=("hep-th", "cs.LG")), CROSS))]
    assert await ingest(store, listings, MORNING) == Ingested(2, 2, 2)
    before = [await rows(store, table) for table in (schema.paper, schema.announcement, schema.match)]
    assert await ingest(store, listings, NOON) == Ingested(2, 0, 0)
    assert [await rows(store, table) for table in (schema.paper, schema.announcement, schema.match)] == before


async def test_ingesting_nothing_is_allowed(sqlite_store):
    await subscribed(sqlite_store)
    assert await ingest(sqlite_store, [], MORNING) == Ingested()


async def test_a_paper_in_two_listings_matches_once_and_with_its_best_type(store):
    place, _ = await subscribed(store, "cs.LG, cs.AI")
    await ingest(store, [listing("cs.AI", (paper(1), CROSS))], MORNING)
    (match,) = await found(store)
    assert match.type is CROSS
    await ingest(store, [listing("cs.LG", paper(1))], NOON)
    (match,) = await found(store)
    assert match.type is AnnounceType.NEW
    async with store.read() as tx:
        assert await tx.planning.waiting(place.id) == 1


async def test_a_paper_that_was_delivered_does_not_come_again_when_another_listing_has_it(store):
    await subscribed(store, "cs.LG", "cs.AI")
    channel, clock = FakeChannel(), HandClock()
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    assert await plan_all(store, ["fake"], MORNING) == 1
    await courier(store, channel, clock).drain()
    await ingest(store, [listing("cs.AI", (paper(1), CROSS), day=DAY + timedelta(days=1))], NOON)
    assert await plan_all(store, ["fake"], NOON) == 0
    assert channel.papers("#tides") == ["2606.90001v1"]


async def test_revised_papers_come_only_to_those_who_ask_for_types(store):
    plain, _ = await subscribed(store, "cs.LG")
    keen, _ = await subscribed(store, "cs.LG type:replace", address="#keen")
    await ingest(store, [listing("cs.LG", (paper(1, version=2), REPLACE))], MORNING)
    async with store.read() as tx:
        assert [await tx.planning.waiting(one.id) for one in (plain, keen)] == [0, 1]


async def test_chinese_texts_that_come_with_a_later_listing_find_their_readers(store):
    await subscribed(store, "潮汐", now=MORNING)
    one = paper(1, title="Harbour", abstract="Nothing of the kind.")
    await ingest(store, [listing("cs.LG", one)], MORNING)
    assert await found(store) == []
    summary = Summary(one.id, 1, Language.ZH, "潮汐表的稀疏注意力", provenance="arxivdaily")
    page = Listing("arxivdaily", ALL, DAY, listing(ALL, one).announcements, summaries=(summary,))
    await ingest(store, [page], NOON)
    (match,) = await found(store)
    assert [reason.field for reason in match.reasons] == ["title_zh"]


async def test_a_paused_subscription_is_matched_too_because_its_papers_wait(store):
    place, (subscription,) = await subscribed(store)
    async with store.write() as tx:
        await tx.subscribers.set_paused(subscription.id, paused=True)
    assert (await ingest(store, [listing("cs.LG", paper(1))], MORNING)).matched == 1
    async with store.write() as tx:
        assert await tx.planning.waiting(place.id) == 0
        await tx.subscribers.set_paused(subscription.id, paused=False)
        assert await tx.planning.waiting(place.id) == 1


# Between the matching and the writing


async def test_who_subscribes_between_the_matching_and_the_writing_misses_nothing(interrupted, store):
    await subscribed(store, "cs.LG")
    interrupted.interruption = lambda: subscribed(store, "cs.AI", address="#late")
    assert (await ingest(interrupted, [listing("cs.LG", paper(1))], MORNING)).matched == 2
    async with store.read() as tx:
        assert [await tx.planning.waiting(one.id) for one in await tx.subscribers.destinations()] == [1, 1]


async def test_who_changes_a_query_in_between_gets_what_the_new_one_asks_for(interrupted, store):
    place, (subscription,) = await subscribed(store, "hep-th")

    async def edit():
        async with store.write() as tx:
            await tx.subscribers.set_query(subscription.id, "cs.LG")

    interrupted.interruption = edit
    assert (await ingest(interrupted, [listing("cs.LG", paper(1))], MORNING)).matched == 1
    async with store.read() as tx:
        assert await tx.planning.waiting(place.id) == 1


async def test_who_unsubscribes_in_between_is_no_trouble(interrupted, store):
    _, (subscription,) = await subscribed(store)

    async def leave():
        async with store.write() as tx:
            await tx.subscribers.unsubscribe(subscription.id)

    interrupted.interruption = leave
    assert await ingest(interrupted, [listing("cs.LG", paper(1))], MORNING) == Ingested(1, 1, 0)


async def test_what_another_process_ingests_in_between_is_neither_lost_nor_counted_twice(interrupted, store):
    await subscribed(store, "cs.LG, cs.AI")
    interrupted.interruption = lambda: ingest(store, [listing("cs.LG", paper(1), paper(2))], MORNING)
    outcome = await ingest(interrupted, [listing("cs.LG", paper(1), paper(2), paper(3))], NOON)
    assert outcome == Ingested(3, 1, 1)
    assert [len(await found(store, number)) for number in (1, 2, 3)] == [1, 1, 1]


async def test_another_listing_of_the_same_paper_in_between_counts_for_its_type(interrupted, store):
    await subscribed(store, "cs.LG, cs.AI")
    interrupted.interruption = lambda: ingest(store, [listing("cs.LG", paper(1))], MORNING)
    await ingest(interrupted, [listing("cs.AI", (paper(1), CROSS))], NOON)
    (match,) = await found(store)
    assert match.type is AnnounceType.NEW


async def test_nobody_can_subscribe_while_matches_are_being_written(store_url, store):
    await subscribed(store, "cs.LG")
    if store_url.startswith("sqlite"):
        return  # it has one writer
    async with store.write() as tx:
        await tx.subscribers.freeze()
        late = asyncio.create_task(subscribed(store, "cs.AI"))
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'subscription'::regclass")
        while not (await tx.connection.execute(waits)).scalar():
            assert not late.done()
        assert len(await tx.subscribers.all_subscriptions()) == 1
    await late


async def test_ingests_of_many_categories_at_the_same_moment_keep_every_paper_and_one_match_each(store):
    await subscribed(store, "cs.LG, cs.AI, cs.CL, stat.ML")
    listings = [listing("cs.LG", *(paper(n) for n in range(1, 21)))] + [
        listing(category, *((paper(n), CROSS) for n in range(1, 21))) for category in ("cs.AI", "cs.CL", "stat.ML")
    ]
    outcomes = await asyncio.gather(*(ingest(store, [one], MORNING) for one in listings))
    assert sum(one.new for one in outcomes) == 80
    assert len(await rows(store, schema.announcement)) == 80
    matches = await rows(store, schema.match)
    assert [(row.paper_id, row.type) for row in matches] == [(paper(n).id, "new") for n in range(1, 21)]


# Planning


async def test_a_whole_day_may_run_twice_and_everybody_gets_each_paper_once(store):
    channel, clock = FakeChannel(), HandClock()
    await subscribed(store, "cs.LG", "tide", address="#one")
    await subscribed(store, "cs.AI", address="#two")
    source = FakeSource(
        outcomes={
            "cs.LG": listing("cs.LG", *(paper(n) for n in range(1, 6))),
            "cs.AI": listing("cs.AI", *((paper(n), CROSS) for n in range(4, 8))),
        }
    )
    for _ in range(2):
        await Reader(store, [source], clock).read(["cs.LG", "cs.AI"])
        clock.forward(hours=3)
        await plan(store, clock())
        await courier(store, channel, clock).drain()
    assert sorted(channel.papers("#one")) == [f"2606.9000{n}v1" for n in range(1, 8)]
    assert sorted(channel.papers("#two")) == [f"2606.9000{n}v1" for n in range(1, 8)]


async def test_planning_everything_does_not_take_slots(store):
    await subscribed(store)
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    assert await plan_all(store, ["fake"], MORNING) == 1
    assert await plan_all(store, ["fake"], MORNING) == 0
    await ingest(store, [listing("cs.LG", paper(2))], MORNING)
    assert await plan(store, NOON) == 1
