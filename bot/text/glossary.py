"""Established terms of arXiv's fields, Chinese and English: so that a Chinese term finds English texts, and so
that a translator is told how the community writes a term.

It does not translate, and it knows no terms but those of `glossary.toml` and `preferred.toml`. The
meanings of a word in different fields are in `senses.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from bot.text.normal import flat, forms
from bot.text.variants import simplified


def english(term: str) -> tuple[str, ...]:
    """What a Chinese term is called in English; () for a term that is not known. White space does not matter, and
    neither does whether it is written in simplified or traditional characters.
    """
    return entries().get(simplified("".join(term.split())), ())


@cache
def entries() -> Mapping[str, tuple[str, ...]]:
    """All terms with their English names, the usual one first."""
    return MappingProxyType(
        {term: tuple(names) for table in _table("glossary.toml").values() for term, names in table.items()}
    )


def steering(text: str, most: int = 30, categories: Sequence[str] = ()) -> tuple[tuple[str, str], ...]:
    """The terms of an English text, in its order, each with the Chinese that a translator should use.

    Only what is sure: a word with several meanings by the paper's categories, a single word in the fields of its
    entry, and an acronym as it is written, beside what it stands for.
    """
    told = ((name, _told(name, text, categories)) for name in dict.fromkeys(_mentioned(text)))
    return tuple((name, term) for name, term in told if term)[:most]


def _told(name: str, text: str, categories: Sequence[str]) -> str:
    """What a translator is told for a name in a text; "" for nothing."""
    if flat(name) in _senses():
        return _sense(_senses()[flat(name)], categories)
    if flat(name) in _preferred():
        return _preferred()[flat(name)]
    term = chinese_names(name)[0]
    if sum(char.isupper() for char in name) > 1 and " " not in name:
        is_written = re.search(rf"(?<![A-Za-z0-9-]){re.escape(name)}s?(?![A-Za-z0-9])", text)
        spelled = [flat(other) for other in entries().get(term, ()) if flat(other) != flat(name)]
        return term if is_written and any(other in flat(text) for other in spelled) else ""
    is_phrase = " " in flat(name).strip()
    return term if is_phrase or any(one.startswith(_fields()[term]) for one in categories) else ""


def _sense(senses: Mapping[str, str], categories: Sequence[str]) -> str:
    for category in categories:
        keys = [key for key in senses if category.startswith(key)]
        if keys:
            return senses[max(keys, key=len)]
    return ""


@cache
def _senses() -> Mapping[str, Mapping[str, str]]:
    return {flat(name): senses for name, senses in _table("senses.toml").items()}


@cache
def _preferred() -> Mapping[str, str]:
    return {flat(name): chinese for name, chinese in _table("preferred.toml").items()}


@cache
def _fields() -> Mapping[str, tuple[str, ...]]:
    """The archives and categories of each Chinese term."""
    tables = _table("glossary.toml").items()
    return {term: tuple(fields.split()) for fields, table in tables for term in table}


@lru_cache(maxsize=64)  # a paper is judged field by field, attempt by attempt
def terms(text: str) -> tuple[tuple[str, ...], ...]:
    """For each term of an English text, everything that it may be called in a Chinese one, itself included."""
    return tuple((*chinese_names(name), name) for name in dict.fromkeys(_mentioned(text)))


def chinese_terms(text: str) -> tuple[str, ...]:
    """The known terms in a Chinese text, without those that are only a part of a longer one in it."""
    found = [term for term in entries() if term in text]
    return tuple(term for term in found if not any(term != other and term in other for other in found))


def chinese_names(name: str) -> tuple[str, ...]:
    """The Chinese names of an English term, the most common first; () for an unknown term."""
    return _chinese().get(flat(name), ())


def _mentioned(text: str) -> Iterator[str]:
    """The English terms in a text, the longest at each place, as the tables write them."""
    words, phrases, longest = flat(text).split(), _phrases(), _longest()
    place = 0
    while place < len(words):
        for size in range(min(longest.get(words[place], 0), len(words) - place), 0, -1):
            name = phrases.get(" ".join(words[place : place + size]))
            if name:
                yield name
                place += size - 1
                break
        place += 1


@cache
def _phrases() -> Mapping[str, str]:
    """Each English name, in the normal form and in the plural, and as the tables write it."""
    names = [*_table("preferred.toml"), *(name for names in entries().values() for name in names)]
    found: dict[str, str] = {}
    for name in names:
        *before, last = flat(name).split()
        for form in forms(last):
            found.setdefault(" ".join([*before, form]), name)
    return found


@cache
def _longest() -> Mapping[str, int]:
    """How many words the longest name has that begins with a word: few words begin one."""
    found: dict[str, int] = {}
    for words in map(str.split, _phrases()):
        found[words[0]] = max(len(words), found.get(words[0], 0))
    return found


@cache
def _chinese() -> Mapping[str, tuple[str, ...]]:
    """By the normal form of an English name: its Chinese ones."""
    found: dict[str, list[str]] = {flat(name): [chinese] for name, chinese in _table("preferred.toml").items()}
    for chinese, names in entries().items():
        for name in names:
            found.setdefault(flat(name), []).append(chinese)
    return {name: tuple(dict.fromkeys(chinese)) for name, chinese in found.items()}


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("bot.text").joinpath(name).read_text("utf-8"))
