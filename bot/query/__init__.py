"""The query language: text to Query and back, and a query in plain words.

Whether a paper answers a query is not decided here (`matching` does that), nor is any number of papers known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from bot.errors import QueryError
from bot.query.parser import LENGTH_LIMIT, NESTING_LIMIT, TERM_LIMIT, parse
from bot.query.plain import in_words
from bot.query.syntax import And, Field, InCategory, Leaf, Node, Not, OfType, Or, Query, Term
from bot.text.normal import words

__all__ = [
    "LENGTH_LIMIT",
    "NESTING_LIMIT",
    "TERM_LIMIT",
    "And",
    "Field",
    "InCategory",
    "Leaf",
    "Node",
    "Not",
    "OfType",
    "Or",
    "Query",
    "Term",
    "in_words",
    "parse",
    "renewed",
    "still_read",
    "stored",
]

_FORMER_WORD = re.compile(
    r'-?(?:[a-z]+:)?"[^"]*"|(?<![^\s(,])(?P<minus>-?)'
    r'(?P<field>(?:title|abstract|author|comment|type|primary):)?(?P<word>[^\s"(),|-][^\s"(),|]*)'
)


@lru_cache(maxsize=2048)
def stored(text: str) -> Query | QueryError:
    """The query of a stored text, or why it no longer parses, as when arXiv drops a category."""
    try:
        return parse(text)
    except QueryError as error:
        return error


def renewed(text: str) -> str:
    """The canonical text today of what was canonical before other languages' operators were read; same meaning.

    A word of it that would be an operator or a list today is put in quotes; what is no query any more stays.
    """
    query = stored(_FORMER_WORD.sub(_kept, text))
    return str(query) if isinstance(query, Query) else text


def _kept(found: re.Match[str]) -> str:
    """A word as it is, or in quotes when it would mean something else today."""
    field, word = found["field"] or "", found["word"]
    if word is None:
        return found[0].replace("*", " ") if _has_foreign_stars(found[0]) else found[0]
    if word in ("AND", "OR") or field in ("type:", "primary:"):
        return found[0]
    former = Term(
        word.removesuffix("*"), Field(field[:-1]) if field else None, quoted=False, prefix=word[-1] == "*"
    )
    query = stored(field + word)
    if isinstance(query, QueryError) and query.key == "query.unknown_category" and "." in word:
        return found[0]
    match query.root if isinstance(query, Query) else None:
        case InCategory(pattern) if pattern == word:
            return found[0]
        case Term(text) as term if replace(term, text=former.text) == former and words(text) == words(word):
            return found[0]
        case _ if former.prefix:
            return found[0]
        case _:
            return f'{found["minus"]}{field}"{word}"'


def _has_foreign_stars(phrase: str) -> bool:
    """Whether stars that meant nothing in a phrase are refused today."""
    query = stored(phrase.removeprefix("-"))
    return isinstance(query, QueryError) and query.key in ("query.foreign", "query.star_quoted")


def still_read(texts: Iterable[str]) -> Iterator[Query]:
    """The queries of stored texts, without those that no longer parse."""
    return (query for query in map(stored, texts) if isinstance(query, Query))
