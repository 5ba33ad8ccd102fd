"""What destinations do not want to see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.subscribers import Subscribers
from bot.store.upsert import insert

_mute = schema.mute.c
_ALL = select(_mute.destination_id, _mute.text).order_by(_mute.created_at, _mute.text)
_OF_ONE = _ALL.with_only_columns(_mute.text).where(_mute.destination_id == bindparam("destination"))


class Mutes:
    """The room of mutes, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self) -> dict[int, tuple[str, ...]]:
        """What destinations do not want to see, in the order of the wishes."""
        found: dict[int, tuple[str, ...]] = {}
        for row in await self._connection.execute(_ALL):
            found[row.destination_id] = (*found.get(row.destination_id, ()), row.text)
        return found

    async def of(self, destination_id: int) -> tuple[str, ...]:
        """The same for one destination."""
        return tuple((await self._connection.execute(_OF_ONE, {"destination": destination_id})).scalars())

    async def add(self, destination_id: int, text: str, now: datetime) -> bool:
        """Let what holds for a canonical query, or has an id, stay away; False when it does already."""
        await Subscribers(self._connection).hold(destination_id)
        statement = insert(self._connection, schema.mute).values(
            destination_id=destination_id, text=text, created_at=now
        )
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        return made.rowcount == 1

    async def remove(self, destination_id: int, text: str) -> None:
        """Let it come again."""
        await self._connection.execute(
            schema.mute.delete().where(_mute.destination_id == destination_id, _mute.text == text)
        )
