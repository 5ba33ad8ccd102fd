"""Scenarios of reading: every announced paper comes once, in the right digest, or the fault is named in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.digest import NoPapers, Why
from bot.model import ALL, AnnounceType, ChangeKind, Fault, NoAnnouncement, Notices, Paper, Slot
from bot.sources.calendar import opens, weekdays
from tests.counterparts.arxiv_site import Answer
from tests.counterparts.arxiv_world import World
from tests.jobs.life import Life, eastern, living

MONDAY = date(2026, 6, 8)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))
SUNDAY = MONDAY - timedelta(days=1)


def days(world: World, *dates: date, per_day: int = 3) -> None:
    """A mailing on each day: papers of two categories, cross-lists both ways and from elsewhere, revisions."""
    before: list[tuple] = []
    for day in (dates[0] - timedelta(days=3), *dates):
        papers = world.papers(per_day, "cs.LG", "cs.AI") + world.papers(per_day, "cs.AI", "cs.LG")
        papers += world.papers(2, "cs.LG") + world.papers(1, "stat.ML", "cs.LG")
        world.announce(day, papers + [(world.revised(one), AnnounceType.REPLACE) for one, _ in before[:2]])
        before = papers


def week(world: World) -> None:
    """Monday to Friday."""
    days(world, *weekdays(MONDAY, FRIDAY))


def is_complete(life: Life, first: date = MONDAY, last: date = FRIDAY) -> None:
    """Every paper of these days has arrived, once."""
    assert sorted(life.delivered) == life.announced("cs.LG", "cs.AI", first=first, last=last)


def dates(life: Life) -> list[list[date]]:
    """The announcement dates in each digest that has papers."""
    return [sorted({day for _, day in papers}) for _, papers in life.digests if papers]


async def faults(life: Life) -> list[tuple[str, str, date]]:
    async with life.app.store.read() as tx:
        return [(one.source, one.category, one.date) for one in await tx.faults.current()]


async def missing(life: Life) -> list[Fault]:
    async with life.app.store.read() as tx:
        return await tx.faults.missing()


async def coverage(life: Life, *dates: date) -> dict[tuple[str, date], tuple[int, int | None, str]]:
    async with life.app.store.read() as tx:
        return {(one.category, one.date): (one.read, one.claimed, one.confirmed_by)
                for one in await tx.papers.coverage(dates)}  # fmt: skip


async def test_a_normal_week_arrives_day_by_day_at_nine_in_beijing_and_is_confirmed_by_the_feeds(store):
    async with living(store, eastern(SUNDAY, 12), week) as life:
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        assert dates(life) == [[day] for day in weekdays(MONDAY, FRIDAY)]
        for day, (at, _) in zip(weekdays(MONDAY, FRIDAY), life.digests, strict=True):
            assert at - opens(day) <= timedelta(hours=1, minutes=6)
        assert await faults(life) == []
        for (category, day), said in (await coverage(life, *weekdays(MONDAY, FRIDAY))).items():
            count = len(life.world.entries(category, day))
            assert said == (count, count, "arxiv_feed")
        pages, feeds = life.asked("/list/"), life.asked("/rss/")
        assert (len(pages), len(feeds)) == (10, 10), "two categories, five days: each once"
        commented = life.channel.digests[-1].cards[0].paper.comments
        assert commented.endswith("pages"), "comments come from the listing"


async def test_a_stale_feed_under_todays_date_is_noticed_and_loses_nothing(store):
    """The morning of 2026-08-12: one category's feed was yesterday's, the other one's was not."""

    def prepare(world: World) -> None:
        week(world)
        world.frozen.add(("cs.AI", WEDNESDAY))

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(WEDNESDAY, 12))
        assert await faults(life) == [("arxiv_feed", "cs.AI", WEDNESDAY)]
        assert await missing(life) == [], "the listing has it"
        said = await coverage(life, WEDNESDAY)
        assert said["cs.AI", WEDNESDAY][2] == "arxiv_listing"
        assert said["cs.LG", WEDNESDAY][2] == "arxiv_feed"
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        assert await faults(life) == [], "Wednesday's feed is not waited for any more"
        asked = [
            one.at for one in life.asked("/rss/cs.AI") if eastern(WEDNESDAY, 0) <= one.at < eastern(THURSDAY, 0)
        ]
        assert 3 < len(asked) < 20, "again and again, but less and less often"


