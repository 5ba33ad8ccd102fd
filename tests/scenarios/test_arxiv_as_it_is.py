"""What arXiv does by its own rules, or by its authors' whims: read for what it is, and no fault of anybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.digest import NoPapers, Why
from bot.model import AnnounceType, Fault, Language, NoAnnouncement, Notices, Slot
from bot.presentation.cards import cards_lines
from bot.settings import Settings
from bot.sources.calendar import weekdays
from bot.store import schema
from tests.counterparts.arxiv_site import Answer, Request
from tests.counterparts.arxiv_world import World, mailing_days
from tests.fakes import rows
from tests.jobs.life import Life, eastern, living

MONDAY = date(2026, 6, 8)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
SUNDAY = MONDAY - timedelta(days=1)
HOLIDAYS = Settings.model_fields["bot_arxiv_holidays"].default
NEW, CROSS, REPLACE = AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.REPLACE


async def faults(life: Life) -> list[Fault]:
    async with life.app.store.read() as tx:
        return await tx.faults.current()


async def coverage(life: Life, day: date) -> dict[str, tuple[int, int | None, int]]:
    async with life.app.store.read() as tx:
        return {one.category: (one.read, one.claimed, one.unread) for one in await tx.papers.coverage([day])}


def per_day(life: Life) -> Counter[tuple[str, date]]:
    """How many requests each category has cost on each Eastern day."""
    codes = ("cs.LG", "cs.AI", "math.NA")
    return Counter(
        (code, (one.at.astimezone(eastern(MONDAY, 0).tzinfo) - timedelta(hours=4)).date())
        for one in life.world.asked
        for code in codes
        if code in one.path
    )


async def test_whims_of_authors_cost_nobody_a_paper_and_what_is_unreadable_is_named(store):
    whims = (
        {"authors": ("Li",)}, {"authors": ("CMS",)}, {"authors": ("李明",)}, {"authors": ("A B", "C D")},
        {"comments": "Total of 35 entries"}, {"abstract": "No updates today. We mean it."},
        {"title": "<h3>New submissions (showing 9 of 9 entries)</h3>"}, {"abstract": "We draw with node.js."},
        {"authors": tuple(f"Ann B{n:03}" for n in range(150))},
    )  # fmt: skip

    def prepare(world: World) -> None:
        for day in weekdays(MONDAY, THURSDAY):
            odd = [one for whim in whims for one in world.papers(1, "cs.LG", **whim)]
            world.announce(day, odd + world.papers(1, "cs.LG", abstract="") + world.papers(2, "cs.LG"))

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["cs.LG"]) as life:
        await life.until(eastern(THURSDAY, 12))
        every = life.announced("cs.LG")
        empty = {paper.id for _, found in life.world.mailings.values() for paper, _ in found if not paper.abstract}
        assert sorted(life.delivered) == sorted(set(every) - empty)
        assert (await coverage(life, TUESDAY))["cs.LG"] == (11, 12, 1)
        said = [one for one in await faults(life) if one.source == "arxiv_listing"]
        assert {one.date for one in said} == {MONDAY, TUESDAY, WEDNESDAY, THURSDAY}
        assert all("1 of its 12 papers cannot be read: 26" in one.reason for one in said)
        assert len(life.asked("/catchup/")) == 0, "asking again does not make them readable"
        assert max(per_day(life).values()) <= 20


async def test_a_paper_that_only_the_feed_gives_readably_comes_with_the_feed(sqlite_store):
    def prepare(world: World) -> None:
        for day in weekdays(MONDAY, WEDNESDAY):
            world.announce(day, world.papers(3, "cs.LG"))

    async with living(sqlite_store, eastern(SUNDAY, 12), prepare, queries=["cs.LG"]) as life:
        await life.until(eastern(MONDAY, 20, 1))
        (one, *_) = (paper.id for paper, _ in life.world.entries("cs.LG", TUESDAY))
        page = life.world(Request("/list/cs.LG/new", {})).body
        broken = page.replace(f'title="Abstract" id="{one}"'.encode(), b'title="Abstract" id="x"')
        life.world.trouble("/list/", eastern(MONDAY, 20), eastern(TUESDAY, 19), Answer(200, broken))
        await life.until(eastern(MONDAY, 22))
        assert (await coverage(life, TUESDAY))["cs.LG"] == (2, 3, 1)
        assert [(each.source, each.category) for each in await faults(life)] == [("arxiv_listing", "cs.LG")]
        await life.until(eastern(WEDNESDAY, 12))
        assert (await coverage(life, TUESDAY))["cs.LG"] == (3, 3, 0)
        assert await faults(life) == []
        assert sorted(life.delivered) == life.announced("cs.LG")


async def test_what_arxiv_has_in_feeds_only_by_its_own_rules_is_no_difference(store):
    def prepare(world: World) -> None:
        for day in weekdays(MONDAY, THURSDAY):
            old = [(replace(one, version=7), CROSS) for one, _ in world.papers(1, "math.OC", "math.NA")]
            alias = [(replace(one, version=2), CROSS) for one, _ in world.papers(1, "math.NA", "cs.NA")]
            late = [(replace(one, version=6), REPLACE) for one, _ in world.papers(1, "math.NA")]
            world.announce(day, world.papers(3, "math.NA") + old + alias + late)

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["math.NA"]) as life:
        await life.until(eastern(THURSDAY, 12))
        await life.app.reader.read()  # by hand, once more
        assert await faults(life) == []
        for day in weekdays(MONDAY, THURSDAY):
            assert (await coverage(life, day))["math.NA"] == (3, 3, 0)
        for day in weekdays(MONDAY, WEDNESDAY):
            assert {one.id for one, _ in life.world.fed("math.NA", day)} <= set(life.delivered), "announced, too"


@pytest.mark.parametrize("sources", [("arxiv_listing", "arxiv_feed"), ("arxiv_feed",)])
@pytest.mark.parametrize("destination", [50, 101, 150])
async def test_an_author_is_found_wherever_he_stands_in_a_long_list(sqlite_store, destination, sources):
    names = tuple(f"Person{n:03} Number{n:03}" for n in range(1, 161))

    def prepare(world: World) -> None:
        for day in weekdays(MONDAY, WEDNESDAY):
            world.announce(day, world.papers(1, "cs.LG", authors=names) + world.papers(2, "cs.LG"))
        world.announce(THURSDAY, world.papers(1, "cs.LG"))

    query = f'cs.LG au:"{names[destination - 1]}"'
    async with living(sqlite_store, eastern(SUNDAY, 12), prepare, queries=[query], sources=sources) as life:
        await life.until(eastern(THURSDAY, 19))
        assert len(life.delivered) == 3
        stored = [row.authors for row in await rows(life.app.store, schema.paper) if len(row.authors) > 1]
        assert [len(one) for one in stored] == [160] * 3
        assert await faults(life) == []


@pytest.mark.parametrize("sources", [("arxiv_listing", "arxiv_feed"), ("arxiv_feed",)])
async def test_an_author_beyond_the_hundredth_is_muted_and_left_out_once_anything_has_told_of_him(store, sources):
    """A listing shows a hundred authors; what was sent before the feed has told of the others stays sent."""
    names = tuple(f"Person{n:03} Number{n:03}" for n in range(1, 3001))

    def prepare(world: World) -> None:
        for day in weekdays(MONDAY, WEDNESDAY):
            long = world.papers(1, "cs.LG", authors=names) + world.papers(1, "cs.LG", authors=names[:101])
            world.announce(day, long + world.papers(1, "cs.LG", authors=names[:100]) + world.papers(2, "cs.LG"))
        world.announce(THURSDAY, world.papers(1, "cs.LG"))

    queries = [f'cs.LG -au:"{names[2999]}"']
    morning = Slot("UTC", 12 * 60)  # after midnight Eastern, when the feeds are there
    start = eastern(SUNDAY, 12)
    async with living(store, start, prepare, queries=queries, sources=sources, slot=morning) as life:
        async with store.write() as tx:
            (one,) = await tx.subscribers.destinations()
            await tx.mutes.add(one.id, f'author:"{names[100]}"', start)
        await life.until(eastern(THURSDAY, 12))
        expected = {
            paper.id
            for day in weekdays(MONDAY, THURSDAY)
            for paper, _ in life.world.entries("cs.LG", day)
            if len(paper.authors) <= 100
        }
        assert sorted(life.delivered) == sorted(expected)


async def test_a_version_that_no_page_tells_is_shown_nowhere_until_the_feed_tells_it(store):
    """Every tenth paper has no HTML rendering, and so no version on its page."""

    def prepare(world: World) -> None:
        papers = world.papers(20, "cs.LG")
        world.announce(MONDAY, papers)
        revised = [(replace(one, version=4), REPLACE) for one, _ in papers]
        world.announce(TUESDAY, world.papers(1, "cs.LG") + revised)
        world.announce(WEDNESDAY, world.papers(1, "cs.LG"))

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["cs.LG type:replace"]) as life:
        await life.until(eastern(MONDAY, 21, 30))
        cards = [card for digest in life.channel.digests for card in digest.cards]
        said = [one.facts for one in cards_lines(cards, Language.EN)]
        assert Counter("revised, version 4" in one for one in said) == {True: 18, False: 2}
        assert all("revised" in one and "version 2" not in one for one in said)
        await life.until(eastern(WEDNESDAY, 12))
        announced = await rows(life.app.store, schema.announcement)
        assert {row.version for row in announced if row.type == "replace"} == {4}
        assert all(row.is_version_known for row in await rows(life.app.store, schema.paper))
        assert len(life.delivered) == 20, "what was sent stays sent"


async def test_two_revisions_in_days_that_were_missed_are_both_read(sqlite_store):
    """The page of a past day shows today's version of each of its papers."""

    def prepare(world: World) -> None:
        (paper, _), *others = world.papers(4, "cs.LG")
        world.announce(MONDAY - timedelta(days=3), [(paper, NEW), *others])
        for day, version in ((MONDAY, 2), (TUESDAY, 3), (WEDNESDAY, 4)):
            revised = replace(paper, version=version, title=f"Title of v{version}")
            world.announce(day, [*world.papers(2, "cs.LG"), (revised, REPLACE)])

    async with living(sqlite_store, eastern(MONDAY - timedelta(days=4), 12), prepare, queries=["cs.LG"]) as life:
        await life.until(eastern(SUNDAY, 12))
        life.clock.now = eastern(WEDNESDAY, 12)  # nothing ran for three days
        await life.until(eastern(THURSDAY, 12))
        for day in (MONDAY, TUESDAY, WEDNESDAY):
            assert (await coverage(life, day))["cs.LG"] == (3, 3, 0)
        kept = sorted((row.date, row.version) for row in await rows(life.app.store, schema.announcement)
                      if row.type == "replace")  # fmt: skip
        assert kept == [(MONDAY, 2), (TUESDAY, 3), (WEDNESDAY, 4)]
        known = {
            row.version: row.is_version_known
            for row in await rows(life.app.store, schema.paper)
            if row.version > 1
        }
        assert known == {2: False, 3: False, 4: True}, "the pages of Monday and Tuesday do not tell theirs"


