"""What models cost, day by day (UTC), over all processes: booked before a call, settled after it.

What a crash leaves booked stays spent: it may have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

_row = schema.spending.c


@dataclass(frozen=True, slots=True)
class Spent:
    """One day; `cost` is in millionths of the currency of the prices."""

    tokens: int = 0
    cost: int = 0
    calls: int = 0
    known: int = 0
    flawed: int = 0


@cache
def _finding(dialect: str) -> Insert:
    statement = insert(dialect, schema.spending)
    more = _row.known + statement.excluded.known
    return statement.on_conflict_do_update(index_elements=["day"], set_={"known": more})


class Spending:
    """The room of budgets, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def book(self, day: date, asked: Spent, *, most_tokens: int, most_cost: int) -> bool:
        """Book what a call may cost at the worst; False when the day has no room for it. No limit is 0."""
        await self._connection.execute(
            insert(self._connection, schema.spending).values(day=day).on_conflict_do_nothing()
        )
        room = [_row.day == day]
        if most_tokens:
            room.append(_row.tokens + asked.tokens <= most_tokens)
        if most_cost:
            room.append(_row.cost + asked.cost <= most_cost)
        booked = await self._connection.execute(
            schema.spending.update()
            .where(*room)
            .values(tokens=_row.tokens + asked.tokens, cost=_row.cost + asked.cost, calls=_row.calls + asked.calls)
        )
        return booked.rowcount == 1

    async def settle(self, day: date, booked: Spent, used: Spent) -> None:
        """Put what was used in the destination of what was booked."""
        await self._connection.execute(
            schema.spending.update()
            .where(_row.day == day)
            .values(
                tokens=_row.tokens - booked.tokens + used.tokens,
                cost=_row.cost - booked.cost + used.cost,
                flawed=_row.flawed + used.flawed,
            )
        )

    async def found(self, day: date, known: int) -> None:
        """Texts that were there already and did not have to be made."""
        statement = _finding(self._connection.dialect.name)
        await self._connection.execute(statement, {"day": day, "known": known})

    async def on(self, day: date) -> Spent:
        """What a day has cost up to now."""
        rows = await self._connection.execute(select(schema.spending).where(_row.day == day))
        row = rows.first()
        return Spent() if row is None else Spent(row.tokens, row.cost, row.calls, row.known, row.flawed)