async def test_a_stale_feed_is_not_believed_where_the_listing_is_not_read_at_all(store):
    def prepare(world: World) -> None:
        week(world)
        world.frozen.add(("cs.AI", WEDNESDAY))

    async with living(store, eastern(SUNDAY, 12), prepare, sources=["arxiv_feed"]) as life:
        await life.until(eastern(WEDNESDAY, 23))
        late = {paper.id for paper, _ in life.world.entries("cs.AI", WEDNESDAY)}
        late -= {paper.id for paper, _ in life.world.entries("cs.LG", WEDNESDAY)}
        assert ("arxiv_feed", "cs.AI", WEDNESDAY) in await faults(life)
        assert [one.category for one in await missing(life)] == ["cs.AI"]
        assert late.isdisjoint(life.delivered)
        days_read = {day for _, found in life.digests for paper, day in found}
        assert WEDNESDAY not in {day for category, day in await coverage(life, *days_read) if category == "cs.AI"}


async def test_a_feed_that_is_cut_at_two_thousand_is_replaced_by_the_listing(store):
    def prepare(world: World) -> None:
        days(world, MONDAY)
        world.announce(TUESDAY, world.papers(2_100, "cs.LG", abstract="A tide."))

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["cs.LG"]) as life:
        await life.until(eastern(TUESDAY, 4))
        assert (await coverage(life, TUESDAY))["cs.LG", TUESDAY] == (2_100, 2_100, "arxiv_listing")
        assert await missing(life) == []
        assert [(source, day) for source, _, day in await faults(life)] == [("arxiv_feed", TUESDAY)]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b""),
        Answer(200, b"<html><body>Oops</body></html>"),
        Answer(429, b"Rate exceeded."),
        Answer(503, headers={"Retry-After": "300"}),
        Answer(200, b"<!DOCTYPE html><html>" + b"x" * 5_000, drop=True),
    ],
    ids=["an empty 200", "an HTML error page", "429", "503 with Retry-After", "a truncated body"],
)
async def test_an_hour_of_trouble_is_named_and_nothing_is_lost(store, answer):
    def prepare(world: World) -> None:
        days(world, MONDAY, TUESDAY, WEDNESDAY)
        world.trouble("/", eastern(MONDAY, 20, 3), eastern(MONDAY, 21, 10), answer)

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(MONDAY, 21, 2))
        (fault,) = await missing(life)
        assert (fault.source, fault.category, fault.date) == ("arxiv_listing", ALL, TUESDAY)
        assert fault.since - opens(TUESDAY) <= timedelta(minutes=15)
        await life.until(eastern(WEDNESDAY, 19))
        assert await faults(life) == []
        is_complete(life, last=WEDNESDAY)
        during = [one for one in life.world.asked if eastern(MONDAY, 20, 3) <= one.at < eastern(MONDAY, 21, 10)]
        assert len(during) <= 20


async def test_a_whole_day_of_refusals_is_caught_up_from_the_archive(store):
    def prepare(world: World) -> None:
        days(world, MONDAY, TUESDAY, WEDNESDAY)
        world.trouble("/", eastern(MONDAY, 20, 3), eastern(TUESDAY, 20, 3), Answer(429))

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(TUESDAY, 19))
        assert {one.date for one in await missing(life)} == {TUESDAY}
        await life.until(eastern(WEDNESDAY, 19))
        is_complete(life, last=WEDNESDAY)
        assert await faults(life) == []
        assert dates(life) == [[MONDAY], [TUESDAY, WEDNESDAY]], "the late day comes with its own date"


