"""arXiv's categories: codes, names in English and Chinese, aliases, archives. Pure; the data is `taxonomy.toml`.

Codes are taken in any case. Reading categories out of a query or a listing is not done here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import chain, islice
from types import MappingProxyType
from typing import Literal

_SUGGESTIONS = 3
_CLOSENESS = 0.75  # difflib's ratio: one letter too many (`cs.LGG`) is close, two wrong ones (`cs.XX`) are not


@dataclass(frozen=True, slots=True)
class Category:
    """One active code; `alias_of` is the canonical code when this one is its second name."""

    code: str
    name: str
    name_zh: str
    archive: str
    alias_of: str | None


@dataclass(frozen=True, slots=True)
class SubjectArchive:
    """A family of categories (`cs`), or an archive that is its own only category (`hep-th`)."""

    code: str
    name: str
    name_zh: str
    group: str


@dataclass(frozen=True, slots=True)
class _Taxonomy:
    """The tables, made once; from `canonical` on, keys are lower-case codes."""

    categories: Mapping[str, Category]
    archives: Mapping[str, SubjectArchive]
    canonical: Mapping[str, str]
    synonyms: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]  # of archives
    names: Mapping[str, tuple[str, str]]  # English, Chinese
    patterns: Mapping[str, str]  # what to type for a category or an archive


def categories() -> Mapping[str, Category]:
    """All active categories by code, aliases included."""
    return _taxonomy().categories


def archives() -> Mapping[str, SubjectArchive]:
    """All active archives by code."""
    return _taxonomy().archives


def resolve(code: str) -> str | None:
    """The canonical code of a category, or None when there is no such category.

    Takes aliases (`math.IT`) and subsumed archives (`cmp-lg`). The bare `astro-ph`, `cond-mat` and `q-bio`,
    which very old papers carry, resolve to themselves although `categories()` does not have them.
    """
    return _taxonomy().canonical.get(code.lower())


def synonyms(code: str) -> frozenset[str]:
    """All codes of the same category, old and new; empty when there is no such category."""
    return _taxonomy().synonyms.get(code.lower(), frozenset())


def expand(pattern: str) -> frozenset[str]:
    """The canonical codes meant by a category or by an archive (`cs`, `cs.*`); empty when unknown.

    An archive means all that its papers can carry: `stat.*` has `math.ST` because of its alias, `astro-ph.*` has
    the bare `astro-ph` of old papers. That one is no category to read today: it is not in `categories()`.
    """
    members = _taxonomy().members.get(pattern.lower().removesuffix(".*"))
    if members:
        return members
    code = resolve(pattern)
    return frozenset({code}) if code else frozenset()


def readable(patterns: Iterable[str]) -> frozenset[str]:
    """The canonical codes that can be read today of categories and archives; `all` is every one."""
    named = [archive for one in patterns for archive in (archives() if one == "all" else (one,))]
    return frozenset[str]().union(*map(expand, named)) & categories().keys()


def name(code: str, language: Literal["en", "zh"]) -> str:
    """The name of a category, an archive (`cs`, `cs.*`) or a group; an unknown code is its own name."""
    english, chinese = _taxonomy().names.get(code.lower().removesuffix(".*"), (code, code))
    return chinese if language == "zh" else english


def suggest(code: str) -> tuple[str, ...]:
    """Up to three patterns that `expand` knows, best first, for a mistyped code or a piece of a name.

    Categories are suggested by their canonical codes, whole archives as `cs.*`.
    """
    typed = code.lower().removesuffix(".*")
    found = chain(_mistyped(typed), _named(typed), _spelled_nearly(typed))
    return tuple(islice(dict.fromkeys(found), _SUGGESTIONS))


def _mistyped(typed: str) -> Iterator[str]:
    """Other punctuation (`hepth`), then no or another archive (`LG`, `stat.LG`), then another order (`cs.VC`)."""
    patterns = _taxonomy().patterns
    letters, ending = _letters(typed), _ending(typed)
    yield from (patterns[key] for key in patterns if _letters(key) == letters)
    yield from (patterns[key] for key in patterns if _ending(key) == ending)
    yield from (patterns[key] for key in patterns if sorted(_letters(key)) == sorted(letters))


def _named(typed: str) -> Iterator[str]:
    """Those with this text in their name (English: from the beginning of a word on), shortest name first."""
    taxonomy = _taxonomy()
    wanted = _words(typed)
    if not wanted:
        return
    hits = []
    for key, pattern in taxonomy.patterns.items():
        english, chinese = map(_words, taxonomy.names[key])
        if f" {wanted}" in f" {_words(key)} {english}":
            hits.append((len(english), pattern))
        elif wanted in chinese:
            hits.append((len(chinese), pattern))
    yield from (pattern for _, pattern in sorted(hits))


def _spelled_nearly(typed: str) -> Iterator[str]:
    """Code or name is close to this, letter by letter."""
    taxonomy = _taxonomy()
    spellings: dict[str, list[str]] = {}
    for key, pattern in taxonomy.patterns.items():
        for spelling in (key, *map(str.lower, taxonomy.names[key])):
            spellings.setdefault(spelling, []).append(pattern)
    near = get_close_matches(typed, spellings, _SUGGESTIONS, _CLOSENESS)
    return chain.from_iterable(spellings[spelling] for spelling in near)


def _letters(code: str) -> str:
    return "".join(filter(str.isalnum, code))


def _ending(code: str) -> str:
    return code.rpartition(".")[2]


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


@cache
def _taxonomy() -> _Taxonomy:
    data = tomllib.loads(files("bot").joinpath("taxonomy.toml").read_text(encoding="utf-8"))
    categories = {
        code: Category(
            code=code,
            name=row["name"],
            name_zh=row["name_zh"],
            archive=row["archive"],
            alias_of=row.get("alias_of"),
        )
        for code, row in data["categories"].items()
    }
    archives = {code: SubjectArchive(code=code, **row) for code, row in data["archives"].items()}
    current = {code: category.alias_of or code for code, category in categories.items()}
    current |= data["subsumed"] | {code: code for code in data["divided"]}
    named = data["groups"] | data["archives"] | data["categories"]
    named |= {old: data["categories"][code] for old, code in data["subsumed"].items()}
    return _Taxonomy(
        categories=MappingProxyType(categories),
        archives=MappingProxyType(archives),
        canonical={code.lower(): target for code, target in current.items()},
        synonyms=_synonyms(current),
        members=_members(categories.values(), data["divided"]),
        names={code.lower(): (row["name"], row["name_zh"]) for code, row in named.items()},
        patterns={code.lower(): target for code, target in current.items()}
        | {code: f"{code}.*" for code in archives if code not in categories},
    )


def _synonyms(current: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    codes: dict[str, set[str]] = {}
    for code, target in current.items():
        codes.setdefault(target, set()).add(code)
    return {code.lower(): frozenset(codes[target]) for code, target in current.items()}


def _members(categories: Iterable[Category], divided: Iterable[str]) -> Mapping[str, frozenset[str]]:
    codes = {archive: {archive} for archive in divided}
    for category in categories:
        codes.setdefault(category.archive, set()).add(category.alias_of or category.code)
    return {archive: frozenset(members) for archive, members in codes.items()}
