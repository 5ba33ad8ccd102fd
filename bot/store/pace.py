"""When the next turn of each thing is that has a rate or a lease: a row for each name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

READING, MATCHING, SUMMARIES = LEASES = ("reading", "matching", "summaries")
"""The works that one process does at a time; nobody keeps their leases for longer than some minutes."""

AGAIN = "again:"
"""How the names begin of what is asked for again, with the next mailing at the latest."""

LANE, TO, RATE = RATES = ("lane:", "to:", "rate:")
"""How the names begin of what has a rate: a queue of a channel, a destination, what a channel asks in all."""
_pace = schema.pace.c
_OF_KEY = _pace.key == bindparam("of_key")
_NEXT = select(_pace.next_at).where(_OF_KEY)
_SEEN = select(_pace.key, _pace.next_at).where(_pace.key.in_(bindparam("keys", expanding=True)))
_FREE = select(
    _NEXT.scalar_subquery(),
    select(_pace.next_at).where(_pace.key == bindparam("of_scope")).scalar_subquery(),
)
_MOVE = (
    schema.pace.update()
    .where(_OF_KEY, _pace.next_at == bindparam("before"))
    .values(next_at=bindparam("after"))
    .returning(_pace.key)
)
_scope = schema.pace.alias().c
_MOVE_UNLESS_HELD = _MOVE.where(
    ~exists().where(_scope.key == bindparam("of_scope"), _scope.next_at > bindparam("at"))
)


@cache
def _holding(dialect: str) -> Insert:
    made = insert(dialect, schema.pace)
    later = made.excluded.next_at
    return made.on_conflict_do_update(index_elements=["key"], set_={"next_at": later}, where=_pace.next_at < later)


class Pace:
    """The room of rates and turns, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def has_turn(self, key: str, until: datetime) -> bool:
        """Whether the turn that lasts `until` is still ours; so until this transaction ends."""
        return await self._locked(key) == until

    async def lock(self, key: str, now: datetime) -> datetime:
        """From when on `key` is free, and nobody else says otherwise until this transaction ends."""
        statement = insert(self._connection, schema.pace).values(key=key, next_at=now)
        await self._connection.execute(statement.on_conflict_do_nothing())
        return await self._locked(key) or now

    async def _locked(self, key: str) -> datetime | None:
        found = await self._connection.execute(_NEXT.with_for_update(), {"of_key": key})
        free: datetime | None = found.scalar()
        return free

    async def hold(self, key: str, until: datetime) -> None:
        """Block `key` until `until`, once this transaction is committed."""
        statement = _holding(self._connection.dialect.name)
        await self._connection.execute(statement, {"key": key, "next_at": until})

    async def held(self, key: str, now: datetime) -> datetime:
        """When one may go for `key`, without booking anything."""
        found = await self._connection.execute(_NEXT, {"of_key": key})
        return max(found.scalar() or now, now)

    async def free(self, keys: Collection[str]) -> dict[str, datetime]:
        """From when on each of these is free, as it is seen now; nothing of those that were never booked."""
        rows = await self._connection.execute(_SEEN, {"keys": list(keys)})
        return {row.key: row.next_at for row in rows}

    async def book(
        self,
        key: str,
        rate_limit_scope: str,
        every: timedelta,
        first: datetime,
        soon: datetime,
        seen: datetime | None = None,
    ) -> datetime:
        """Book the next free instant for `key`, `every` after the last, and not while `rate_limit_scope` is held.

        It is none before `first`. An instant after `soon` is said and not booked. Where `seen` still is when it is
        free, one statement does it.
        """
        of_both = {"of_key": key, "of_scope": rate_limit_scope}
        if seen is not None and (at := max(seen, first)) <= soon:
            asked = {**of_both, "before": seen, "at": at, "after": at + every}
            if (await self._connection.execute(_MOVE_UNLESS_HELD, asked)).first() is not None:
                return at
        while True:
            free, held = (await self._connection.execute(_FREE, of_both)).one()
            at = max(free or first, held or first, first)
            if at > soon or await self.move(key, free, at + every):
                return at

    async def move(self, key: str, before: datetime | None, after: datetime) -> bool:
        """Let `key` be free from `after` on; False when it is not free from `before` on any more."""
        if before is None:
            made = insert(self._connection, schema.pace).values(key=key, next_at=after)
            moved = await self._connection.execute(made.on_conflict_do_nothing().returning(_pace.key))
        else:
            moved = await self._connection.execute(_MOVE, {"of_key": key, "before": before, "after": after})
        return moved.first() is not None
