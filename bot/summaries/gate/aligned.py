"""Which English sentence a Chinese one translates: one by one, and where two were joined or one was split.

Lengths and what both languages write alike (numbers, names, terms) decide; without them nothing is taken for a
merger, so that a sentence that was dropped or added is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from statistics import median

from bot.text import glossary, numbers
from bot.text import sentences as split
from bot.text.normal import flat

Groups = tuple[tuple[str, str], ...]
"""English and Chinese that belong together, in order."""

_MOST = 60  # sentences
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9-]*[A-Z0-9][A-Za-z0-9-]*")
_PLAIN = re.compile(r"(?<![A-Za-z0-9-])[a-z]{2,}(?![A-Za-z0-9])|[\u3400-\u9fff]")
_SHORTEST, _LONGEST = 0.9, 1.25  # of the length that a merger or a split should have
_FIRM, _FIRM_SPLIT = 0.95, 1.05  # without anything to hold on to
_SURE = 1.7  # where each part of a split has all that it says from the English
_ENOUGH = 0.5
_FEWEST_SAID, _MOST_SAID = 0.3, 0.6  # Chinese characters for a letter, whatever very short sentences have
_UNLIKE = 40  # characters that a number in the wrong sentence weighs


def aligned(english: str, chinese: str) -> Groups | None:
    """The sentences that belong together; None where one is missing, or one too many."""
    ours, theirs = split.chinese(chinese), split.english(english)
    if len(ours) == len(theirs):
        return tuple(zip(theirs, ours, strict=True))
    if abs(len(ours) - len(theirs)) > 1 or max(len(ours), len(theirs)) > _MOST or not ours or not theirs:
        return None
    is_merger = len(ours) < len(theirs)
    best = min(_candidates(theirs, ours, is_merger=is_merger), key=lambda one: _cost(one[1]))
    place, groups = best
    ratios = (
        _size(zh) / _size(en) for number, (en, zh) in enumerate(groups) if number != place or len(groups) == 1
    )
    ratio = min(max(median(ratios), _FEWEST_SAID), _MOST_SAID)
    en, zh = groups[place]
    if is_merger:
        parts = theirs[place : place + 2]
        supports = [_support(_anchors(part), zh) for part in parts]
        fits = _size(zh) >= (_SHORTEST if None not in supports else _FIRM) * ratio * _size(en)
    else:
        parts = ours[place : place + 2]
        supports = [_support(_chinese_anchors(part), en) for part in parts]
        longest = (
            _FIRM_SPLIT if None in supports else _LONGEST if min(filter(None, supports), default=0) < 1 else _SURE
        )
        fits = _size(zh) <= longest * ratio * _size(en)
    return groups if fits and all(one is None or one >= _ENOUGH for one in supports) else None


def _candidates(theirs: Sequence[str], ours: Sequence[str], *, is_merger: bool) -> list[tuple[int, Groups]]:
    found = []
    for place in range(min(len(ours), len(theirs))):
        en, zh = (_joined(theirs, place, " "), ours) if is_merger else (theirs, _joined(ours, place, ""))
        found.append((place, tuple(zip(en, zh, strict=True))))
    return found


def _joined(sentences: Sequence[str], place: int, between: str) -> list[str]:
    return [*sentences[:place], between.join(sentences[place : place + 2]), *sentences[place + 2 :]]


def _cost(groups: Groups) -> float:
    ratio = sum(_size(zh) for _, zh in groups) / sum(_size(en) for en, _ in groups)
    return sum(abs(_size(zh) - ratio * _size(en)) + _UNLIKE * _apart(en, zh) for en, zh in groups)


@lru_cache(maxsize=4096)
def _size(sentence: str) -> int:
    """How much a sentence says, without what both languages write alike."""
    return 1 + (sum(map(len, _PLAIN.findall(sentence))) or len(sentence) // 4)


@lru_cache(maxsize=4096)
def _apart(en: str, zh: str) -> int:
    """How many numbers and names of one sentence the other does not have."""
    values = numbers.chinese(zh).values
    lost = sum(not each & values for _, each in numbers.english(en).written)
    return lost + sum(name not in zh for name in set(_LATIN.findall(en)))


def _anchors(en: str) -> list[tuple[str, ...]]:
    """What of an English sentence should be found in its Chinese one, each in all the forms that it may have."""
    digits = [tuple(values) for _, values in numbers.english(en).written]
    names = [(name,) for name in dict.fromkeys(_LATIN.findall(en))]
    return [*digits, *names, *glossary.terms(en)]


def _chinese_anchors(zh: str) -> list[tuple[str, ...]]:
    digits = [tuple(values) for _, values in numbers.chinese(zh).written]
    names = [(name,) for name in dict.fromkeys(_LATIN.findall(zh))]
    return [*digits, *names, *(glossary.english(term) for term in glossary.chinese_terms(zh))]


def _support(anchors: Sequence[tuple[str, ...]], text: str) -> float | None:
    """The share of anchors that a text has; None when there are none."""
    if not anchors:
        return None
    bare = flat(text).replace(" ", "")
    said = numbers.chinese(text).values | numbers.english(text).values
    has = (any(one in said or flat(one).replace(" ", "") in bare for one in forms) for forms in anchors)
    return sum(has) / len(anchors)