async def test_a_missed_day_of_two_pages_is_given_whole_or_not_at_all(store):
    """The second page fails at first: what the first one has is no day."""

    def prepare(world: World) -> None:
        days(world, MONDAY, WEDNESDAY, THURSDAY)
        world.announce(TUESDAY, world.papers(2_100, "cs.LG", abstract="A tide."))
        world.trouble("page=2", eastern(MONDAY, 12), eastern(WEDNESDAY, 12), Answer(503))

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["cs.LG"], sources=["arxiv_listing"]) as life:
        await life.until(eastern(SUNDAY, 23))
        life.clock.now = eastern(TUESDAY, 20, 58)  # Tuesday's evening: the whole day was missed
        await life.until(eastern(WEDNESDAY, 11))
        assert dates(life)[-1] == [WEDNESDAY]
        (fault,) = await missing(life)
        assert (fault.category, fault.date) == ("cs.LG", TUESDAY)
        await life.until(eastern(WEDNESDAY, 22))
        assert await missing(life) == []
        assert (await coverage(life, TUESDAY))["cs.LG", TUESDAY] == (2_100, 2_100, "arxiv_listing")
        pages = {one.path.rpartition("=")[2] for one in life.asked(f"/catchup/cs.LG/{TUESDAY}")}
        assert pages == {"1", "2"}
        assert dates(life)[-1] == [TUESDAY, THURSDAY]
        tuesdays = [paper for paper, day in life.digests[-1][1] if day == TUESDAY]
        assert len(set(tuesdays)) == len(tuesdays) == 2_100


async def test_one_frozen_page_does_not_hold_up_the_others(store):
    frozen = Answer(503, headers={"Retry-After": "1"})

    def prepare(world: World) -> None:
        week(world)
        world.trouble("/list/cs.AI/", eastern(TUESDAY, 20), eastern(WEDNESDAY, 12), frozen)

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(TUESDAY, 21, 30))
        assert [one.category for one in await missing(life)] == ["cs.AI"]
        mine = {paper.id for paper, kind in life.world.entries("cs.LG", WEDNESDAY) if not kind.is_revision}
        assert mine <= set(life.delivered)
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)


async def test_a_holiday_is_no_fault_and_costs_next_to_nothing(store):
    thanksgiving = date(2026, 11, 26)
    monday = thanksgiving + timedelta(days=4)

    def prepare(world: World) -> None:
        days(world, thanksgiving - timedelta(days=1), thanksgiving, monday)

    start = eastern(thanksgiving - timedelta(days=2), 12)
    async with living(store, start, prepare) as life:
        await life.until(eastern(thanksgiving + timedelta(days=1), 19))
        assert await faults(life) == []
        holiday = [one for one in life.asked("/list/") if one.at > eastern(thanksgiving, 20)]
        assert len(holiday) <= 24
        await life.until(eastern(monday, 12))
        is_complete(life, thanksgiving - timedelta(days=1), monday)
        async with life.app.store.read() as tx:
            (learnt,) = (await tx.announcement_days.on([thanksgiving + timedelta(days=1)])).values()
        assert (learnt.is_announced, learnt.reason) == (False, NoAnnouncement.HOLIDAY)


async def test_a_mailing_that_is_six_hours_late_is_named_and_then_comes_with_its_own_date(store):
    def prepare(world: World) -> None:
        week(world)
        world.announce(WEDNESDAY, world.mailings[WEDNESDAY][1], at=eastern(WEDNESDAY, 2))

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(TUESDAY, 20, 59))
        (fault,) = await missing(life)
        assert (fault.category, fault.date) == (ALL, WEDNESDAY)
        assert fault.since - opens(WEDNESDAY) <= timedelta(minutes=55), "before nine o'clock in Beijing"
        await life.until(eastern(WEDNESDAY, 3, 5))
        assert await missing(life) == []
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        assert dates(life) == [[MONDAY], [TUESDAY], [WEDNESDAY, THURSDAY], [FRIDAY]]


async def test_the_only_category_is_named_in_its_fault_and_a_mailing_that_never_came_is_given_up(store):
    def prepare(world: World) -> None:
        days(world, MONDAY, TUESDAY, THURSDAY)

    async with living(store, eastern(SUNDAY, 12), prepare, queries=["cs.LG"]) as life:
        await life.until(eastern(TUESDAY, 20, 59))
        assert [(one.category, one.date) for one in await missing(life)] == [("cs.LG", WEDNESDAY)]
        await life.until(eastern(THURSDAY, 12))
        assert await faults(life) == []
        assert dates(life) == [[MONDAY], [TUESDAY], [THURSDAY]]
        async with life.app.store.read() as tx:
            (learnt,) = (await tx.announcement_days.on([WEDNESDAY])).values()
        assert (learnt.is_announced, learnt.reason) == (False, None)


