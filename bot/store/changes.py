"""What has become of papers since they were announced, and which of it a delivery tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Change, ChangeKind
from bot.store import schema
from bot.store.among import among
from bot.store.papers import Papers
from bot.store.upsert import insert

_change, _paper, _destination = schema.change.c, schema.paper.c, schema.destination.c
_ADVANCE = (
    schema.destination.update()
    .where(_destination.id == bindparam("of_id"))
    .values(
        changes_through=case(
            (_destination.changes_through < bindparam("to"), bindparam("to")), else_=_destination.changes_through
        )
    )
)
_THROUGH = select(_destination.changes_through).where(_destination.id == bindparam("destination"))
_UP_TO = select(_change.id, _change.paper_id, _change.version).where(_change.batch <= bindparam("newest"))
_BECOME = _UP_TO.where(_change.batch > _THROUGH.scalar_subquery()).union(
    _UP_TO.where(_change.paper_id.in_(select(_paper.id).where(among(_paper.n, "papers"))))
)


@dataclass(frozen=True, slots=True)
class Became:
    """A change that is stored."""

    id: int
    paper_id: str
    version: int  # the last one of which it was not so


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
        """A destination is told of all up to a batch; nobody else composes for it until the transaction ends."""
        await self._connection.execute(_ADVANCE, {"of_id": destination_id, "to": batch})

    async def become(self, destination_id: int, papers: Collection[int], newest: int) -> list[Became]:
        """What became known up to a batch since a destination was told last; and all of these papers."""
        asked = {"destination": destination_id, "papers": papers, "newest": newest}
        return [Became(*row) for row in await self._connection.execute(_BECOME, asked)]

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
