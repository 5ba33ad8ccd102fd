"""Subscriptions whose queries cannot be parsed any more, as when arXiv drops a category, and who was told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Subscription
from bot.store import schema
from bot.store.subscribers import Subscribers
from bot.store.upsert import insert

_CHUNK = 400
_unreadable, _subscription, _query = schema.unreadable.c, schema.subscription.c, schema.query.c


class Unreadable:
    """The room of unreadable subscriptions, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def found(self, queries: Collection[str]) -> None:
        """These queries cannot be read now, and all others can."""
        mended = [one.id for one in await self.known() if one.query not in queries]
        await self._forget(mended)
        texts = sorted(queries)
        for start in range(0, len(texts), _CHUNK):
            rows = (
                select(_subscription.id)
                .join_from(schema.subscription, schema.query, _query.id == _subscription.query_id)
                .where(_query.text.in_(texts[start : start + _CHUNK]))
            )
            statement = insert(self._connection, schema.unreadable).from_select(["subscription_id"], rows)
            await self._connection.execute(statement.on_conflict_do_nothing())

    async def _forget(self, subscriptions: Collection[int]) -> None:
        if subscriptions:
            await self._connection.execute(
                schema.unreadable.delete().where(_unreadable.subscription_id.in_(subscriptions))
            )

    async def known(self, *, untold: bool = False) -> list[Subscription]:
        """The unreadable subscriptions; or only those whose owner was not told yet."""
        found = select(_unreadable.subscription_id).where(_unreadable.told_at.is_(None) if untold else true())
        return await Subscribers(self._connection).subscriptions_where(_subscription.id.in_(found))

    async def told(self, subscriptions: Iterable[Subscription], now: datetime) -> None:
        """Somebody knows of these now."""
        ids = [one.id for one in subscriptions]
        await self._connection.execute(
            schema.unreadable.update().where(_unreadable.subscription_id.in_(ids)).values(told_at=now)
        )
