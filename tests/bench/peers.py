"""Three other ways to match the same day, to be compared with ours in one run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

import ahocorasick_rs

from bot import taxonomy
from bot.matching import Candidate, Prepared, reads
from bot.matching.names import author_needles
from bot.matching.terms import targets
from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Query, Term
from bot.text.normal import has_han, words

Found = dict[str, list[int]]
"""The numbers of the papers that a query matches, by its canonical text; queries without any are left out."""


def naive(day: Sequence[Candidate], queries: Sequence[Query]) -> None:
    """What bots do: `keyword.lower() in text.lower()`, the category first. Its answers are wrong."""
    for query in queries:
        keywords = [term.text for term in query.terms]
        for one in day:
            paper = one.paper
            if query.categories and query.categories.isdisjoint(paper.categories):
                continue
            chinese = f"{one.summary.title} {one.summary.abstract}" if one.summary else ""
            text = f"{paper.title} {paper.abstract} {paper.comments} {' '.join(paper.authors)} {chinese}"
            any(keyword.lower() in text.lower() for keyword in keywords)


class FullText:
    """SQLite's FTS5: papers indexed once, then one MATCH for each query."""

    def __init__(self, day: Sequence[Prepared]) -> None:
        self._connection = sqlite3.connect(":memory:")
        self._connection.execute("CREATE VIRTUAL TABLE paper USING fts5(text, author, label, detail=full)")
        self._connection.executemany("INSERT INTO paper (rowid, text, author, label) VALUES (?, ?, ?, ?)", [
            (number, " qend ".join(map(_apart, one.fields.values())), _names(one), _labels(one))
            for number, one in enumerate(day)
        ])  # fmt: skip

    def match(self, queries: Sequence[Query]) -> Found:
        """All papers of all queries."""
        found = {}
        for query in queries:
            rows = self._connection.execute("SELECT rowid FROM paper WHERE paper MATCH ?", (_expression(query),))
            if numbers := sorted(row[0] for row in rows):
                found[str(query)] = numbers
        return found


_MARKS = {mark: f"q{mark}q" for mark in range(1, 6)}
"""Letters for the marks of names: FTS5 would take them for spaces."""


def _names(one: Prepared) -> str:
    return " qend ".join(one.authors).translate(_MARKS)


def _apart(flat: str) -> str:
    """Chinese characters as words, with a mark where a run of them ends."""
    if flat.isascii():
        return flat
    return " ".join(f"{' '.join(run)} qend" if has_han(run) else run for run in flat.split())


def _labels(one: Prepared) -> str:
    fresh = "fresh" if any(not kind.is_revision for kind in one.candidate.types.values()) else ""
    return " ".join([*map(_code, one.categories), "p" + _code(one.primary), fresh])


def _code(category: str) -> str:
    return "q" + category.replace(".", "q").replace("-", "q").lower()


def _expression(query: Query) -> str:
    text = _clause(query.root, reads([query]))
    return text if query.has_type else f"({text}) AND label:fresh"


def _clause(node: Node, reading: frozenset[str] | None) -> str:
    match node:
        case And(parts):
            excluded = [part.part for part in parts if isinstance(part, Not)]
            wanted = " AND ".join(f"({_clause(p, reading)})" for p in parts if not isinstance(p, Not))
            return "".join([wanted, *(f" NOT ({_clause(part, reading)})" for part in excluded)])
        case Or(parts):
            return " OR ".join(f"({_clause(part, reading)})" for part in parts)
        case OfType():  # type:new, the only one of the workload
            own = " OR ".join(f"label:p{_code(code)}" for code in sorted(reading or ()))
            return f"({own}) AND label:fresh" if own else "label:fresh"
        case InCategory(pattern):
            return " OR ".join(f"label:{_code(code)}" for code in sorted(taxonomy.expand(pattern)))
        case Term(field=Field.AUTHOR, prefix=prefix) as term:
            names = [needle.strip().translate(_MARKS) for needle in author_needles(term)]
            return " OR ".join(f'author:"{name}"{"*" * prefix}' for name in names)
        case Term(text, _, _, prefix) as term:
            own = _apart(" ".join(words(text))).removesuffix(" qend")
            is_plain = not (prefix or has_han(text))
            found = {needle.strip() for _, needles in targets(term) for needle in needles} if is_plain else {own}
            return " OR ".join(f'text:"{phrase}"{"*" * prefix}' for phrase in found)
    raise AssertionError(node)


class Automaton:
    """ahocorasick_rs over all needles, then the queries over bit sets that are Python's integers."""

    def __init__(self, queries: Sequence[Query]) -> None:
        texts: dict[str, int] = {}
        names: dict[str, int] = {}
        self._queries = [(str(query), query.has_type, self._test(query, texts, names)) for query in queries]
        self._texts = ahocorasick_rs.AhoCorasick(list(texts), store_patterns=False)
        self._names = ahocorasick_rs.AhoCorasick(list(names), store_patterns=False) if names else None
        self._known: dict[tuple[str, object], int] = {}

    def _test(self, query: Query, texts: dict[str, int], names: dict[str, int]) -> Callable[[], int]:
        reading = reads([query])

        def read(node: Node) -> Callable[[], int]:
            match node:
                case And(parts):
                    every = [read(part) for part in parts]
                    return lambda: _all([test() for test in every])
                case Or(parts):
                    some = [read(part) for part in parts]
                    return lambda: _any([test() for test in some])
                case Not(part):
                    inner = read(part)
                    return lambda: ~inner()
                case InCategory(pattern):
                    codes = [("category", code) for code in taxonomy.expand(pattern)]
                    return lambda: _any([self._known.get(code, 0) for code in codes])
                case OfType():
                    own = [("primary", code) for code in reading or ()]
                    return lambda: (_any([self._known.get(code, 0) for code in own]) if own else -1) & self._fresh
                case Term(field=Field.AUTHOR):
                    keys = [("name", names.setdefault(one, len(names))) for one in author_needles(node)]
                case term:
                    needles = dict.fromkeys(one for _, some_needles in targets(term) for one in some_needles)
                    keys = [("text", texts.setdefault(needle, len(texts))) for needle in needles]
            return lambda: _any([self._known.get(key, 0) for key in keys])

        return read(query.root)

    def match(self, day: Sequence[Prepared]) -> Found:
        """All papers of all queries."""
        known: dict[tuple[str, object], int] = {}
        self._fresh = 0
        for number, one in enumerate(day):
            bit = 1 << number
            found = self._texts.find_matches_as_indexes("\n".join(one.fields.values()), overlapping=True)
            keys: set[tuple[str, object]] = {("text", hit[0]) for hit in found}
            if self._names:
                hits = self._names.find_matches_as_indexes("\n".join(one.authors), overlapping=True)
                keys |= {("name", hit[0]) for hit in hits}
            keys |= {("category", code) for code in one.categories} | {("primary", one.primary)}
            if any(not kind.is_revision for kind in one.candidate.types.values()):
                self._fresh |= bit
            for key in keys:
                known[key] = known.get(key, 0) | bit
        self._known = known
        result = {}
        for text, has_type, test in self._queries:
            bits = test() & (-1 if has_type else self._fresh)
            if bits:
                result[text] = _numbers(bits)
        return result


def _all(sets: list[int]) -> int:
    result = -1
    for one in sets:
        result &= one
    return result


def _any(sets: list[int]) -> int:
    result = 0
    for one in sets:
        result |= one
    return result


def _numbers(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
