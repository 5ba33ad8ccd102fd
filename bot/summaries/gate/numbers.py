"""Numbers, both ways: what the English says in digits or words is kept, and no digits are invented."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bot.summaries.gate.pair import Pair
from bot.text import numbers as said

_MARK = re.compile(r"(?<![A-Za-z0-9])\(([0-9]{1,2})\)")
_SHOWN = 4
_VAGUE = frozenset({"0", "1", "100", "1000"})
"""Values whose English words ("one of", "hundreds", "a thousand") need no number in Chinese."""


def numbers(pair: Pair) -> str:
    """What is wrong with the numbers of a text; "" when nothing is."""
    read = said.chinese if pair.is_chinese else said.english
    text, source = read(pair.text), said.english(pair.source)
    known = frozenset[str]().union(*(said.english(part).values for part in pair.known_parts))
    invented = [written for written, values in text.written if not values & known]
    lost: list[str] = []
    if pair.is_whole:
        lost = [written for written, values in source.written if not values & text.values]
    if pair.field == "abstract":
        lost += [word for word, values in source.spoken if not values & (text.values | _VAGUE)]
        lost += _changed(source, text) if not lost and not invented else []
    if not lost and not invented and (misplaced := _misplaced(pair)):
        return misplaced
    if pair.is_whole and not lost and not invented and _out_of_order(pair.source, pair.text):
        return "Number the points as the English does."
    return " ".join(
        filter(None, (_named("Keep the numbers", lost), _named("These numbers are not in it:", invented)))
    )


def _misplaced(pair: Pair) -> str:
    """The first sentence whose numbers are those of another one."""
    if pair.field != "abstract" or not pair.is_chinese or pair.groups is None:
        return ""
    for number, (english, chinese) in enumerate(pair.groups, 1):
        source, text = said.english(english), said.chinese(chinese)
        lost = [written for written, values in source.written if not values & text.values]
        foreign = [written for written, values in text.written if not values & source.values]
        if lost or foreign:
            reason = _named("keep the numbers", lost) or _named("these numbers are not in it:", foreign)
            return f"In sentence {number}, {reason}"
    return ""


def _changed(source: said.Numbers, text: said.Numbers) -> list[str]:
    """Numbers that are said less often than in the English, if there are others that are said more often."""
    theirs, ours = _times(source), _times(text)
    rarer = [written for written, values in source.written if all(theirs[value] > ours[value] for value in values)]
    oftener = (values for _, values in text.written if all(ours[value] > theirs[value] for value in values))
    return rarer if any(not values & source.implied for values in oftener) else []


def _out_of_order(source: str, text: str) -> bool:
    """Whether an enumeration (1), (2), (3) has the same marks as in the English, but not in its order."""
    ours, theirs = _MARK.findall(text), _MARK.findall(source)
    return len(ours) == len(theirs) and ours != theirs


def _times(numbers: said.Numbers) -> Counter[str]:
    return Counter(value for _, values in (*numbers.written, *numbers.spoken) for value in values)


def _named(words: str, found: Iterable[str]) -> str:
    names = list(dict.fromkeys(found))
    return f"{words} {', '.join(names[:_SHOWN])}." if names else ""
