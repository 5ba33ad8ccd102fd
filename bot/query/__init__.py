"""The query language: text to Query and back, and a query in plain words.

Whether a paper answers a query is not decided here (`matching` does that), nor is any number of papers known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.errors import QueryError
from bot.query.parser import LENGTH_LIMIT, NESTING_LIMIT, TERM_LIMIT, parse
from bot.query.plain import in_words
from bot.query.syntax import And, Field, InCategory, Leaf, Node, Not, OfType, Or, Query, Term

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
    "still_read",
    "stored",
]


def stored(text: str) -> Query | QueryError:
    """The query of a stored text, or why it is none any more, as when arXiv drops a category."""
    try:
        return parse(text)
    except QueryError as error:
        return error


def still_read(texts: Iterable[str]) -> Iterator[Query]:
    """The queries of stored texts, but for those that are none any more."""
    return (query for query in map(stored, texts) if isinstance(query, Query))
