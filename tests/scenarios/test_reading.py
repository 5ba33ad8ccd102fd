"""Scenarios of reading: every announced paper comes once, in the right digest, or the fault is named in time."""

from __future__ import annotations

from datetime import date, timedelta

from bot.sources.calendar import opens, weekdays
from tests.counterparts.arxiv_world import World
from tests.reading.life import eastern, living

MONDAY = date(2026, 6, 8)
FRIDAY = date(2026, 6, 12)
WEEK = weekdays(MONDAY, FRIDAY)
SUNDAY = MONDAY - timedelta(days=1)


def week(world: World, days=WEEK, per_day: int = 4) -> None:
    """A mailing on every day: papers of two categories, with cross-lists both ways and from elsewhere."""
    world.announce(days[0] - timedelta(days=3), world.papers(2, "cs.LG") + world.papers(2, "cs.AI"))
    for day in days:
        papers = world.papers(per_day, "cs.LG", "cs.AI") + world.papers(per_day, "cs.AI", "cs.LG")
        world.announce(day, papers + world.papers(2, "cs.LG") + world.papers(1, "stat.ML", "cs.LG"))


async def test_a_normal_week_arrives_day_by_day_at_nine_in_beijing(sqlite_store):
    async with living(sqlite_store, eastern(SUNDAY, 12), week) as life:
        await life.until(eastern(FRIDAY, 23))
        assert sorted(life.delivered) == life.announced("cs.LG", "cs.AI", first=MONDAY)
        assert len(life.delivered) == len(set(life.delivered))
        for day, (at, papers) in zip(WEEK, life.digests, strict=True):
            assert {when for _, when in papers} == {day}
            assert at - opens(day) <= timedelta(hours=1, minutes=6), "nine o'clock in Beijing"
