"""The numbers that an English or a Chinese text says, as values: so that a translation can be checked against it.

One mention may be read in several ways ("7千瓦" says 7 or 7,000, "the 90s" 90 or 1990), so it is a set of values.
Signs and units are not looked at, and neither are superscripts: those belong to formulas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache

Values = frozenset[str]

_WIDE = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
_NUMBER = (
    r"(?:[0-9]{1,3}(?:[,\u00a0\u2009\u202f][0-9]{3})+(?:\.[0-9]+)?(?![0-9])"
    r"|[1-9][0-9]{0,2}(?: [0-9]{3})+(?![0-9.,])|[0-9]+(?:\.[0-9]+)*|(?<![0-9A-Za-z.])\.[0-9]+)"
)
_SEPARATORS = re.compile("[, \u00a0\u2009\u202f]")
_SCALES = {"hundred": 2, "k": 3, "K": 3, "thousand": 3, "M": 6, "million": 6, "B": 9, "bn": 9, "billion": 9}
_SCALES |= {"T": 12, "trillion": 12}
_PLAIN_SCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", 2 * "0123456789")
_SCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+|[₀-₉]+")
_LARGE = r"orders? of magnitude|decades?|centur(?:y|ies)|dozens?|score"
"""What counts in tens, hundreds or powers of ten: three decades are thirty years."""
_ENGLISH = re.compile(rf"({_NUMBER})(?:('?s\b)|[ -]?({'|'.join(_SCALES)})\b|[ -]({_LARGE})\b)?")
_RANGE = re.compile(rf" ?(?:-|–|to|and|or|by) ?[$€£¥]?{_NUMBER}[ -]?({'|'.join(_SCALES)})\b")
_POWER = re.compile(r"(?<![0-9.,])10(?:\^\{?([0-9]{1,2})\}?|([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}))(?![0-9⁰-⁹])")
_ELEMENT = "(?:A[lr]|B[ar]?|C[aldorsu]?|Fe?|G[ae]|He?|I|K|Li|M[gno]|N[ai]?|O|P[bt]?|S[ein]?|Ti|U|Z[nr])"
_ALPHANUMERIC = re.compile("[A-Za-z0-9]+")
_COMPOUND = re.compile(rf"(?<![A-Za-z0-9])(?=[A-Za-z]+[0-9])(?:{_ELEMENT}[0-9]{{0,2}}){{2,8}}(?![A-Za-z0-9])")
_CITATION = re.compile(r"\[[0-9]{1,3}(?:\s?[,;–-]\s?[0-9]{1,3})*\]")

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORDS = {word: value for value, word in enumerate(_ONES)} | {word: 10 * ten for ten, word in enumerate(_TENS, 2)}
_WORDS |= {"hundred": 100, "thousand": 1000, "dozen": 12}
_FIRST_LETTERS = "".join(sorted({word[0] for word in _WORDS}))
_SPELLED = re.compile(
    rf"\b(?=[{_FIRST_LETTERS}])({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?:-({'|'.join(_ONES[1:10])}))?"
    rf"(?:fold|[ -](hundred|thousand|million|billion)|[ -]({_LARGE})| (or more))?\b",
    re.I,
)
_SPELLED_RANGE = re.compile(
    rf"[ -](?:to|and|or)[ -](?:{'|'.join(_WORDS)})[ -](hundred|thousand|million|billion)\b", re.I
)
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_IMPLYING = {
    1: "first primary once single mono uni i a an another",
    2: "second both twice double doubles doubling doubled dual pair pairs couple bi binary twin "
    "either half halves ii",
    3: "third thirds triple triples thrice tri ternary trio triad trilemma triplet iii",
    4: "fourth quarter quarters quad quadruple iv",
    5: "fifth v",
    6: "sixth vi",
    7: "seventh vii",
    8: "eighth viii",
    9: "ninth ix",
    10: "tenth x decade decades",
}
_IMPLIED = {word: {str(value)} for value, words in _IMPLYING.items() for word in words.split()}
_MONTHS = {name: {str(number)} for number, name in enumerate(_MONTH_NAMES, 1)}
_WORD = re.compile("[A-Za-z]+")
_SPELLABLE = _WORDS.keys() | {f"{word}fold" for word in _WORDS}

_CHINESE_IMPLYING = {
    "双": {"2"},
    "雙": {"2"},
    "对": {"2"},
    "半": {"2"},
    "单": {"1"},
    "翻倍": {"2"},
    "翻番": {"2"},
    "十几": {"12"},
    "十余": {"12"},
    "十多": {"12"},
    "新冠": {"19"},
}
_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {
    "〇": "0",
    "两": "2",
    "兩": "2",
}
_STEPS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 4, "萬": 4, "亿": 8, "億": 8, "兆": 12}
_POWERS = {"十": 1, "百": 2, "千": 3} | _MYRIADS
_CHINESE_RANGE = re.compile(rf" ?[-–~～至到和或] ?{_NUMBER} ?([百千万萬亿億兆]{{1,2}})")
_CHINESE = re.compile(
    r"(?P<century>[0-9]{1,2}) ?世[纪紀] ?(?:(?P<years>[0-9]{2}) ?年代)?"
    rf"|(?P<number>{_NUMBER})(?:[ -]?(?P<latin>[kKMBT]|bn)(?![A-Za-z])|(?P<s>'?s\b)"
    r"|[ 多余餘几幾]{0,2}(?P<scale>[百千万萬亿億兆]{1,2})(?P<unit>[瓦米克字赫焦帕比卡伏安位像])?)?"
    r"|(?P<spoken>[零〇一二两兩三四五六七八九十百千万萬亿億]{1,16})(?:点(?P<part>[零一二三四五六七八九]{1,9}))?"
)

_BEGINS_ENGLISH = re.compile("[0-9.]")
_BEGINS_CHINESE = re.compile("[0-9.零〇一二两兩三四五六七八九十百千万萬亿億]")
"""What the patterns begin with: to look for that first takes half the time."""


@dataclass(frozen=True)
class Numbers:
    """What a text says: each mention as it is written, and the values that it may mean."""

    written: tuple[tuple[str, Values], ...]  # with digits
    spoken: tuple[tuple[str, Values], ...]  # in words, or in Chinese numerals
    implied: Values = frozenset()  # by words like "both", "third" or "May"

    @cached_property
    def values(self) -> Values:
        """Every value that the text may be said to mention."""
        return self.implied.union(*(values for _, values in (*self.written, *self.spoken)))


@lru_cache(maxsize=256)  # a paper is judged field by field, attempt by attempt
def english(text: str) -> Numbers:
    """The numbers of an English text."""
    text = text.translate(_WIDE)
    compounds = [one for one in _ALPHANUMERIC.findall(text) if not one.isalpha() and _COMPOUND.fullmatch(one)]
    named = [re.findall("[0-9]+", one) for one in compounds]  # CH4 may be 甲烷
    cited = _CITATION.sub(" ", text)
    cited = _COMPOUND.sub(" ", cited) if compounds else cited
    tens = _POWER.finditer(cited) if "10" in cited else ()
    powers = {place: value for found in tens for place, value in _powers(found)}
    written = [
        (found[0], _english_values(*found.groups()) | _of_range(found) | powers.get(found.start(), frozenset()))
        for found in _each(_ENGLISH, _BEGINS_ENGLISH, cited)
    ]
    lower = text.lower()
    words = set(_WORD.findall(lower))
    spelled = () if words.isdisjoint(_SPELLABLE) else _SPELLED.finditer(cited)
    counted = [(found, _spelled(*found.groups()[:4]) | _of_range(found)) for found in spelled]
    spoken = [(found[0], values) for found, values in counted if not found[5]]
    implied = _implied(lower, words)
    vague = (values for found, values in counted if found[5])  # "two or more" are several
    scripted = () if text.isascii() else _SCRIPTS.finditer(text)
    scripts = (frozenset({found[0].translate(_PLAIN_SCRIPTS)}) for found in scripted)
    marks = (frozenset(re.findall("[0-9]+", found[0])) for found in _CITATION.finditer(text))
    return Numbers(tuple(written), tuple(spoken), frozenset().union(*implied, *vague, *marks, *scripts, *named))


def chinese(text: str) -> Numbers:
    """The numbers of a Chinese text."""
    written: list[tuple[str, Values]] = []
    spoken: list[tuple[str, Values]] = []
    for found in _each(_CHINESE, _BEGINS_CHINESE, text.translate(_WIDE)):
        if found["spoken"]:
            spoken.append((found[0], frozenset(_spoken(found["spoken"], found["part"] or ""))))
        else:
            written.append((found[0], _chinese_values(found)))
    implied = (values for char, values in _CHINESE_IMPLYING.items() if char in text)
    return Numbers(tuple(written), tuple(spoken), frozenset().union(*implied))


def _each(pattern: re.Pattern[str], begins: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """What `finditer` finds."""
    place = 0
    while beginning := begins.search(text, place):
        found = pattern.match(text, beginning.start())
        place = (found or beginning).end()
        if found:
            yield found


def _english_values(number: str, plural: str | None, scale: str | None, large: str | None) -> Values:
    value = _plain(number)
    if large:
        return _in_large(value, large)
    if plural:
        return frozenset({value, value[-2:]} | ({f"19{value}", f"20{value}"} if len(value) == 2 else set()))
    if scale:
        return frozenset({_scaled(value, _SCALES[scale])} | ({value} if len(scale) == 1 else set()))
    return frozenset({value, *_apart(number)})


def _of_range(found: re.Match[str]) -> Values:
    """The value that a number has by the scale of the one after it: 5 to 10 million, two or three thousand."""
    is_word = found[1].lower() in _WORDS
    scaled = (_SPELLED_RANGE if is_word else _RANGE).match(found.string, found.end())
    if any(found.groups()[1:]) or not scaled:
        return frozenset()
    return (
        _spelled(found[1], None, scaled[1], None) if is_word else _english_values(found[1], None, scaled[1], None)
    )


def _powers(found: re.Match[str]) -> Iterator[tuple[int, Values]]:
    """What a power of ten is, where its base and its exponent stand."""
    value = frozenset({_scaled("1", int((found[1] or found[2]).translate(_PLAIN_SCRIPTS)))})
    yield found.start(), value
    yield found.start(1), value


def _apart(number: str) -> Iterator[str]:
    """What `5 100` says when it is two numbers; `10 000` is none such."""
    if " " in number and " 0" not in number:
        yield from map(_plain, number.split(" "))


def _spelled(word: str, ones: str | None, scale: str | None, large: str | None) -> Values:
    value = str(_WORDS[word.lower()] + (_WORDS[ones.lower()] if ones else 0))
    if large:
        return _in_large(value, large)
    return frozenset({_scaled(value, _SCALES[scale.lower()]) if scale else value})


def _in_large(value: str, large: str) -> Values:
    """So many decades, centuries, dozens or orders of magnitude, counted as such or in ones."""
    if large.startswith("order"):
        power = int(value) if value.isdigit() and len(value) < 3 else 1
        return frozenset({value, _scaled("1", power)})
    if value.count(".") > 1:
        return frozenset({value})
    factor = {"d": 10, "c": 100, "s": 20}[large[0].lower()] if not large.lower().startswith("dozen") else 12
    return frozenset({value, _plain(format(Decimal(value) * factor, "f"))})


def _implied(text: str, words: set[str]) -> Iterator[set[str]]:
    if "orders of magnitude" in text or "order of magnitude" in text:
        yield {"10", "100", "1000", "10000"}
    yield from (_IMPLIED[word] for word in words & _IMPLIED.keys())
    yield from (_MONTHS[name] for name in {word[:3] for word in words} & _MONTHS.keys())


def _chinese_values(found: re.Match[str]) -> Values:
    if found["century"]:
        hundreds = (int(found["century"]) - 1) * 100
        if found["years"]:
            return frozenset({str(hundreds + int(found["years"])), found["years"]})
        return frozenset({found["century"], str(hundreds)})
    value = _plain(found["number"])
    if found["latin"]:
        return frozenset({value, _scaled(value, _SCALES[found["latin"]])})
    if found["scale"]:
        power = sum(_POWERS[char] for char in found["scale"])
        return frozenset({_scaled(value, power)} | ({value} if found["unit"] else set()))
    ranged = None if found["s"] else _CHINESE_RANGE.match(found.string, found.end())
    scaled = {_scaled(value, sum(_POWERS[char] for char in ranged[1]))} if ranged else set()
    return frozenset({value, *scaled, *_apart(found["number"])})


def _spoken(numerals: str, part: str) -> Iterator[str]:
    """A run of Chinese numerals as a number, and digit by digit: 二〇二三, 三五."""
    behind = "." + "".join(_DIGITS[char] for char in part) if part else ""
    if all(char in _DIGITS for char in numerals):
        yield from () if part else (_DIGITS[char] for char in numerals)
        yield _plain("".join(_DIGITS[char] for char in numerals) + behind)
    else:
        yield _plain(f"{_counted(numerals)}{behind}")


def _counted(numerals: str) -> int:
    total = section = 0
    digit: int | None = None
    for char in numerals:
        if char in _DIGITS:
            digit = int(_DIGITS[char])
        elif char in _STEPS:
            section += (1 if digit is None else digit) * _STEPS[char]
            digit = None
        else:
            total = (total + section + (digit or 0) or 1) * 10 ** _MYRIADS[char]
            section, digit = 0, None
    return total + section + (digit or 0)


def _scaled(value: str, power: int) -> str:
    return _plain(format(Decimal(value).scaleb(power), "f")) if value.count(".") < 2 else value


def _plain(number: str) -> str:
    """One way to write a value: no separators, no zeros at the edges; a version like 2.5.1 stays."""
    number = _SEPARATORS.sub("", number)
    if number.count(".") > 1:
        return number
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")
