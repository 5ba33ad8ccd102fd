"""Bring the database to the newest form. Forward only; each step runs in one transaction."""

from __future__ import annotations

import asyncio
import importlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import InUseError, StoreError
from bot.store import Store

MIGRATION_SECONDS = 10.0
"""How long a command waits for a bot that has just been started to migrate the database."""

_SOON = 0.2
_FOLDER = Path(str(resources.files("bot.store"))) / "migrations"


def head() -> str:
    """The newest migration that this version knows: they are numbered by their file names."""
    return max(path.stem.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py"))


async def migrate(store: Store) -> bool:
    """Apply what is missing; False when the database was up to date. Safe to run from several processes.

    StoreError when the database cannot be used.
    """
    found = await store.revision()
    if found == head():
        return False
    if found is not None and found > head():
        raise StoreError(f"DATABASE_URL: the database was made by a newer sudi ({found}): install that one")
    async with store.connect() as connection, _foreign_keys_aside(connection):
        await connection.run_sync(_upgrade)
        await connection.commit()
    return True


async def opened_for_one_command(url: str, patience: float = MIGRATION_SECONDS) -> Store:
    """The database for one command, beside a bot that may run; it is migrated only while unused.

    A bot that has just been started migrates it itself: that is waited for.
    """
    until = time.monotonic() + patience
    while True:
        store = Store.open(url, exclusive=False)
        if await store.revision() == head():
            return store
        await store.close()
        try:
            alone = Store.open(url)
            break
        except InUseError:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(_SOON)
    try:
        await migrate(alone)
    finally:
        await alone.close()  # a bot may be started any moment
    return Store.open(url, exclusive=False)


async def opened_for_a_bot(url: str, *, has_clock: bool = False, patience: float = MIGRATION_SECONDS / 2) -> Store:
    """The database for a process that has it alone on SQLite; a command that is just migrating is waited for.

    `has_clock` as in :meth:`Store.open`. InUseError when another bot has it.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return Store.open(url, has_clock=has_clock)
        except InUseError:
            if time.monotonic() >= until:
                raise
            await asyncio.sleep(_SOON)


@asynccontextmanager
async def _foreign_keys_aside(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let SQLite drop a table that is made again in another form, without all the rows that refer to it.

    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    # Not through SQLAlchemy: the pragma has no effect inside a transaction.
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute_fetchall("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        await connection.rollback()
        await driver.execute_fetchall("PRAGMA foreign_keys=ON")


def _upgrade(connection: Connection) -> None:
    # Alembic takes half a second to import: only who migrates pays for it.
    command = importlib.import_module("alembic.command")
    config = importlib.import_module("alembic.config").Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise StoreError(
            "DATABASE_URL: rows of the database refer to others that are missing; nothing was changed"
        )
