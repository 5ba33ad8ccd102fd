"""Papers that some subscriptions find, ranked without their reasons: only what is shown has to be explained."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.digest import Standing, in_turn
from bot.matching.batch import muted_by
from bot.matching.explain import match, title_reasons
from bot.matching.papers import ORDER, Candidate, Prepared, prepare, reads, relative_type
from bot.model import Match, Paper, Reason, Subscription
from bot.query import Query, parse


@dataclass(frozen=True, slots=True)
class Sighting:
    """One paper, and the subscriptions that find it."""

    prepared: Prepared
    finders: tuple[_Finder, ...]

    @property
    def paper(self) -> Paper:
        """The paper itself."""
        return self.prepared.candidate.paper

    @property
    def matches(self) -> Iterator[Match]:
        """How each subscription finds it."""
        one = self.prepared.candidate
        for finder in self.finders:
            if found := match(finder.query, self.prepared):
                number = finder.subscription.id
                yield Match(number, one.paper.id, one.paper.version, one.date, found.type, found.reasons)

    @property
    def standing(self) -> Standing:
        """What its place among others depends on: that of the card that is made of its matches."""
        one = self.prepared.candidate
        types = (relative_type(finder.reading, self.prepared) for finder in self.finders)
        in_title = {reason.term for finder in self.finders for reason in finder.title_reasons(self.prepared)}
        kind = min(types, key=ORDER.__getitem__)
        return Standing(one.date, kind, len(self.finders), len(in_title), one.paper.id)


@dataclass(frozen=True, slots=True)
class _Finder:
    """One subscription, made ready."""

    subscription: Subscription
    query: Query
    reading: frozenset[str] | None
    title_reasons: Callable[[Prepared], Iterator[Reason]]


def sightings(
    subscriptions: Iterable[Subscription], papers: Iterable[Candidate], mutes: Sequence[str] = ()
) -> list[Sighting]:
    """All papers that these subscriptions would find, in turn: the newest version of each, none that is muted."""
    ready = [prepare(one) for one in papers]
    by_query: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        by_query.setdefault(subscription.query, []).append(subscription)
    finders: dict[int, list[_Finder]] = {}
    index = importlib.import_module("bot.matching.index").Index(by_query)  # NumPy takes a while to load
    for pairs in index.match(ready):
        for text, numbers in pairs.by_query():
            query = parse(text)
            some = [_Finder(one, query, reads([query]), title_reasons(query)) for one in by_query[text]]
            for number in numbers:
                finders.setdefault(number, []).extend(some)
    found = [Sighting(ready[number], tuple(some)) for number, some in finders.items()]
    wanted = [one for one in found if not muted_by(mutes, one.prepared)]
    newest = {one.paper.id: one for one in sorted(wanted, key=lambda one: one.paper.version)}
    return in_turn(newest.values(), lambda one: one.standing)
