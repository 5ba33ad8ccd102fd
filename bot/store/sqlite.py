"""SQLite: how its file is opened and locked, and how its driver is asked."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TextIO, TypeVar

import aiosqlite
from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import StoreError

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may forget the last commits on power loss: a sent message is sent again
    "foreign_keys=ON",
    "busy_timeout=30000",
    "temp_store=MEMORY",
)
_READERS = 5
_PIECE = 400  # rows that come with their statement: some milliseconds
_T = TypeVar("_T")


def writer(path: Path) -> AsyncEngine:
    """An engine of one connection, whose transactions may write from their beginning."""
    return _engine(path, "BEGIN IMMEDIATE", _PRAGMAS, pool=1)


def reader(path: Path) -> AsyncEngine:
    """An engine whose connections only read; a transaction sees one moment."""
    return _engine(path, "BEGIN", (*_PRAGMAS, "query_only=ON"), pool=_READERS)


def locked(path: Path) -> TextIO:
    """The lock of a database; it lasts until it is closed. StoreError when another process has it."""
    lock = path.with_name(path.name + ".lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise StoreError(
            f"{path} is in use by another sudi process (pid {holder}): stop it, or use PostgreSQL for several"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _engine(path: Path, begin: str, pragmas: Sequence[str], *, pool: int) -> AsyncEngine:
    """An engine whose transactions start by `begin`.

    The driver's own way starts a transaction only at the first write, so that what was read before is
    stale by then: updates are lost without a word.
    """

    async def connect() -> _Connection:
        def opened() -> sqlite3.Connection:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")
            return connection

        connection = _Connection(opened, _PIECE)
        connection._thread.daemon = True  # as SQLAlchemy has it: it must not keep a process that fails
        await connection
        return connection

    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        async_creator=connect,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=120,
        hide_parameters=True,  # errors are logged, addresses and mails are not
    )

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Any) -> None:
        connection.connection.driver_connection.begin = begin

    return engine


class _Connection(aiosqlite.Connection):
    """A connection whose statements take one step to its thread and back, where aiosqlite's take four.

    Most of ours are so small that the steps are what they cost. A transaction begins with its first statement.
    """

    begin = ""  # the statement that is still to be run before the next one

    def cursor(self) -> Any:
        """What SQLAlchemy asks statements of."""
        return _Cursor(self)

    async def commit(self) -> None:
        """Commit; nothing when nothing was asked since the beginning."""
        if not self._unbegun():
            await super().commit()

    async def rollback(self) -> None:
        """Roll back; nothing when nothing was asked since the beginning."""
        if not self._unbegun():
            await super().rollback()

    def _unbegun(self) -> bool:
        unbegun, self.begin = bool(self.begin), ""
        return unbegun

    async def step(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do something in the thread of the connection, in a transaction if one is to begin."""
        begin, self.begin = self.begin, ""

        def begun() -> _T:
            if begin:
                self._conn.execute(begin).close()
            return work(self._conn)

        result: _T = await self._execute(begun)  # type: ignore[no-untyped-call]
        return result


class _Cursor:
    """A cursor that fetches some rows with its statement, which are all of them for most statements."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._open: sqlite3.Cursor | None = None  # while there may be more rows
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """Run a statement."""
        return await self._run(lambda cursor: cursor.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Run a statement once for each of `parameters`."""
        return await self._run(lambda cursor: cursor.executemany(sql, parameters))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        def work(raw: sqlite3.Connection) -> None:
            self._open = raw.cursor()
            try:
                statement(self._open)
                self.description, self.lastrowid = self._open.description, self._open.lastrowid
                self._fetch(self._open, _PIECE)
            except BaseException:
                self._end(self._open)
                raise

        await self._connection.step(work)
        return self

    async def fetchmany(self, size: int) -> list[Any]:
        """The next rows, fewer than `size` at the end."""
        if not self._rows and (cursor := self._open):
            await self._connection.step(lambda _raw: self._fetch(cursor, size))
        found, self._rows = self._rows[:size], self._rows[size:]
        return found

    async def fetchall(self) -> list[Any]:
        """All rows that are left."""
        if cursor := self._open:
            await self._connection.step(lambda _raw: self._fetch(cursor, None))
        found, self._rows = self._rows, []
        return found

    async def close(self) -> None:
        """Let go of rows that were not fetched."""
        if cursor := self._open:
            await self._connection.step(lambda _raw: self._end(cursor))

    def _fetch(self, cursor: sqlite3.Cursor, most: int | None) -> None:
        found = cursor.fetchall() if most is None else cursor.fetchmany(most)
        self._rows += found
        if most is None or len(found) < most:
            self.rowcount = cursor.rowcount  # right only behind the last row
            self._end(cursor)

    def _end(self, cursor: sqlite3.Cursor) -> None:
        cursor.close()
        self._open = None
