"""Units, percentage points and currencies: what a number counts is what it counts in the English."""

from __future__ import annotations

import re

from bot.summaries.gate.pair import Pair
from bot.text import numbers

_UNITS: tuple[tuple[str, str, str], ...] = (
    # what it is, in English, in Chinese; one row for each that must not become another
    ("percent", r"\\?%|percent(?!age)|per cent", r"\\?%"),
    ("points", r"(?:percentage|percent|absolute|\\?%)?[ -]?(?:points?|pp\b|p\.p\.|pts?\b)", r"个?(?:百分)?点"),
    ("times", r"x\b|×|[ -]?folds?\b|[ -]times?\b", r"x\b|×|倍|次"),
    ("ns", r"ns\b|nanoseconds?", r"ns\b|纳秒"),
    ("us", r"[µμ]s\b|us\b|microseconds?", r"[µμ]s\b|us\b|微秒"),
    ("ms", r"ms\b|milliseconds?", r"ms\b|毫秒"),
    ("s", r"s\b|secs?\b|seconds?", r"s\b|秒"),
    ("min", r"mins?\b|minutes?", r"min\b|分钟"),
    ("h", r"h\b|hrs?\b|hours?", r"h\b|个?(?:小时|钟头)"),
    ("day", r"days?", r"天|日(?!元)"),
    ("week", r"weeks?", r"个?(?:周|星期|礼拜)"),
    ("month", r"months?", r"个月|月"),
    ("year", r"yrs?\b|years?", r"年(?!代)|岁|周年"),
    ("century", r"centur(?:y|ies)", r"个?世纪"),
    ("nm", r"nm\b|nanomet(?:er|re)s?", r"nm\b|纳米"),
    ("um", r"[µμ]m\b|um\b|microns?|micromet(?:er|re)s?", r"[µμ]m\b|um\b|微米"),
    ("mm", r"mm\b|millimet(?:er|re)s?", r"mm\b|毫米"),
    ("cm", r"cm\b|centimet(?:er|re)s?", r"cm\b|厘米"),
    ("m", r"m\b|met(?:er|re)s?", r"m\b|米"),
    ("km", r"km\b|kilomet(?:er|re)s?", r"km\b|千米|公里"),
    ("mg", r"mg\b|milligrams?", r"mg\b|毫克"),
    ("g", r"g\b|grams?", r"g\b|克"),
    ("kg", r"kg\b|kilograms?|kilos?", r"kg\b|千克|公斤"),
    ("t", r"tons?\b|tonnes?", r"吨"),
    ("Hz", r"hz\b|hertz", r"hz\b|赫兹|赫"),
    ("kHz", r"khz\b|kilohertz", r"khz\b|千赫兹?"),
    ("MHz", r"mhz\b|megahertz", r"mhz\b|兆赫兹?"),
    ("GHz", r"ghz\b|gigahertz", r"ghz\b|吉赫兹?|千兆赫兹?"),
    ("THz", r"thz\b|terahertz", r"thz\b|太赫兹?"),
    ("eV", r"ev\b|electron ?volts?", r"ev\b|电子伏特?"),
    ("meV/MeV", r"mev\b", r"mev\b|[毫兆]电子伏特?|百万电子伏特?"),
    ("keV", r"kev\b", r"kev\b|千电子伏特?"),
    ("GeV", r"gev\b", r"gev\b|吉电子伏特?|十亿电子伏特?|京电子伏特?"),
    ("TeV", r"tev\b", r"tev\b|太电子伏特?|万亿电子伏特?"),
    ("KB", r"kbs?\b|kilobytes?|kib\b", r"kb\b|kib\b|千字节"),
    ("MB", r"mbs?\b|megabytes?|mib\b", r"mb\b|mib\b|兆字节|兆"),
    ("GB", r"gbs?\b|gigabytes?|gib\b", r"gb\b|gib\b|吉字节|千兆字节"),
    ("TB", r"tbs?\b|terabytes?|tib\b", r"tb\b|tib\b|太字节|万亿字节"),
    ("bit", r"bits?\b", r"bit\b|比特|位"),
    ("byte", r"bytes?\b", r"字节"),
    ("W", r"w\b|watts?", r"w\b|瓦特?"),
    ("mW/MW", r"mw\b|m(?:illi|ega)watts?", r"mw\b|[毫兆]瓦特?"),
    ("kW", r"kw\b|kilowatts?", r"kw\b|千瓦"),
    ("V", r"v\b|volts?", r"v\b|伏特?"),
    ("mV", r"mv\b|millivolts?", r"mv\b|毫伏"),
    ("kV", r"kv\b|kilovolts?", r"kv\b|千伏"),
    ("K", r"k\b|kelvins?", r"k\b|开尔文|开"),
    ("C", r"°c\b|℃|degrees? (?:celsius|c\b)", r"°c\b|℃|摄氏度"),
    ("F", r"°f\b|℉|degrees? (?:fahrenheit|f\b)", r"°f\b|℉|华氏度"),
    ("degree", r"°(?![cf])|degrees?(?! (?:celsius|fahrenheit|[cf]\b))|deg\b", r"°(?![cf])|度"),
    ("dB", r"dbs?\b|decibels?", r"db\b|分贝"),
    ("pc", r"pc\b|parsecs?", r"pc\b|秒差距"),
    ("kpc", r"kpc\b|kiloparsecs?", r"kpc\b|千秒差距"),
    ("Mpc", r"mpc\b|megaparsecs?", r"mpc\b|兆秒差距|百万秒差距"),
    ("ly", r"ly\b|light[- ]years?", r"光年"),
)  # fmt: skip
_NUMBER = r"(?<![0-9.,])[0-9][0-9,]{0,20}(?:\.[0-9]{1,20})?"
_START = re.compile(r"(?<![0-9.,])[0-9]")
_ENGLISH = [
    (kind, re.compile(rf"({_NUMBER})(?:[ -]|\\,|~)?\s?(?:{en})(?![A-Za-z])", re.I)) for kind, en, _ in _UNITS
]
_CHINESE = [(kind, re.compile(rf"({_NUMBER})\s?[多余]?(?:{zh})", re.I)) for kind, _, zh in _UNITS]

