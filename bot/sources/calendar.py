"""When an announcement may be expected: a hint, never the truth. The truth is the ids of the listing.

arXiv announces Sunday to Thursday at 20:00 Eastern; its feeds carry that mailing from midnight on, under
the date of the new day: https://info.arxiv.org/help/availability.html
"""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")

_FEEDS_ROLL = time(0, 5)


def label(now: datetime) -> date | None:
    """The date of the mailing that the feeds should carry now; None on days without one."""
    local = now.astimezone(EASTERN)
    if local.isoweekday() > 5 or local.time() < _FEEDS_ROLL:
        return None
    return local.date()