async def test_a_mailing_that_never_came_comes_with_the_next_one_on_the_same_evening(store):
    """Two mailings in one evening, under the dates of both."""

    def prepare(world: World) -> None:
        week(world)
        world.announce(WEDNESDAY, world.mailings[WEDNESDAY][1], at=eastern(WEDNESDAY, 20))

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(WEDNESDAY, 19))
        assert [(one.category, one.date) for one in await missing(life)] == [(ALL, WEDNESDAY)]
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        assert await faults(life) == []
        assert dates(life) == [[MONDAY], [TUESDAY], [WEDNESDAY, THURSDAY], [FRIDAY]]


async def test_a_second_mailing_under_the_same_date_is_found_by_the_feed(store):
    second: list[Sequence[tuple]] = []

    def prepare(world: World) -> None:
        week(world)
        second.append(world.papers(4, "cs.LG", "cs.AI"))

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(TUESDAY, 22))
        at, entries = life.world.mailings[WEDNESDAY]
        life.world.announce(WEDNESDAY, [*entries, *second[0]], at=at)
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        count = len(life.world.entries("cs.LG", WEDNESDAY))
        assert (await coverage(life, WEDNESDAY))["cs.LG", WEDNESDAY] == (count, count, "arxiv_feed")


async def test_a_paper_that_is_withdrawn_and_one_that_moves_are_named_once_in_the_next_digest(store):
    ours: list[Paper] = []

    def prepare(world: World) -> None:
        week(world)
        gone, moves = (paper for paper, _ in world.papers(2, "cs.LG", "cs.AI"))
        ours.extend([gone, moves])
        moved = replace(world.revised(moves), categories=("cs.AI", "cs.LG"))
        for day, *more in ((MONDAY, gone, moves), (WEDNESDAY, world.withdrawn(gone)), (THURSDAY, moved)):
            kind = AnnounceType.NEW if day == MONDAY else AnnounceType.REPLACE
            world.announce(day, [*world.mailings[day][1], *((one, kind) for one in more)])

    async with living(store, eastern(SUNDAY, 12), prepare) as life:
        await life.until(eastern(FRIDAY, 23))
        is_complete(life)
        gone, moves = ours
        said = {
            day: [(one.paper.id, one.kind, one.after) for one in digest.changes]
            for day, digest in zip(weekdays(MONDAY, FRIDAY), life.channel.digests, strict=True)
        }
        assert said == {
            MONDAY: [], TUESDAY: [], FRIDAY: [],
            WEDNESDAY: [(gone.id, ChangeKind.WITHDRAWN, "")],
            THURSDAY: [(moves.id, ChangeKind.MOVED, "cs.AI")],
        }  # fmt: skip


@pytest.mark.parametrize("down", [1, 4, 30])
async def test_after_days_of_silence_one_digest_has_everything_each_paper_with_its_date(store, down):
    start, back = date(2026, 6, 1), date(2026, 6, 3) + timedelta(days=down)

    def prepare(world: World) -> None:
        days(world, *weekdays(start, back + timedelta(days=4)))

    async with living(store, eastern(start, 12), prepare) as life:
        await life.until(eastern(start + timedelta(days=1), 22))
        before = len(life.digests)
        life.clock.now = eastern(back, 20, 58)  # two minutes before nine in Beijing
        await life.until(eastern(back, 23))
        told = start + timedelta(days=2)
        last = max(day for day in life.world.mailings if opens(day) <= life.clock.now)
        assert dates(life)[before:] == [weekdays(told + timedelta(days=1), last)]
        is_complete(life, start + timedelta(days=1), last)
        assert await faults(life) == []


@pytest.mark.parametrize(
    "sunday", [date(2026, 3, 8), date(2026, 11, 1)], ids=["an hour is missing", "an hour comes twice"]
)
async def test_a_clock_change_neither_drops_nor_doubles_anything(store, sunday):
    friday, tuesday = sunday - timedelta(days=2), sunday + timedelta(days=2)

    def prepare(world: World) -> None:
        days(world, *weekdays(friday, tuesday))

    async with living(store, eastern(friday - timedelta(days=1), 12), prepare) as life:
        await life.until(eastern(tuesday, 19))
        is_complete(life, friday, tuesday)
        assert dates(life) == [[day] for day in weekdays(friday, tuesday)], "each day in its own digest"
        assert await faults(life) == []
        first = {
            day: min(one.at for one in life.asked("/list/") if one.at >= opens(day)) for day in (friday, tuesday)
        }
        assert all(at - opens(day) <= timedelta(minutes=10) for day, at in first.items())


