"""What has become of papers since they were announced, and which of it a delivery tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Change, ChangeKind
from bot.store import schema
from bot.store.among import among
from bot.store.memory import Recall
from bot.store.papers import Papers
from bot.store.upsert import insert

_change, _paper, _destination = schema.change.c, schema.paper.c, schema.destination.c
_ADVANCE = (
    schema.destination.update()
    .where(among(_destination.id, "destinations"))
    .values(
        changes_through=case(
            (_destination.changes_through < bindparam("to"), bindparam("to")), else_=_destination.changes_through
        )
    )
)
_BECOME = select(_change.id, _change.paper_id, _change.version, _change.batch)
_BETWEEN = _BECOME.where(_change.batch > bindparam("after"), _change.batch <= bindparam("newest"))
_OF_PAPERS = (
    _BECOME.add_columns(_paper.n)
    .join_from(schema.change, schema.paper, _paper.id == _change.paper_id)
    .where(among(_paper.n, "papers"), _change.batch.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Became:
    """A change that is stored."""

    id: int
    paper_id: str
    version: int  # the last one of which it was not so
    batch: int  # with which it became known


class Changes:
    """The room of changes, inside one transaction."""

    def __init__(self, connection: AsyncConnection, recall: Recall) -> None:
        self._connection = connection
        self._recall = recall

    async def add(self, changes: Iterable[Change]) -> None:
        """Note the changes of papers, each once; a withdrawal that was taken back may be noted again."""
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
            statement = insert(self._connection, schema.change)
            again = {name: statement.excluded[name] for name in ("before", "version", "batch")}
            is_later = _change.version < statement.excluded.version
            key = ["paper_id", "kind", "after"]
            await self._connection.execute(
                statement.on_conflict_do_update(index_elements=key, set_=again, where=is_later), rows
            )

    async def advance(self, destinations: Collection[int], batch: int) -> None:
        """Destinations are told of all up to a batch; nobody else composes for them until the transaction ends."""
        await self._connection.execute(_ADVANCE, {"destinations": destinations, "to": batch})

    async def become(self, after: int, papers: Collection[int], newest: int) -> list[Became]:
        """What became known up to a batch, after another one; and all of these papers."""
        between = await self._recall.get("changes between", [(after, newest)], self._read_between)
        of_papers = await self._recall.get("changes", papers, self._read_of_papers)
        found = [one for some in (*between.values(), *of_papers.values()) for one in some if one.batch <= newest]
        return list(dict.fromkeys(found))

    async def _read_between(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], list[Became]]:
        ((after, newest),) = keys
        rows = await self._connection.execute(_BETWEEN, {"after": after, "newest": newest})
        return {(after, newest): [Became(*row) for row in rows]}

    async def _read_of_papers(self, numbers: Collection[int]) -> dict[int, list[Became]]:
        found: dict[int, list[Became]] = {}
        for *became, n in await self._connection.execute(_OF_PAPERS, {"papers": numbers}):
            found.setdefault(n, []).append(Became(*became))
        return found

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
