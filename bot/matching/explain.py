"""One query against one paper, in plain words of Python: whether it matches, why, and for want of what.

`index` gives the same answers for many at once; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot import taxonomy
from bot.matching.papers import Prepared, reads, relative_type
from bot.matching.terms import AUTHOR, author_test, shown, targets
from bot.model import AnnounceType, Reason
from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Query, Term


@dataclass(frozen=True, slots=True)
class Found:
    """That a query matches a paper: its type for the categories of the query, and the reasons."""

    type: AnnounceType
    reasons: tuple[Reason, ...]


Test = Callable[[Prepared], bool]


def match(query: Query, prepared: Prepared) -> Found | None:
    """How a query matches a paper, None when it does not."""
    plan = _plan(query)
    if not plan.test(prepared):
        return None
    kind = relative_type(plan.reads, prepared)
    hits = [reason for leaf in plan.leaves for reason in _hits(leaf, prepared, kind)]
    return Found(kind, tuple(dict.fromkeys(hits)))


def missing(query: Query, prepared: Prepared) -> list[str]:
    """The parts of a query that a paper does not answer, as the query writes them; none when it matches."""
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    reading = _plan(query).reads
    return [str(Query(part)) for part in parts if not _compile(part, reading)(prepared)]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query made ready: what to test, what to explain, relative to what."""

    test: Test
    leaves: tuple[Term | InCategory | OfType, ...]
    reads: frozenset[str] | None


@lru_cache(maxsize=4096)
def _plan(query: Query) -> _Plan:
    reading = reads([query])
    return _Plan(_compile(query.root, reading), query.wanted, reading)


def _compile(node: Node, reading: frozenset[str] | None) -> Test:
    match node:
        case And(parts):
            every = [_compile(part, reading) for part in sorted(parts, key=_cost)]
            return lambda prepared: all(test(prepared) for test in every)
        case Or(parts):
            some = [_compile(part, reading) for part in sorted(parts, key=_cost)]
            return lambda prepared: any(test(prepared) for test in some)
        case Not(part):
            inner = _compile(part, reading)
            return lambda prepared: not inner(prepared)
        case OfType(name):
            wanted = AnnounceType(name)
            return lambda prepared: relative_type(reading, prepared) is wanted
        case leaf:
            return _compile_leaf(leaf)


def _cost(node: Node) -> int:
    """Categories decide fastest and most often: ask them first."""
    match node:
        case InCategory() | OfType():
            return 0
        case Or(parts) if all(isinstance(part, InCategory) for part in parts):
            return 0
        case Term():
            return 1
        case _:
            return 2


def _compile_leaf(leaf: Term | InCategory) -> Test:
    match leaf:
        case InCategory(pattern, primary):
            codes = taxonomy.expand(pattern)
            if primary:
                return lambda prepared: prepared.primary in codes
            return lambda prepared: not codes.isdisjoint(prepared.categories)
        case Term(field=Field.AUTHOR):
            is_named = author_test(leaf)
            return lambda prepared: any(map(is_named, prepared.authors))
        case term:
            sought = targets(term)
            return lambda prepared: any(_is_in(prepared, *target) for target in sought)


def _is_in(prepared: Prepared, name: str, needles: tuple[str, ...]) -> bool:
    text = prepared.fields.get(name)
    return text is not None and any(needle in text for needle in needles)


def _hits(leaf: Term | InCategory | OfType, prepared: Prepared, kind: AnnounceType) -> Iterator[Reason]:
    """The fields in which a leaf is found."""
    match leaf:
        case Term(field=Field.AUTHOR):
            if any(map(author_test(leaf), prepared.authors)):
                yield Reason(shown(leaf), AUTHOR)
        case Term():
            for name, needles in targets(leaf):
                if _is_in(prepared, name, needles):
                    yield Reason(shown(leaf), name)
        case InCategory(pattern):
            if _compile_leaf(leaf)(prepared):
                yield Reason(pattern, "category")
        case OfType(name):
            if kind == name:
                yield Reason(name, "type")
