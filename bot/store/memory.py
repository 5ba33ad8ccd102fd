"""What was read of papers before is remembered until anybody, in any process, writes of papers again.

Most digests of a slot are of the same papers. A transaction that has written of papers moves a counter as the last
thing it does, so that who reads the counter knows whether what it read before still holds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, UpdateBase, event, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store import schema
from bot.store.counters import WRITTEN, take

_OF_PAPERS = {
    schema.paper, schema.announcement, schema.text_, schema.change, schema.batch, schema.listing, schema.fault,
    schema.epoch,
}  # fmt: skip
_NOTED = "has_written_of_papers"
COUNTED = select(schema.counter.c.value).where(schema.counter.c.name == WRITTEN)
"""How the counter stands, which `Recall.stand_at` wants to know."""

_MOST = 5_000  # papers, of each kind of facts: two days of them
_K = TypeVar("_K")
_V = TypeVar("_V")


def watch(engine: AsyncEngine) -> None:
    """Have connections note what they write of papers."""

    @event.listens_for(engine.sync_engine, "before_execute")
    def noted(connection: Connection, statement: object, *_parameters: object) -> None:
        if isinstance(statement, UpdateBase) and statement.table in _OF_PAPERS:
            connection.info[_NOTED] = True


async def move(connection: AsyncConnection) -> None:
    """Move the counter if this transaction has written of papers; last, for others wait until it has ended."""
    if connection.info.pop(_NOTED, False):
        await take(connection, WRITTEN)


class Memory:
    """What one process remembers, as the counter stood when it was read."""

    def __init__(self) -> None:
        self._written = -1
        self._facts = _nothing()

    def at(self, written: int) -> dict[str, dict[Any, Any]]:
        """The facts of a state of the counter, to be added to; those of an earlier state are of no more use."""
        if written > self._written:
            self._written, self._facts = written, _nothing()
        return self._facts if written == self._written else _nothing()


class Recall:
    """Reading with a memory, inside one transaction that sees one moment."""

    def __init__(self, connection: AsyncConnection, memory: Memory | None) -> None:
        """Without a memory everything is read each time, as a transaction must that writes."""
        self._connection = connection
        self._memory = memory
        self._facts: dict[str, dict[Any, Any]] | None = None

    def stand_at(self, written: int | None) -> None:
        """Take the counter as it was read in this transaction, together with something else."""
        if self._memory is not None:
            self._facts = self._memory.at(written or 0)

    async def get(
        self, kind: str, keys: Collection[_K], read: Callable[[list[_K]], Awaitable[Mapping[_K, _V]]]
    ) -> dict[_K, _V]:
        """What `read` says of these keys, or has said before; nothing of keys of which it says nothing.

        The answers are shared: who gets them must not change them.
        """
        if self._memory is None:
            return dict(await read(list(keys)))
        if self._facts is None:
            written = (await self._connection.execute(COUNTED)).scalar()
            self._facts = self._memory.at(written or 0)
        facts = self._facts[kind]
        if new := [one for one in keys if one not in facts]:
            known = {one: facts[one] for one in keys if one in facts}  # others may clear them while we read
            found = await read(new)
            made = {one: found.get(one) for one in new}
            if len(facts) + len(new) > _MOST:
                facts.clear()
            facts |= made
            facts = known | made
        return {one: fact for one in keys if (fact := facts[one]) is not None}

    async def all(self, kind: str, read: Callable[[], Awaitable[_V]]) -> _V:
        """The same of what is read as a whole."""

        async def as_one(_: list[int]) -> dict[int, _V]:
            return {0: await read()}

        return (await self.get(kind, [0], as_one))[0]


def _nothing() -> dict[str, dict[Any, Any]]:
    return defaultdict(dict)
