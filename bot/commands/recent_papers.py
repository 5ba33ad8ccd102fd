"""The papers of the last days in normal form, at hand for whoever asks what a query would have matched.

Reading and preparing a full week takes seconds, asking it takes milliseconds. Chinese texts are not kept here:
they are few, and more come every day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.matching import Prepared, candidates, prepare
from bot.model import Announcement
from bot.store import Store, Transaction
from bot.store.versions import Version

DAYS = 5
"""The stored announcement dates that are at hand: about a week."""

_State = tuple[int, datetime | None]


@dataclass(frozen=True, slots=True)
class Stock:
    """What is at hand."""

    days: tuple[date, ...]  # newest first
    papers: tuple[Prepared, ...]  # without Chinese texts


class RecentPapers:
    """Asks the store whether anything has changed, and fetches only that."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = asyncio.Lock()
        self._states: dict[date, _State] = {}
        self._announced: dict[date, list[Announcement]] = {}
        self._stock = Stock((), ())

    async def stock(self) -> Stock:
        """The papers of the last days, as they are stored now."""
        async with self._lock:
            async with self.store.read() as tx:
                days = await tx.papers.days(DAYS)
                states = await tx.papers.states(days)
                if states != self._states:
                    self._announced = {day: await self._announced_on(tx, day, states[day]) for day in days}
            if states != self._states:
                self._stock = await asyncio.to_thread(self._prepared, days)
                self._states = states
            return self._stock

    async def _announced_on(self, tx: Transaction, day: date, state: _State) -> list[Announcement]:
        known = self._announced.get(day)
        return (
            known if known is not None and self._states.get(day) == state else await tx.papers.announced_on([day])
        )

    def _prepared(self, days: Sequence[date]) -> Stock:
        known: dict[Version, Prepared] = {
            (one.candidate.paper.id, one.candidate.paper.version): one for one in self._stock.papers
        }
        papers = []
        for one in candidates((one for day in days for one in self._announced[day]), {}):
            before = known.get((one.paper.id, one.paper.version))
            is_same = before is not None and before.candidate.paper == one.paper
            papers.append(replace(before, candidate=one) if before and is_same else prepare(one))
        return Stock(tuple(days), tuple(papers))