_CURRENCIES: tuple[tuple[str, str, str], ...] = (
    ("dollar", r"\$|usd\b|dollars?|us\$|cents?\b", r"美元|美金|\$|usd|美分"),
    ("euro", r"€|eur\b|euros?", r"欧元|€|eur\b"),
    ("pound", r"£|gbp\b|pounds? sterling|british pounds?|pounds?", r"英镑|£|gbp"),
    ("yuan", r"¥|rmb\b|cny\b|yuan|renminbi", r"人民币|[¥￥]|rmb|cny|[0-9万亿千百] ?元(?![素件组])"),
    ("yen", r"¥|jpy\b|yen\b|japanese", r"日元|日圆|jpy"),
    ("rupee", r"₹|inr\b|rupees?", r"卢比|₹|inr"),
    ("won", r"₩|krw\b|\bwon\b|korean", r"韩元|韩圆|₩|krw"),
    ("franc", r"chf\b|francs?", r"法郎|chf"),
    ("rouble", r"rub\b|roubles?|rubles?", r"卢布"),
    ("hk", r"hk\$|hkd\b|hong kong", r"港元|港币|hkd"),
    ("bitcoin", r"btc\b|bitcoins?", r"比特币|btc"),
)
_MONEY_ENGLISH = {kind: re.compile(en, re.I) for kind, en, _ in _CURRENCIES}
_MONEY_CHINESE = {kind: re.compile(zh, re.I) for kind, _, zh in _CURRENCIES}


def units(pair: Pair) -> str:
    """A number with another unit, or an amount in another currency."""
    if not pair.is_chinese:
        return ""
    groups = pair.groups if pair.field == "abstract" and pair.groups else ((pair.known, pair.text),)
    for number, (english, chinese) in enumerate(groups, 1):
        where = f"sentence {number}" if len(groups) > 1 else "it"
        theirs, ours = _amounts(english, _ENGLISH), _amounts(chinese, _CHINESE)
        is_absolute = "absolute" in english  # "12% absolute" are 12 percentage points
        for value, kinds in ours.items():
            wanted = theirs.get(value, set()) | (
                {"points"} if is_absolute and "percent" in theirs.get(value, ()) else set()
            )
            if (
                wanted
                and not _alike(wanted, kinds)
                and not _alike(_amounts(pair.known, _ENGLISH).get(value, set()), kinds)
            ):
                return (
                    f"In {where}, {value} is followed by another unit than in the English: keep units as they are."
                )
    for kind, pattern in _MONEY_CHINESE.items():
        found = pattern.search(pair.text)
        if found and found[0] not in pair.known and not _MONEY_ENGLISH[kind].search(pair.known):
            return f"“{found[0]}” is a currency that the English does not have."
    return ""


def _amounts(text: str, units_: list[tuple[str, re.Pattern[str]]]) -> dict[str, set[str]]:
    """The units that stand behind each number."""
    found: dict[str, set[str]] = {}
    starts = [one.start() for one in _START.finditer(text)]  # few sentences have a number at all
    for kind, pattern in units_ if starts else ():
        for amount in filter(None, (pattern.match(text, start) for start in starts)):
            for value in next(iter(numbers.english(amount[1]).written), ("", frozenset()))[1]:
                found.setdefault(value, set()).add(kind)
    return found


def _alike(wanted: set[str], kinds: set[str]) -> bool:
    return bool(wanted & kinds) or ("points" in wanted and "percent" in kinds)
