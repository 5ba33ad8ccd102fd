"""Who gets what, and why: queries against announced papers. Pure; correct before fast.

Texts and terms meet in one normal form (`text.normal.flat`): words and runs of Chinese between single
spaces. So a word, a phrase, a hyphen, a prefix and a Chinese substring are all one test, `needle in flat`,
and nothing matches inside a word, across two fields or across two authors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot import taxonomy
from bot.model import ALL, Announcement, AnnounceType, Match, Paper, Reason, Subscription, Summary
from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Query, Term, parse
from bot.text.glossary import english
from bot.text.latex import readable
from bot.text.normal import flat, forms, has_han, words

_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}
_AS_CROSS = {AnnounceType.NEW: AnnounceType.CROSS, AnnounceType.REPLACE: AnnounceType.REPLACE_CROSS}
_ENGLISH = {
    None: ("title", "abstract", "comment"),
    Field.TITLE: ("title",),
    Field.ABSTRACT: ("abstract",),
    Field.COMMENT: ("comment",),
}
_CHINESE = {None: ("title_zh", "abstract_zh"), Field.TITLE: ("title_zh",), Field.ABSTRACT: ("abstract_zh",)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One paper of one mailing: `types` has how each listing announced it, by category."""

    paper: Paper
    types: Mapping[str, AnnounceType]
    date: date
    summary: Summary | None = None  # the Chinese texts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A candidate in normal form; prepare it once, match it against every query."""

    candidate: Candidate
    fields: Mapping[str, str]
    english: str  # title, abstract and comment in one, apart from each other
    authors: tuple[str, ...]
    categories: frozenset[str]  # canonical
    primary: str  # canonical


@dataclass(frozen=True, slots=True)
class Found:
    """That a query matches a paper: its type for the categories of the query, and the reasons."""

    type: AnnounceType
    reasons: tuple[Reason, ...]


Test = Callable[[Prepared], bool]


def candidates(
    announcements: Iterable[Announcement], summaries: Mapping[tuple[str, int], Summary]
) -> list[Candidate]:
    """One candidate for each version of a paper, with all the categories that announced it."""
    found: dict[tuple[str, int], Candidate] = {}
    for one in announcements:
        key = (one.paper.id, one.paper.version)
        known = found.get(key)
        types = {**(known.types if known else {}), one.category: one.type}
        day = max(known.date, one.date) if known else one.date
        found[key] = Candidate(one.paper, types, day, summaries.get(key))
    return list(found.values())


def prepare(candidate: Candidate) -> Prepared:
    """Bring the texts of a candidate into normal form."""
    paper, summary = candidate.paper, candidate.summary
    fields = {"title": paper.title, "abstract": paper.abstract, "comment": paper.comments}
    if summary is not None:
        fields |= {"title_zh": summary.title, "abstract_zh": summary.abstract}
    normal = {name: flat(readable(text)) for name, text in fields.items()}
    return Prepared(
        candidate,
        normal,
        "\n".join(normal[name] for name in _ENGLISH[None]),
        tuple(flat(readable(author)) for author in paper.authors),
        frozenset(map(_canonical, paper.categories)),
        _canonical(paper.primary),
    )


def match(query: Query, prepared: Prepared) -> Found | None:
    """How a query matches a paper, None when it does not."""
    return _found(_plan(query), prepared)


def _found(plan: _Plan, prepared: Prepared) -> Found | None:
    if not plan.test(prepared):
        return None
    kind = _relative_type(plan.reads, prepared)
    hits = [reason for leaf in plan.leaves for reason in _hits(leaf, prepared, kind)]
    return Found(kind, tuple(dict.fromkeys(hits)))


def is_wanted(query: Query, kind: AnnounceType) -> bool:
    """Whether a digest should carry it: revised papers only when the query speaks of types."""
    return not kind.is_revision or query.has_type


def reads(queries: Iterable[Query]) -> frozenset[str] | None:
    """The canonical categories that must be read for these queries; None when that is all of them."""
    read: set[str] = set()
    for query in queries:
        if not _bounded(query.root):
            return None
        read |= query.categories
    return frozenset(read)


def matches(subscriptions: Iterable[Subscription], papers: Iterable[Candidate]) -> Iterator[Match]:
    """Every match that a digest should carry."""
    ready = [prepare(one) for one in papers]
    by_query: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        by_query.setdefault(subscription.query, []).append(subscription)
    for text, group in by_query.items():
        query = parse(text)
        plan = _plan(query)
        for prepared in ready:
            found = _found(plan, prepared)
            if found is None or not is_wanted(query, found.type):
                continue
            one = prepared.candidate
            for subscription in group:
                yield Match(subscription.id, one.paper.id, one.paper.version, one.date, found.type, found.reasons)


