"""One query against one paper, in plain words of Python: whether it matches, why, and for want of what.

`index` gives the same answers for many at once; a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot import taxonomy
from bot.matching.names import author_needles, is_named
from bot.matching.papers import Prepared, reads, relative_type
from bot.matching.terms import AUTHOR, shown, targets, ways
from bot.model import AnnounceType, Reason
from bot.query import And, Field, InCategory, Leaf, Node, Not, OfType, Or, Query, Term


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
    hits: dict[tuple[str, str], Reason] = {}
    for reason, holds in plan.reasons:
        if holds(prepared):
            hits.setdefault((reason.term, reason.field), reason)
    return Found(relative_type(plan.reads, prepared), tuple(hits.values()))


def title_reasons(query: Query) -> Callable[[Prepared], Iterator[Reason]]:
    """What gives those reasons of a query that stand in a title, in whatever language."""
    tests = [(reason, holds) for reason, holds in _plan(query).reasons if reason.field.startswith("title")]

    def found(prepared: Prepared) -> Iterator[Reason]:
        hits: dict[tuple[str, str], Reason] = {}
        for reason, holds in tests:
            if holds(prepared):
                hits.setdefault((reason.term, reason.field), reason)
        return iter(hits.values())

    return found


def missing(query: Query, prepared: Prepared) -> list[str]:
    """The parts of a query that a paper does not answer, as the query writes them; none when it matches."""
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    reading = _plan(query).reads
    return [str(Query(part)) for part in parts if not _compile(part, reading)(prepared)]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query made ready: what to test, what to explain, relative to what."""

    test: Test
    reasons: tuple[tuple[Reason, Test], ...]
    reads: frozenset[str] | None


@lru_cache(maxsize=4096)
def _plan(query: Query) -> _Plan:
    reading = reads([query])
    reasons = tuple(one for leaf in query.wanted for one in _reasons(leaf, reading))
    return _Plan(_compile(query.root, reading), reasons, reading)


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
            names = author_needles(leaf)
            return lambda prepared: is_named(names, prepared.authors)
        case term:
            places = [_place(*target) for target in targets(term)]
            return lambda prepared: any(is_there(prepared) for is_there in places)


def _place(name: str, needles: tuple[str, ...]) -> Test:
    """Whether one field has any of these needles."""
    if len(needles) == 1:
        (needle,) = needles
        return lambda prepared: needle in prepared.fields.get(name, "")
    return lambda prepared: any(map(prepared.fields.get(name, "").__contains__, needles))


def _reasons(leaf: Leaf, reading: frozenset[str] | None) -> Iterator[tuple[Reason, Test]]:
    """What a leaf may give as a reason, and when it does; of several for one field, the first counts."""
    match leaf:
        case Term(field=Field.AUTHOR):
            yield Reason(shown(leaf), AUTHOR), _compile_leaf(leaf)
        case Term():
            for name, _ in targets(leaf):
                for via, needles in ways(leaf, name):
                    yield Reason(shown(leaf), name, via), _place(name, needles)
        case InCategory(pattern):
            yield Reason(pattern, "category"), _compile_leaf(leaf)
        case OfType(name):
            yield Reason(name, "type"), _compile(leaf, reading)
