"""Numbers that only grow, over all processes; a number that was taken is never given again."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

PAPERS = "paper"


async def take(connection: AsyncConnection, name: str, count: int = 1) -> int:
    """Take numbers in a row; the first of them. Others wait until this transaction ends."""
    counter = schema.counter.c
    statement = insert(connection, schema.counter).values(name=name, value=count)
    taken = await connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": counter.value + count}).returning(
            counter.value
        )
    )
    return int(taken.scalar_one()) - count + 1
