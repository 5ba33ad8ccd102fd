"""The table of dates: what each has, or why it has nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from bot.locale import say
from bot.presentation.coverage import coverage_lines
from bot.presentation.dates import bare_days, short_day
from bot.web.room import words
from bot.web.room.asked import Parameters
from bot.web.room.days import Overview
from bot.web.room.words import Calendar

_ONE_DAY = timedelta(days=1)


class DateRow(NamedTuple):
    """One line of the table of dates."""

    words: str
    url: str = ""
    papers: str = ""
    categories: str = ""
    chinese: str = ""
    remark: str = ""
    is_bad: bool = False


def date_rows(overview: Overview, calendar: Calendar, asked: Parameters, room: str) -> Iterator[DateRow]:
    """A line for each date, newest first; days of a weekend have one together."""
    locale, stored = asked.locale, calendar.stored
    read = {day: {row.category for row in overview.coverage if row.date == day} for day in stored}
    day = stored[0]
    while day >= stored[-1]:
        step = 1
        name = short_day(day, locale)
        if day in read:
            faults = [one.category for one in overview.faults if one.date == day]
            differing = coverage_lines(
                (row for row in overview.coverage if row.date == day), locale, calendar.zone
            ).differing
            said = say("digest.semicolon", locale).join(one.removeprefix("⚠ ") for one in differing)
            if faults:
                said = say("room.missing", locale, categories=say("digest.comma", locale).join(faults))
            codes = (
                say("room.all_of_them", locale)
                if "all" in read[day]
                else f"{len(read[day])} / {words.ALL_CATEGORIES}"
            )
            url = asked.bare.at(f"{room}papers/{day}")
            papers, chinese = overview.papers.get(day, 0), overview.chinese.get(day, 0)
            yield DateRow(name, url, f"{papers:,}", codes, f"{chinese:,}" if chinese else "", said, bool(said))
        else:
            why = calendar.missing(day, overview.days.get(day), locale)
            if day.isoweekday() == 7 and day - _ONE_DAY > stored[-1]:
                step, name = 2, bare_days([day - _ONE_DAY, day], locale)
            yield DateRow(name, remark=why.line if why else "")
        day -= step * _ONE_DAY
