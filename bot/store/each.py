"""One statement for each of several rows, and what it costs to ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Update
from sqlalchemy.ext.asyncio import AsyncConnection


async def each(connection: AsyncConnection, statement: Update, rows: Sequence[dict[str, Any]]) -> int:
    """Update with each of these parameters; how many rows that has changed.

    On SQLite it takes one turn of the thread. On PostgreSQL it would be a pipeline, in the middle of which a
    process that stands still keeps its rows for ever: https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
    """
    if connection.dialect.name == "sqlite" and rows:
        return (await connection.execute(statement, rows)).rowcount
    return sum([(await connection.execute(statement, row)).rowcount for row in rows])
