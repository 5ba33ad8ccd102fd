"""What is looked for: a term of a query as needles, and the fields in which each is looked for.

A needle is a piece of the normal form. It begins with a space where a word must begin and ends with one where a
word must end, so that a word, a phrase, a hyphen, a prefix and a part of a Chinese run are all `needle in text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bot.matching.papers import CHINESE, ENGLISH
from bot.query import Field, Term
from bot.text.glossary import english
from bot.text.normal import GREEK, forms, has_han, words

AUTHOR = "author"
_LETTERS = frozenset(GREEK.values())
_LONG = "|".join(name for name in GREEK.values() if len(name) > 3)  # nu and eta are in many a word
_GLUED = re.compile(
    rf"({_LONG})([a-rt-z]|[a-z]{{2,}})|([a-z]{{1,3}}|[0-9]+)({_LONG})|({'|'.join(_LETTERS)})([0-9]+)"
)

Target = tuple[str, tuple[str, ...]]
"""A field, and the needles any of which is looked for there."""


@lru_cache(maxsize=4096)
def targets(term: Term) -> tuple[Target, ...]:
    """The fields of a text term with its needles for each."""
    names = _among((*CHINESE, *ENGLISH) if has_han(term.text) else ENGLISH, term.field)
    return tuple((name, tuple(needle for _, some in ways(term, name) for needle in some)) for name in names)


def ways(term: Term, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """How a term may stand in a field, with the needles for it: as it is, then by each English phrase for it."""
    yield "", _needles(term)
    if name in ENGLISH and has_han(term.text):
        yield from ((phrase, _bent(words(phrase))) for phrase in english(term.text))


def shown(term: Term) -> str:
    """A term as the query writes it, without its field."""
    return f'"{term.text}"' if term.quoted else term.text + ("*" if term.prefix else "")


def _among(names: tuple[str, ...], field: Field | None) -> tuple[str, ...]:
    return names if field is None else tuple(name for name in names if name.removesuffix("_zh") == field)


def _needles(term: Term) -> tuple[str, ...]:
    found = words(term.text)
    if not (term.prefix or has_han(term.text)):
        if term.quoted:
            return tuple(f" {' '.join(one)} " for one in _spelled(found))
        return tuple(needle for one in _spelled(found) for needle in _bent(one))
    before = "" if has_han(found[0][0]) else " "
    after = "" if term.prefix or has_han(found[-1][-1]) else " "
    return (f"{before}{' '.join(found)}{after}",)


def _spelled(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The same words, then with names of Greek letters set apart and put together: lambda cdm and lambdacdm."""
    yield phrase
    for place, word in enumerate(phrase):
        if apart := _GLUED.fullmatch(word):
            yield (*phrase[:place], *filter(None, apart.groups()), *phrase[place + 1 :])
        if phrase[place : place + 2] != (word,) and (word in _LETTERS or phrase[place + 1] in _LETTERS):
            yield (*phrase[:place], word + phrase[place + 1], *phrase[place + 2 :])


def _bent(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Words side by side; the last one in singular and plural, where English bends its compounds."""
    *first, last = phrase
    return tuple(f" {' '.join([*first, form])} " for form in forms(last))
