"""Times of the day and days of the week, as people type them and as the bot says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.commands.zones import zone_name
from bot.locale import say
from bot.model import Days, Slot

_CLOCK = re.compile(
    r"(?P<before>上午|早上|下午|晚上)?\s*(?P<hour>[0-9]{1,2})"
    r"(?:\s*(?P<half>点半)|(?:[:.h]|\s*[点时]\s*)?(?P<minute>[0-9]{2})|[:h]|\s*[点时])?\s*分?\s*(?P<after>[ap]\.?m\.?)?(?![\w:]|\.[0-9])\s*",
    re.IGNORECASE | re.ASCII,
)
_DAYS = {
    Days.WEEKDAYS: "mon-fri monday-friday workdays workday weekdays weekday 工作日 周一至周五 周一到周五",
    Days.DAILY: "daily everyday every-day day mon-sun 每天 每日 天天",
    Days.WEEKLY: "weekly every-week week monday mondays 每周 每周一 周一 星期一",
}


class Clock(NamedTuple):
    """A time of the day, and what follows it."""

    minute: int  # of the day
    rest: str


def read_clock(text: str) -> Clock | None:
    """The time that a text begins with: `09:00`, `9:30 pm`, `9am`, `0900`, `下午 3 点半`; None if none."""
    found = _CLOCK.match(text)
    if found is None:
        return None
    hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    half = _half_of_day(found["before"] or (found["after"] or "").lower()[:1])
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + half
    return Clock(hour * 60 + minute, text[found.end() :]) if hour < 24 and minute < 60 else None


def _half_of_day(word: str) -> int | None:
    """The hours to add: 0 in the morning, 12 from noon on; None when nothing was said."""
    return {"a": 0, "上午": 0, "早上": 0, "p": 12, "下午": 12, "晚上": 12}.get(word)


def read_days(text: str) -> Days | None:
    """The days that a text names; None when it names none."""
    typed = re.sub(r"\s*[-–—~]\s*|\s+", "-", text.strip().casefold())
    return next((days for days, words in _DAYS.items() if typed in words.split()), None)


def day_in_words(day: date, language: str) -> str:
    """A date with its weekday."""
    return say(
        "moment.day",
        language,
        weekday=say("moment.weekdays", language).split()[day.weekday()],
        day=day.day,
        month=say("moment.months", language).split()[day.month - 1],
        year=day.year,
    )


def days_in_words(days: Sequence[date], language: str) -> str:
    """One date, or the first and the last of several."""
    first, last = min(days), max(days)
    if first == last:
        return day_in_words(first, language)
    return say("moment.range", language, first=day_in_words(first, language), last=day_in_words(last, language))


def instant_in_words(instant: datetime, zone: str, language: str) -> str:
    """An instant as the clock of a zone shows it; the zone is not said."""
    local = instant.astimezone(ZoneInfo(zone))
    return say("moment.instant", language, day=day_in_words(local.date(), language), clock=f"{local:%H:%M}")


def slot_in_words(slot: Slot, language: str) -> str:
    """A slot: the time, the days and the zone."""
    days = say(f"moment.{slot.days.value}", language)
    return say("moment.slot", language, clock=slot.clock, days=days, zone=zone_name(slot.zone))
