"""What places do not want to see, and what of it has not been sent yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.subscribers import Subscribers
from bot.store.texts import Version
from bot.store.upsert import insert

_mute, _match, _item = schema.mute.c, schema.match.c, schema.item.c
_subscription, _delivery = schema.subscription.c, schema.delivery.c


class Mutes:
    """The room of mutes, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, destination_id: int | None = None) -> dict[int, tuple[str, ...]]:
        """What destinations, or one of them, do not want to see, in the order of the wishes."""
        condition = true() if destination_id is None else _mute.destination_id == destination_id
        found: dict[int, tuple[str, ...]] = {}
        for row in await self._connection.execute(
            select(_mute.destination_id, _mute.text).where(condition).order_by(_mute.created_at, _mute.text)
        ):
            found[row.destination_id] = (*found.get(row.destination_id, ()), row.text)
        return found

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

    async def unsent(self, destination_id: int) -> list[Version]:
        """The versions of papers that matched for a destination and have not been sent there."""
        is_sent = exists().where(
            _item.destination_id == destination_id,
            _item.paper_id == _match.paper_id,
            _item.version == _match.version,
            _item.delivery_id == _delivery.id,
            _delivery.state == "sent",
        )
        rows = await self._connection.execute(
            select(_match.paper_id, _match.version)
            .distinct()
            .join_from(schema.match, schema.subscription, _subscription.id == _match.subscription_id)
            .where(_subscription.destination_id == destination_id, ~is_sent)
        )
        return [(row.paper_id, row.version) for row in rows]

    async def drop(self, destination_id: int, versions: Collection[Version]) -> None:
        """Let papers stay away from a destination that has muted them."""
        own = select(_subscription.id).where(_subscription.destination_id == destination_id)
        keys = list(versions)
        for start in range(0, len(keys), 400):
            await self._connection.execute(
                schema.match.delete().where(
                    _match.subscription_id.in_(own),
                    tuple_(_match.paper_id, _match.version).in_(keys[start : start + 400]),
                )
            )
