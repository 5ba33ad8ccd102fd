"""PostgreSQL: how it is connected to, also through a pooler such as PgBouncer."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store.lists import decoded
from bot.store.memory import watch

_WRITERS = 5
_READERS = 3
"""Hosts give few connections: with two for Slack's workspaces and two for jobs, a process has at most twelve."""

_FRESH = 1.0
"""Seconds for which a connection is taken for alive after it was used; then it is asked before it is used."""

_USED = "last_used"


def writer(address: URL) -> AsyncEngine:
    """An engine for transactions that may write."""
    return _engine(address, _WRITERS)


def reader(address: URL) -> AsyncEngine:
    """An engine whose transactions only read, and see one moment, as SQLite's do by themselves."""
    return _engine(address, _READERS, only_reads=True)


def _engine(address: URL, pool: int, *, only_reads: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool,
        max_overflow=0,
        pool_timeout=120,
        isolation_level="REPEATABLE READ" if only_reads else None,
        json_deserializer=decoded,
        hide_parameters=True,
        # A pooler may run each transaction on another connection, where a prepared statement is not known:
        # https://www.psycopg.org/psycopg3/docs/advanced/prepare.html
        connect_args={"prepare_threshold": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        # Who stands still in a transaction must not keep its rows longer than its lease. Not an option of the
        # start-up packet: poolers refuse those,
        # https://www.pgbouncer.org/config.html#ignore_startup_parameters
        cursor = connection.cursor()
        cursor.execute("SET idle_in_transaction_session_timeout = '25s'")
        # What a day asks for is in memory: a few hundred looks into an index cost less than all of a table,
        # https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-RANDOM-PAGE-COST
        cursor.execute("SET random_page_cost = 1.1")
        cursor.close()
        connection.commit()
        connection.set_read_only(only_reads)

    @event.listens_for(engine.sync_engine, "checkin")
    def returned(_connection: object, record: Any) -> None:
        record.info[_USED] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def taken(connection: Any, record: Any, _pool: object) -> None:
        # As `pool_pre_ping` does before each transaction: three round trips, as many as a receipt takes.
        if time.monotonic() - record.info.get(_USED, math.inf) > _FRESH:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError from error

    watch(engine)
    return engine


def cache() -> Path:
    """Where this machine keeps what can be made again: https://specifications.freedesktop.org/basedir-spec/"""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "sudi"
