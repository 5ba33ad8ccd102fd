"""What comes to one destination: the hits of its queries, without what it has had or is not entitled to.

It is worked out when a digest is composed, or when somebody asks. A paper may go to a subscription if it was
announced in a category that the query reads, in a batch that was opened after the subscription was made. Whether
the query finds it is what the last batch says that has looked at it. Mutes and reasons are not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import taxonomy
from bot.matching import reads, type_among
from bot.model import ALL, AnnounceType
from bot.query import Query, stored
from bot.store import schema
from bot.store.batches import TEXT
from bot.store.packing import unpack
from bot.text.normal import has_han

_batch, _hit, _paper, _announced = schema.batch.c, schema.hit.c, schema.paper.c, schema.announcement.c
_subscription, _query, _delivery = schema.subscription.c, schema.query.c, schema.delivery.c

_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Asking:
    """A subscription, as far as it matters for what comes to it."""

    id: int
    number: int
    query_id: int
    query: str
    paused: bool
    created_at: datetime
    since: int
    through: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A paper that comes to a destination, with its type for each subscription, by id, that has found it."""

    n: int
    paper_id: str
    version: int
    date: date
    types: dict[int, AnnounceType]

    @property
    def type(self) -> AnnounceType:
        """The best of its types."""
        return min(self.types.values(), key=_ORDER.__getitem__)


_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}


