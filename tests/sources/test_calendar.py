"""The calendar is a hint: which evenings arXiv rests, as its own page lists them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.model import NoMailing
from bot.settings import Settings
from bot.sources.calendar import FEEDS_TURN, PAGES_TURN, newest, no_announcement, opens, pause

HOLIDAYS = Settings.model_fields["bot_arxiv_holidays"].default


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 6, 10), None),
        (date(2026, 6, 13), NoMailing.WEEKEND),
        (date(2026, 6, 14), NoMailing.WEEKEND),
        (date(2026, 11, 26), None),  # Thanksgiving itself has the mailing of the evening before
        (date(2026, 11, 27), NoMailing.HOLIDAY),
        (date(2027, 1, 1), NoMailing.HOLIDAY),  # nothing is announced on the last evening of the year
        (date(2027, 1, 19), NoMailing.HOLIDAY),
        (date(2026, 6, 19), None),  # a Friday's holiday costs the mailing of Sunday evening
        (date(2026, 6, 22), NoMailing.HOLIDAY),
        (date(2026, 6, 23), None),
        (date(2026, 7, 6), NoMailing.HOLIDAY),
        (date(2026, 12, 28), NoMailing.HOLIDAY),
        (date(2027, 1, 4), NoMailing.HOLIDAY),
        (date(2027, 6, 21), NoMailing.HOLIDAY),
        (date(2027, 12, 27), NoMailing.HOLIDAY),
        (date(2026, 9, 7), None),  # Labour Day is a Monday
        (date(2026, 9, 8), NoMailing.HOLIDAY),
    ],
)
def test_weekends_and_the_days_after_a_holiday_have_no_mailing(day, why):
    assert no_announcement(day, HOLIDAYS) is why


def test_a_holiday_on_a_sunday_costs_the_mailing_of_that_evening():
    assert no_announcement(date(2025, 7, 7), [date(2025, 7, 6)]) is NoMailing.HOLIDAY
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
    assert newest(instant, PAGES_TURN) == date.fromisoformat(pages)
    assert newest(instant, FEEDS_TURN) == date.fromisoformat(feeds)
    before = instant - timedelta(microseconds=1)
    assert opens(newest(before, PAGES_TURN), PAGES_TURN) <= before


def test_in_beijing_the_mailing_is_there_at_eight_in_summer_and_at_nine_in_winter():
    summer, winter = opens(date(2026, 6, 10)), opens(date(2026, 12, 10))
    assert [each.astimezone(ZoneInfo("Asia/Shanghai")).hour for each in (summer, winter)] == [8, 9]


def test_one_asks_often_at_first_and_then_less_and_less():
    waits = [pause(timedelta(minutes=late), is_begun=True, is_unlikely=False) for late in (0, 5, 60, 600)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=5), timedelta(hours=2))
