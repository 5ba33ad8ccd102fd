"""Times of the day and days of the week, as people type them and as the bot says them."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.commands.zones import zone_name
from bot.locale import say
from bot.model import Days, Slot
from bot.presentation.dates import full_day
from bot.text.variants import simplified

_PARTS = {
    0: "am 上午 早上 早晨 清晨 清早 一早 午前 凌晨 今早 明早 早",
    10: "noon 中午 正午",
    12: "pm 下午 午后 午後 傍晚",
    17: "晚上 晚间 晚間 夜晚 今晚 明晚 晚",
    19: "midnight 午夜 半夜 深夜 夜里 夜裡 夜间 夜間 夜",
}
"""The parts of the day, by the first of the twelve hours that each has."""
_STARTS = {word: start for start, words in _PARTS.items() for word in words.split()}
_STARTS |= {"in the morning": 0, "in the afternoon": 12, "in the evening": 17, "at night": 19}
_ALONE = {"noon": 720, "midday": 720, "midnight": 0, "中午": 720, "正午": 720, "午夜": 0, "半夜": 0}
_PARTS_IN_CHINESE = tuple(word for word in _STARTS if not word.isascii())
_PART = "|".join(sorted(_STARTS, key=len, reverse=True))
_NUMERALS = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5}
_NUMERALS |= {"六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMERAL = f"[{''.join(_NUMERALS)}]"
_CLOCK = re.compile(
    rf"(?:at\s+)?(?P<before>{_PART})?\s*"
    rf"(?:(?P<hour>[0-9]{{1,2}})|(?P<han>{_NUMERAL}{{1,3}})(?=\s*[点點时時]))"
    rf"(?:\s*[点點时時](?P<part>半|[一三]刻|(?:{_NUMERAL}){{1,3}}(?=分?))|(?:[:.h]|\s*[点點时時]\s*)?(?P<minute>[0-9]{{2}})(?::00)?"
    r"|[:h]|\s*[点點时時](?:\s*[钟鐘整正])?|\s*(?:uhr|o['’]?clock)\b)?\s*分?\s*"
    rf"(?P<after>[ap]\.?m\.?|noon|midnight|in the (?:morning|afternoon|evening)|at night"
    rf"|(?:{'|'.join(_PARTS_IN_CHINESE)})(?![0-9{''.join(_NUMERALS)}]))?(?![\w:]|\.[0-9])\s*",
    re.IGNORECASE | re.ASCII,
)
_HOUR = re.compile(rf"^[0-9]|[0-9{''.join(_NUMERALS)}]\s*[点點时時]|^(?:{_PART})\s*[0-9]", re.IGNORECASE)
_MAY_BEGIN = re.compile(r"(?<!\S)(?=[0-9A-Za-z])|(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=[0-9])")
_BARE = re.compile(rf"({'|'.join(_ALONE)})(?![\w:])\s*", re.IGNORECASE | re.ASCII)
_DAYS = {
    Days.WEEKDAYS: "mon-fri monday-friday workdays workday weekdays weekday 工作日 平日"
    " 周一至周五 周一到周五 周一-周五 星期一至星期五 星期一到星期五",
    Days.DAILY: "daily everyday every-day day mon-sun 每天 每日 天天",
    Days.WEEKLY: "weekly every-week week monday mondays 每周 每周一 周一 星期一 每星期 每礼拜 每星期一",
}
_LATIN_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_HAN_DAYS = {han: number for number, han in enumerate("一二三四五六日", 1)} | {"天": 7}
_WEEKDAY = re.compile(
    rf"(?:周|星期|礼拜)(?P<han>[{''.join(_HAN_DAYS)}]+)"
    r"|(?P<latin>(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?)s?(?![a-z])"
    r"|(?P<to>\s*(?:[-–—~至到]|(?:to|until|through)\b)\s*)"
    r"|(?:[\s,;/&+、，；每逢和及与]|(?:and|or|on|every|each|weekly)\b)+"
)


class Clock(NamedTuple):
    """A time of the day, and what follows it."""

    minute: int  # of the day
    rest: str


def read_clock(text: str) -> Clock | None:
    """The time that a text begins with: `09:00`, `9:30 pm`, `9am`, `0900`, `下午 3 点半`, `noon`; None if none.

    None also when the part of the day has no such hour (13 am), and for 上午 12 点: some take it for midnight.
    """
    text = unicodedata.normalize("NFKC", text)
    found = _CLOCK.match(text)
    if found is None:
        bare = _BARE.match(text)
        return Clock(_ALONE[bare[1].casefold()], text[bare.end() :]) if bare else None
    hour = int(found["hour"]) if found["hour"] else _number(found["han"])
    part = (found["before"] or found["after"] or "").casefold().replace(".", "")
    minute = _minute(found["part"], found["minute"])
    if (part == "上午" and hour == 12) or (found["after"] and not 1 <= hour <= 12):
        return None
    if part:
        hour = _hour(hour, _STARTS[part])
    if hour == 24 and minute == 0:
        hour = 0
    return Clock(hour * 60 + minute, text[found.end() :]) if 0 <= hour < 24 and minute < 60 else None


def names_hour(text: str) -> bool:
    """Whether a text that is no time of the day was meant as one, rather than as a zone."""
    return _HOUR.search(unicodedata.normalize("NFKC", text)) is not None


def read_moment(text: str) -> tuple[int | None, str]:
    """The minute of the day that a text names, before a zone or behind it, and the zone as it was typed."""
    if clock := read_clock(text):
        return clock.minute, clock.rest
    for found in _MAY_BEGIN.finditer(text):
        clock = read_clock(text[found.start() :])
        if clock and not clock.rest and not text[: found.start()].rstrip().endswith(_PARTS_IN_CHINESE):
            return clock.minute, text[: found.start()]
    return None, text


def _hour(said: int, start: int) -> int:
    """The hour of the day in the part of it that starts at an hour; -1 when that part has no such hour."""
    if 1 <= said <= 12:
        return (start + (said - start) % 12) % 24
    return said if start <= said < start + 12 or start <= said + 24 < start + 12 else -1


def _minute(part: str | None, digits: str | None) -> int:
    if part is None:
        return int(digits or 0)
    return {"半": 30, "一刻": 15, "三刻": 45}.get(part) or _number(part)


def _number(han: str) -> int:
    """A number below a hundred in Chinese numerals: 十二, 二十, 三十五, 零五."""
    tens, ten, ones = han.rpartition("十")
    if not ten:
        return int("".join(str(_NUMERALS[one]) for one in han))
    return 10 * _NUMERALS.get(tens, 1) + (_number(ones) if ones else 0)


def read_days(text: str) -> Days | None:
    """The days that a text names; None when it names none."""
    typed = simplified(text.strip().casefold())
    joined = re.sub(r"\s*[-–—~]\s*|\s+", "-", typed)
    named = next((days for days, words in _DAYS.items() if joined in words.split()), None)
    return named or _read_weekdays(typed)


def _read_weekdays(text: str) -> Days | None:
    """Days by their names: `tue,thu`, `every Friday`, `周二至周四`, `周一三五`."""
    found: list[int] = []
    is_range = False
    at = 0
    while at < len(text) and (token := _WEEKDAY.match(text, at)):
        at = token.end()
        named = [_HAN_DAYS[one] for one in token["han"] or ()]
        named += [number for number, name in enumerate(_LATIN_DAYS, 1) if (token["latin"] or "").startswith(name)]
        if is_range and named:
            found += [1 + (found[-1] + step) % 7 for step in range((named[0] - found[-1]) % 7)]
        found += named
        is_range = bool(found) and (token["to"] is not None or (is_range and not named))
    return Days.on(found) if found and at == len(text) and not is_range else None


def instant_in_words(instant: datetime, zone: str, language: str) -> str:
    """An instant as the clock of a zone shows it; the zone is not said."""
    local = instant.astimezone(ZoneInfo(zone))
    return say("moment.instant", language, day=full_day(local.date(), language), clock=f"{local:%H:%M}")


def slot_in_words(slot: Slot, language: str) -> str:
    """A slot: the time, the days and the zone."""
    days = days_in_slot(slot.days, language)
    return say("moment.slot", language, clock=slot.clock, days=days, zone=zone_name(slot.zone))


def days_in_slot(days: Days, language: str) -> str:
    """The days of a slot: Monday to Friday, or on Tuesdays and Thursdays."""
    if days in _DAYS:
        return say(f"moment.{days}", language)
    names = say("moment.each_weekday", language).split()
    *others, last = (names[number - 1] for number in sorted(days.weekdays))
    first = say("moment.comma", language).join(others)
    named = say("moment.and", language, first=first, last=last) if others else last
    return say("moment.on_weekdays", language, days=named)
