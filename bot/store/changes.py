"""What has become of papers since they were announced, and which of it a delivery tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Change, ChangeKind
from bot.store import schema
from bot.store.packing import unpack
from bot.store.papers import Papers
from bot.store.upsert import insert

_change, _paper, _destination = schema.change.c, schema.paper.c, schema.destination.c
_delivery = schema.delivery.c
_CHUNK = 400


@dataclass(frozen=True, slots=True)
class Became:
    """A change that is stored."""

    id: int
    paper_id: str
    version: int  # the last one of which it was not so
    batch: int | None


class Changes:
    """The room of changes, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, changes: Iterable[Change]) -> None:
        """Note the changes of papers, each once."""
        rows = [
            {
                "paper_id": one.paper.id,
                "kind": one.kind.value,
                "after": one.after,
                "before": one.before,
                "version": one.paper.version,
            }
            for one in changes
        ]
        if rows:
            statement = insert(self._connection, schema.change).on_conflict_do_nothing()
            await self._connection.execute(statement, rows)

    async def advance(self, destination_id: int, batch: int) -> None:
        """A destination is told of everything up to a batch."""
        await self._connection.execute(
            schema.destination.update()
            .where(_destination.id == destination_id, _destination.changes_through < batch)
            .values(changes_through=batch)
        )

    async def untold(self, destination_id: int, newest: int) -> list[Became]:
        """What became known up to a batch, since a destination was told last."""
        through = select(_destination.changes_through).where(_destination.id == destination_id).scalar_subquery()
        return await self._found(_change.batch > through, _change.batch <= newest)

    async def of(self, papers: Collection[int]) -> list[Became]:
        """What has become of these papers, in any version of them."""
        found, keys = [], sorted(papers)
        for start in range(0, len(keys), _CHUNK):
            same = select(_paper.id).where(_paper.n.in_(keys[start : start + _CHUNK]))
            found += await self._found(_change.paper_id.in_(same))
        return found

    async def told_to(self, destination_id: int) -> set[int]:
        """The ids of those that a destination was told of."""
        rows = await self._connection.execute(
            select(_delivery.changes).where(
                _delivery.destination_id == destination_id, _delivery.changes.is_not(None)
            )
        )
        return {number for packed in rows.scalars() for number in unpack(packed)}

    async def _found(self, *conditions: ColumnElement[bool]) -> list[Became]:
        rows = await self._connection.execute(
            select(_change.id, _change.paper_id, _change.version, _change.batch).where(*conditions)
        )
        return [Became(*row) for row in rows]

    async def told(self, ids: Collection[int]) -> list[Change]:
        """Changes by their ids, in the order of the papers."""
        rows: list[Any] = list(
            await self._connection.execute(
                select(schema.change)
                .where(_change.id.in_(ids))
                .order_by(_change.paper_id, _change.kind, _change.after)
            )
        )
        papers = await Papers(self._connection).papers({(row.paper_id, row.version) for row in rows})
        return [
            Change(papers[row.paper_id, row.version], ChangeKind(row.kind), row.before, row.after) for row in rows
        ]
