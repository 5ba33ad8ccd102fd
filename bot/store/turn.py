"""SQLite in its thread: each statement takes one turn of it, where a cursor of aiosqlite takes three or four.

To change threads and back costs more than most of our statements do.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Generator
from functools import partial
from typing import Any, Self, TypeVar

import aiosqlite

from bot.supervision import to_its_end

_ROWS = 400  # that come with the statement itself; for more there are further turns
_T = TypeVar("_T")


def connection(*arguments: Any, **options: Any) -> SqliteConnection:
    """A connection to be awaited, with arguments of `sqlite3.connect`; it never keeps a process from ending."""
    made = SqliteConnection(partial(sqlite3.connect, *arguments, **options), iter_chunk_size=_ROWS)
    thread: Any = getattr(made, "_thread", made)  # which a connection of aiosqlite 0.21 is itself
    thread.daemon = True  # as SQLAlchemy does with connections that it makes
    return made


async def opened(*arguments: Any, **options: Any) -> SqliteConnection:
    """The same, open. Who is cancelled meanwhile leaves no thread that reports to a loop which has ended."""
    made = connection(*arguments, **options)
    try:
        await to_its_end(made)
    except asyncio.CancelledError:
        await made.close()
        raise
    return made


class SqliteConnection(aiosqlite.Connection):
    """A connection of aiosqlite with other cursors."""

    _is_idle = True  # a task that was cancelled may have left behind a statement that has yet to run

    def cursor(self) -> Cursor:  # type: ignore[override]
        """A cursor; that takes no turn yet."""
        return Cursor(self)

    async def in_turn(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `work` in the thread of the connection gives."""
        try:
            return await self._execute(lambda: work(self._conn))  # type: ignore[no-any-return, no-untyped-call]
        except asyncio.CancelledError:
            self._is_idle = False
            raise

    async def execute_fetchall(self, sql: str, parameters: Any = ()) -> list[Any]:  # type: ignore[override]
        """All rows of a statement."""
        return await self.in_turn(lambda connected: connected.execute(sql, parameters).fetchall())

    async def rollback(self) -> None:
        """Roll back; pools ask for that after each commit, too, when nothing is left to be rolled back."""
        if self._is_idle and not self.in_transaction:
            return
        await super().rollback()
        self._is_idle = True


class Cursor:
    """One statement: it runs and its first rows are read in one turn."""

    def __init__(self, connection: SqliteConnection) -> None:
        self._connection = connection
        self._cursor: sqlite3.Cursor | None = None  # while there may be more rows
        self._rows: list[Any] = []
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    def __await__(self) -> Generator[Any, None, Self]:
        return self  # SQLAlchemy 2.0 awaits a cursor, 2.1 enters it
        yield

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, sql: str, parameters: Any = ()) -> Self:
        """Run a statement."""
        return await self._run(lambda connected: connected.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Any) -> Self:
        """Run a statement with each of these parameters."""
        return await self._run(lambda connected: connected.executemany(sql, parameters))

    async def _run(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> Self:
        def run(connected: sqlite3.Connection) -> tuple[sqlite3.Cursor, list[Any]]:
            cursor = statement(connected)
            return cursor, cursor.fetchmany(_ROWS) if cursor.description else []

        cursor, self._rows = await self._connection.in_turn(run)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        self._cursor = cursor if len(self._rows) == _ROWS else None
        return self

    async def fetchone(self) -> Any:
        """The next row, None after the last."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        size = self.arraysize if size is None else size
        cursor = self._cursor
        if len(self._rows) < size and cursor is not None:
            missing = size - len(self._rows)
            more = await self._connection.in_turn(lambda _: cursor.fetchmany(missing))
            self._rows += more
            self._cursor = cursor if len(more) == missing else None
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        cursor, self._cursor = self._cursor, None
        found, self._rows = self._rows, []
        return found if cursor is None else found + await self._connection.in_turn(lambda _: cursor.fetchall())

    async def __aiter__(self) -> AsyncIterator[Any]:
        while rows := await self.fetchmany(_ROWS):
            for row in rows:
                yield row

    async def close(self) -> None:
        """Let go of rows that nobody has read."""
        cursor, self._cursor, self._rows = self._cursor, None, []
        if cursor is not None:
            await self._connection.in_turn(lambda _: cursor.close())
