"""Faults are opened, closed and told once; days are remembered with or without a mailing."""

from __future__ import annotations

from datetime import timedelta

from bot.model import ALL, NoAnnouncement
from bot.store import Store
from tests.fakes import DAY, MORNING, listing, paper

NOON = MORNING + timedelta(hours=6)
EVENING = MORNING + timedelta(hours=12)
BEFORE = DAY - timedelta(days=1)


async def opened(store: Store, category: str = "cs.LG", at=MORNING, reason: str = "the page is cut off") -> None:
    async with store.write() as tx:
        await tx.faults.open("arxiv_listing", category, DAY, reason, at)


async def closed(store: Store, category: str = "cs.LG", at=NOON) -> None:
    async with store.write() as tx:
        await tx.faults.close("arxiv_listing", category, DAY, at)


async def test_a_fault_keeps_when_it_began_and_says_what_is_wrong_now(store):
    await opened(store)
    await opened(store, at=NOON, reason="the page is empty")
    await opened(store, "cs.AI")
    async with store.read() as tx:
        first, second = await tx.faults.current()
    assert [first.category, second.category] == ["cs.AI", "cs.LG"]
    assert (second.reason, second.since, second.tried_at) == ("the page is empty", MORNING, NOON)
    await closed(store)
    async with store.read() as tx:
        assert await tx.faults.current() == [first]


async def test_a_fault_is_told_once_and_once_when_it_is_over(store):
    await opened(store)
    async with store.write() as tx:
        assert await tx.faults.untold(MORNING - timedelta(minutes=1)) == [], "it has not lasted long enough"
        (fault,) = await tx.faults.untold(MORNING)
        await tx.faults.told([fault], MORNING)
        assert await tx.faults.untold(NOON) == []
        assert await tx.faults.over_untold() == []
    await closed(store)
    async with store.write() as tx:
        (over,) = await tx.faults.over_untold()
        assert (over.category, over.over_at) == ("cs.LG", NOON)
        await tx.faults.told([over], EVENING)
        assert await tx.faults.over_untold() == []


async def test_a_fault_that_was_over_before_anybody_was_told_is_not_told(store):
    await opened(store)
    await closed(store)
    async with store.read() as tx:
        assert await tx.faults.untold(EVENING) == []
        assert await tx.faults.over_untold() == []


async def test_a_fault_that_comes_back_is_told_anew(store):
    await opened(store)
    async with store.write() as tx:
        await tx.faults.told(await tx.faults.untold(MORNING), MORNING)
    await closed(store)
    await opened(store, at=EVENING)
    async with store.read() as tx:
        (fault,) = await tx.faults.untold(EVENING)
        assert (fault.since, fault.over_at) == (EVENING, None)


async def test_who_was_told_of_an_earlier_fault_does_not_know_of_a_later_one(store):
    await opened(store)
    async with store.read() as tx:
        early = await tx.faults.untold(MORNING)
    await closed(store)
    await opened(store, at=EVENING)
    async with store.write() as tx:
        await tx.faults.told(early, EVENING)
        assert len(await tx.faults.untold(EVENING)) == 1


async def test_what_another_source_has_given_is_not_missing(store):
    await opened(store)
    await opened(store, "cs.AI")
    given = listing("cs.LG", paper(1), source="arxiv_feed")
    async with store.write() as tx:
        await tx.papers.add([given], given.announcements, MORNING)
        assert [one.category for one in await tx.faults.missing()] == ["cs.AI"]
        assert len(await tx.faults.current()) == 2
        await tx.faults.open("arxiv_listing", ALL, BEFORE, "nothing has come", MORNING)
        assert [one.category for one in await tx.faults.missing()] == [ALL, "cs.AI"]


async def test_a_day_is_remembered_and_a_mailing_that_was_seen_is_never_denied(store):
    async with store.write() as tx:
        await tx.announcement_days.none(BEFORE, NoAnnouncement.HOLIDAY, MORNING)
        await tx.announcement_days.announced(DAY, MORNING)
        await tx.announcement_days.announced(DAY, NOON)
        await tx.announcement_days.none(DAY, None, NOON)
        known = await tx.announcement_days.on([BEFORE, DAY, DAY + timedelta(days=1)])
    assert [(one.is_announced, one.reason, one.seen_at) for one in known.values()] == [
        (False, NoAnnouncement.HOLIDAY, MORNING),
        (True, None, MORNING),
    ]
    async with store.write() as tx:
        await tx.announcement_days.announced(BEFORE, EVENING)
        assert (await tx.announcement_days.on([BEFORE]))[BEFORE].is_announced


async def test_a_listing_is_confirmed_by_another_source(store):
    given = listing("cs.LG", paper(1), source="arxiv_listing")
    async with store.write() as tx:
        await tx.papers.add([given], given.announcements, MORNING)
        (read,) = await tx.papers.coverage([DAY])
        assert (read.read, read.claimed, read.confirmed_by, read.at) == (1, 1, "", MORNING)
        await tx.listings.confirm("arxiv_listing", "cs.LG", DAY, "arxiv_feed", NOON)
        (read,) = await tx.papers.coverage([DAY])
        assert (read.confirmed_by, read.at) == ("arxiv_feed", NOON)
