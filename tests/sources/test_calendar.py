"""The calendar is a hint: which evenings arXiv rests, as its own page lists them."""

from __future__ import annotations

from datetime import date

import pytest

from bot.model import NoMailing
from bot.settings import Settings
from bot.sources.calendar import no_announcement

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
    ],
)
def test_weekends_and_the_days_after_a_holiday_have_no_mailing(day, why):
    assert no_announcement(day, HOLIDAYS) is why
