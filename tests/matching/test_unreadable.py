"""A stored query that is none any more, because the taxonomy has changed, stops nobody else's papers."""

from __future__ import annotations

import logging

from bot.jobs.announcement_day import PollContext
from bot.jobs.ingest import categories_to_read
from bot.jobs.poll import Poller
from tests.fakes import MORNING, FakeSource, HandClock, ingest, listing, matches, paper, subscribed

GONE = "cs.ZZ tide"


async def test_it_is_skipped_and_told_once_and_the_others_get_their_papers(store, caplog):
    caplog.set_level(logging.WARNING)
    await subscribed(store, GONE, "cs.LG", 'cs.AI "tide"')
    both = [listing(code, paper(1), paper(2)) for code in ("cs.LG", "cs.AI")]
    await ingest(store, both, MORNING)
    assert len(await matches(store)) == 4
    (told,) = [one.getMessage() for one in caplog.records if "query_skipped" in one.message]
    assert GONE in told


async def test_it_reads_no_category(sqlite_store):
    await subscribed(sqlite_store, GONE, "cs.LG")
    assert await categories_to_read(sqlite_store) == ["cs.LG"]


async def test_a_mute_that_is_none_any_more_mutes_nothing(sqlite_store):
    place, _ = await subscribed(sqlite_store, "cs.LG")
    async with sqlite_store.write() as tx:
        await tx.mutes.add(place.id, GONE, MORNING)
    await ingest(sqlite_store, [listing("cs.LG", paper(1))], MORNING)
    assert len(await matches(sqlite_store)) == 1


async def test_who_reads_notes_what_cannot_be_read_and_what_can_be_again(store):
    _, (gone, _) = await subscribed(store, GONE, "cs.LG")
    reader = Poller(PollContext(store, [FakeSource()], HandClock()))
    await reader.read_missing()
    async with store.write() as tx:
        assert [one.query for one in await tx.unreadable.known()] == [GONE]
        await tx.subscribers.unsubscribe(gone.id)
        assert await tx.unreadable.known() == []
