"""What a text is about, by common words: enough to see that it is that of another paper.

Terms of the glossary are too rare for that alone. Each row of `topics.txt` has a Chinese word and the beginnings
of the English words of which it may be the translation; it says nothing about how a word should be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

from bot.text import glossary
from bot.text.normal import flat

_FEWEST = {"title": 2, "one_line": 3, "abstract": 8}
"""Words of a text from which one can tell; one with fewer is foreign when it shares nothing at all."""

_SHARE = 0.5  # of its words, that the paper should have too
_TOPICS = 2  # of a title, none of which is in a text of one word that the paper does not have
_ACRONYM = 4  # letters that may be a part of any word


@cache
def _rows() -> Mapping[str, tuple[str, ...]]:
    """By Chinese word, what an English text in normal form then has: beginnings of words, or whole ones."""
    lines = resources.files("bot.summaries.gate").joinpath("topics.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ", 1) for line in lines if line and line[0] != "#")
    return {word: tuple(f" {stem}".replace("$", " ") for stem in stems.split("|")) for word, stems in rows}


@cache
def _words() -> tuple[str, ...]:
    return tuple({**_rows(), **dict.fromkeys(glossary.entries())})


@cache
def _words_by_beginning() -> Mapping[str, tuple[str, ...]]:
    """The same by their first two characters; a text has few of these."""
    found: dict[str, list[str]] = {}
    for word in _words():
        found.setdefault(word[:2], []).append(word)
    return {beginning: tuple(words) for beginning, words in found.items()}


class _English:
    """An English text in which words are looked for."""

    def __init__(self, text: str) -> None:
        self._flat = flat(text)
        self._squeezed = self._flat.replace(" ", "")

    def says(self, word: str) -> bool:
        """Whether a Chinese word, or what it is made of, may be the translation of something in the text."""
        if any(stem in self._flat for stem in _rows().get(word, ())):
            return True
        names = glossary.entries().get(word, ())
        return any(map(self._names, names)) or (bool(names) and any(map(self.says, _parts(word))))

    def _names(self, name: str) -> bool:
        bare = _bare(name)
        if len(bare) > _ACRONYM:
            return bare in self._squeezed
        return f" {bare} " in self._flat or f" {bare}s " in self._flat


@cache
def _bare(name: str) -> str:
    return flat(name).replace(" ", "")


@cache
def _parts(word: str) -> tuple[str, ...]:
    return tuple(row for row in _rows() if row in word and row != word)


@lru_cache(maxsize=16)
def _english(text: str) -> _English:
    return _English(text)


@lru_cache(maxsize=16)
def _chinese(text: str) -> frozenset[str]:
    bare = "".join(text.split())
    table = _words_by_beginning()
    beginnings = {*bare, *map("".join, pairwise(bare))} & table.keys()
    found = {word for beginning in beginnings for word in table[beginning] if word in bare}
    return frozenset(word for word in found if not any(word != other and word in other for other in found))


def is_foreign(known: str, title: str, text: str, field: str, names: int = 0) -> bool:
    """Whether a Chinese text speaks of other things than a paper does; `known` is all that the paper says.

    A name that both have, of `names`, is as much as two words.
    """
    words, paper = _chinese(text), _english(known)
    mine = sum(map(paper.says, words)) + 2 * names
    count = len(words) + 2 * names
    if count >= _FEWEST[field] and mine < _SHARE * count:
        return True
    return not mine and (count > 1 or (count == 1 and _lacks(title, text) >= _TOPICS))


def _lacks(title: str, text: str) -> int:
    """How many topics a title has, if a Chinese text has none of them; else 0."""
    paper, words = _english(title), _words()
    topics = [word for word in words if paper.says(word)]
    bare = "".join(text.split())
    return 0 if any(word in bare for word in topics) else len(topics)
