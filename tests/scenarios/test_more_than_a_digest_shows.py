"""A reader who is sent far more in a week than a digest shows: everything is there, or where the digest says."""

from __future__ import annotations

from datetime import date, timedelta

from bot.channels import Invocation
from bot.commands import Commands, Defaults
from bot.model import Days, Language, Slot
from bot.sources.calendar import weekdays
from bot.store import Store
from tests.counterparts.arxiv_world import World
from tests.jobs.life import eastern, living

MONDAY = date(2026, 6, 8)
MONDAYS = Slot("Asia/Shanghai", 9 * 60, Days.WEEKLY)


async def test_a_weekly_reader_reaches_all_of_two_days_that_are_far_over_the_cap(sqlite_store: Store):
    days = weekdays(MONDAY + timedelta(days=1), MONDAY + timedelta(days=2))

    def prepare(world: World) -> None:
        for day in days:
            world.announce(day, world.papers(190, "cs.LG"))

    async with living(
        sqlite_store, eastern(MONDAY, 12), prepare, queries=("cs.LG",), sources=["arxiv_listing"], slot=MONDAYS
    ) as life:
        await life.until(eastern(MONDAY + timedelta(days=7), 12))
        everything = set(life.announced("cs.LG"))
        (digest,) = life.channel.digests
        preferences = Defaults(Language.EN, MONDAYS)
        commands = Commands(sqlite_store, preferences, life.clock)
        seen = {card.paper.id for card in (*digest.cards, *digest.named)}
        assert digest.matched == len(everything) == 380
        assert [card.date for card in digest.cards] == [days[1]] * 25 + [days[0]] * 25
        assert sum(one.count for one in digest.further) == 380 - 150
        for one in digest.further:
            page, last = one.page, one.page
            while page <= last:
                told = Invocation("fake", "ottoline", "#tides", f"today {one.date} {page}", Language.EN)
                reply = await commands(told)
                seen |= {card.paper.id for card in reply.cards}
                last = page + ("Next page" in reply.text)
                page += 1
        assert seen == everything