@pytest.mark.parametrize(
    "holiday", [date(2026, 6, 19), date(2026, 12, 25), date(2026, 9, 7), date(2026, 11, 26), date(2027, 1, 1)]
)
async def test_a_holiday_costs_the_mailing_that_arxiv_says_and_no_fault(sqlite_store, holiday):
    first, last = holiday - timedelta(days=3), holiday + timedelta(days=5)

    def prepare(world: World) -> None:
        for day in mailing_days(first, last, HOLIDAYS):
            world.announce(day, world.papers(2, "cs.LG", "cs.AI") + world.papers(1, "cs.AI"))

    start = eastern(first, 12)
    async with living(sqlite_store, start, prepare, queries=["cs.LG, cs.AI"]) as life:
        async with life.app.store.write() as tx:
            (destination,) = await tx.subscribers.destinations()
            await tx.subscribers.set_notices(destination.id, Notices.ALWAYS)
        await life.until(eastern(last, 12))
        assert await rows(life.app.store, schema.fault) == [], "nobody has heard of one"
        due = life.announced("cs.LG", "cs.AI", first=first + timedelta(days=1), last=last)
        assert set(due) <= set(life.delivered)
        assert len(set(life.delivered)) == len(life.delivered)
        quiet = [one.no_papers for one in life.channel.digests if isinstance(one.no_papers, NoPapers)]
        assert any(one.why is Why.NO_ANNOUNCEMENT and one.reason is NoAnnouncement.HOLIDAY for one in quiet)
        assert not any(one.why is Why.NOT_YET for one in quiet)
        assert max(per_day(life).values()) <= 20


async def test_a_page_that_is_refused_for_days_is_asked_for_less_and_less_often(sqlite_store):
    def prepare(world: World) -> None:
        for day in weekdays(MONDAY - timedelta(days=3), MONDAY + timedelta(days=11)):
            world.announce(day, world.papers(2, "cs.LG") + world.papers(2, "cs.AI"))
        for part in (f"/catchup/cs.LG/{TUESDAY}", "/list/cs.LG/new", "/rss/cs.LG"):
            ends = MONDAY + timedelta(days=9) if "catchup" in part else TUESDAY
            world.trouble(part, eastern(MONDAY, 20), eastern(ends, 20), Answer(200, b"<html>Oops</html>"))

    async with living(sqlite_store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(MONDAY + timedelta(days=12), 12))
        assert sorted(life.delivered) == life.announced("cs.LG", "cs.AI", first=MONDAY)
        assert await faults(life) == []
        assert max(per_day(life).values()) <= 20
        assert len(life.asked(f"/catchup/cs.LG/{TUESDAY}")) < 40
