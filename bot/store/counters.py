"""Numbers that only grow, over all processes; a number that was taken is never given again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

PAPERS, BATCHES, WRITTEN = "paper", "batch", "written"


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


async def last(connection: AsyncConnection, name: str) -> int:
    """The last number taken; no other transaction takes one until this one ends."""
    counter = schema.counter.c
    found = await connection.execute(
        select(counter.value)
        .where(counter.name == name)
        .with_for_update(read=True)  # dropped on SQLite: one writer
    )
    return int(found.scalar() or 0)
