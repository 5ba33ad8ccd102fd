"""Dates as the bot says them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.locale import say


def full_day(day: date, locale: str) -> str:
    """A date with its weekday and year: Wed 10 June 2026."""
    return said_day("moment.day", day, locale)


def short_day(day: date, locale: str) -> str:
    """A date beside others: Wed 10 June."""
    return said_day("moment.short_day", day, locale)


def bare_day(day: date, locale: str) -> str:
    """A date alone: 10 June."""
    return said_day("moment.bare_day", day, locale)


def full_days(days: Sequence[date], locale: str) -> str:
    """One date in full, or the first and the last of several."""
    first, last = min(days), max(days)
    if first == last:
        return full_day(first, locale)
    return say("moment.range", locale, first=full_day(first, locale), last=full_day(last, locale))


def title_days(days: Sequence[date], locale: str) -> str:
    """One date as titles have it, or the first and the last of several."""
    return said_day("moment.title_day", days[0], locale) if len(set(days)) == 1 else bare_days(days, locale)


def bare_days(days: Sequence[date], locale: str) -> str:
    """A date alone, or the first and the last of several: 4 to 10 June."""
    first, last = min(days), max(days)
    if first == last:
        return bare_day(first, locale)
    if (first.year, first.month) == (last.year, last.month):
        month = say("moment.months", locale).split()[last.month - 1]
        return say("moment.range_in_month", locale, first=first.day, last=last.day, month=month)
    return say("moment.range", locale, first=bare_day(first, locale), last=bare_day(last, locale))


def said_day(key: str, day: date, locale: str, *, weekdays: str = "moment.weekdays") -> str:
    """A date in the form of a sentence of the locale; `weekdays` is where their names stand."""
    return say(
        key,
        locale,
        weekday=say(weekdays, locale).split()[day.weekday()],
        month=say("moment.months", locale).split()[day.month - 1],
        day=day.day,
        year=day.year,
    )
