"""The calendar is a hint: which evenings arXiv rests, as its own page lists them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import NoAnnouncement
from bot.settings import Settings
from bot.sources.calendar import (
    FEEDS_DUE,
    PAGES_DUE,
    is_due_again,
    newest,
    no_announcement,
    opens,
    pause,
    pause_without_listing,
)

START = datetime(2026, 6, 10, tzinfo=UTC)
HOLIDAYS = Settings.model_fields["bot_arxiv_holidays"].default


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 6, 10), None),
        (date(2026, 6, 13), NoAnnouncement.WEEKEND),
        (date(2026, 6, 14), NoAnnouncement.WEEKEND),
        (date(2026, 11, 26), None),  # Thanksgiving itself has the mailing of the evening before
        (date(2026, 11, 27), NoAnnouncement.HOLIDAY),
        (date(2027, 1, 1), NoAnnouncement.HOLIDAY),  # nothing is announced on the last evening of the year
        (date(2027, 1, 19), NoAnnouncement.HOLIDAY),
        (date(2026, 6, 19), None),  # a Friday's holiday costs the mailing of Sunday evening
        (date(2026, 6, 22), NoAnnouncement.HOLIDAY),
        (date(2026, 6, 23), None),
        (date(2026, 7, 6), NoAnnouncement.HOLIDAY),
        (date(2026, 12, 28), NoAnnouncement.HOLIDAY),
        (date(2027, 1, 4), NoAnnouncement.HOLIDAY),
        (date(2027, 6, 21), NoAnnouncement.HOLIDAY),
        (date(2027, 12, 27), NoAnnouncement.HOLIDAY),
        (date(2026, 9, 7), None),  # Labour Day is a Monday
        (date(2026, 9, 8), NoAnnouncement.HOLIDAY),
    ],
)
def test_weekends_and_the_days_after_a_holiday_have_no_mailing(day, why):
    assert no_announcement(day, HOLIDAYS) is why


def test_a_holiday_on_a_sunday_costs_the_mailing_of_that_evening():
    assert no_announcement(date(2025, 7, 7), [date(2025, 7, 6)]) is NoAnnouncement.HOLIDAY
    assert no_announcement(date(2025, 7, 8), [date(2025, 7, 6)]) is None


@pytest.mark.parametrize(
    ("now", "pages", "feeds"),
    [
        ("2026-06-09T20:04-04:00", "2026-06-09", "2026-06-09"),
        ("2026-06-09T20:05-04:00", "2026-06-10", "2026-06-09"),
        ("2026-06-10T00:05-04:00", "2026-06-10", "2026-06-10"),
        ("2026-06-12T20:05-04:00", "2026-06-12", "2026-06-12"),  # nothing on Friday evenings
        ("2026-06-14T20:05-04:00", "2026-06-15", "2026-06-12"),  # but on Sundays
        ("2026-03-08T20:05-04:00", "2026-03-09", "2026-03-06"),  # the day that has 23 hours
        ("2026-11-01T20:05-05:00", "2026-11-02", "2026-10-30"),  # the day that has 25
    ],
)
def test_the_newest_mailing_goes_by_the_clocks_of_new_york(now, pages, feeds):
    instant = datetime.fromisoformat(now)
    assert newest(instant, PAGES_DUE) == date.fromisoformat(pages)
    assert newest(instant, FEEDS_DUE) == date.fromisoformat(feeds)
    before = instant - timedelta(microseconds=1)
    assert opens(newest(before, PAGES_DUE), PAGES_DUE) <= before


def test_in_beijing_the_mailing_is_there_at_eight_in_summer_and_at_nine_in_winter():
    summer, winter = opens(date(2026, 6, 10)), opens(date(2026, 12, 10))
    assert [each.astimezone(ZoneInfo("Asia/Shanghai")).hour for each in (summer, winter)] == [8, 9]


def asked(until: timedelta, pause_after) -> int:
    """How many requests there are until then."""
    late, count = timedelta(), 0
    while late < until:
        late, count = late + pause_after(late), count + 1
    return count


def test_a_late_mailing_is_asked_for_often_at_first_and_then_less_and_less_often():
    waits = [pause(timedelta(minutes=late), is_begun=True, is_unlikely=False) for late in (0, 5, 60, 600)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=5), timedelta(hours=3))


def test_a_day_without_a_mailing_costs_at_most_twenty_requests_of_both_sources():
    day = timedelta(days=1)
    feeds = asked(day, pause_without_listing)
    assert asked(day, lambda late: pause(late, is_begun=False, is_unlikely=False)) + feeds <= 20
    assert asked(day, lambda late: pause(late, is_begun=False, is_unlikely=True)) + feeds <= 20
    assert asked(day, lambda late: pause(late, is_begun=True, is_unlikely=False)) <= 20
    assert asked(3 * day, lambda late: pause(late, is_begun=True, is_unlikely=False)) <= 35


def test_a_page_of_the_past_that_cannot_be_had_is_asked_for_less_and_less_often():
    def again(late: timedelta) -> timedelta:
        tried = START + late
        steps = (timedelta(minutes=n) for n in range(0, 100_000, 5))
        return next(step for step in steps if is_due_again(START, tried, tried + step))

    assert asked(timedelta(days=1), again) <= 10
    assert asked(timedelta(days=90), again) <= 50
    assert again(timedelta()) == timedelta(minutes=30)


def test_a_page_of_the_past_is_asked_for_at_once_when_the_site_is_back():
    tried, hour = START + timedelta(days=1), timedelta(hours=1)
    assert not is_due_again(START, tried, tried + 2 * hour)
    assert is_due_again(START, tried, tried + 2 * hour, came=tried + hour)
    assert not is_due_again(START, tried, tried + 2 * hour, came=tried - hour)
    late = START + timedelta(days=8)
    assert not is_due_again(START, late, late + 2 * hour, came=late + hour), "it has had its chances"