class Hits:
    """The room of hits, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def newest(self) -> int:
        """The last batch that is published."""
        found = await self._connection.execute(
            select(func.coalesce(func.max(_batch.id), 0)).where(_batch.published_at.is_not(None))
        )
        return int(found.scalar_one())

    async def asking(self, destinations: Collection[int]) -> dict[int, list[Asking]]:
        """The subscriptions of some destinations, by number."""
        rows = await self._connection.execute(
            select(
                _subscription.destination_id,
                _subscription.id,
                _subscription.number,
                _subscription.query_id,
                _query.text,
                _subscription.paused,
                _subscription.created_at,
                _subscription.since,
                _subscription.through,
            )
            .join_from(schema.subscription, schema.query, _query.id == _subscription.query_id)
            .where(_subscription.destination_id.in_(destinations))
            .order_by(_subscription.destination_id, _subscription.number)
        )
        found: dict[int, list[Asking]] = {}
        for row in rows:
            found.setdefault(row.destination_id, []).append(Asking(*row[1:]))
        return found

    async def coming(self, destination_id: int, asking: Sequence[Asking], newest: int) -> list[Coming]:
        """The papers that come to these subscriptions of a destination; also those that a delivery is to carry.

        Of several versions of a paper it is the last one. A version that was sent keeps others away, but for later
        ones that come to a query which asks for revisions.
        """
        fixed = await self.fixed(destination_id)
        found: dict[int, list[Asking]] = {n: list(asking) for n in fixed}
        for one, numbers in zip(asking, await self.new(asking, newest), strict=True):
            for n in numbers:
                if n not in fixed:
                    found.setdefault(n, []).append(one)
        had = await self.had(destination_id)
        versions = await self._versions(found.keys() - had)
        announced = await self._announced({paper_id for paper_id, _ in versions.values()})
        before = await self._before()
        readings = {one.id: _reading(one.query) for one in asking}
        sent: dict[str, int] = {}
        for n in had & versions.keys():
            paper_id, version = versions[n]
            sent[paper_id] = max(version, sent.get(paper_id, version))
        coming: dict[str, Coming] = {}
        for n in sorted(found.keys() & versions.keys() - had):
            paper_id, version = versions[n]
            rows = announced.get((paper_id, version), [])
            types = {
                one.id: kind
                for one in found[n]
                if n in fixed or any(_entitles(row, one, readings[one.id], before, newest) for row in rows)
                if (kind := _type(readings[one.id], rows)) and _is_new(kind, version, sent.get(paper_id))
            }
            if types and (paper_id not in coming or coming[paper_id].version < version):
                coming[paper_id] = Coming(n, paper_id, version, max(row.date for row in rows), types)
        return list(coming.values())

    async def new(self, asking: Sequence[Asking], newest: int) -> list[list[int]]:
        """The papers that each subscription has found in the batches that are new to it.

        Where several batches have looked at a paper, the last one counts.
        """
        oldest = min((one.through for one in asking), default=newest)
        rows = await self._connection.execute(
            select(_batch.id, _batch.kind, _batch.papers)
            .where(_batch.id > oldest, _batch.id <= newest)
            .order_by(_batch.id)
        )
        batches = [(row.id, row.kind, unpack(row.papers)) for row in rows]
        packed = await self._packed([number for number, _, _ in batches], {one.query_id for one in asking})
        found = []
        for one in asking:
            is_chinese = has_han(one.query)
            papers: set[int] = set()
            for number, kind, numbers in batches:
                if number > one.through and (kind != TEXT or is_chinese):
                    if papers:
                        papers.difference_update(numbers)
                    papers.update(
                        numbers[destination] for destination in unpack(packed.get((number, one.query_id)))
                    )
            found.append(sorted(papers))
        return found

    async def _packed(self, batches: Sequence[int], queries: Collection[int]) -> dict[tuple[int, int], bytes]:
        """Of batches and queries that have hits, the packed destinations of the papers."""
        found: dict[tuple[int, int], bytes] = {}
        for some, asked in product(_chunks(batches), _chunks(queries)):
            rows = await self._connection.execute(
                select(schema.hit).where(_hit.batch.in_(some), _hit.query.in_(asked))
            )
            found |= {(row.batch, row.query): row.papers for row in rows}
        return found

    async def last(self, batches: Sequence[int], queries: Collection[int]) -> dict[int, int]:
        """The last of some batches in which each of these queries has found anything."""
        found: dict[int, int] = {}
        for some, asked in product(_chunks(batches), _chunks(queries)):
            rows = await self._connection.execute(
                select(_hit.batch, _hit.query).where(_hit.batch.in_(some), _hit.query.in_(asked))
            )
            for row in rows:
                found[row.query] = max(row.batch, found.get(row.query, 0))
        return found

    async def fixed(self, destination_id: int) -> set[int]:
        """The papers of deliveries that have yet to be composed, where they are known already."""
        rows = await self._connection.execute(
            select(_delivery.papers).where(
                _delivery.destination_id == destination_id,
                _delivery.papers.is_not(None),
                _delivery.shown.is_(None),
            )
        )
        return {n for packed in rows.scalars() for n in unpack(packed)}

    async def had(self, destination_id: int, *, withheld: bool = True) -> set[int]:
        """The papers that are in a delivery of a destination, in whatever state; also those that are withheld."""
        rows = await self._connection.execute(
            select(_delivery.papers, _delivery.withheld).where(
                _delivery.destination_id == destination_id, _delivery.shown.is_not(None)
            )
        )
        found: set[int] = set()
        for row in rows:
            papers = unpack(row.papers)
            found.update(papers if withheld or not row.withheld else papers[: -row.withheld])
        return found

    async def advance(self, subscriptions: Collection[int], batch: int) -> None:
        """What these subscriptions have found up to a batch comes no more: it has come."""
        await self._connection.execute(
            schema.subscription.update()
            .where(_subscription.id.in_(subscriptions), _subscription.through < batch)
            .values(through=batch)
        )

    async def queries(self, ids: Collection[int]) -> dict[int, str]:
        """The texts of queries, as far as they are still there."""
        rows = await self._connection.execute(select(schema.query).where(_query.id.in_(ids)))
        return {row.id: row.text for row in rows}

    async def _versions(self, numbers: Collection[int]) -> dict[int, tuple[str, int]]:
        """The ids and versions of these papers, and of all other versions of the same ones."""
        found: dict[int, tuple[str, int]] = {}
        for keys in _chunks(numbers):
            same = select(_paper.id).where(_paper.n.in_(keys))
            rows = await self._connection.execute(
                select(_paper.n, _paper.id, _paper.version).where(_paper.id.in_(same))
            )
            found |= {row.n: (row.id, row.version) for row in rows}
        return found

    async def _announced(self, ids: Collection[str]) -> dict[tuple[str, int], list[Any]]:
        found: dict[tuple[str, int], list[Any]] = {}
        for keys in _chunks(ids):
            rows = await self._connection.execute(
                select(
                    _announced.paper_id,
                    _announced.version,
                    _announced.category,
                    _announced.date,
                    _announced.type,
                    _announced.batch,
                    _paper.categories,
                )
                .join_from(
                    schema.announcement,
                    schema.paper,
                    (_paper.id == _announced.paper_id) & (_paper.version == _announced.version),
                )
                .where(_announced.paper_id.in_(keys))
            )
            for row in rows:
                found.setdefault((row.paper_id, row.version), []).append(row)
        return found

    async def _before(self) -> dict[int, datetime]:
        """Of batches that are not for everybody, until when one had to subscribe."""
        rows = await self._connection.execute(select(_batch.id, _batch.before).where(_batch.before.is_not(None)))
        return {row.id: row.before for row in rows}


def _reading(text: str) -> frozenset[str] | None:
    """The categories that a query reads; none when it cannot be read any more."""
    query = stored(text)
    return reads([query]) if isinstance(query, Query) else frozenset()


def _is_new(kind: AnnounceType, version: int, sent: int | None) -> bool:
    """Whether a version may come when another one was sent: a revision may, after an earlier version."""
    return sent is None or (kind.is_revision and version > sent)


def _entitles(
    row: Any, one: Asking, reading: frozenset[str] | None, before: dict[int, datetime], newest: int
) -> bool:
    """Whether an announcement is for a subscription: since it was made, where its query reads."""
    return (
        row.batch is not None
        and one.since < row.batch <= newest
        and (reading is None or row.category == ALL or row.category in reading)
        and (row.batch not in before or one.created_at < before[row.batch])
    )


def _type(reading: frozenset[str] | None, rows: Sequence[Any]) -> AnnounceType:
    types = {row.category: AnnounceType(row.type) for row in rows}
    primary = next(iter(rows[0].categories), "")
    return type_among(types, taxonomy.resolve(primary) or primary, reading)


def _chunks(keys: Iterable[Any]) -> Iterable[list[Any]]:
    some = sorted(keys)
    return (some[start : start + _CHUNK] for start in range(0, len(some), _CHUNK))
