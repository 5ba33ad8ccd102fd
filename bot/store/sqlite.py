"""SQLite: how its file is opened and locked."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import URL, Connection, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.errors import InUseError, StoreError
from bot.private import make_private
from bot.store import turn
from bot.store.lists import decoded
from bot.store.memory import watch

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",  # NORMAL may forget the last commits on power loss: a sent message is sent again
    "foreign_keys=ON",
    "busy_timeout=30000",
    "temp_store=MEMORY",
)
_READERS = 5


def writer(path: Path) -> AsyncEngine:
    """An engine of one connection, whose transactions may write from their beginning."""
    return _engine(path, "BEGIN IMMEDIATE", _PRAGMAS, pool=1)


def reader(path: Path) -> AsyncEngine:
    """An engine whose connections only read; a transaction sees one moment."""
    return _engine(path, "BEGIN", (*_PRAGMAS, "query_only=ON"), pool=_READERS)


def keep_private(path: Path) -> None:
    """Make a database readable for its owner alone. SQLite gives the files beside it the same rights."""
    make_private(path)
    for beside in (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm")):
        if beside.exists():
            make_private(beside)


def locked(path: Path) -> TextIO:
    """The lock of a database; it lasts until it is closed. InUseError when another process has it.

    StoreError when the folder cannot be written to.
    """
    name = path.with_name(path.name + ".lock")
    try:
        make_private(name)
        lock = name.open("a+")
    except OSError as error:
        raise StoreError(f"DATABASE_URL: {name} cannot be written ({error.strerror or error})") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise InUseError(
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
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"isolation_level": None, "async_creator_fn": turn.opened},
        pool_size=pool,
        max_overflow=0,
        pool_timeout=120,
        json_deserializer=decoded,
        hide_parameters=True,  # errors are logged, addresses and mails are not
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "invalidate")
    def invalidated(connection: Any, _record: object, _error: BaseException | None) -> None:
        # A cancelled statement with rows left keeps a closed connection alive, and with it the lock of its
        # transaction: https://www.sqlite.org/c3ref/close.html
        with suppress(sqlite3.Error):  # there is nothing left to let go of
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def began(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        try:
            driver.run_async(lambda connected: connected.execute_fetchall(begin))
        except sqlite3.OperationalError as error:
            raise OperationalError(begin, None, error) from error

    watch(engine)
    return engine
