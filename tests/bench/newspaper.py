"""A seeded day of 2,251 papers in English and Chinese, and any number of subscriptions, to measure matching with.

Words are as frequent as in a language (Zipf), and subscriptions ask for frequent and for rare ones alike. It is
built for size and stress, not to be read: a subscription matches some 20 papers a day, the half of them none.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date
from itertools import accumulate

from bot import taxonomy
from bot.errors import QueryError
from bot.matching import Candidate
from bot.model import AnnounceType, Language, Paper, Summary
from bot.query import parse
from bot.text.variants import simplified

PAPERS = 2251
_SYLLABLES = [c + v for c in "bcdfghjklmnprstvwz" for v in ("a", "e", "i", "o", "u", "al", "er", "in", "on", "ur")]
_CHARACTERS = [char for char in map(chr, range(0x4E00, 0x7800, 6)) if simplified(char) == char]
_CODES = sorted(code for code, one in taxonomy.categories().items() if one.alias_of is None)


HOSTILE: dict[str, tuple[str, int]] = {
    "any of 50 beginnings": (", ".join(["{}*"] * 50), 50),
    "none of 49 beginnings": ("cs.LG " + " ".join(["-{}*"] * 49), 49),
    "any of 32 beginnings in a field": (", ".join(["ti:{}*", "abs:{}*"] * 16), 32),
    "any of 32 compounds": (", ".join(["{}-{}*"] * 32), 64),
    "any of 50 words": (", ".join(["{}"] * 50), 50),
}
"""Forms of queries that cost as much as may be, with how many words each takes."""


class _Tongue:
    """Words by frequency; the n-th is 1/n as frequent as the first."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._weights = list(accumulate(1 / rank for rank in range(8, len(words) + 8)))

    def say(self, dice: random.Random, count: int) -> list[str]:
        return dice.choices(self.words, cum_weights=self._weights, k=count)


def _words(dice: random.Random, count: int, parts: list[str], most: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(dice.choices(parts, k=dice.randint(2, most)))] = None
    return list(found)


class Newspaper:
    """One day, and those who read it; the same for the same seed."""

    def __init__(self, seed: int = 1) -> None:
        dice = random.Random(seed)
        self._english = _Tongue(_words(dice, 40_000, _SYLLABLES, 4))
        self._chinese = _Tongue(_words(dice, 12_000, _CHARACTERS, 3))
        self._names = _Tongue([name.title() for name in _words(dice, 9_000, _SYLLABLES, 3)])
        self._phrases = [self._english.say(dice, dice.choice((2, 2, 3))) for _ in range(30_000)]
        self._common = _Tongue([" ".join(phrase) for phrase in self._phrases])
        self._areas = _Tongue(dice.sample(_CODES, len(_CODES)))

    def papers(self) -> list[Candidate]:
        """The day."""
        dice = random.Random(2)
        return [self._paper(dice, number) for number in range(PAPERS)]

    def queries(self, count: int) -> list[str]:
        """What so many people ask for, as canonical texts, some of them more than once."""
        dice = random.Random(3)
        found: list[str] = []
        while len(found) < count:
            with suppress(QueryError):  # of a million, some made-up words are asked back: 吼杖或寔佐
                found.append(str(parse(self._query(dice))))
        return found

    def hostile(self, name: str, count: int) -> list[str]:
        """What so many people ask for who mean no good, in one of the ways of `HOSTILE`."""
        form, terms = HOSTILE[name]
        dice = random.Random(5)
        return [str(parse(form.format(*self._stems(dice, terms)))) for _ in range(count)]

    def _stems(self, dice: random.Random, count: int) -> list[str]:
        """Beginnings of words, short and long, frequent and rare; none of them is an operator."""
        words = [*self._english.say(dice, count), *dice.choices(self._english.words, k=count)]
        stems = [word[: dice.randint(3, 6)] for word in words if len(word) > 3]
        return dice.sample([stem for stem in stems if stem not in ("and", "not", "nor")], count)

    def _paper(self, dice: random.Random, number: int) -> Candidate:
        categories = tuple(dict.fromkeys(self._areas.say(dice, dice.choice((1, 2, 2, 3)))))
        paper = Paper(
            id=f"2606.{10000 + number}", version=1, title=self._prose(dice, 10).title(),
            authors=tuple(" ".join(self._names.say(dice, 2)) for _ in range(dice.randint(1, 8))),
            abstract=self._prose(dice, 185), categories=categories,
            comments="12 pages, 3 figures" if dice.random() < 0.4 else "",
        )  # fmt: skip
        chinese = ["".join(self._chinese.say(dice, dice.randint(3, 9))) for _ in range(29)]
        summary = Summary(paper.id, 1, Language.ZH, title=chinese[0], abstract="，".join(chinese[1:]))
        kind = AnnounceType.REPLACE if dice.random() < 0.3 else AnnounceType.NEW
        cross = AnnounceType.REPLACE_CROSS if kind is AnnounceType.REPLACE else AnnounceType.CROSS
        types = dict.fromkeys(categories[1:], cross) | {categories[0]: kind}
        return Candidate(paper, types, date(2026, 6, 10), summary)

    def _prose(self, dice: random.Random, count: int) -> str:
        parts = [
            self._common.say(dice, 1)[0] if dice.random() < 0.1 else word
            for word in self._english.say(dice, count)
        ]
        return " ".join(parts).replace(" ", ", ", 3).replace(" ", "-", 2)

    def _query(self, dice: random.Random) -> str:
        area = ", ".join(self._areas.say(dice, dice.choice((1, 1, 2, 3)))) if dice.random() < 0.6 else ""
        terms = [self._term(dice) for _ in range(dice.choice((1, 1, 2, 2, 3, 4)))]
        text = f"{area} " + dice.choice((", ", " ")).join(terms)
        if dice.random() < 0.12:
            text += f" -{self._english.say(dice, 1)[0]}"
        return text + (" type:new" if dice.random() < 0.01 else "")

    def _term(self, dice: random.Random) -> str:
        kind = dice.random()
        if kind < 0.4:
            return dice.choice(self._english.words) if kind < 0.33 else self._english.say(dice, 1)[0]
        if kind < 0.72:
            phrase = dice.choice(self._common.words) if kind < 0.5 else self._common.say(dice, 1)[0]
            return f'"{phrase}"' if kind < 0.66 else phrase.replace(" ", "-")
        if kind < 0.78:
            return self._english.say(dice, 1)[0][: dice.randint(4, 6)] + "*"
        if kind < 0.9:
            return "".join(self._chinese.say(dice, dice.choice((1, 1, 2))))
        name = " ".join(self._names.say(dice, 2))
        return f'au:"{name}"' if kind < 0.95 else f"au:{name.split()[0]}"
