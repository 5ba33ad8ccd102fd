"""What a text is about, by common words: enough to see that it is that of another paper.

Terms of the glossary are too rare for that alone. Each row of `topics.txt` has a Chinese word and the beginnings
of the English words of which it may be the translation; it says nothing about how a word should be translated.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

from bot.text import glossary
from bot.text.normal import flat

_FEWEST = {"title": 2, "one_line": 3, "abstract": 8}
"""Words of a text from which one can tell; one with fewer is foreign when it shares nothing at all."""

_SHARE = 0.5  # of its words, that the paper should have too
_TOPICS = 2  # of a title, none of which is in a text of one word that the paper does not have
_ACRONYM = 4  # letters that may be a part of any word


@cache
def _rows() -> Mapping[str, tuple[str, ...]]:
    """The beginnings of English words, or whole ones with a `$`, by Chinese word."""
    lines = resources.files("bot.summaries.gate").joinpath("topics.txt").read_text("utf-8").splitlines()
    rows = (line.split(" ", 1) for line in lines if line and line[0] != "#")
    return {word: tuple(stems.split("|")) for word, stems in rows}


@cache
def _words() -> tuple[str, ...]:
    return tuple({**_rows(), **dict.fromkeys(glossary.entries())})


class _English:
    """The words of an English text, each with all of its beginnings."""

    def __init__(self, text: str) -> None:
        self._flat = flat(text)
        self._squeezed = self._flat.replace(" ", "")
        words = frozenset(self._flat.split())
        self._forms = frozenset(word[:size] for word in words for size in range(2, len(word) + 1)) | {
            f"{word}$" for word in words
        }

    def says(self, word: str) -> bool:
        """Whether a Chinese word, or what it is made of, may be the translation of something in the text."""
        if any(self._has(stem) for stem in _rows().get(word, ())):
            return True
        names = glossary.entries().get(word, ())
        return any(map(self._names, names)) or (bool(names) and any(map(self.says, _parts(word))))

    def _names(self, name: str) -> bool:
        bare = _bare(name)
        return (
            bare in self._squeezed
            if len(bare) > _ACRONYM
            else not {f"{bare}$", f"{bare}s$"}.isdisjoint(self._forms)
        )

    def _has(self, stem: str) -> bool:
        return f" {stem}" in self._flat if " " in stem else stem in self._forms


@cache
def _bare(name: str) -> str:
    return flat(name).replace(" ", "")


@cache
def _parts(word: str) -> tuple[str, ...]:
    return tuple(row for row in _rows() if row in word and row != word)


@lru_cache(maxsize=64)
def _english(text: str) -> _English:
    return _English(text)


@lru_cache(maxsize=64)
def _chinese(text: str) -> frozenset[str]:
    bare = "".join(text.split())
    found = [word for word in _words() if word in bare]
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
