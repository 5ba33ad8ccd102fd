"""When an announcement may be expected: a hint, never the truth. The truth is the ids of the listing.

arXiv announces Sunday to Thursday at 20:00 Eastern, under the date of the next day: the listing pages show that
mailing at once, and the feeds from midnight on. https://info.arxiv.org/help/availability.html
All of it is wall-clock time of New York, so that a change of its clocks needs no care.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.model import NoAnnouncement

EASTERN = ZoneInfo("America/New_York")

PAGES_DUE = timedelta(hours=-3, minutes=-55)
"""When listing pages should have a mailing, from the midnight that begins its date: 20:05 the evening before."""
FEEDS_DUE = timedelta(minutes=5)
"""When feeds should have it."""

GRACE = timedelta(minutes=40)
"""How late a mailing may be before that is a fault."""

_EVENING = timedelta(hours=-4)
_SOON, _HALF_HOUR, _HOUR, _SELDOM = (timedelta(minutes=n) for n in (5, 30, 60, 180))
_PAUSES = tuple(
    (timedelta(minutes=late), timedelta(minutes=pause))
    for late, pause in ((15, 5), (45, 15), (120, 45), (480, 60))
)
"""How late a mailing is at the most, and how long it is then not asked for again."""


def opens(day: date, due_offset: timedelta = _EVENING) -> datetime:
    """The instant at which the mailing of a date is due; without `due_offset`, when arXiv announces it."""
    return (datetime.combine(day, time()) + due_offset).replace(tzinfo=EASTERN).astimezone(UTC)


def newest(now: datetime, due_offset: timedelta = _EVENING) -> date:
    """The date of the last mailing that should be there, whatever was said of holidays."""
    day = now.astimezone(EASTERN).date() + timedelta(days=1)
    while not _is_weekday(day) or opens(day, due_offset) > now:
        day -= timedelta(days=1)
    return day


def following(day: date) -> date:
    """The next date that may have a mailing."""
    return next(one for one in _days(day + timedelta(days=1), day + timedelta(days=7)) if _is_weekday(one))


def weekdays(first: date, last: date) -> list[date]:
    """The dates that may have a mailing, both ends included."""
    return [day for day in _days(first, last) if _is_weekday(day)]


def no_announcement(day: date, holidays: Collection[date]) -> NoAnnouncement | None:
    """Why there should be no mailing with that date; None when one may be expected.

    `holidays` are as arXiv lists them: days whose submissions are not announced that evening, so that the mailing
    with the next day's date is missing. Those of a Friday are announced on Sunday evenings: a holiday on a Friday
    costs the mailing with Monday's date. https://info.arxiv.org/help/availability.html
    """
    if not _is_weekday(day):
        return NoAnnouncement.WEEKEND
    submitted = {day - timedelta(days=1)} | ({day - timedelta(days=3)} if day.isoweekday() == 1 else set())
    return NoAnnouncement.HOLIDAY if submitted & set(holidays) else None


def pause(late: timedelta, *, is_begun: bool, is_unlikely: bool) -> timedelta:
    """How long not to ask again for a mailing that is so late: often at first, then less and less often.

    No page is asked for more than twenty times a day, whether its mailing is late, missing, or cannot be read.
    """
    if is_unlikely:
        return _SELDOM
    if is_begun:  # what is missing is one category here and there
        return min(max(_SOON, late / 2), max(_SELDOM, late / 8))
    return next((rest for most, rest in _PAUSES if late < most), late / 2)


def pause_without_listing(late: timedelta) -> timedelta:
    """The same for a feed while the listing pages lack the mailing, too: they come hours earlier."""
    return max(_HOUR, 3 * late)


def is_due_again(since: datetime, tried_at: datetime, now: datetime, came: datetime | None = None) -> bool:
    """Whether to ask again for a page of the past that is missing since an instant, and was asked for at another.

    Twice as long each time, up to six hours, and after two days ever less often. `came` is when the site has given
    a page last: a page that was missing then is asked for at once, in the first week.
    """
    missing = tried_at - since
    is_back = came is not None and came > tried_at and now - since < timedelta(days=7)
    return is_back or now >= tried_at + max(_HALF_HOUR, min(missing, 2 * _SELDOM), missing / 8)


def _is_weekday(day: date) -> bool:
    return day.isoweekday() <= 5


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)
