"""What deliveries carry, and what became of them. How they are sent is the outbox's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.packing import count, pack, unpack

_delivery = schema.delivery.c


@dataclass(frozen=True, slots=True)
class Contents:
    """What a delivery carries, by the numbers of papers: what is shown whole, what is named, what is withheld."""

    papers: tuple[int, ...] = ()
    shown: int | None = None  # the first ones; None while nobody has ranked them
    withheld: int = 0  # the last ones
    found_by: tuple[int, ...] = ()  # the subscriptions of each, in a form that is the composer's own
    changes: tuple[int, ...] = ()  # the ids of those that it tells

    @property
    def size(self) -> int:
        """How many papers the reader gets."""
        return len(self.papers) - self.withheld


@dataclass(frozen=True, slots=True)
class Delivered:
    """The fate of one delivery, for people."""

    state: str
    papers: int | None  # None until they are fixed
    created_at: datetime
    done_at: datetime | None
    reason: str


class Carried:
    """The room of what deliveries carry, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def contents(self, delivery_id: int) -> Contents | None:
        """What a delivery carries, None until that is fixed."""
        rows = await self._connection.execute(
            select(
                _delivery.papers, _delivery.shown, _delivery.withheld, _delivery.found_by, _delivery.changes
            ).where(_delivery.id == delivery_id)
        )
        row = rows.first()
        if row is None or row.papers is None:
            return None
        found_by, changes = tuple(unpack(row.found_by)), tuple(unpack(row.changes))
        return Contents(tuple(unpack(row.papers)), row.shown, row.withheld, found_by, changes)

    async def destination(self, delivery_id: int) -> int | None:
        """The destination of a delivery whose papers are fixed and ranked."""
        found = await self._connection.execute(
            select(_delivery.destination_id).where(
                _delivery.id == delivery_id, _delivery.papers.is_not(None), _delivery.shown.is_not(None)
            )
        )
        return found.scalar()

    async def fix(self, delivery_id: int, contents: Contents) -> None:
        """Fix what a delivery carries: from now on it has come to its destination."""
        await self._connection.execute(
            schema.delivery.update()
            .where(_delivery.id == delivery_id)
            .values(
                papers=pack(contents.papers),
                shown=contents.shown,
                withheld=contents.withheld,
                found_by=pack(contents.found_by),
                changes=pack(contents.changes) if contents.changes else None,
                awaited=None,
            )
        )

    async def size(self, delivery_id: int) -> int:
        """How many papers a delivery has for its reader."""
        contents = await self.contents(delivery_id)
        return contents.size if contents else 0

    async def history(self, destination_id: int, most: int) -> list[Delivered]:
        """The last deliveries of a destination, newest first."""
        rows = await self._connection.execute(
            select(
                _delivery.state,
                _delivery.papers,
                _delivery.withheld,
                _delivery.created_at,
                _delivery.done_at,
                _delivery.reason,
            )
            .where(_delivery.destination_id == destination_id)
            .order_by(_delivery.created_at.desc(), _delivery.id.desc())
            .limit(most)
        )
        return [_delivered(row) for row in rows]

    async def fate(self, destination_id: int, paper_id: str) -> Delivered | None:
        """The newest delivery that carries a paper to a destination, None when there is none."""
        numbers = await self._connection.execute(select(schema.paper.c.n).where(schema.paper.c.id == paper_id))
        wanted = set(numbers.scalars())
        rows = await self._connection.execute(
            select(schema.delivery)
            .where(_delivery.destination_id == destination_id, _delivery.shown.is_not(None))
            .order_by(_delivery.created_at.desc(), _delivery.id.desc())
        )
        for row in rows:
            papers = unpack(row.papers)
            if not wanted.isdisjoint(papers[: len(papers) - row.withheld]):
                return _delivered(row)
        return None


def _delivered(row: Any) -> Delivered:
    papers = None if row.papers is None else count(row.papers) - row.withheld
    return Delivered(row.state, papers, row.created_at, row.done_at, row.reason)
