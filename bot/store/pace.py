"""When the next turn of each thing is that has a rate or a lease: a row for each name."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

READING, MATCHING, SUMMARIES = LEASES = ("reading", "matching", "summaries")
"""The works that one process does at a time; nobody keeps their leases for longer than some minutes."""

AGAIN = "again:"
"""How the names begin of what is asked for again, with the next mailing at the latest."""

LANE, TO, RATE = RATES = ("lane:", "to:", "rate:")
"""How the names begin of what has a rate: a queue of a channel, a destination, what a channel asks in all."""


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
        made = insert(self._connection, schema.pace).values(key=key, next_at=until)
        later = made.excluded.next_at
        await self._connection.execute(
            made.on_conflict_do_update(
                index_elements=["key"], set_={"next_at": later}, where=schema.pace.c.next_at < later
            )
        )

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
        row = schema.pace.c
        of = [select(row.next_at).where(row.key == each).scalar_subquery() for each in (key, rate_limit_scope)]
        while True:
            free, held = (await self._connection.execute(select(*of))).one()
            at: datetime = max(free or now, held or now, now)
            if at > soon or await self._is_moved(key, free, at + every):
                return at

    async def _is_moved(self, key: str, before: datetime | None, after: datetime) -> bool:
        """Whether nobody was faster."""
        row = schema.pace.c
        if before is None:
            made = insert(self._connection, schema.pace).values(key=key, next_at=after)
            moved = await self._connection.execute(made.on_conflict_do_nothing().returning(row.key))
        else:
            mine = schema.pace.update().where(row.key == key, row.next_at == before)
            moved = await self._connection.execute(mine.values(next_at=after).returning(row.key))
        return moved.first() is not None

    async def ensure(self, key: str, now: datetime) -> None:
        """Have a row to book turns in."""
        statement = insert(self._connection, schema.pace).values(key=key, next_at=now)
        await self._connection.execute(statement.on_conflict_do_nothing())
