"""Mornings without papers, read from a loopback arXiv: what readers hear of each, and who is alarmed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from bot.digest import Digest
from bot.model import Notices, Slot
from bot.presentation.cards import digest_lines
from bot.sources.calendar import weekdays
from bot.store import Store
from tests.counterparts.arxiv_site import Answer
from tests.counterparts.arxiv_world import World
from tests.fakes import FakeTeller, alerts
from tests.jobs.life import BEIJING_NINE, eastern, living

LABOR_DAY = date(2026, 9, 7)  # a Monday: nothing is announced on its evening, so the mailing of Tuesday is missing
MONDAY, TUESDAY = date(2026, 6, 8), date(2026, 6, 9)
BERLIN_NINE = Slot("Europe/Berlin", 9 * 60)
BOTH = ("arxiv_listing", "arxiv_feed")


@dataclass
class Morning:
    """What a reader who always wants a word was sent, and what the admin was told, until the end of Tuesday's."""

    digests: list[Digest]
    told: list[str]

    @property
    def said(self) -> str:
        """The last digest, in English."""
        lines = digest_lines(self.digests[-1])
        return "\n".join([lines.nothing, *lines.warnings])


def mailings(world: World, days: Sequence[date]) -> None:
    for day in days:
        world.announce(day, world.papers(3, "cs.LG") + world.papers(2, "cs.AI", "cs.LG"))


async def tuesday(
    store: Store,
    prepare: Callable[[World], None],
    *,
    slot: Slot = BEIJING_NINE,
    sources: Sequence[str] = BOTH,
    monday: date = MONDAY,
    end: datetime | None = None,
) -> Morning:
    """Live from Sunday noon to two hours after Tuesday's digest was due."""
    boss = FakeTeller()
    start = eastern(monday - timedelta(days=1), 12)
    async with living(store, start, prepare, queries=("cs.LG zeppelin",), sources=sources, slot=slot) as life:
        async with store.write() as tx:
            await tx.subscribers.set_notices(1, Notices.ALWAYS)
        due = slot.next_after(eastern(monday, 19))
        while life.clock.now < (end or due + timedelta(hours=2)):
            await life.until(life.clock.now + timedelta(minutes=30))
            await alerts(store, life.clock, boss, admins=["fake:boss"]).tell()
        return Morning(life.channel.digests, [text for _, text, _ in boss.told])


async def test_a_holiday_is_named_and_alarms_nobody(sqlite_store: Store):
    days = [LABOR_DAY - timedelta(days=3), LABOR_DAY]
    morning = await tuesday(sqlite_store, lambda world: mailings(world, days), monday=LABOR_DAY)
    assert [one.no_papers.why for one in morning.digests if one.no_papers] == [
        "nothing_matched",
        "no_announcement",
    ]
    assert morning.said.startswith("arXiv rests on a holiday.")
    assert morning.told == []


async def test_a_quiet_day_is_counted_and_alarms_nobody(sqlite_store: Store):
    days = weekdays(MONDAY - timedelta(days=3), TUESDAY)
    morning = await tuesday(sqlite_store, lambda world: mailings(world, days))
    assert morning.said.startswith("I read 5 papers in your categories.")
    (row,) = morning.digests[-1].coverage
    assert (row.category, row.date, row.read, row.claimed) == ("cs.LG", TUESDAY, 5, 5)
    assert morning.told == []


async def test_a_stale_feed_is_a_fault_that_readers_and_the_admin_hear_of(sqlite_store: Store):
    def prepare(world: World) -> None:
        mailings(world, weekdays(MONDAY - timedelta(days=3), TUESDAY))
        world.frozen.add(("cs.LG", TUESDAY))

    morning = await tuesday(sqlite_store, prepare, slot=BERLIN_NINE, sources=["arxiv_feed"])
    assert "9 June" in morning.said
    assert "it still has the papers of an earlier day" in morning.said
    (told,) = morning.told
    assert "it still has the papers of an earlier day" in told


@pytest.mark.parametrize("sources", [BOTH, ["arxiv_feed"]])
async def test_429_all_day_is_a_fault_that_readers_and_the_admin_hear_of_and_it_is_over_once(
    sqlite_store: Store, sources: Sequence[str]
):
    def prepare(world: World) -> None:
        mailings(world, weekdays(MONDAY - timedelta(days=3), TUESDAY + timedelta(days=1)))
        world.trouble("/", eastern(MONDAY, 12), eastern(TUESDAY, 12), Answer(429, headers={"Retry-After": "600"}))

    morning = await tuesday(sqlite_store, prepare, slot=BERLIN_NINE, sources=sources, end=eastern(TUESDAY, 18))
    assert [one.no_papers.why for one in morning.digests if one.no_papers][-1] == "fault"
    assert "429" in morning.said
    *begun, over = morning.told
    assert len(begun) == len(sources), "one alarm for each source, as long as it lasts"
    assert all("could not be read yet" in one for one in begun)
    assert "429" in begun[0]
    assert over.startswith("Caught up:")
