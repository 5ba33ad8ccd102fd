"""When an announcement may be expected: a hint, never the truth. The truth is the ids of the listing.

arXiv announces Sunday to Thursday at 20:00 Eastern; its feeds carry that mailing from midnight on, under
the date of the new day: https://info.arxiv.org/help/availability.html
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model import NoMailing

EASTERN = ZoneInfo("America/New_York")

_FEEDS_ROLL = time(0, 5)


def label(now: datetime) -> date | None:
    """The date of the mailing that the feeds should carry now; None on days without one."""
    local = now.astimezone(EASTERN)
    if local.isoweekday() > 5 or local.time() < _FEEDS_ROLL:
        return None
    return local.date()


def no_announcement(day: date, holidays: Collection[date]) -> NoMailing | None:
    """Why there should be no mailing with that date; None when one may be expected.

    `holidays` are as arXiv lists them: days on whose evening nothing is announced, so that the mailing with
    the next day's date is missing. https://info.arxiv.org/help/availability.html
    """
    if day.isoweekday() > 5:
        return NoMailing.WEEKEND
    return NoMailing.HOLIDAY if day - timedelta(days=1) in holidays else None
