"""Why there are no papers: each of arXiv's dates is told of once, and nobody is told what is not so."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest import NoPapers, Why
from bot.model import ALL, AnnouncementDay, Coverage, Days, Fault, NoAnnouncement, Slot
from bot.presentation.no_papers import concerning, dates_between, news, why
from tests.fakes import DAY, MORNING

SATURDAY, SUNDAY, MONDAY = (date(2026, 9, day) for day in (5, 6, 7))
LABOR_DAY = date(2026, 9, 7)  # on its evening nothing is announced: the mailing of the 8th is missing
BEIJING = Slot("Asia/Shanghai", 9 * 60)


def fault(category: str = "cs.LG", day: date = DAY, since: datetime = MORNING) -> Fault:
    return Fault("arxiv_feed", category, day, "HTTP 429", since, since)


def seen(
    day: date, *, is_announced: bool = True, reason: NoAnnouncement | None = None
) -> dict[date, AnnouncementDay]:
    return {day: AnnouncementDay(day, is_announced, reason, MORNING)}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "dates"),
    [
        # Beijing at 09:00 in summer is 21:00 Eastern: the announcement of that evening has the next date.
        ("2026-06-09T01:00", "2026-06-10T01:00", [date(2026, 6, 10)]),
        # In winter it is 20:00 Eastern, and the digest waits for what is announced at that moment.
        ("2026-12-08T01:00", "2026-12-09T01:00", [date(2026, 12, 9)]),
        ("2026-09-04T01:00", "2026-09-07T01:00", [SATURDAY, SUNDAY, MONDAY]),
        ("2026-06-10T01:00", "2026-06-10T01:00", []),
    ],
)
def test_the_dates_of_a_digest_are_those_that_could_be_read_since_the_one_before(since, until, dates):
    assert dates_between(utc(since), utc(until)) == dates


SLOTS = st.builds(
    Slot,
    st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Auckland"]),
    st.integers(0, 1439),
    st.sets(st.integers(1, 7), min_size=1).map(Days.on),
)


@given(SLOTS, st.integers(0, 17_000).map(lambda hours: MORNING + timedelta(hours=hours)))
def test_from_digest_to_digest_no_date_is_left_out_and_none_is_told_twice(slot: Slot, start: datetime):
    first = due = slot.next_after(start)
    told: list[date] = []
    for _ in range(8):
        assert slot.last_before(slot.next_after(due)) == due
        following = slot.next_after(due)
        told += dates_between(slot.last_before(following), following)
        due = following
    assert told == dates_between(first, due)
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(told))


def test_a_weekend_and_a_holiday_are_named_and_the_holiday_first():
    weekend = why([SATURDAY, SUNDAY], [], [], {}, [LABOR_DAY])
    assert weekend == NoPapers(Why.NO_ANNOUNCEMENT, (SATURDAY, SUNDAY), NoAnnouncement.WEEKEND)
    day = LABOR_DAY + timedelta(days=1)
    assert why([SATURDAY, SUNDAY, day], [], [], {}, [LABOR_DAY]) == NoPapers(
        Why.NO_ANNOUNCEMENT, (day,), NoAnnouncement.HOLIDAY
    )


def test_what_was_learnt_is_truer_than_the_calendar():
    without_reason = why([DAY], [], [], seen(DAY, is_announced=False), [])
    assert without_reason == NoPapers(Why.NO_ANNOUNCEMENT, (DAY,), None)
    on_a_holiday = LABOR_DAY + timedelta(days=1)
    rows = [Coverage("cs.LG", on_a_holiday, 40, 40)]
    assert why([on_a_holiday], [], rows, seen(on_a_holiday), [LABOR_DAY]).why is Why.NOTHING_MATCHED


def test_a_quiet_day_says_how_many_were_read():
    rows = [Coverage("cs.LG", DAY, 138, 138), Coverage("cs.CL", DAY, 96, 96)]
    assert why([DAY], [], rows, seen(DAY), []) == NoPapers(Why.NOTHING_MATCHED, (DAY,), read=234)


def test_a_day_that_was_told_of_before_is_not_told_again():
    before = DAY - timedelta(days=1)
    assert why([DAY], [], [Coverage("cs.LG", DAY, 3, 3)], seen(before) | seen(DAY), []).dates == (DAY,)


def test_a_day_that_should_have_come_and_of_which_nothing_is_known_is_awaited():
    assert why([SATURDAY, DAY], [], [], {}, []) == NoPapers(Why.NOT_YET, (DAY,))


def test_a_fault_is_what_is_said_whatever_else_is_so():
    rows = [Coverage("cs.CL", DAY, 96, 96)]
    assert why([DAY], [fault()], rows, seen(DAY), []) == NoPapers(Why.FAULT, (DAY,))


def test_only_what_a_place_reads_concerns_it():
    rows = [fault("cs.LG"), fault("cs.CL"), fault(ALL), fault("math.AG")]
    assert [one.category for one in concerning(rows, ["cs.LG agents", "math.*"])] == ["cs.LG", ALL, "math.AG"]
    assert concerning(rows, ["agents"]) == rows, "a query without a category reads everything"
    assert concerning(rows, []) == rows


def test_a_fault_is_news_only_since_the_digest_before():
    old, fresh = fault(since=MORNING - timedelta(days=1)), fault("cs.CL")
    assert news([old, fresh], ["cs.*"], MORNING - timedelta(hours=1)) == (fresh,)
