"""arXiv's announcement mail as a confirmation: read strictly; what it knows better is read again, or a fault."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from bot.model import AnnounceType, Paper
from bot.presentation.coverage import coverage_rows
from bot.sources.arxiv_mail import announcement_in
from tests.counterparts.arxiv_mail import text_of_mail
from tests.counterparts.arxiv_pages import Entry
from tests.counterparts.arxiv_world import World
from tests.fakes import DAY, paper
from tests.jobs.life import Life, eastern, living

NEW, CROSS, REPLACE = AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE
NAMES = ("Artificial Intelligence", "Machine Learning")
ENTRIES: list[Entry] = [
    (paper(1), NEW),
    (paper(2, categories=("cs.AI",), abstract="It extends\narXiv:2401.00001\nby a lake."), NEW),
    (paper(3, categories=("cs.GT", "cs.LG", "cs.AI")), CROSS),
    (paper(4, version=2), REPLACE),
]
MONDAY, TUESDAY = date(2026, 6, 8), date(2026, 6, 9)


def test_a_mail_says_its_date_its_categories_and_what_is_new_in_them():
    one = announcement_in(text_of_mail(NAMES, DAY, ENTRIES))
    assert one is not None
    assert (one.date, one.categories) == (DAY, {"cs.AI", "cs.LG"})
    assert one.of("cs.LG") == {paper(1).id}
    assert one.of("cs.AI") == {paper(1).id, paper(2).id}


@pytest.mark.parametrize(("day", "before"), [(date(2026, 6, 8), "05 Jun"), (date(2026, 6, 9), "08 Jun")])
def test_the_papers_of_fridays_have_mondays_date(day: date, before: str):
    text = text_of_mail(NAMES, day, ENTRIES)
    assert f"to  {day - timedelta(days=3 if day == MONDAY else 1):%a} {before} 26" in text
    one = announcement_in(text)
    assert one is not None
    assert one.date == day


@pytest.mark.parametrize("text", ["", "Please confirm your subscription.", "\\\\\narXiv:2606.90001\n"])
def test_other_mails_say_nothing(text: str):
    assert announcement_in(text) is None


def test_a_damaged_mail_never_names_less_or_other_papers_than_there_are():
    """A confirmation may be silent, but not wrong: what it lacks is no fault, what it invents would be one."""
    dice, text = random.Random(7), text_of_mail(NAMES, DAY, ENTRIES)
    whole = announcement_in(text)
    assert whole is not None
    read = 0
    for _ in range(3_000):
        start = dice.randrange(len(text))
        stop = min(len(text), start + dice.choice([1, 3, 40, 400, len(text)]))
        other = dice.choice(["", "", text[start:stop] * 2, "\\", "x", "\n", "é\x00"])
        found = announcement_in(text[:start] + other + text[stop:])
        if found is not None and found.categories == whole.categories and found.date == whole.date:
            read += 1
            assert found.new.keys() <= whole.new.keys()
    assert read > 100, "damage elsewhere does no harm"


def prepare(world: World) -> None:
    """Two days of two categories."""
    for day in (date(2026, 6, 5), MONDAY, TUESDAY):
        world.announce(day, world.papers(3, "cs.LG", "cs.AI") + world.papers(2, "cs.AI"))


async def hear(life: Life, day: date, more: Sequence[Paper] = ()) -> None:
    """The mail of a day comes in; it may know of more papers than the listing."""
    entries = [*life.world.mailings[day][1], *((one, NEW) for one in more)]
    await life.app.email_workflow.announced(text_of_mail(NAMES, day, entries))


async def said(life: Life, day: date) -> list[str]:
    async with life.app.store.read() as tx:
        return coverage_rows(await tx.papers.coverage([day]), "en", "America/New_York")


async def test_a_mail_that_names_nothing_else_confirms_what_was_read(store):
    async with living(store, eastern(MONDAY - timedelta(days=1), 12), prepare) as life:
        await life.until(eastern(MONDAY, 22))
        before = len(life.world.asked)
        await hear(life, TUESDAY)
        assert len(life.world.asked) == before, "nobody has to be asked"
        rows = await said(life, TUESDAY)
        assert len(rows) == 2
        assert all("listing and mail 20:0" in row for row in rows)
        await life.until(eastern(TUESDAY, 2))
        assert all("feed and mail 00:" in row for row in await said(life, TUESDAY))


async def test_what_only_the_mail_has_is_asked_for_again_and_comes_with_the_next_digest(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY - timedelta(days=1), 12), prepare) as life:
        await life.until(eastern(MONDAY, 20, 30))
        ((late, _),) = life.world.papers(1, "cs.LG")
        at, entries = life.world.mailings[TUESDAY]
        life.world.announce(TUESDAY, [*entries, (late, NEW)], at=at)
        await hear(life, TUESDAY)
        async with sqlite_store.read() as tx:
            assert await tx.faults.current() == []
        assert any("4 of 4 (listing and mail" in row for row in await said(life, TUESDAY))
        await life.until(eastern(MONDAY, 22))
        assert late.id in life.delivered


async def test_what_the_listing_never_had_is_a_fault_until_it_is_caught_up(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY - timedelta(days=1), 12), prepare) as life:
        await life.until(eastern(MONDAY, 22))
        await hear(life, TUESDAY, [paper(77, categories=("cs.AI",))])
        async with sqlite_store.read() as tx:
            (fault,) = await tx.faults.current()
        assert (fault.category, fault.date) == ("cs.AI", TUESDAY)
        assert fault.reason == "it lacks 1 paper (2606.90077) of the announcement mail"
        assert [("and mail" in row) for row in await said(life, TUESDAY)] == [False, True], "cs.LG is right"
        await life.until(eastern(TUESDAY, 22))
        assert len(life.asked(f"/catchup/cs.AI/{TUESDAY}")) == 1, "arXiv's last word"
        async with sqlite_store.read() as tx:
            assert TUESDAY not in {one.date for one in await tx.faults.current()}


async def test_a_mail_of_a_day_that_nobody_has_read_changes_nothing(sqlite_store):
    async with living(sqlite_store, eastern(MONDAY - timedelta(days=1), 12), prepare) as life:
        await life.until(eastern(MONDAY - timedelta(days=1), 13))
        await hear(life, MONDAY)
        await hear(life, TUESDAY)
        async with sqlite_store.read() as tx:
            assert await tx.faults.current() == []
        assert life.world.asked == []
