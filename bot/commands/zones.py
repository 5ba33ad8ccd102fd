"""Time zones as people name them: an IANA name in any case, a city, a Chinese name, `UTC+8`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

from bot.commands.typed import shown
from bot.errors import UserError

_REGIONS = ("Asia", "Europe", "America", "Africa", "Australia", "Pacific", "Atlantic", "Indian", "Antarctica")
_NO_PLACES = frozenset({"Factory", "localtime"})
_EXAMPLES = ("Europe/Berlin", "Asia/Shanghai", "America/New_York")
_EAST, _WEST = 14, 12  # whole hours from UTC that exist

_CITIES = {
    "Asia/Shanghai": "beijing shenzhen guangzhou hangzhou nanjing wuhan chengdu xian china 北京 上海 深圳"
    " 广州 杭州 南京 武汉 成都 西安 合肥 天津 中国 北京时间",
    "Asia/Hong_Kong": "香港",
    "Asia/Macau": "澳门",
    "Asia/Taipei": "taiwan 台北 臺北",
    "Asia/Tokyo": "japan kyoto osaka 东京 京都 大阪 日本",
    "Asia/Seoul": "korea daejeon 首尔",
    "Asia/Singapore": "新加坡",
    "Asia/Kolkata": "india delhi mumbai bangalore bengaluru chennai hyderabad pune 印度",
    "Asia/Jerusalem": "haifa rehovot",
    "Europe/London": "uk england cambridge oxford edinburgh 伦敦",
    "Europe/Paris": "france saclay grenoble 巴黎",
    "Europe/Berlin": "germany munich hamburg heidelberg bonn frankfurt 柏林 慕尼黑 德国",
    "Europe/Zurich": "switzerland geneva lausanne 苏黎世 日内瓦",
    "Europe/Rome": "italy milan trieste pisa",
    "Europe/Madrid": "barcelona",
    "Europe/Amsterdam": "netherlands leiden delft utrecht",
    "Europe/Moscow": "莫斯科",
    "America/New_York": "boston princeton pittsburgh philadelphia ithaca washington eastern 纽约 波士顿 华盛顿",
    "America/Chicago": "austin houston madison central 芝加哥",
    "America/Denver": "boulder mountain",
    "America/Los_Angeles": "san-francisco berkeley stanford seattle san-diego pasadena pacific 洛杉矶 旧金山",
    "America/Toronto": "montreal waterloo ottawa 多伦多",
    "America/Vancouver": "温哥华",
    "Australia/Sydney": "canberra 悉尼",
    "Australia/Melbourne": "墨尔本",
}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*0?([0-9]{1,2})(?::?00)?", re.IGNORECASE)
_FIXED = re.compile(r"Etc/GMT([+-])([0-9]+)")


def find_zone(text: str) -> str:
    """The IANA name of a zone as somebody typed it; UserError suggests others."""
    typed = text.strip(" ()").removeprefix("in ")
    if zone := _zones().get(_key(typed)):
        return zone
    if offset := _OFFSET.fullmatch(typed):
        return _fixed(offset[1], int(offset[2]), typed)
    near = get_close_matches(_key(typed), _zones(), 3, 0.6)
    found = dict.fromkeys(_zones()[key] for key in near) or _EXAMPLES
    raise UserError("error.unknown_zone", {"zone": shown(typed), "suggestions": ", ".join(found)})


def zone_name(zone: str) -> str:
    """A zone as people read it: the IANA names of fixed offsets have the sign of POSIX, which is inverted."""
    fixed = _FIXED.fullmatch(zone)
    return f"UTC{'-' if fixed[1] == '+' else '+'}{fixed[2]}" if fixed else zone


def _fixed(sign: str, hours: int, typed: str) -> str:
    if hours == 0:
        return "UTC"
    if hours > (_EAST if sign == "+" else _WEST):
        raise UserError("error.unknown_zone", {"zone": shown(typed), "suggestions": ", ".join(_EXAMPLES)})
    return f"Etc/GMT{'-' if sign == '+' else '+'}{hours}"


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


@cache
def _zones() -> Mapping[str, str]:
    names = sorted(available_timezones() - _NO_PLACES, key=_preference)
    zones: dict[str, str] = {_key(name): name for name in names}
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
