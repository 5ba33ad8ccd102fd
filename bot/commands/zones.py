"""Time zones as people name them: an IANA name in any case, a city, a Chinese name, `UTC+8`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from bot.commands.typed import shown
from bot.errors import UserError
from bot.text.variants import simplified

_REGIONS = ("Asia", "Europe", "America", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "Antarctica")
_NO_PLACES = frozenset({"Factory", "localtime"})
_EXAMPLES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York")
_EAST, _WEST = 14, 12  # whole hours from UTC that exist

OFFERED = (
    *("Asia/Shanghai", "Asia/Tokyo", "Asia/Singapore", "Asia/Taipei", "Asia/Seoul", "Asia/Kolkata", "Asia/Dubai"),
    *("Asia/Jerusalem", "Europe/Moscow", "Europe/Berlin", "Europe/Paris", "Europe/Rome", "Europe/London"),
    *("Europe/Athens", "Africa/Johannesburg", "America/New_York", "America/Toronto", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "America/Vancouver", "America/Sao_Paulo", "Australia/Sydney"),
    *("Pacific/Auckland", "UTC"),
)
"""Zones to choose from, where most readers are: as many as a menu of Discord has."""

_CITIES = {
    "Asia/Shanghai": "beijing shenzhen guangzhou hangzhou nanjing wuhan chengdu xian china 北京 上海 深圳"
    " 广州 杭州 南京 武汉 成都 西安 合肥 天津 中国 北京时间",
    "Asia/Hong_Kong": "香港",
    "Asia/Macau": "澳门",
    "Asia/Taipei": "taiwan 台北 台湾",
    "Asia/Tokyo": "japan kyoto osaka 东京 京都 大阪 日本",
    "Asia/Seoul": "korea daejeon 首尔 韩国",
    "Asia/Singapore": "新加坡",
    "Asia/Kolkata": "india delhi mumbai bangalore bengaluru chennai hyderabad pune 印度",
    "Asia/Jerusalem": "haifa rehovot 以色列",
    "Europe/London": "uk england cambridge oxford edinburgh 伦敦 英国",
    "Europe/Paris": "france saclay grenoble 巴黎 法国",
    "Europe/Berlin": "germany munich hamburg heidelberg bonn frankfurt 柏林 慕尼黑 德国",
    "Europe/Zurich": "switzerland geneva lausanne 苏黎世 日内瓦 瑞士",
    "Europe/Rome": "italy milan trieste pisa 罗马 意大利",
    "Europe/Madrid": "spain barcelona 马德里 西班牙",
    "Europe/Amsterdam": "netherlands leiden delft utrecht 阿姆斯特丹 荷兰",
    "Europe/Moscow": "莫斯科",
    "America/New_York": "boston princeton pittsburgh philadelphia ithaca washington eastern 美东 纽约 波士顿"
    " 华盛顿",
    "America/Chicago": "austin houston madison central 芝加哥 美中",
    "America/Denver": "boulder mountain 山地",
    "America/Los_Angeles": "san-francisco berkeley stanford seattle san-diego pasadena pacific 美西 太平洋"
    " 洛杉矶 旧金山",
    "America/Toronto": "montreal waterloo ottawa 多伦多",
    "America/Vancouver": "温哥华",
    "Australia/Sydney": "canberra 悉尼",
    "Australia/Melbourne": "墨尔本",
}
_ABBREVIATIONS = {
    "Asia/Tokyo": "jst",
    "Asia/Seoul": "kst",
    "Asia/Hong_Kong": "hkt",
    "Asia/Singapore": "sgt",
    "Asia/Shanghai": "bjt",
    "Asia/Manila": "pht",
    "Asia/Jakarta": "wib",
    "Asia/Bangkok": "ict",
    "Asia/Karachi": "pkt",
    "Asia/Kathmandu": "npt",
    "Asia/Dubai": "gst",
    "Asia/Tehran": "irst",
    "Europe/Istanbul": "trt",
    "Europe/Moscow": "msk",
    "Europe/Athens": "eet eest",
    "Europe/Berlin": "cet cest mez mesz",
    "Europe/Lisbon": "wet west",
    "Europe/London": "bst",
    "Africa/Johannesburg": "sast",
    "Africa/Nairobi": "eat",
    "Africa/Lagos": "wat",
    "Africa/Maputo": "cat",
    "America/Santiago": "clt clst",
    "America/Bogota": "cot",
    "America/Lima": "pet",
    "Asia/Dhaka": "bdt",
    "Asia/Kuala_Lumpur": "myt",
    "UTC": "z 格林威治 格林尼治 世界 协调世界时",
    "America/New_York": "est edt et",
    "America/Chicago": "cdt ct",
    "America/Denver": "mst mdt mt",
    "America/Los_Angeles": "pst pdt pt",
    "America/Anchorage": "akst akdt",
    "America/St_Johns": "nst ndt",
    "America/Sao_Paulo": "brt",
    "America/Argentina/Buenos_Aires": "art",
    "Pacific/Honolulu": "hst",
    "Pacific/Auckland": "nzst nzdt",
    "Australia/Sydney": "aest aedt aet",
    "Australia/Adelaide": "acst acdt",
    "Australia/Perth": "awst",
}
"""What people call the clock of a destination, in summer and in winter: `EST` is New York, not UTC-5 all year."""
_AMBIGUOUS = {
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "cst": ("Asia/Shanghai", "America/Chicago"),
    "ast": ("America/Halifax", "Asia/Riyadh"),
}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*([0-9]{1,2})(?::?([0-9]{2})|(\.5))?", re.IGNORECASE)
_HOURS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
_AREA = re.compile(rf"(东|西)({'|'.join(_HOURS)})区")
_PARTS_OF_HOURS = {
    "+3:30": "Asia/Tehran",
    "+4:30": "Asia/Kabul",
    "+5:30": "Asia/Kolkata",
    "+5:45": "Asia/Kathmandu",
    "+6:30": "Asia/Yangon",
    "+8:45": "Australia/Eucla",
    "+9:30": "Australia/Darwin",
    "-9:30": "Pacific/Marquesas",
}
"""Zones that have such an offset all year."""
_IN_PART = {
    "+10:30": "Australia/Lord_Howe",
    "+12:45": "Pacific/Chatham",
    "+13:45": "Pacific/Chatham",
    "-3:30": "America/St_Johns",
    "-2:30": "America/St_Johns",
}
"""Zones that have such an offset in summer or in winter only."""
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]+)")


def find_zone(text: str) -> str:
    """The IANA name of a zone as somebody typed it; UserError suggests others."""
    typed = unicodedata.normalize("NFKC", text).translate(_DASHES).strip(" ()").removeprefix("in ")
    key = _key(typed)
    if several := _AMBIGUOUS.get(key):
        raise UserError("error.ambiguous_zone", {"zone": shown(typed), "suggestions": ", ".join(several)})
    if zone := _zones().get(key) or _zones().get(key.removesuffix("时间").removesuffix(" time")):
        return zone
    if offset := _OFFSET.fullmatch(typed):
        sign, hours, minutes, half = offset.groups()
        return _at(sign, int(hours), 30 if half else int(minutes or 0), typed)
    if area := _AREA.fullmatch(key):
        return _at("+" if area[1] == "东" else "-", _HOURS.index(area[2]) + 1, 0, typed)
    raise _unknown(typed, dict.fromkeys(_zones()[near] for near in get_close_matches(key, _zones(), 3, 0.6)))


def zones_at(offset: timedelta, now: datetime) -> tuple[str, ...]:
    """Up to three zones whose clocks are this far from UTC now, the best known first."""
    others = sorted((name for name in available_timezones() if name.startswith(_REGIONS)), key=_preference)
    named = (name for name in dict.fromkeys((*OFFERED, *others)) if name != "UTC")
    return tuple(islice((name for name in named if now.astimezone(ZoneInfo(name)).utcoffset() == offset), 3))


def zone_name(zone: str) -> str:
    """A zone as people read it: the IANA names of fixed offsets have the sign of POSIX, which is inverted."""
    fixed = _FIXED.fullmatch(zone)
    return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}" if fixed else zone


def _at(sign: str, hours: int, minutes: int, typed: str) -> str:
    """Return the zone with this offset from UTC all year; UserError when there is no such zone."""
    if hours == minutes == 0:
        return "UTC"
    if minutes == 0 and hours <= (_EAST if sign == "+" else _WEST):
        return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"
    offset = f"{sign}{hours}:{minutes:02d}"
    if zone := _PARTS_OF_HOURS.get(offset):
        return zone
    raise _unknown(typed, filter(None, [_IN_PART.get(offset)]))


def _unknown(typed: str, suggestions: Iterable[str]) -> UserError:
    names = ", ".join(suggestions) or ", ".join(_EXAMPLES)
    return UserError("error.unknown_zone", {"zone": shown(typed), "suggestions": names})


def _key(name: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFKD", name) if unicodedata.category(one) != "Mn")
    return simplified(re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", bare)).strip().casefold())


@cache
def _zones() -> Mapping[str, str]:
    names = sorted(available_timezones() - _NO_PLACES, key=_preference)
    zones = {_key(name): name for name in names}
    zones |= {word: zone for zone, words in _ABBREVIATIONS.items() for word in words.split()}
    for zone, cities in _CITIES.items():
        for city in cities.split():
            zones.setdefault(_key(city), zone)
    for name in names:
        if not name.startswith("Etc/"):
            zones.setdefault(_key(name.rpartition("/")[2]), name)
    return zones


def _preference(name: str) -> tuple[int, int, str]:
    """Where a city has several names, the one of a continent, and the shortest path, comes first."""
    region = name.partition("/")[0]
    return (_REGIONS.index(region) if region in _REGIONS else len(_REGIONS), name.count("/"), name)
