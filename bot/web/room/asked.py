"""What a reader asks a page for: the parameters of its address, and the addresses of the pages around it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from bot import taxonomy
from bot.errors import QueryError
from bot.locale import spoken
from bot.model import Language
from bot.presentation.cards import interface
from bot.query import And, InCategory, Query, parse
from bot.query.syntax import all_of, any_of

PAGE = 50
"""Papers on one page: with both abstracts of each about 70 kB on their way."""

_MOST_CATEGORIES = 40
_LONGEST = 2000  # characters of a query, before it is parsed
_LONGEST_NUMBER = 6
_NARROWED = ("query.only_type", "query.only_negative")  # what is refused, unless a category is chosen beside it


@dataclass(frozen=True)
class Parameters:
    """The parameters of a page that lists papers."""

    language: Language  # of the papers; its interface is that of the page
    q: str = ""  # as it was typed
    categories: tuple[str, ...] = ()  # patterns: codes and whole archives
    page: int = 1
    is_open: bool = False  # all abstracts unfolded
    is_explicit: bool = False  # whether the address names the language
    before: str = ""  # the date before which a search looks

    @property
    def locale(self) -> str:
        """The language of the page's own sentences."""
        return interface(self.language)

    @cached_property
    def query(self) -> Query | None:
        """What was typed, None when that is nothing; raises QueryError."""
        if len(self.q) > _LONGEST:
            raise QueryError("query.too_long", {"length": len(self.q), "limit": _LONGEST})
        try:
            return parse(self.q) if self.q else None
        except QueryError as error:
            if not self.categories or error.key not in _NARROWED:
                raise
            root = parse(f"({', '.join(self.categories)}) ({self.q})").root
            return Query(all_of(root.parts[1:])) if isinstance(root, And) else None

    @cached_property
    def chosen(self) -> Query | None:
        """The categories that were chosen, as a query; raises QueryError."""
        for pattern in self.categories:
            if not taxonomy.expand(pattern):
                suggestions = ", ".join(taxonomy.suggest(pattern)) or "cs.LG"
                raise QueryError("query.unknown_category", {"code": pattern, "suggestions": suggestions})
        leaves = [InCategory(pattern, primary=False) for pattern in self.categories]
        return Query(any_of(leaves)) if leaves else None

    @property
    def both(self) -> Query | None:
        """The query together with the categories: what a subscription to this page would be."""
        parts = [one.root for one in (self.chosen, self.query) if one]
        return Query(all_of(parts)) if parts else None

    def at(self, path: str = "", **changes: object) -> str:
        """The address of a page with these parameters, relative to this one or to a path."""
        one = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs = [
            *([("q", one.q)] if one.q else []),
            *(("in", pattern) for pattern in one.categories),
            *([("page", one.page)] if one.page != 1 else []),
            *([("open", 1)] if one.is_open else []),
            *([("lang", one.language.value)] if one.is_explicit else []),
            *([("before", one.before)] if one.before and not path else []),
        ]
        return f"{path}?{urlencode(pairs)}" if pairs or not path else path

    def toggled(self, pattern: str) -> str:
        """The same page with one more category, or without it."""
        others = tuple(one for one in self.categories if one != pattern)
        return self.at(categories=others if pattern in self.categories else (*others, pattern))

    def spoken(self, language: Language) -> str:
        """The same page in another language."""
        return self.at(page=self.page, language=language, is_explicit=True)

    @property
    def bare(self) -> Parameters:
        """The same without query and categories."""
        return replace(self, q="", categories=(), page=1, before="")


def asked(parameters: Sequence[tuple[str, str]], language: Language) -> Parameters:
    """What an address asks for, in a language unless it names another; what it cannot mean is left out."""
    given: dict[str, list[str]] = {}
    for name, value in parameters:
        given.setdefault(name, []).append(value)
    named = _language(given.get("lang", [""])[0])
    page = given.get("page", ["1"])[0]
    is_number = page.isascii() and page.isdigit() and len(page) <= _LONGEST_NUMBER
    codes = dict.fromkeys(_pattern(one.strip()) for one in given.get("in", [])[:_MOST_CATEGORIES] if one.strip())
    return Parameters(
        language=named or language,
        q=given.get("q", [""])[0].strip(),
        categories=tuple(codes),
        page=int(page) if is_number else 0,
        is_open=given.get("open", [""])[0] == "1",
        is_explicit=named is not None,
        before=given.get("before", [""])[0],
    )


def language_of(accepted: str, usual: Language) -> Language:
    """The language of a reader whose browser names some: the usual one where it is spoken with an interface."""
    for part in accepted[:200].split(","):
        match spoken(part.partition(";")[0].strip()):
            case None:
                continue
            case locale if locale == interface(usual):
                return usual
            case locale:
                return Language(locale)
    return usual


def _language(value: str) -> Language | None:
    return Language(value) if value in set(Language) else None


def _pattern(typed: str) -> str:
    """A category or an archive as queries write it; what is none stays as it is."""
    found = taxonomy.resolve(typed) or ""
    if found in taxonomy.categories():
        return found
    archive = typed.lower().removesuffix(".*")
    return f"{archive}.*" if archive in taxonomy.archives() else typed[:100]
