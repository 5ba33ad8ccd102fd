"""What deliveries carry, and what became of them. How they are sent is the outbox's business."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.among import among
from bot.store.memory import COUNTED, Recall
from bot.store.packing import common, count, pack, unpack

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

    @property
    def stored(self) -> dict[str, Any]:
        """It as columns of the delivery, which waits for no texts any more."""
        return {
            "papers": pack(self.papers),
            "shown": self.shown,
            "withheld": self.withheld,
            "found_by": pack(self.found_by),
            "changes": pack(self.changes) if self.changes else None,
            "awaited": None,
        }


class _Earlier(NamedTuple):
    """A delivery, as far as the next one depends on it."""

    id: int
    state: str
    done_at: datetime | None
    papers: bytes | None
    shown: int | None
    withheld: int
    changes: bytes | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """The deliveries of a destination, as far as its next digest depends on them."""

    deliveries: tuple[_Earlier, ...]

    @property
    def state(self) -> tuple[int, int]:
        """A number that changes with every delivery that is composed or forgotten."""
        ids = [one.id for one in self.deliveries if one.shown is not None]
        return len(ids), sum(ids)

    def has_papers(self, delivery_id: int) -> bool:
        """Whether the papers of one are known."""
        return any(one.id == delivery_id and one.papers is not None for one in self.deliveries)

    def fixed(self) -> set[int]:
        """The papers of those that have yet to be composed, as far as they are known."""
        return {n for one in self.deliveries if one.shown is None for n in unpack(one.papers)}

    def had(self, papers: Collection[int], *, withheld: bool = True) -> set[int]:
        """Which of these papers are in a composed delivery, in any state; withheld ones count."""
        composed = [one for one in self.deliveries if one.papers and one.shown is not None]
        found = common((one.papers for one in composed if one.papers and (withheld or not one.withheld)), papers)
        if not withheld:
            found.update(n for one in composed if one.withheld for n in unpack(one.papers)[: -one.withheld])
        return found.intersection(papers)

    def told(self) -> set[int]:
        """The ids of the changes that were told."""
        return {change for one in self.deliveries for change in unpack(one.changes)}

    def last(self, delivery_id: int, since: datetime) -> int | None:
        """The last other delivery that was sent after an instant; none in which everything was muted."""
        sent = [
            (one.done_at, one.id)
            for one in self.deliveries
            if one.state == "sent" and one.done_at and (one.shown or not one.withheld)
        ]
        return max((one for one in sent if one[0] > since and one[1] != delivery_id), default=(None, None))[1]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The fate of one delivery, for people."""

    state: str
    papers: int | None  # None until they are fixed
    created_at: datetime
    done_at: datetime | None
    reason: str


_OF_DESTINATIONS = among(_delivery.destination_id, "destinations")
_EARLIER = select(
    COUNTED.scalar_subquery(), _delivery.destination_id, *(_delivery[name] for name in _Earlier._fields)
).where(_OF_DESTINATIONS)
_STATES = (
    select(_delivery.destination_id, func.count(), func.sum(_delivery.id))
    .where(_OF_DESTINATIONS, _delivery.shown.is_not(None))
    .group_by(_delivery.destination_id)
)


class Carried:
    """The room of what deliveries carry, inside one transaction."""

    def __init__(self, connection: AsyncConnection, recall: Recall) -> None:
        self._connection = connection
        self._recall = recall

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

    async def earlier(self, destinations: Collection[int]) -> dict[int, Earlier]:
        """The deliveries of each of these destinations."""
        found: dict[int, list[_Earlier]] = {one: [] for one in destinations}
        for written, destination, *one in await self._connection.execute(_EARLIER, {"destinations": destinations}):
            if not found[destination]:
                self._recall.stand_at(written)
            found[destination].append(_Earlier(*one))
        return {destination: Earlier(tuple(some)) for destination, some in found.items()}

    async def states(self, destinations: Collection[int]) -> dict[int, tuple[int, int]]:
        """The states of the `Earlier` of these destinations."""
        rows = await self._connection.execute(_STATES, {"destinations": destinations})
        found = {destination: (count, int(ids)) for destination, count, ids in rows}
        return {one: found.get(one, (0, 0)) for one in destinations}

    async def withhold(self, destination_id: int, papers: Collection[int]) -> None:
        """Note with the last composed delivery to a destination that these are muted there, and were not sent."""
        last = select(_delivery.id, _delivery.papers, _delivery.withheld).where(
            _delivery.destination_id == destination_id, _delivery.shown.is_not(None)
        )
        row = (await self._connection.execute(last.order_by(_delivery.id.desc()).limit(1))).one()
        all_of_it = {"papers": pack([*unpack(row.papers), *papers]), "withheld": row.withheld + len(papers)}
        await self._connection.execute(schema.delivery.update().where(_delivery.id == row.id).values(all_of_it))

    async def destination(self, delivery_id: int) -> int | None:
        """The destination of a delivery whose papers are fixed and ranked."""
        found = await self._connection.execute(
            select(_delivery.destination_id).where(
                _delivery.id == delivery_id, _delivery.papers.is_not(None), _delivery.shown.is_not(None)
            )
        )
        return found.scalar()

    async def size(self, delivery_id: int) -> int:
        """How many papers a delivery has for its reader."""
        contents = await self.contents(delivery_id)
        return contents.size if contents else 0

    async def history(self, destination_id: int, most: int) -> list[Delivered]:
        """The last deliveries of a destination, newest first; none that ended without a message."""
        has_message = exists().where(schema.part.c.delivery_id == _delivery.id)
        rows = await self._connection.execute(
            select(
                _delivery.state,
                _delivery.papers,
                _delivery.withheld,
                _delivery.created_at,
                _delivery.done_at,
                _delivery.reason,
            )
            .where(_delivery.destination_id == destination_id, or_(_delivery.state != "sent", has_message))
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
