"""Matches -> Digest: merge what several subscriptions found, rank it, cap it. Pure.

A digest is whatever has matched for a destination and is in no delivery yet; which matches those are is
the store's business, how it looks is the channel's.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.model import (
    AnnounceType,
    Change,
    Coverage,
    Destination,
    Fault,
    Language,
    Match,
    NoMailing,
    Paper,
    Reason,
    Subscription,
    Summary,
)

Version = tuple[str, int]
"""A paper's id and version."""

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

    @property
    def lacks(self) -> bool:
        """Whether a reader of Chinese misses something."""
        return self.summary is None or not (self.summary.title and self.summary.abstract)


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
class Silence:
    """What a digest without papers says instead."""

    why: Why
    dates: tuple[date, ...]  # that it is about, Eastern, oldest first
    reason: NoMailing | None = None  # why nothing was announced, if that is known
    read: int = 0  # announcements of the destination's categories


@dataclass(frozen=True, slots=True)
class Report:
    """What was read for one destination, and what was not."""

    coverage: tuple[Coverage, ...] = ()
    faults: tuple[Fault, ...] = ()
    silence: Silence | None = None  # where there are no papers, and there is something to say


@dataclass(frozen=True, slots=True)
class Digest:
    """What goes to one destination at once; `key` is stable over retries (the delivery's id)."""

    key: str
    destination: Destination
    cards: tuple[Card, ...]
    matched: int  # before the cap
    coverage: tuple[Coverage, ...] = ()
    rest: tuple[Card, ...] = ()  # what the cap left out: named, but not shown whole
    faults: tuple[Fault, ...] = ()  # what is missing in it
    silence: Silence | None = None
    lack: Lack = Lack.NOTHING
    changes: tuple[Change, ...] = ()  # what has become of papers that came before

    @property
    def lacks(self) -> bool:
        """Whether a paper is shown without the Chinese texts that its reader wants."""
        return self.destination.language is not Language.EN and any(card.lacks for card in self.cards)

    @property
    def more(self) -> int:
        """How many matched papers the cap left out."""
        return self.matched - len(self.cards)

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
    """One card for each paper, best first: new before cross before revised, then by how much matched."""
    merged: dict[str, list[Match]] = {}
    for match in matches:
        merged.setdefault(match.paper_id, []).append(match)
    found = [_card(group, papers, subscriptions, summaries) for group in merged.values()]
    return sorted(found, key=_rank)


def compose(key: str, destination: Destination, ranked: Sequence[Card], *, report: Report, cap: int) -> Digest:
    """The digest of these cards; at most `cap` of them are shown whole, all are counted and named."""
    shown, rest = tuple(ranked[:cap]), tuple(ranked[cap:])
    return Digest(key, destination, shown, len(ranked), report.coverage, rest, report.faults, report.silence)


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


def _rank(card: Card) -> tuple[int, int, int, str]:
    in_title = any(reason.field.startswith("title") for reason in card.reasons)
    return (_ORDER[card.type], -len(card.subscriptions), 0 if in_title else 1, card.paper.id)
