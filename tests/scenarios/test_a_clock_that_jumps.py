"""A clock that was ahead for a moment: reading and sending go on at once when it is right again."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from bot.sources.calendar import opens, weekdays
from tests.counterparts.arxiv_world import World
from tests.jobs.life import eastern, living

MONDAY = date(2026, 6, 8)
WEDNESDAY, FRIDAY = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)


def week(world: World) -> None:
    for day in (MONDAY - timedelta(days=3), *weekdays(MONDAY, FRIDAY)):
        world.announce(day, world.papers(3, "cs.LG", "cs.AI") + world.papers(2, "cs.AI"))


@pytest.mark.parametrize("ahead", [timedelta(hours=14), timedelta(days=8), timedelta(days=400)])
async def test_what_a_clock_wrote_that_was_ahead_delays_no_paper_and_repeats_none(store, ahead):
    async with living(store, eastern(MONDAY - timedelta(days=1), 12), week) as life:
        await life.until(eastern(WEDNESDAY, 12))
        was = life.clock.now
        life.world.clock = lambda: was  # arXiv's is right
        life.clock.now = was + ahead
        await life.until(life.clock.now + timedelta(minutes=10))
        life.world.clock, life.clock.now = life.clock, was
        await life.until(eastern(FRIDAY, 23))
        assert sorted(life.delivered) == life.announced("cs.LG", "cs.AI", first=MONDAY)
        late = [(at, day) for at, papers in life.digests for _, day in papers if _is_late(at, day)]
        assert late == []
        async with store.read() as tx:
            assert [one for one in await tx.faults.current() if one.date > FRIDAY] == [], "nobody could read them"


def _is_late(at: datetime, day: date) -> bool:
    return at - opens(day) > timedelta(hours=25)
