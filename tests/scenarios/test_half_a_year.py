"""Half a year of small days with BOT_KEEP_DAYS of 90: what is kept, what is told, and what it takes."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.jobs.plan import plan
from bot.jobs.prune import prune
from bot.model import AnnounceType
from bot.store import Store, schema
from bot.store.packing import unpack
from tests.databases import sqlite_path
from tests.fakes import DAY, MORNING, FakeChannel, HandClock, courier, ingest, listing, paper, rows, subscribed

KEEP, DAYS, PAPERS = 90, 181, 8  # the last day is a Monday: digests come from Monday to Friday
PAUSED, RESUMED = 20, 125
CROSSED = {9: 50, 1: 97}  # papers of one day that are cross-listed on another: within 90 days, and beyond


class Life:
    """A reader of every day, and one who pauses for longer than anything is kept."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.path = store, path
        self.channel, self.clock = FakeChannel(papers_per_part=50), HandClock(MORNING)
        self.came: dict[int, dict[str, list[int]]] = {1: {}, 2: {}}  # on which days, by reader and paper
        self.deliveries: set[int] = set()
        self.sizes: dict[int, int] = {}

    async def live(self) -> None:
        """Read, send and prune day after day."""
        await subscribed(self.store, "cs.LG, cs.AI", address="#daily")
        _, (subscription,) = await subscribed(self.store, "cs.LG", address="#idle")
        for day in range(DAYS):
            async with self.store.write() as tx:
                if day in (PAUSED, RESUMED):
                    await tx.subscribers.set_paused(subscription.id, paused=day == PAUSED)
            await self._day(day, MORNING + timedelta(days=day))

    async def _day(self, day: int, now: datetime) -> None:
        date = DAY + timedelta(days=day)
        new = [paper(PAPERS * day + n) for n in range(PAPERS)]
        crossed = [(paper(PAPERS * first), AnnounceType.CROSS) for first, then in CROSSED.items() if then == day]
        await ingest(self.store, [listing("cs.LG", *new, day=date), listing("cs.AI", *crossed, day=date)], now)
        self.clock.now = now + timedelta(hours=4)
        await plan(self.store, self.clock())
        await courier(self.store, self.channel, self.clock).drain()
        papers = {row.n: row.id for row in await rows(self.store, schema.paper)}
        known = {row.id: row for row in await rows(self.store, schema.delivery)}
        new_ones = known.keys() - self.deliveries
        assert all(number > max(self.deliveries, default=0) for number in new_ones), "an id is used again"
        for row in map(known.__getitem__, new_ones):
            for n in unpack(row.papers):
                self.came[row.destination_id].setdefault(papers[n], []).append(day)
        self.deliveries |= new_ones
        await prune(self.store, self.clock(), timedelta(days=KEEP))
        self.sizes[day] = _used(self.path)


def _used(path: Path) -> int:
    """Bytes of a database that hold anything."""
    with sqlite3.connect(path) as database:
        pages, free, size = (
            database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    database.close()
    return (pages - free) * size


@pytest.fixture
async def life(sqlite_store: Store) -> Life:
    lived = Life(sqlite_store, sqlite_path(sqlite_store.url))
    await lived.live()
    return lived


async def test_in_half_a_year_every_paper_comes_once_while_it_is_kept_and_the_database_does_not_grow(life):
    daily, idle = life.came[1], life.came[2]
    every = {paper(number).id for number in range(DAYS * PAPERS)}
    again = {paper(PAPERS * first).id: [first, then] for first, then in CROSSED.items() if then - first > KEEP}
    assert daily.keys() == every
    assert {one: days for one, days in daily.items() if len(days) > 1} == again, "forgotten, and announced again"
    held = {paper(number).id for number in range(PAPERS * PAUSED, PAPERS * RESUMED) if idle.get(paper(number).id)}
    kept = {paper(number).id for number in range(PAPERS * (RESUMED - KEEP), PAPERS * RESUMED)}
    assert held == kept, "what a pause holds for longer is dropped"
    assert all(later - day > KEEP for days in idle.values() for day, later in pairwise(days)), (
        "twice while it is kept"
    )
    assert life.sizes[DAYS - 1] <= 1.2 * life.sizes[KEEP + 1]
