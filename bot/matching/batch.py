"""Subscriptions against papers: the index finds the pairs, `explain` says why, and what is muted stays away."""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import QueryError
from bot.matching.explain import match
from bot.matching.papers import Candidate, Prepared, is_wanted, prepare
from bot.model import Match, Subscription
from bot.query import parse

if TYPE_CHECKING:
    from bot.matching.index import Index

Mutes = Mapping[int, tuple[str, ...]]
"""What destinations do not want to see: canonical queries, and ids of papers."""

_PAPER = re.compile(r"[0-9]{4}\.[0-9]{4,5}|[a-z-]+/[0-9]{7}")


class Matcher:
    """Matches batch after batch, and keeps what it has compiled; in a file, when it is given one and a secret key.

    May be used by several threads: one after the other.
    """

    def __init__(self, index_file: Path | None = None, key: bytes = b"") -> None:
        self._index_file = index_file
        self._key = key
        self._lock = threading.Lock()
        self._index: Index | None = None

    def reads(self, queries: Iterable[str]) -> frozenset[str] | None:
        """The categories to be read for all canonical queries that there are; None when that is every category."""
        with self._lock:
            index = self.index
            index.update(queries)
            return index.reads()

    def named(self) -> frozenset[str]:
        """The categories that queries name, of those that were looked at last."""
        with self._lock:
            return self.index.named()

    @property
    def unreadable(self) -> frozenset[str]:
        """What was asked for, when all was looked at last, and is no query any more."""
        return frozenset(self._index.unreadable) if self._index else frozenset()

    def hits(
        self, queries: Collection[str], papers: Iterable[Candidate], *, are_all: bool = True, first: int = 0
    ) -> dict[str, bytes]:
        """Which papers each of these queries finds: their places in order, two bytes each.

        Places are counted from that of the `first` paper, and are at most 65,535. Unless these are all the queries
        that there are, what else was asked for is kept as well.
        """
        ready = [prepare(one) for one in papers]
        found: dict[str, bytes] = {}
        with self._lock:
            index = self.index
            if are_all:
                index.update(queries)
            index.include(queries)
            for pairs in index.match(ready):
                for text, places in pairs._replace(first=first + pairs.first).packed():
                    if text in queries:
                        found[text] = found.get(text, b"") + places
        return found

    @property
    def index(self) -> Index:
        """What it has compiled."""
        if self._index is None:  # NumPy takes a while to load: not before there is something to match
            index = importlib.import_module("bot.matching.index")
            self._index = index.Index(
                index_file=index.IndexFile(self._index_file, self._key) if self._index_file else None
            )
        return self._index


def matches(
    subscriptions: Iterable[Subscription], papers: Iterable[Candidate], mutes: Mutes | None = None
) -> Iterator[Match]:
    """Every match that a digest should carry."""
    by_query: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        by_query.setdefault(subscription.query, []).append(subscription)
    ready = [prepare(one) for one in papers]
    index = Matcher().index
    index.update(by_query)
    for pairs in index.match(ready):
        for text, numbers in pairs.by_query():
            yield from _explained(text, [ready[one] for one in numbers], by_query[text], mutes or {})


def muted_by(mutes: Iterable[str], prepared: Prepared) -> str | None:
    """What of a destination's mutes holds for a paper, None when nothing does."""
    return next((text for text in mutes if _is_muted(text, prepared)), None)


def _explained(
    text: str, papers: Iterable[Prepared], subscriptions: Sequence[Subscription], mutes: Mutes
) -> Iterator[Match]:
    query = parse(text)
    for prepared in papers:
        found = match(query, prepared)
        if found is None or not is_wanted(query, found.type):
            raise AssertionError(f"the index and the explanation differ on {text}")
        one = prepared.candidate
        for subscription in subscriptions:
            if not muted_by(mutes.get(subscription.destination_id, ()), prepared):
                yield Match(subscription.id, one.paper.id, one.paper.version, one.date, found.type, found.reasons)


def _is_muted(text: str, prepared: Prepared) -> bool:
    if _PAPER.fullmatch(text):
        return text == prepared.candidate.paper.id
    try:
        return match(parse(text), prepared) is not None
    except QueryError:  # it was one when it was stored
        return False
