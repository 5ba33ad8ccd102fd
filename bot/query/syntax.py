"""The tree of a query and its canonical text: `parse(str(query)) == query`. Reading text is not done here.

Trees have one form: build them with `all_of`, `any_of` and `negated`, which flatten and remove what says
nothing, rather than with And, Or and Not.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from bot import taxonomy


class Field(enum.StrEnum):
    """The part of a paper in which a term is looked for."""

    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Term:
    """Words to be found side by side.

    `text` is what was typed, NFKC, with single spaces, without quotes and star. An unquoted text has no
    spaces and is never a keyword, a field or (without field) a category: the language has no way to write it.
    """

    text: str
    field: Field | None  # None: title, abstract or comments
    quoted: bool  # exactly so: no plurals
    prefix: bool  # was written with a star: the last word goes on


@dataclass(frozen=True, slots=True)
class InCategory:
    """A category or a whole archive; primary or cross-listed unless `primary`."""

    pattern: str  # a canonical code, or an archive as `cs.*`
    primary: bool


@dataclass(frozen=True, slots=True)
class OfType:
    """An announce type: new, cross, replace or replace-cross."""

    type: str


@dataclass(frozen=True, slots=True)
class And:
    """All of two parts or more, none of which is an And."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two parts or more, none of which is an Or."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a part that is not itself a Not."""

    part: Node


Leaf = Term | InCategory | OfType
Node = Leaf | And | Or | Not


def all_of(parts: Iterable[Node]) -> Node:
    """The conjunction of one part or more: flat, without duplicates, in order."""
    flat = dict.fromkeys(leaf for part in parts for leaf in (part.parts if isinstance(part, And) else (part,)))
    return And(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def any_of(parts: Iterable[Node]) -> Node:
    """The disjunction of one part or more: flat, without duplicates, in order."""
    flat = dict.fromkeys(leaf for part in parts for leaf in (part.parts if isinstance(part, Or) else (part,)))
    return Or(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def negated(part: Node) -> Node:
    """The contrary of a part; twice is not at all."""
    return part.part if isinstance(part, Not) else Not(part)


def names_categories(node: Node) -> bool:
    """Whether this is a category or a choice of categories: side by side, such nodes mean either of them."""
    return isinstance(node, InCategory) or (
        isinstance(node, Or) and all(isinstance(part, InCategory) for part in node.parts)
    )


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `str` is the canonical text, by which equal queries are merged."""

    root: Node

    def __str__(self) -> str:
        return _text(self.root)

    @property
    def categories(self) -> frozenset[str]:
        """The canonical codes that are to be read for this query: what it excludes does not count.

        Bare archives that only very old papers carry (`astro-ph`) cannot be read, and are left out.
        """
        leaves = (leaf for leaf in _wanted(self.root) if isinstance(leaf, InCategory))
        codes = frozenset[str]().union(*(taxonomy.expand(leaf.pattern) for leaf in leaves))
        return codes & taxonomy.categories().keys()

    @property
    def has_type(self) -> bool:
        """Whether an announce type is named anywhere, be it to exclude it."""
        return any(isinstance(leaf, OfType) for leaf in _leaves(self.root))

    @property
    def wanted(self) -> tuple[Leaf, ...]:
        """What is asked for, in order and once each: what the query excludes does not count."""
        return tuple(dict.fromkeys(_wanted(self.root)))

    @property
    def terms(self) -> tuple[Term, ...]:
        """The terms that are looked for, in order and once each: what the query excludes does not count."""
        return tuple(dict.fromkeys(leaf for leaf in _wanted(self.root) if isinstance(leaf, Term)))


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part):
            yield from _leaves(part)
        case leaf:
            yield leaf


def _wanted(node: Node) -> Iterator[Leaf]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part)
        case Not():
            return
        case leaf:
            yield leaf


def _text(node: Node) -> str:
    match node:
        case Term():
            return _term_text(node)
        case InCategory(pattern, primary):
            return f"primary:{pattern}" if primary else pattern
        case OfType(type_):
            return f"type:{type_}"
        case Not(And() | Or() as part):
            return f"-({_text(part)})"
        case Not(part):
            return f"-{_text(part)}"
        case Or(parts):
            joint = " OR " if any(isinstance(part, And | Not) for part in parts) else ", "
            return joint.join(map(_text, parts))
        case And(parts):
            return _sequence_text(parts)


def _term_text(term: Term) -> str:
    field = f"{term.field}:" if term.field else ""
    if term.quoted:
        return f'{field}"{term.text}"'
    return f"{field}{term.text}*" if term.prefix else f"{field}{term.text}"


def _sequence_text(parts: tuple[Node, ...]) -> str:
    """Parts joined by spaces, but by AND between categories, where a space would mean either of them."""
    text = _part_text(parts[0])
    for before, part in pairwise(parts):
        both = names_categories(before) and names_categories(part)
        text += (" AND " if both else " ") + _part_text(part)
    return text


def _part_text(part: Node) -> str:
    is_loose = isinstance(part, Or) and any(isinstance(choice, And | Not) for choice in part.parts)
    return f"({_text(part)})" if is_loose else _text(part)