async def test_in_winter_a_digest_at_nine_in_beijing_waits_some_minutes_for_what_is_announced_at_nine(
    store,
):
    monday = date(2026, 12, 7)
    tuesday, wednesday = monday + timedelta(days=1), monday + timedelta(days=2)

    async with living(
        store,
        eastern(monday - timedelta(days=1), 12),
        lambda world: days(world, monday, tuesday, wednesday),
    ) as life:
        await life.until(eastern(wednesday, 12))
        assert dates(life) == [[monday], [tuesday], [wednesday]]
        assert all(
            timedelta(minutes=5) <= at - opens(day) <= timedelta(minutes=15)
            for day, (at, _) in zip((monday, tuesday, wednesday), life.digests, strict=True)
        )


async def test_in_winter_a_mailing_that_does_not_come_is_waited_for_until_that_is_a_fault(store):
    monday, tuesday, wednesday = (date(2026, 12, day) for day in (7, 8, 9))

    def prepare(world: World) -> None:
        days(world, monday, tuesday, wednesday)
        world.announce(tuesday, world.mailings[tuesday][1], at=eastern(tuesday, 3))

    async with living(store, eastern(monday - timedelta(days=1), 12), prepare) as life:
        async with store.write() as tx:
            await tx.subscribers.set_notices(1, Notices.ALWAYS)
        await life.until(eastern(tuesday, 12))
        at, papers = life.digests[-1]
        assert (papers, life.channel.digests[-1].no_papers) == ([], NoPapers(Why.NOT_YET, (tuesday,)))
        assert timedelta(minutes=40) <= at - opens(tuesday) <= timedelta(minutes=45)
        await life.until(eastern(wednesday, 12))
        assert dates(life) == [[monday], [tuesday, wednesday]]


@pytest.mark.parametrize(
    ("day", "sources"),
    [(date(2026, 11, 27), ("arxiv_listing", "arxiv_feed")), (date(2026, 12, 8), ("arxiv_feed",))],
    ids=["a holiday", "only feeds, which come hours later"],
)
async def test_in_winter_a_digest_does_not_wait_for_what_is_not_expected(store, day, sources):
    def prepare(world: World) -> None:
        days(world, day - timedelta(days=1))

    start = eastern(day - timedelta(days=1), 19)
    async with living(store, start, prepare, sources=sources) as life:
        async with store.write() as tx:
            await tx.subscribers.set_notices(1, Notices.ALWAYS)
        await life.until(opens(day) + timedelta(minutes=2))
        assert [at for at, _ in life.digests] == [opens(day)]


async def test_who_subscribes_just_after_the_announcement_waits_for_nothing(store):
    """Only the next one is read for them."""
    day = date(2026, 12, 8)

    def prepare(world: World) -> None:
        days(world, day - timedelta(days=1), day)

    async with living(store, eastern(day - timedelta(days=1), 20, 12), prepare, slot=Slot("UTC", 75)) as life:
        async with store.write() as tx:
            await tx.subscribers.set_notices(1, Notices.ALWAYS)
        await life.until(eastern(day - timedelta(days=1), 20, 23))
        ((at, _),) = life.digests
        assert at == eastern(day - timedelta(days=1), 20, 17)


async def test_in_winter_each_date_without_matches_is_told_of_once(store):
    friday = date(2026, 12, 11)
    every = weekdays(date(2026, 12, 7), friday)

    start = eastern(every[0] - timedelta(days=1), 12)
    async with living(store, start, lambda world: days(world, *every), queries=["cs.LG zeppelin"]) as life:
        async with store.write() as tx:
            await tx.subscribers.set_notices(1, Notices.ALWAYS)
        await life.until(eastern(friday, 12))
        assert [one.no_papers.dates for one in life.channel.digests] == [(day,) for day in every]
        assert {one.no_papers.why for one in life.channel.digests} == {Why.NOTHING_MATCHED}
