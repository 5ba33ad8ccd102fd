"""Matches -> Digest: merge what several subscriptions found, rank it, cap it. Pure.

A digest is whatever has matched for a destination and is in no delivery yet; which matches those are is
the store's business, how it looks is the channel's.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import NamedTuple, TypeVar

from bot.model import (
    AnnounceType,
    Change,
    Coverage,
    Destination,
    Fault,
    Match,
    NoAnnouncement,
    Paper,
    Reason,
    Subscription,
    Summary,
)

Version = tuple[str, int]
"""A paper's id and version."""

NAMED = 100
"""Papers beyond the cap that a digest names by title and link; further ones are on the pages of `today`."""

PAGE = 20
"""Papers on one page of `today`: what the answers of every channel have room for."""

_T = TypeVar("_T")
_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}


@dataclass(frozen=True, slots=True)
class Card:
    """One paper as one destination sees it: once, naming every subscription that found it."""

    paper: Paper
    type: AnnounceType
    date: date  # of the announcement, Eastern
    reasons: tuple[Reason, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    summary: Summary | None = None  # the Chinese texts, where there are any
    english: Summary | None = None  # one line, a model's or the authors'
    is_announced: bool = True  # False: nobody has told us of it but arXiv, when asked

    @property
    def lacks(self) -> bool:
        """Whether a reader of Chinese misses something."""
        return self.summary is None or not (self.summary.title and self.summary.abstract)


class Standing(NamedTuple):
    """What the destination of a paper among others depends on."""

    date: date
    type: AnnounceType
    subscriptions: int  # that found it
    in_title: int  # of their terms
    id: str

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Among those of its date: new before cross-listed before revised, then by how much matched."""
        return (_ORDER[self.type], -self.subscriptions, -self.in_title, self.id)


class Lack(enum.StrEnum):
    """Why Chinese texts are missing."""

    NOTHING = ""
    SETUP = "setup"  # nobody makes any here
    BUDGET = "budget"  # of this day is used up
    LATE = "late"  # they have not come in time


class Why(enum.StrEnum):
    """Why there are no papers."""

    NO_ANNOUNCEMENT = "no_announcement"
    NOTHING_MATCHED = "nothing_matched"
    FAULT = "fault"  # something could not be read
    NOT_YET = "not_yet"  # an announcement is awaited


@dataclass(frozen=True, slots=True)
class NoPapers:
    """What a digest without papers says instead."""

    why: Why
    dates: tuple[date, ...]  # that it is about, Eastern, oldest first
    reason: NoAnnouncement | None = None  # why nothing was announced, if that is known
    read: int = 0  # announcements of the destination's categories


@dataclass(frozen=True, slots=True)
class Report:
    """What was read for one destination, and what was not."""

    coverage: tuple[Coverage, ...] = ()
    faults: tuple[Fault, ...] = ()
    no_papers: NoPapers | None = None  # where there are no papers, and there is something to say


@dataclass(frozen=True, slots=True)
class Further:
    """Papers of one date that a digest neither shows nor names."""

    date: date
    count: int
    page: int  # of `today` for that date, on which they begin


@dataclass(frozen=True, slots=True)
class Digest:
    """What goes to one destination at once; `key` is stable over retries (that of the delivery)."""

    key: str
    destination: Destination
    cards: tuple[Card, ...]
    matched: int  # before the cap
    coverage: tuple[Coverage, ...] = ()
    rest: tuple[Card, ...] = ()  # what the cap left out, in the order in which it is named
    faults: tuple[Fault, ...] = ()  # what is missing in it
    no_papers: NoPapers | None = None
    lack: Lack = Lack.NOTHING
    changes: tuple[Change, ...] = ()  # what has become of papers that came before
    previous: str = ""  # the key of the last one that was sent there, not long ago
    link: str = ""  # the page with exactly its papers, where they are read on pages

    @property
    def lacks(self) -> bool:
        """Whether a paper is shown without the Chinese texts that its reader wants."""
        return self.lack is not Lack.NOTHING

    @property
    def named(self) -> tuple[Card, ...]:
        """What is not shown whole, but named."""
        return self.rest[:NAMED]

    @property
    def further(self) -> tuple[Further, ...]:
        """What is not even named, by date, newest first, and where it is found."""
        before = Counter(card.date for card in (*self.cards, *self.named))
        counts = Counter(card.date for card in self.rest[NAMED:])
        return tuple(Further(day, counts[day], before[day] // PAGE + 1) for day in sorted(counts, reverse=True))

    @property
    def dates(self) -> tuple[date, ...]:
        """The announcement dates in it, oldest first."""
        return tuple(sorted({card.date for card in self.cards}))


def cards(
    matches: Iterable[Match],
    papers: Mapping[Version, Paper],
    subscriptions: Mapping[int, Subscription],
    summaries: Mapping[Version, Summary],
) -> list[Card]:
    """One card for each paper, in turn."""
    merged: dict[str, list[Match]] = {}
    for match in matches:
        merged.setdefault(match.paper_id, []).append(match)
    found = [_card(group, papers, subscriptions, summaries) for group in merged.values()]
    return in_turn(found, standing)


def in_turn(found: Iterable[_T], standing: Callable[[_T], Standing]) -> list[_T]:
    """Papers in the order in which room is given to them: the best of each date, then the second best of each.

    The newest date begins, so that every date has its share under a cap.
    """
    by_date: dict[date, list[tuple[Standing, _T]]] = {}
    for one in found:
        here = standing(one)
        by_date.setdefault(here.date, []).append((here, one))
    for some in by_date.values():
        some.sort(key=lambda each: each[0].rank)
    rounds = zip_longest(*(by_date[day] for day in sorted(by_date, reverse=True)))
    return [each[1] for one in rounds for each in one if each is not None]


def compose(key: str, destination: Destination, ranked: Sequence[Card], *, report: Report, cap: int) -> Digest:
    """The digest of cards that are in turn: `cap` of them are shown whole, others are named or found elsewhere.

    What is shown and what is named stand date by date, the newest first.
    """
    shown, named = (_by_date(some) for some in (ranked[:cap], ranked[cap : cap + NAMED]))
    rest = (*named, *ranked[cap + NAMED :])
    return Digest(key, destination, shown, len(ranked), report.coverage, rest, report.faults, report.no_papers)


def _by_date(some: Iterable[Card]) -> tuple[Card, ...]:
    return tuple(sorted(some, key=lambda card: card.date, reverse=True))


def _card(
    group: list[Match],
    papers: Mapping[Version, Paper],
    subscriptions: Mapping[int, Subscription],
    summaries: Mapping[Version, Summary],
) -> Card:
    newest = max(group, key=lambda match: match.version)
    version = (newest.paper_id, newest.version)
    group = [match for match in group if match.version == newest.version]  # what is revised is not new any more
    named = {match.subscription_id: subscriptions[match.subscription_id] for match in group}
    return Card(
        paper=papers[version],
        type=min((match.type for match in group), key=_ORDER.__getitem__),
        date=newest.date,
        reasons=tuple(dict.fromkeys(reason for match in group for reason in match.reasons)),
        subscriptions=tuple(sorted(named.values(), key=lambda one: one.number)),
        summary=summaries.get(version),
    )


def standing(card: Card) -> Standing:
    """What the destination of a card among others depends on."""
    in_title = {reason.term for reason in card.reasons if reason.field.startswith("title")}
    return Standing(card.date, card.type, len(card.subscriptions), len(in_title), card.paper.id)