@dataclass(frozen=True, slots=True)
class _Plan:
    """A query made ready: what to test, what to explain, relative to what."""

    test: Test
    leaves: tuple[Term | InCategory | OfType, ...]
    reads: frozenset[str] | None


@lru_cache(maxsize=4096)
def _plan(query: Query) -> _Plan:
    reading = reads([query])
    return _Plan(_compile(query.root, reading), tuple(dict.fromkeys(_wanted(query.root))), reading)


def _wanted(node: Node) -> Iterator[Term | InCategory | OfType]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _wanted(part)
        case Not():
            return
        case leaf:
            yield leaf


def _bounded(node: Node) -> bool:
    """Whether only papers of the named categories can satisfy it."""
    match node:
        case InCategory():
            return True
        case And(parts):
            return any(map(_bounded, parts))
        case Or(parts):
            return all(map(_bounded, parts))
        case _:
            return False


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
            return lambda prepared: _relative_type(reading, prepared) is wanted
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
            names = _author_test(leaf)
            return lambda prepared: any(map(names, prepared.authors))
        case Term(field=None) if not has_han(leaf.text):
            needles = _needles(leaf)
            if len(needles) == 1:
                return lambda prepared: needles[0] in prepared.english
            return lambda prepared: any(needle in prepared.english for needle in needles)
        case term:
            targets = _targets(term)
            return lambda prepared: any(_is_in(prepared, *target) for target in targets)


def _is_in(prepared: Prepared, name: str, needles: tuple[str, ...]) -> bool:
    text = prepared.fields.get(name)
    return text is not None and any(needle in text for needle in needles)


def _hits(leaf: Term | InCategory | OfType, prepared: Prepared, kind: AnnounceType) -> Iterator[Reason]:
    """The fields in which a leaf is found."""
    match leaf:
        case Term(field=Field.AUTHOR):
            if any(map(_author_test(leaf), prepared.authors)):
                yield Reason(_shown(leaf), "author")
        case Term():
            for name, needles in _targets(leaf):
                if _is_in(prepared, name, needles):
                    yield Reason(_shown(leaf), name)
        case InCategory(pattern):
            if _compile_leaf(leaf)(prepared):
                yield Reason(pattern, "category")
        case OfType(name):
            if kind == name:
                yield Reason(name, "type")


def _shown(term: Term) -> str:
    return f'"{term.text}"' if term.quoted else term.text + ("*" if term.prefix else "")


@lru_cache(maxsize=65536)
def _targets(term: Term) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where a term is looked for, and as what: the fields with the needles for each."""
    own = _needles(term)
    if not has_han(term.text):
        return tuple((name, own) for name in _ENGLISH[term.field])
    translated = tuple(needle for phrase in english(term.text) for needle in _bent(words(phrase)))
    chinese = tuple((name, own) for name in _CHINESE.get(term.field, ()))
    return chinese + tuple((name, own + translated) for name in _ENGLISH[term.field])


def _needles(term: Term) -> tuple[str, ...]:
    found = words(term.text)
    if not (term.quoted or term.prefix or has_han(term.text)):
        return _bent(found)
    before = "" if has_han(found[0][0]) else " "
    after = "" if term.prefix or has_han(found[-1][-1]) else " "
    return (f"{before}{' '.join(found)}{after}",)


def _bent(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Words side by side; the last one in singular and plural, where English bends its compounds."""
    *first, last = phrase
    return tuple(f" {' '.join([*first, form])} " for form in forms(last))


def _author_test(term: Term) -> Callable[[str], bool]:
    """A name as a phrase in one author; a full name also by initials and around middle names."""
    last, comma, first = term.text.partition(",")
    found = words(f"{first} {last}" if comma else term.text)
    needle = f" {' '.join(found)}" + ("" if term.prefix else " ")
    if not term.quoted or len(found) < 2:
        return lambda author: needle in author

    def is_same(author: str) -> bool:
        name = author.split()
        if needle in author or not name or name[-1] != found[-1]:
            return needle in author
        short, long = sorted((name[0], found[0]), key=len)
        return len(name) > 1 and (short == long or (len(short) == 1 and long.startswith(short)))

    return is_same


def _relative_type(reading: frozenset[str] | None, prepared: Prepared) -> AnnounceType:
    """The announce type for somebody who reads these categories, as arXiv derives it for a feed of them."""
    types = prepared.candidate.types
    if reading is None:
        return min(types.values(), key=_ORDER.__getitem__)
    read = [kind for category, kind in types.items() if category in reading]
    kind = min(read or types.values(), key=_ORDER.__getitem__)
    return kind if prepared.primary in reading else _AS_CROSS.get(kind, kind)


def _canonical(code: str) -> str:
    return code if code == ALL else taxonomy.resolve(code) or code
