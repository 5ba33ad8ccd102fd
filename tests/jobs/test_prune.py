"""What is old is forgotten at night, a little at a time; what is still to be sent is not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from bot.jobs.prune import GONE, prune, prune_nightly
from bot.model import BY_REQUEST, AnnounceType, Language, Summary
from bot.store import Store, saved, schema
from bot.store.chunks import LONGEST, adapted, in_chunks, repeated
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    carried,
    composed,
    courier,
    ingest,
    listing,
    matches,
    paper,
    planned,
    rows,
    subscribed,
    waits,
)

KEEP = timedelta(days=90)
LATER = MORNING + KEEP + timedelta(days=1)
TABLES = (schema.hit, schema.batch, schema.delivery, schema.part, schema.paper, schema.announcement, schema.text_)


async def a_day(store: Store, days: int, *papers, category: str = "cs.LG") -> None:
    """A day is announced and delivered."""
    now, day = MORNING + timedelta(days=days), DAY + timedelta(days=days)
    await ingest(store, [listing(category, *papers, day=day)], now)
    await planned(store, now)
    await courier(store, FakeChannel(), HandClock(now)).drain()


async def test_what_is_old_goes_and_what_is_new_stays(store):
    await subscribed(store, "cs.LG")
    await a_day(store, 0, paper(1), paper(2))
    async with store.write() as tx:
        await tx.texts.carry([Summary(paper(1).id, 1, Language.ZH, "潮汐", provenance="llm:one")], MORNING)
    await a_day(store, 91, paper(3))
    before = [len(await rows(store, table)) for table in TABLES]
    assert await prune(store, LATER, KEEP) > 0
    assert [len(await rows(store, table)) for table in TABLES] == [1, 2, 1, 1, 1, 1, 0]
    assert before == [2, 3, 2, 3, 3, 3, 1]
    assert await prune(store, LATER, KEEP) == 0


async def test_the_last_announcement_stays_however_old_it_is(store):
    await subscribed(store, "cs.LG")
    await a_day(store, 0, paper(1))
    await a_day(store, 1, paper(2))
    await prune(store, LATER + timedelta(days=100), KEEP)
    assert [row.date for row in await rows(store, schema.announcement)] == [DAY + timedelta(days=1)]
    assert [row.date for row in await rows(store, schema.listing)] == [DAY + timedelta(days=1)]


async def test_a_paper_that_is_announced_again_stays_and_does_not_come_again(store):
    await subscribed(store, "cs.LG", "cs.AI")
    await a_day(store, 0, paper(1))
    await a_day(store, 80, (paper(1), AnnounceType.CROSS), category="cs.AI")
    await prune(store, LATER, KEEP)
    assert len(await rows(store, schema.paper)) == 1
    assert await matches(store) == []


async def test_what_has_yet_to_be_sent_stays_however_old_it_is(store):
    destination, _ = await subscribed(store, "cs.LG")
    await ingest(store, [listing("cs.LG", paper(1), paper(2))], MORNING)
    await planned(store)
    async with store.write() as tx:
        (claim,) = await tx.outbox.claim("fake", owner="x", now=MORNING, lease=timedelta(), most=1)
    assert (await composed(store, claim)).matched == 2
    await prune(store, LATER, KEEP)
    assert len(await rows(store, schema.paper)) == len(await carried(store)) == 2
    channel = FakeChannel()
    await courier(store, channel, HandClock(LATER)).drain()
    assert len(channel.papers(destination.address)) == 2


async def test_what_a_pause_holds_for_longer_is_dropped(store):
    destination, _ = await subscribed(store, "cs.LG")
    async with store.write() as tx:
        await tx.subscribers.pause(destination.id, "holidays", MORNING)
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    await prune(store, LATER, KEEP)
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
        assert await waits(tx, destination.id) == 0
    assert await planned(store, LATER) == 0


async def test_it_is_done_once_a_night(store):
    await subscribed(store, "cs.LG")
    await a_day(store, 0, paper(1))
    night = LATER.replace(hour=3, minute=40)
    await prune_nightly(store, night - timedelta(days=3), KEEP, "UTC")
    await prune_nightly(store, night - timedelta(days=3) + timedelta(hours=5), timedelta(), "UTC")
    assert len(await rows(store, schema.delivery)) == 1, "not before the next night"
    await prune_nightly(store, night, KEEP, "UTC")
    assert await rows(store, schema.delivery) == []


async def test_the_word_that_the_clock_was_wrong_ends_with_the_night(store):
    night = MORNING.replace(hour=3, minute=40) + timedelta(days=1)
    await subscribed(store, "cs.LG")
    await a_day(store, 30, paper(1))
    async with store.read() as tx:
        assert await tx.progress.last_written() == MORNING + timedelta(days=30)
    await prune_nightly(store, night, KEEP, "UTC")
    async with store.read() as tx:
        assert await tx.progress.last_written() == night


async def test_queries_that_nobody_asks_for_any_more_are_forgotten(store):
    _, (one, _) = await subscribed(store, "cs.LG", "cs.AI")
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(one.id)
    await prune(store, MORNING, KEEP)
    assert [row.text for row in await rows(store, schema.query)] == ["cs.AI"]


async def test_room_that_is_free_is_given_back(sqlite_store):
    async with sqlite_store.write() as tx:
        many = [{"key": f"{number:0190}", "at": MORNING} for number in range(20_000)]
        await tx.connection.execute(schema.seen.insert(), many)
    before = await sqlite_store.space()
    async with sqlite_store.write() as tx:
        await tx.connection.execute(schema.seen.delete())
    await sqlite_store.vacuum()
    after = await sqlite_store.space()
    assert before.left is not None
    assert after.used < before.used


async def test_a_vacuum_of_postgresql_is_no_transaction(store):
    await store.vacuum()
    assert (await store.space()).used > 0


# A few rows at a time


async def test_rows_are_written_in_chunks_that_grow_while_they_are_fast(store):
    sizes: list[int] = []

    async def write(tx, some):
        sizes.append(len(some))
        keys = [{"key": f"{number}", "next_at": MORNING} for number in some]
        await tx.connection.execute(schema.pace.insert(), keys)

    async def forget(tx, most):
        some = select(schema.pace.c.key).limit(most)
        return (await tx.connection.execute(schema.pace.delete().where(schema.pace.c.key.in_(some)))).rowcount

    await in_chunks(store, range(200), write, first=1)
    assert sum(sizes) == len(await rows(store, schema.pace)) == 200
    assert sizes[0] == 1
    assert await repeated(store, forget, first=10) == 200
    assert await rows(store, schema.pace) == []


def test_a_chunk_that_took_long_is_followed_by_one_of_half_the_size():
    assert adapted(1000, LONGEST * 1.1) == 500
    assert adapted(1, 9) == 1
    assert adapted(150, 9, least=100) == 100
    assert adapted(1000, LONGEST / 2) == 1000
    assert adapted(1000, LONGEST / 5) == 2000


async def test_what_somebody_has_saved_stays_with_its_texts_until_nobody_has(store):
    await subscribed(store, "cs.LG")
    await a_day(store, 0, paper(1), paper(2))
    async with store.write() as tx:
        await tx.texts.carry([Summary(paper(1).id, 1, Language.ZH, "潮汐", provenance="llm:one")], MORNING)
        person = await tx.subscribers.person("fake", "wen", MORNING)
        await tx.saved.add(person, paper(1).id, MORNING)
    await a_day(store, 91, paper(3))
    await prune(store, LATER, KEEP)
    assert [row.id for row in await rows(store, schema.paper)] == [paper(1).id, paper(3).id]
    assert [row.body for row in await rows(store, schema.text_)] == ["潮汐"]
    assert [row.paper_id for row in await rows(store, schema.announcement)] == [paper(3).id], "no page shows it"
    assert await prune(store, LATER + timedelta(days=1), KEEP) == 0
    async with store.write() as tx:
        await tx.saved.remove(person, paper(1).id)
    await prune(store, LATER + timedelta(days=1), KEEP)
    assert [row.id for row in await rows(store, schema.paper)] == [paper(3).id]
    assert await rows(store, schema.text_) == []
    assert await rows(store, saved.lookup) == []


async def test_what_was_asked_for_by_number_is_forgotten_as_well_unless_it_is_announced_since(store):
    async with store.write() as tx:
        for number in (1, 2):
            await tx.papers.ensure([paper(number)])
            await tx.saved.note_lookup(paper(number).id, MORNING, is_there=True)
        await tx.saved.note_lookup("2606.99999", MORNING, is_there=False)
    await a_day(store, 5, paper(1))
    await prune(store, MORNING + KEEP, KEEP)
    assert len(await rows(store, saved.lookup)) == 3
    await prune(store, MORNING + KEEP + timedelta(days=2), KEEP)
    assert [row.id for row in await rows(store, schema.paper)] == [paper(1).id]
    assert await rows(store, saved.lookup) == []


async def test_a_destination_that_has_refused_for_months_is_forgotten_with_whoever_had_nothing_else(store):
    gone, _ = await subscribed(store, "cs.LG", address="gone@reader.test", owner="gone@reader.test")
    shared, _ = await subscribed(store, "cs.LG", address="#shared", owner="mei")
    kept, _ = await subscribed(store, "cs.LG", address="mei", owner="mei")
    resting, _ = await subscribed(store, "cs.LG", address="#resting", owner="ottoline")
    saver, _ = await subscribed(store, "cs.LG", address="saver", owner="saver")
    async with store.write() as tx:
        await tx.saved.add(await tx.subscribers.person("fake", "saver", MORNING), "2606.90001", MORNING)
        for one in (gone, shared, saver):
            await tx.subscribers.refuse(one.id, "550 no such mailbox", MORNING)
        await tx.subscribers.pause(resting.id, BY_REQUEST, MORNING)
    await prune(store, MORNING + GONE, KEEP)
    assert len(await rows(store, schema.destination)) == 5, "not yet"
    await prune(store, MORNING + GONE + timedelta(days=1), KEEP)
    assert {one.address for one in await rows(store, schema.destination)} == {kept.address, resting.address}
    assert {one.address for one in await rows(store, schema.identity)} == {"mei", "ottoline", "saver"}
    assert len(await rows(store, schema.subscription)) == 2
    assert len(await rows(store, schema.subscriber)) == 3


async def test_months_are_counted_from_the_first_refusal_and_end_with_a_delivery_that_is_wanted_again(store):
    one, _ = await subscribed(store, "cs.LG")
    later = MORNING + timedelta(days=100)
    async with store.write() as tx:
        await tx.subscribers.refuse(one.id, "channel_not_found", MORNING)
        await tx.subscribers.refuse(one.id, "account_inactive", later)
    assert (await rows(store, schema.destination))[0].paused_at == MORNING
    async with store.write() as tx:
        await tx.subscribers.resume(one.id)
        await tx.subscribers.refuse(one.id, "channel_not_found", later)
    await prune(store, MORNING + GONE + timedelta(days=1), KEEP)
    assert len(await rows(store, schema.destination)) == 1
