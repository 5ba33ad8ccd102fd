"""What the reading room says of dates, categories, queries and of what is not there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot import taxonomy
from bot.locale import TRADITIONAL, say
from bot.model import ALL, AnnouncementDay
from bot.presentation.coverage import coverage_lines
from bot.presentation.dates import bare_day, said_day, short_day
from bot.presentation.faults import fault_lines
from bot.query import Query, in_words
from bot.sources.calendar import PAGES_DUE, following, newest, no_announcement, opens
from bot.text.traditional import traditional
from bot.web.room.asked import PAGE
from bot.web.room.days import DayPapers, DayState
from bot.web.room.found import PartFound

ALL_CATEGORIES = len({one.alias_of or one.code for one in taxonomy.categories().values()})
"""How many categories arXiv has."""

_SOON = timedelta(minutes=5)  # what is late already is looked for again and again


def day_words(day: date, locale: str) -> str:
    """A date in full: Wednesday, 10 June 2026."""
    return said_day("room.day", day, locale, weekdays="room.weekdays")


def instant_words(at: datetime, zone: str, now: datetime, locale: str) -> str:
    """When something is expected, by the clock of a zone: today's need no date."""
    local, today = at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone)).date()
    values = {"clock": f"{local:%H:%M}", "zone": zone}
    if local.date() == today:
        return say("room.at_clock", locale, **values)
    return say("room.at_day", locale, day=short_day(local.date(), locale), **values)


def coverage_words(day: DayPapers, zone: str, locale: str) -> tuple[str, tuple[str, ...]]:
    """How much of a date was read and by whose count, in one line; and what is missing, in lines of their own."""
    state, papers, chinese = day.state, len(day.papers), day.chinese
    said = coverage_lines(state.coverage, locale, zone)
    is_whole = all(row.is_complete for row in state.coverage) and not state.faults
    parts = [
        say("room.count" if is_whole else "room.count_so_far", locale, n=papers, count=f"{papers:,}"),
        _whole(state, locale) if is_whole and len(state.coverage) > 1 else said.line,
        _read_at(state, zone, locale),
        say("room.chinese_for", locale, n=chinese, count=f"{chinese:,}") if chinese else "",
    ]
    missing = (*fault_lines(state.faults, locale), *said.differing)
    return " · ".join(filter(None, parts)), missing


def _whole(state: DayState, locale: str) -> str:
    return say("room.read_completely", locale, n=len(state.coverage), all=ALL_CATEGORIES)


def _read_at(state: DayState, zone: str, locale: str) -> str:
    """When a date was read last, by the clock of a zone."""
    if state.fetched_at is None:
        return ""
    at = state.fetched_at.astimezone(ZoneInfo(zone))
    return say("room.read_at", locale, day=bare_day(at.date(), locale), clock=f"{at:%H:%M}", zone=zone)


def query_words(query: Query, locale: str) -> str:
    """A query read back, as a sentence."""
    words = in_words(query, locale)
    if locale == "en":  # Chinese begins with the code of a category, or with Chinese
        words = f"{words[0].upper()}{words[1:]}"
    return words + say("room.stop", locale)


def unread_words(codes: Collection[str], state: DayState, locale: str) -> str:
    """Which of the chosen categories are not read here; empty when all are."""
    if missing := sorted(code for code in codes if not state.has_read(code)):
        named = say("digest.comma", locale).join(missing)
        read = len(state.read)
        return say("room.not_read", locale, n=len(missing), categories=named, read=read, all=ALL_CATEGORIES)
    return ""


def nothing_words(parts: Sequence[PartFound], locale: str) -> tuple[str, str]:
    """That no paper matches, and how many each part of the query finds by itself."""
    said = [
        say("room.part_in" if one.alone else "room.part_in_none", locale, part=one.part, count=f"{one.alone:,}")
        for one in parts
    ]
    why = say("room.semicolon", locale).join(said) + say("room.stop", locale) if len(parts) > 1 else ""
    return say("room.no_match", locale), why


def bar_words(page: int, total: int, locale: str, *, is_said: bool = False) -> str:
    """Which papers a page has: 1–50 of 2,251; only their order when their number is said above."""
    if total <= PAGE and is_said:
        return say("room.newest_first", locale)
    if total <= PAGE:
        return say("room.count", locale, n=total, count=f"{total:,}")
    first, last = (page - 1) * PAGE + 1, min(page * PAGE, total)
    return say("room.bar", locale, first=f"{first:,}", last=f"{last:,}", all=f"{total:,}")


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a date has no page of papers; `is_gone` when it never will have one here."""

    heading: str
    line: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known of dates: those that are stored, arXiv's holidays, the clock, and the reader's zone."""

    stored: tuple[date, ...]  # newest first
    holidays: Collection[date]
    now: datetime
    zone: str

    def missing(self, day: date, known: AnnouncementDay | None, locale: str) -> Missing | None:
        """Why there is nothing of a date; None where there is."""
        if day in self.stored:
            return None
        if not self.stored:
            at = instant_words(opens(self._next, PAGES_DUE), self.zone, self.now, locale)
            return Missing(say("room.nothing", locale), say("room.nothing_why", locale, at=at))
        if not self.stored[-1] <= day <= max(self._next, self.stored[0]):
            values = {"first": day_words(self.stored[-1], locale), "last": day_words(self.stored[0], locale)}
            return Missing(say("room.no_date", locale), say("room.no_date_why", locale, **values), is_gone=True)
        reason = known.reason if known and not known.is_announced else no_announcement(day, self.holidays)
        if reason is not None or (known and not known.is_announced):
            heading = said_day("room.no_announcement", day, locale, weekdays="room.weekdays")
            return Missing(heading, say(f"room.{reason}", locale) if reason else "")
        name = bare_day(day, locale)
        if day > self.stored[0]:
            due = max(opens(day, PAGES_DUE), self.now + _SOON)
            at = instant_words(due, self.zone, self.now, locale)
            return Missing(say("room.not_yet", locale, day=name), say("room.not_yet_why", locale, at=at))
        return Missing(say("room.unread", locale, day=name), say("room.unread_why", locale))

    def around(self, day: date) -> tuple[date | None, date | None]:
        """The stored dates next to one."""
        before = next((one for one in self.stored if one < day), None)
        after = next((one for one in reversed(self.stored) if one > day), None)
        return before, after

    @property
    def _next(self) -> date:
        return following(newest(self.now, PAGES_DUE))


def category_words(category: str, locale: str) -> str:
    """A category with its name."""
    return say("digest.all", locale) if category == ALL else f"{category} {category_name(category, locale)}"


def category_name(code: str, locale: str) -> str:
    """The name of a category or an archive."""
    if locale == "en":
        return taxonomy.name(code, "en")
    name = taxonomy.name(code, "zh")
    return traditional(name) if locale == TRADITIONAL else name
