"""Storing, matching, planning: each may run twice, or be cut off anywhere, and misses nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.jobs.announcement_day import PollContext
from bot.jobs.ingest import Ingested, categories_to_read
from bot.jobs.ingest import ingest as stored
from bot.jobs.match import is_unmatched, match
from bot.jobs.plan import plan, plan_all
from bot.jobs.poll import Poller
from bot.matching import PART, Matcher
from bot.model import ALL, AnnounceType, Language, Listing, Summary, Validator
from bot.store import Store, schema
from bot.store.batches import Batch
from bot.store.packing import unpack
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    FakeSource,
    HandClock,
    courier,
    ingest,
    listing,
    matches,
    paper,
    planned,
    rows,
    states,
    subscribed,
    waits,
)

CROSS, REPLACE = AnnounceType.CROSS, AnnounceType.REPLACE
NOON = MORNING + timedelta(hours=6)


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


async def test_an_ingest_that_fails_leaves_nothing_of_itself(store, monkeypatch):
    await subscribed(store)
    good = listing("cs.LG", paper(1), validator=Validator("https://feeds.example/cs.LG", '"1"'))

    async def fail(*_what):
        raise RuntimeError("power")

    monkeypatch.setattr("bot.store.texts.Texts.carry", fail)
    with pytest.raises(RuntimeError, match="power"):
        await ingest(store, [good], MORNING)
    monkeypatch.undo()
    for table in (schema.paper, schema.announcement, schema.listing, schema.hit, schema.text_):
        assert await rows(store, table) == []
    assert await ingest(store, [good], MORNING) == Ingested(1, 1, 1)


async def test_ingesting_twice_brings_nothing_new(store):
    await subscribed(store, "cs.LG")
    listings = [listing("cs.LG", paper(1), (paper(2, categories=("hep-th", "cs.LG")), CROSS))]
    assert await ingest(store, listings, MORNING) == Ingested(2, 2, 2)
    before = [await rows(store, table) for table in (schema.paper, schema.announcement, schema.hit)]
    assert await ingest(store, listings, NOON) == Ingested(2, 0, 0)
    assert [await rows(store, table) for table in (schema.paper, schema.announcement, schema.hit)] == before


async def test_ingesting_nothing_is_allowed(sqlite_store):
    await subscribed(sqlite_store)
    assert await ingest(sqlite_store, [], MORNING) == Ingested()


async def test_a_paper_in_two_listings_matches_once_and_with_its_best_type(store):
    destination, _ = await subscribed(store, "cs.LG, cs.AI")
    await ingest(store, [listing("cs.AI", (paper(1), CROSS))], MORNING)
    (match,) = await matches(store)
    assert match.type is CROSS
    await ingest(store, [listing("cs.LG", paper(1))], NOON)
    (match,) = await matches(store)
    assert match.type is AnnounceType.NEW
    async with store.read() as tx:
        assert await waits(tx, destination.id) == 1


async def test_a_paper_that_was_delivered_does_not_come_again_when_another_listing_has_it(store):
    await subscribed(store, "cs.LG", "cs.AI")
    channel, clock = FakeChannel(), HandClock()
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    assert await plan_all(store, ["fake"], MORNING) == 1
    await courier(store, channel, clock).drain()
    await ingest(store, [listing("cs.AI", (paper(1), CROSS), day=DAY + timedelta(days=1))], NOON)
    await plan_all(store, ["fake"], NOON)
    clock.now = NOON
    await courier(store, channel, clock).drain()
    assert channel.papers("#tides") == ["2606.90001v1"]
    assert await states(store) == ["sent"]


async def test_revised_papers_come_only_to_those_who_ask_for_types(store):
    plain, _ = await subscribed(store, "cs.LG")
    keen, _ = await subscribed(store, "cs.LG type:replace", address="#keen")
    await ingest(store, [listing("cs.LG", (paper(1, version=2), REPLACE))], MORNING)
    async with store.read() as tx:
        assert [await waits(tx, one.id) for one in (plain, keen)] == [0, 1]


async def test_chinese_texts_that_come_with_a_later_listing_find_their_readers(store):
    await subscribed(store, "潮汐", now=MORNING)
    one = paper(1, title="Harbour", abstract="Nothing of the kind.")
    await ingest(store, [listing("cs.LG", one)], MORNING)
    assert await matches(store) == []
    summary = Summary(one.id, 1, Language.ZH, "潮汐表的稀疏注意力", provenance="arxivdaily")
    page = Listing("arxivdaily", ALL, DAY, listing(ALL, one).announcements, summaries=(summary,))
    await ingest(store, [page], NOON)
    assert [match.query for match in await matches(store)] == ["潮汐"]
    await planned(store, NOON)
    channel = FakeChannel()
    await courier(store, channel, HandClock(NOON)).drain()
    (card,) = channel.digests[0].cards
    assert [reason.field for reason in card.reasons] == ["title_zh"]


async def test_a_paused_subscription_is_matched_too_because_its_papers_wait(store):
    destination, (subscription,) = await subscribed(store)
    async with store.write() as tx:
        await tx.subscribers.set_paused(subscription.id, paused=True)
    assert (await ingest(store, [listing("cs.LG", paper(1))], MORNING)).matched == 1
    async with store.write() as tx:
        assert await waits(tx, destination.id) == 0
        await tx.subscribers.set_paused(subscription.id, paused=False)
        assert await waits(tx, destination.id) == 1


# While a batch is matched


async def opened(store: Store) -> Batch:
    """A batch that a process has opened, and then it died."""
    async with store.write() as tx:
        batch = await tx.batches.open(MORNING)
    assert batch is not None
    return batch


async def test_a_batch_that_was_left_open_is_matched_again_and_nothing_of_it_is_seen_before(store):
    destination, _ = await subscribed(store, "cs.LG")
    await stored(store, [listing("cs.LG", paper(1), paper(2))], MORNING)
    batch = await opened(store)
    async with store.write() as tx:
        (query,) = await tx.batches.asked(batch)
        await tx.batches.add_hits(batch, [(query.id, b"\0\0"), (query.id + 1, b"\0\0")])
    assert await matches(store) == []
    assert await is_unmatched(store)
    assert await match(store, NOON) == 2
    assert [one.paper_id for one in await matches(store)] == [paper(1).id, paper(2).id]
    assert len(await rows(store, schema.hit)) == 1
    async with store.read() as tx:
        assert await tx.hits.newest() == batch.id
        assert await waits(tx, destination.id) == 2


async def test_who_subscribes_or_edits_gets_what_is_announced_from_then_on(store):
    await subscribed(store, "cs.LG")
    _, (edited,) = await subscribed(store, "hep-th", address="#edited")
    await stored(store, [listing("cs.LG", paper(1))], MORNING)
    await opened(store)
    await subscribed(store, "cs.LG", "cs.AI", address="#late")
    async with store.write() as tx:
        await tx.subscribers.set_query(edited.id, "cs.LG")
    await match(store, MORNING)
    assert len(await matches(store)) == len(await matches(store, "#tides")) == 1
    await ingest(store, [listing("cs.LG", paper(2), day=DAY + timedelta(days=1))], NOON)
    assert {one.paper_id for one in await matches(store, "#late", "#edited")} == {paper(2).id}


async def test_what_comes_to_a_late_subscriber_was_announced_where_the_query_reads(store):
    """A cross-list on a later day, or a comment, does not bring what was announced before."""
    await stored(store, [listing("cs.LG", paper(1))], MORNING)
    await match(store, MORNING)
    await subscribed(store, "cs.LG", "comment:github", address="#late")
    later = paper(1, comments="Code on GitHub")
    await ingest(store, [listing("cs.AI", (later, CROSS), day=DAY + timedelta(days=1))], NOON)
    assert [one.query for one in await matches(store, "#late")] == ["comment:github"]


async def test_who_unsubscribes_while_a_batch_is_open_is_no_trouble(store):
    _, (subscription,) = await subscribed(store)
    await stored(store, [listing("cs.LG", paper(1))], MORNING)
    await opened(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(subscription.id)
    assert await match(store, MORNING) == 0
    assert not await is_unmatched(store)


async def test_what_is_stored_while_a_batch_is_open_is_matched_by_the_next_one(store):
    destination, _ = await subscribed(store, "cs.LG, cs.AI")
    await stored(store, [listing("cs.AI", (paper(1), CROSS), paper(2))], MORNING)
    await opened(store)
    await stored(store, [listing("cs.LG", paper(1), paper(3))], MORNING)
    await match(store, NOON)
    found = [(one.paper_id, one.type) for one in await matches(store)]
    assert found == [(paper(number).id, AnnounceType.NEW) for number in (1, 2, 3)]
    assert [len(unpack(row.papers)) for row in await rows(store, schema.batch)] == [2, 2]
    async with store.read() as tx:
        assert await waits(tx, destination.id) == 3


async def test_a_batch_is_matched_a_part_at_a_time_as_if_it_were_at_once(sqlite_store):
    destination, _ = await subscribed(sqlite_store, "cs.LG quay")
    every = [paper(n, title="Docks" if n % 3 else "A Quay") for n in range(1, PART + 101)]
    await stored(sqlite_store, [listing("cs.LG", *every)], MORNING)
    sizes = []

    class Counting(Matcher):
        def hits(self, queries, papers, **how):
            sizes.append(len(papers))
            return super().hits(queries, papers, **how)

    assert await match(sqlite_store, MORNING, Counting()) == (PART + 100) // 3
    assert sizes == [PART, 100]
    (hit,), (batch,) = await rows(sqlite_store, schema.hit), await rows(sqlite_store, schema.batch)
    found = {unpack(batch.papers)[place] for place in unpack(hit.papers)}
    async with sqlite_store.read() as tx:
        versions = await tx.papers.numbered(found)
        assert await waits(tx, destination.id) == len(found)
    assert {one for one, _ in versions.values()} == {one.id for one in every if one.title == "A Quay"}


async def test_a_process_that_was_away_for_too_long_publishes_nothing(store, monkeypatch):
    await subscribed(store, "cs.LG")
    await stored(store, [listing("cs.LG", paper(1))], MORNING)

    class Slow(Matcher):
        def hits(self, *queries, **how):
            asyncio.run_coroutine_threadsafe(match(store, NOON), loop).result()
            return super().hits(*queries, **how)

    loop = asyncio.get_running_loop()
    assert await match(store, MORNING, Slow()) == 0
    assert len(await rows(store, schema.hit)) == len(await rows(store, schema.batch)) == 1
    assert len(await matches(store)) == 1


async def test_what_flips_with_later_evidence_is_as_the_last_batch_says(store):
    await subscribed(store, "cs.LG -comment:withdrawn")
    await ingest(store, [listing("cs.LG", paper(1), paper(2))], MORNING)
    gone = paper(1, comments="withdrawn")
    await ingest(store, [listing("cs.LG", gone, source="arxiv_listing")], NOON)
    assert [one.paper_id for one in await matches(store)] == [paper(2).id]


async def test_ingests_of_many_categories_at_the_same_moment_keep_every_paper_and_one_match_each(store):
    await subscribed(store, "cs.LG, cs.AI, cs.CL, stat.ML")
    listings = [listing("cs.LG", *(paper(n) for n in range(1, 21)))] + [
        listing(category, *((paper(n), CROSS) for n in range(1, 21))) for category in ("cs.AI", "cs.CL", "stat.ML")
    ]
    outcomes = await asyncio.gather(*(stored(store, [one], MORNING) for one in listings))
    await asyncio.gather(*(match(store, MORNING) for _ in range(3)))
    assert sum(one.new for one in outcomes) == 80
    assert len(await rows(store, schema.announcement)) == 80
    found = [(one.paper_id, one.type) for one in await matches(store)]
    assert found == [(paper(n).id, AnnounceType.NEW) for n in range(1, 21)]


# Planning


async def test_a_whole_day_may_run_twice_and_everybody_gets_each_paper_once(store):
    channel, clock = FakeChannel(), HandClock()
    await subscribed(store, "cs.LG", "tide", address="#one")
    await subscribed(store, "cs.AI", address="#two")
    source = FakeSource(
        outcomes={
            "cs.LG": listing("cs.LG", *(paper(n) for n in range(1, 8))),
            "cs.AI": listing("cs.AI", *((paper(n), CROSS) for n in range(1, 8))),
        }
    )
    for _ in range(2):
        await Poller(PollContext(store, [source], clock)).read(["cs.LG", "cs.AI"])
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
    await courier(store, FakeChannel(), HandClock()).drain()
    await ingest(store, [listing("cs.LG", paper(2))], MORNING)
    assert await plan(store, NOON) == 1
