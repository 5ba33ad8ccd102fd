"""Which papers of a date a page shows: what its query and its categories find, and how much each category has.

The same as `sudi match` gives for the query together with the categories. Pure; for a thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from bot import taxonomy
from bot.matching import Candidate, match
from bot.matching.papers import type_among
from bot.model import AnnounceType, Reason
from bot.query import And, Query
from bot.query.syntax import all_of
from bot.web.room.asked import Parameters
from bot.web.room.days import DayPapers

_KEPT = 8
"""What is found on a date is kept for so many queries."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A paper that a page shows, as what it was announced to a reader of the page's categories, and why."""

    candidate: Candidate
    type: AnnounceType
    reasons: tuple[Reason, ...] = ()


def seen(one: Candidate) -> Seen:
    """A paper as it was announced, to a reader of all categories."""
    return Seen(one, type_among(one.types, "", None))


@dataclass(frozen=True)
class FoundOn:
    """What was found on one date; the counts follow the query alone, so that another category can be chosen."""

    day: DayPapers
    papers: tuple[Seen, ...]
    codes: tuple[frozenset[str], ...]  # the categories of what the query alone finds, paper by paper
    counts: Counter[str]  # of these

    @property
    def date(self) -> date:
        """The announcement date."""
        return self.day.date

    @cached_property
    def archives(self) -> Counter[str]:
        """How many of these papers each archive has, each once."""
        home = {code: archive for archive in taxonomy.archives() for code in taxonomy.expand(f"{archive}.*")}
        return Counter(
            archive for codes in self.codes for archive in {home[code] for code in codes if code in home}
        )


def found_on(day: DayPapers, asked: Parameters) -> FoundOn:
    """What a page finds on a date; the last ones are kept, for the pages that follow. Raises QueryError."""
    key = str(asked.query or ""), str(asked.both or "")
    known: FoundOn | None = day.found.get(key)
    if known is not None:
        return known
    if asked.query is not None:
        found = _by_query(day, asked, asked.query)
    else:
        found = FoundOn(day, tuple(_by_category(day, asked)), day.codes, day.counts)
    if len(day.found) >= _KEPT:
        day.found.clear()
    day.found[key] = found
    return found


def _by_category(day: DayPapers, asked: Parameters) -> Iterator[Seen]:
    """No text needs to be looked at, nor be brought into normal form."""
    chosen = frozenset[str]().union(*map(taxonomy.expand, asked.categories)) if asked.categories else None
    for one, codes in zip(day.papers, day.codes, strict=True):
        if chosen is None:
            yield seen(one)
        elif not codes.isdisjoint(chosen):
            primary = taxonomy.resolve(one.paper.primary) or one.paper.primary
            yield Seen(one, type_among(one.types, primary, chosen))


def _by_query(day: DayPapers, asked: Parameters, query: Query) -> FoundOn:
    both = asked.both or query
    papers, alone = [], []
    for prepared, codes in zip(day.prepared(), day.codes, strict=True):
        found = match(query, prepared)
        if found is None:
            continue
        alone.append(codes)
        if both is not query and (found := match(both, prepared)) is None:
            continue
        papers.append(Seen(prepared.candidate, found.type, found.reasons))
    return FoundOn(day, tuple(papers), tuple(alone), Counter(code for codes in alone for code in codes))


class PartFound(NamedTuple):
    """A part of a query that finds nothing, all of which must hold."""

    part: str
    alone: int  # papers that it finds by itself
    others: Query | None  # the query without it
    near: int  # papers that this finds


def parts_found(days: Sequence[DayPapers], query: Query) -> list[PartFound]:
    """Why a query finds nothing, part by part, and what it would find without each of them."""
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    queries = [Query(part) for part in parts]
    alone, near = [0] * len(parts), [0] * len(parts)
    for day in days:
        for prepared in day.prepared():
            lacking = [n for n, one in enumerate(queries) if match(one, prepared) is None]
            for n in {*range(len(parts))}.difference(lacking):
                alone[n] += 1
            if len(lacking) == 1 < len(parts):
                near[lacking[0]] += 1
    others = [Query(all_of([*parts[:n], *parts[n + 1 :]])) if len(parts) > 1 else None for n in range(len(parts))]
    return [PartFound(*one) for one in zip(map(str, queries), alone, others, near, strict=True)]
