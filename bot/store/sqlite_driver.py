"""SQLite's driver: a statement and its rows in one turn of the connection's thread.

aiosqlite hands over to its thread for a cursor, for its statement, for its rows and for closing it: each of
these costs more than most of our statements.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite

_AHEAD = 400  # rows that are fetched with their statement: those of nearly all


def connecting(path: Path) -> Callable[[], aiosqlite.Connection]:
    """What opens a connection; its transactions are begun and ended by whoever uses it."""

    def connect() -> aiosqlite.Connection:
        opened = _Connection(
            lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False), iter_chunk_size=_AHEAD
        )
        opened._thread.daemon = True  # as SQLAlchemy has it: a process that fails must not wait for it
        return opened

    return connect


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]  # as far as SQLAlchemy uses one
        return _Cursor(self)

    async def run(self, step: Callable[..., Any], *values: object) -> Any:
        """Have a step done in the thread of the connection."""
        return await self._execute(step, *values)  # type: ignore[no-untyped-call]

    def opened(self) -> sqlite3.Cursor:
        """A cursor; only in the thread."""
        return self._conn.cursor()


class _Cursor:
    """What SQLAlchemy asks of a cursor. It is closed by itself once its rows are fetched."""

    def __init__(self, connection: _Connection) -> None:
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1
        self._connection = connection
        self._open: sqlite3.Cursor | None = None  # while there may be more rows than those ahead
        self._ahead: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> Self:
        """Execute a statement and fetch its first rows."""
        await self._connection.run(self._execute, operation, parameters)
        return self

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Execute a statement with each of some parameters."""
        await self._connection.run(self._executemany, operation, parameters)
        return self

    async def fetchone(self) -> Any:
        """The next row."""
        return next(iter(await self.fetchmany(1)), None)

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows, `size` of them at the most."""
        size = size or self.arraysize
        if self._open is not None and len(self._ahead) < size:
            await self._connection.run(self._fetch, self._open, size - len(self._ahead))
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return found

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        if self._open is not None:
            await self._connection.run(self._fetch, self._open, None)
        found, self._ahead = self._ahead, []
        return found

    async def close(self) -> None:
        """Let go of the rows that are left."""
        self._ahead = []
        if self._open is not None:
            cursor, self._open = self._open, None
            await self._connection.run(cursor.close)

    def _execute(self, operation: str, parameters: Sequence[Any]) -> None:
        cursor = self._connection.opened()
        cursor.execute(operation, parameters)
        self._open = cursor
        self._fetch(cursor, _AHEAD)

    def _executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> None:
        cursor = self._connection.opened()
        cursor.executemany(operation, parameters)
        self.rowcount = cursor.rowcount

    def _fetch(self, cursor: sqlite3.Cursor, most: int | None) -> None:
        """Fetch rows, and close the cursor when those are all that are left."""
        more = cursor.fetchall() if most is None else cursor.fetchmany(most)
        self._ahead += more
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        if most is None or len(more) < most:
            self._open = None
            cursor.close()
