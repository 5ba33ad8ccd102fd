"""A month of arXiv, with its troubles: what the coverage lines say adds up to what was announced."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

from bot.model import AnnounceType
from bot.presentation.coverage import coverage_rows
from bot.sources.calendar import opens, weekdays
from tests.counterparts.arxiv_site import Answer
from tests.counterparts.arxiv_world import World
from tests.jobs.life import eastern, living

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
CODES = ("cs.AI", "cs.LG")


def month(world: World) -> None:
    """Every weekday some papers; one holiday, one late evening, one night of refusals, two frozen feeds."""
    dice = random.Random(6)
    before = world.papers(2, "cs.LG")
    for day in (FIRST - timedelta(days=3), *weekdays(FIRST, LAST)):
        papers = [one for _ in range(dice.randint(1, 6)) for one in world.papers(1, *dice.sample(CODES, 2))]
        papers += world.papers(dice.randint(0, 3), dice.choice(CODES)) + world.papers(1, "stat.ML", "cs.LG")
        revised = [(world.revised(paper), AnnounceType.REPLACE) for paper, _ in before[:2]]
        late = timedelta(hours=6) if day == date(2026, 6, 11) else timedelta()
        world.announce(day, papers + revised, at=opens(day) + late)
        before = papers
    del world.mailings[date(2026, 6, 19)]
    world.frozen |= {("cs.AI", date(2026, 6, 17)), ("cs.LG", date(2026, 6, 24))}
    world.trouble("/", eastern(date(2026, 6, 15), 20), eastern(date(2026, 6, 16), 6), Answer(429))


async def test_the_coverage_lines_of_a_month_add_up_to_what_was_announced(store):
    async with living(store, eastern(FIRST - timedelta(days=1), 12), month) as life:
        await life.until(eastern(LAST, 19))
        async with store.read() as tx:
            said = coverage_rows(await tx.papers.coverage(weekdays(FIRST, LAST)), "en", "UTC")
        read = [tuple(map(int, found)) for line in said for found in re.findall(r" (\d+) of (\d+)", line)]
        announced = sum(len(life.world.entries(code, day)) for code in CODES for day in weekdays(FIRST, LAST))
        assert len(read) == len(said), "every line has a count that arXiv claims"
        assert [sum(column) for column in zip(*read, strict=True)] == [announced, announced]
        assert sorted(life.delivered) == life.announced(*CODES, first=FIRST)
        assert not any("differ" in line for line in said)
