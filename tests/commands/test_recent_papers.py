"""The recent papers are those of the store, whenever they are asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.commands.recent_papers import DAYS, RecentPapers
from bot.matching import candidates, prepare
from bot.model import AnnounceType
from tests.fakes import DAY, MORNING, ingest, listing, paper

CROSS = AnnounceType.CROSS
MINUTE = timedelta(minutes=1)


async def stored(store):
    """The papers of the last days, read and prepared from nothing."""
    async with store.read() as tx:
        return [prepare(one) for one in candidates(await tx.papers.announced_on(await tx.papers.days(DAYS)), {})]


async def papers(recent_papers):
    return sorted((await recent_papers.stock()).papers, key=lambda one: one.candidate.paper.id)


async def test_an_empty_store_has_an_empty_shelf(store):
    stock = await RecentPapers(store).stock()
    assert (stock.days, stock.papers) == ((), ())


async def test_what_is_announced_later_is_on_the_shelf_too(store):
    recent_papers = RecentPapers(store)
    for step, one in enumerate([
        listing("cs.LG", paper(1), paper(2)),
        listing("cs.AI", (paper(1), CROSS)),
        listing("cs.LG", paper(3), day=DAY + timedelta(days=1)),
        listing("cs.CL", (paper(1), CROSS), day=DAY + timedelta(days=1)),
        listing("cs.CV", (paper(2, comments="12 pages"), CROSS)),
    ]):  # fmt: skip
        await ingest(store, [one], MORNING + step * MINUTE)
        assert await papers(recent_papers) == await stored(store)
    assert " 12 pages " in {one.fields["comment"] for one in await papers(recent_papers)}


async def test_what_is_older_than_the_last_days_leaves_the_shelf(store):
    recent_papers = RecentPapers(store)
    for number in range(DAYS + 2):
        await ingest(store, [listing("cs.LG", paper(number), day=DAY + timedelta(days=number))], MORNING)
        assert await papers(recent_papers) == await stored(store)
    assert len(await papers(recent_papers)) == DAYS


async def test_nothing_is_prepared_twice(store):
    recent_papers = RecentPapers(store)
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    (before,) = await papers(recent_papers)
    assert (await papers(recent_papers))[0] is before
    await ingest(store, [listing("cs.LG", paper(2), day=DAY + timedelta(days=1))], MORNING)
    assert (await papers(recent_papers))[0].fields is before.fields


async def test_many_may_ask_at_once(store):
    recent_papers = RecentPapers(store)
    await ingest(store, [listing("cs.LG", *(paper(n) for n in range(1, 30)))], MORNING)
    found = await asyncio.gather(*(recent_papers.stock() for _ in range(5)))
    assert all(one is found[0] for one in found)
    assert len(found[0].papers) == 29
