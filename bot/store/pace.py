"""From when on what has a rate may go on: a row for each name."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert


class Pace:
    """The room of rates and turns, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def has_turn(self, key: str, until: datetime) -> bool:
        """Whether the turn that lasts `until` is still ours; so until this transaction ends."""
        row = schema.pace.c
        found = await self._connection.execute(select(row.next_at).where(row.key == key).with_for_update())
        return found.scalar() == until

    async def hold(self, key: str, until: datetime) -> None:
        """Block `key` until `until`, once this transaction is committed."""
        row = schema.pace.c
        later = schema.pace.update().where(row.key == key, row.next_at < until).values(next_at=until)
        if not (await self._connection.execute(later)).rowcount:
            await self.ensure(key, until)
            await self._connection.execute(later)

    async def held(self, key: str, now: datetime) -> datetime:
        """When one may go for `key`, without booking anything."""
        row = schema.pace.c
        found = await self._connection.execute(select(row.next_at).where(row.key == key))
        return max(found.scalar() or now, now)

    async def book(
        self, key: str, rate_limit_scope: str, every: timedelta, now: datetime, soon: datetime
    ) -> datetime:
        """Book the next free instant for `key`, `every` after the last, and not while `rate_limit_scope` is held.

        An instant after `soon` is said and not booked.
        """
        row, other = schema.pace.c, schema.pace.alias()
        held = select(other.c.next_at).where(other.c.key == rate_limit_scope).scalar_subquery()
        mine = select(row.next_at, held).where(row.key == key).with_for_update(of=schema.pace)
        found = (await self._connection.execute(mine)).first()
        if found is None:
            await self.ensure(key, now)
            found = (await self._connection.execute(mine)).one()
        at: datetime = max(found[0], found[1] or now, now)
        if at <= soon:
            later = schema.pace.update().where(row.key == key).values(next_at=at + every)
            await self._connection.execute(later)
        return at

    async def ensure(self, key: str, now: datetime) -> None:
        """Have a row to book turns in."""
        statement = insert(self._connection, schema.pace).values(key=key, next_at=now)
        await self._connection.execute(statement.on_conflict_do_nothing())
