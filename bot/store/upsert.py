"""INSERT .. ON CONFLICT, which SQLAlchemy spells once for each database; and INSERT of many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Insert, String, Table, Text, bindparam, column, func, select
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


async def insert_new(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert those rows that are not there yet; all of them name the same columns.

    PostgreSQL gets a list of each column instead of a statement for each row: it takes a third of the time.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        await connection.execute(insert(connection, table).on_conflict_do_nothing(), rows)
    else:
        lists = {name: [row[name] for row in rows] for name in rows[0]}
        await connection.execute(_of_lists(table, tuple(lists)), lists)


@lru_cache
def _of_lists(table: Table, names: tuple[str, ...]) -> Insert:
    """As https://www.postgresql.org/docs/current/functions-array.html has of `unnest`.

    A text that is too long must be refused, not cut, as it is where a parameter has a length.
    """
    types = {name: table.c[name].type for name in names}
    lists = [
        bindparam(name, type_=ARRAY(Text() if isinstance(one, String) else one, dimensions=1))
        for name, one in types.items()
    ]
    rows = func.unnest(*lists).table_valued(*(column(name, one) for name, one in types.items())).render_derived()
    return postgresql.insert(table).from_select(list(names), select(*rows.c)).on_conflict_do_nothing()
