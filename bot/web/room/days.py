"""Announcement dates at hand: their papers in order, their texts, and how much of them was read.

A date is loaded when somebody asks for it, and again when anything of it has changed. What a page says of it is
not decided here.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from bot import taxonomy
from bot.matching import Candidate, Prepared, candidates, prepare
from bot.matching.papers import ORDER
from bot.model import ALL, AnnouncementDay, Coverage, Fault, Language, Summary
from bot.store import Store, Transaction
from bot.store.versions import Version

AT_HAND = 5
"""Dates that are kept in memory: a full one takes about 25 MB."""

_FRESH_SECONDS = 2.0
"""How long what was seen of the store is taken for true."""


@dataclass(frozen=True, slots=True)
class DayState:
    """All that a page of one date depends on."""

    announced: int = 0
    fetched_at: datetime | None = None
    texts: tuple[int, datetime | None] = (0, None)
    coverage: tuple[Coverage, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def read(self) -> frozenset[str]:
        """The categories that were read, ALL among them for a page that has everything."""
        return frozenset(row.category for row in self.coverage)

    def has_read(self, code: str) -> bool:
        """Whether a category was read on that date."""
        return not self.read.isdisjoint({code, ALL})


@dataclass
class DayPapers:
    """The papers of one date: new before cross-listed before revised, each in the order of its listing."""

    date: date
    state: DayState
    papers: tuple[Candidate, ...]
    english: Mapping[Version, Summary]
    found: dict[tuple[str, str], Any] = field(default_factory=dict)  # what queries have found last
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ready: dict[int, Prepared] = field(default_factory=dict)

    @cached_property
    def codes(self) -> tuple[frozenset[str], ...]:
        """The canonical categories of each paper."""
        return tuple(
            frozenset(taxonomy.resolve(code) or code for code in one.paper.categories) for one in self.papers
        )

    @cached_property
    def counts(self) -> Counter[str]:
        """How many papers each category has, cross-listed ones too."""
        return Counter(code for codes in self.codes for code in codes)

    @cached_property
    def chinese(self) -> int:
        """How many papers have Chinese texts."""
        return sum(one.summary is not None and bool(one.summary.title) for one in self.papers)

    def prepared(self) -> Sequence[Prepared]:
        """The papers in normal form; made at the first call, which takes most of a second. For a thread."""
        with self._lock:
            for place, one in enumerate(self.papers):
                if place not in self._ready:
                    self._ready[place] = prepare(one)
            return [self._ready[place] for place in range(len(self.papers))]


@dataclass(frozen=True, slots=True)
class Overview:
    """All stored dates in numbers."""

    papers: Mapping[date, int]
    chinese: Mapping[date, int]  # of these papers
    coverage: Sequence[Coverage]
    faults: Sequence[Fault]
    days: Mapping[date, AnnouncementDay]


class DaysAtHand:
    """Loads dates, and keeps the last ones that were asked for."""

    def __init__(self, store: Store, *, fresh_seconds: float = _FRESH_SECONDS) -> None:
        self._store = store
        self._fresh_seconds = fresh_seconds
        self._stored: tuple[float, tuple[date, ...]] = (0.0, ())
        self._states: OrderedDict[date, tuple[float, DayState]] = OrderedDict()
        self._days: OrderedDict[date, DayPapers] = OrderedDict()
        self._locks = {place: asyncio.Lock() for place in range(AT_HAND)}

    async def stored(self) -> tuple[date, ...]:
        """The dates of which anything was read, newest first."""
        at, known = self._stored
        if not self._is_fresh(at):
            async with self._store.read() as tx:
                known = tuple(await tx.papers.days(_MOST_DAYS))
            self._stored = time.monotonic(), known
        return known

    async def state(self, day: date) -> DayState:
        """What is stored of a date by now."""
        at, known = self._states.get(day, (0.0, DayState()))
        if not self._is_fresh(at):
            async with self._store.read() as tx:
                known = await state_of(tx, day)
            self._states[day] = time.monotonic(), known
            self._states.move_to_end(day)
            while len(self._states) > 4 * AT_HAND:
                self._states.popitem(last=False)
        return known

    async def overview(self) -> Overview:
        """All stored dates in numbers."""
        stored = await self.stored()
        if not stored:
            return Overview({}, {}, [], [], {})
        dates = [stored[-1] + timedelta(days=n) for n in range((stored[0] - stored[-1]).days + 1)]
        async with self._store.read() as tx:
            papers, chinese = await tx.papers.counts(stored[-1]), await tx.texts.counts(stored[-1])
            coverage, faults = await tx.papers.coverage(stored), await tx.faults.missing()
            return Overview(papers, chinese, coverage, faults, await tx.announcement_days.on(dates))

    async def of(self, day: date) -> DayPapers:
        """The papers of a date as they are stored by now."""
        async with self._locks[day.toordinal() % AT_HAND]:  # loaded once for all who ask at once
            state = await self.state(day)
            found = self._days.get(day)
            if found is None or found.state != state:
                found = await self._loaded(day, state)
                self._days[day] = found
            self._days.move_to_end(day)
            while len(self._days) > AT_HAND:
                self._days.popitem(last=False)
            return found

    async def _loaded(self, day: date, state: DayState) -> DayPapers:
        async with self._store.read() as tx:
            announced = await tx.papers.announced_on([day])
            versions = {(one.paper.id, one.paper.version) for one in announced}
            numbers = await tx.papers.versions_of({paper_id for paper_id, _ in versions})
            chinese = await tx.texts.best(versions, Language.ZH)
            english = await tx.texts.best(versions, Language.EN)
        place = {(paper, version): n for paper, rows in numbers.items() for version, n in rows}

        def standing(one: Candidate) -> tuple[int, int]:
            return min(map(ORDER.__getitem__, one.types.values())), place[one.paper.id, one.paper.version]

        papers = await asyncio.to_thread(lambda: sorted(candidates(announced, chinese), key=standing))
        return DayPapers(day, state, tuple(papers), english)

    def _is_fresh(self, at: float) -> bool:
        return at > 0 and time.monotonic() - at < self._fresh_seconds


_MOST_DAYS = 3650


async def state_of(tx: Transaction, day: date) -> DayState:
    """What is stored of a date."""
    announced, fetched_at = (await tx.papers.states([day]))[day]
    faults = tuple(one for one in await tx.faults.missing() if one.date == day)
    return DayState(
        announced, fetched_at, await tx.texts.state(day), tuple(await tx.papers.coverage([day])), faults
    )
