"""The signs of life of processes, so that a process that died is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

_row = schema.heartbeat.c


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The last sign of one process: which loops it has, and what it knows to be wrong with itself, as JSON."""

    process: str
    at: datetime
    loops: tuple[str, ...]
    troubles: tuple[dict[str, Any], ...] = ()


class Heartbeats:
    """The room of signs of life, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def beat(self, one: Heartbeat, forget_before: datetime) -> None:
        """Keep the last sign of a process, and drop those of processes that were given up long ago."""
        values = {"at": one.at, "loops": list(one.loops), "troubles": list(one.troubles)}
        statement = insert(self._connection, schema.heartbeat).values(process=one.process[:120], **values)
        await self._connection.execute(schema.heartbeat.delete().where(_row.at < forget_before))
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["process"], set_=values))

    async def end(self, process: str) -> None:
        """Note that a process has ended in good order."""
        await self._connection.execute(schema.heartbeat.delete().where(_row.process == process[:120]))

    async def known(self) -> Sequence[Heartbeat]:
        """The last sign of each process."""
        rows = await self._connection.execute(select(schema.heartbeat).order_by(_row.process))
        return [Heartbeat(one.process, one.at, tuple(one.loops), tuple(one.troubles)) for one in rows]
