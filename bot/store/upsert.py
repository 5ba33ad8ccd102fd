"""INSERT .. ON CONFLICT, which SQLAlchemy spells once for each database."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(connection: AsyncConnection | str, table: Table) -> sqlite.Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`, the same on both.

    It is for the database of a connection, or for that with a name.
    """
    name = connection if isinstance(connection, str) else connection.dialect.name
    if name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)  # type: ignore[return-value]  # the same methods, no common type
