"""Writing what must not be forgotten, however long the database is away."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreError
from bot.supervision import BackOff

log = logging.getLogger(__name__)

BUGS = (IntegrityError, ProgrammingError, DataError)
"""Errors that no database which comes back would make good."""

AWAY = (DBAPIError, PoolTimeout, sqlite3.Error)
"""Errors of a database that is away; those above are among them."""

FIRST_WAIT = 0.2  # seconds
LONGEST_WAIT = 5.0
_T = TypeVar("_T")


def unusable(error: Exception) -> StoreError:
    """What a database that is away says, in one sentence."""
    lines = str(getattr(error, "orig", error)).strip().splitlines() or [type(error).__name__]
    return StoreError(f"DATABASE_URL: the database cannot be used: {lines[0]}")


async def insist(record: Callable[[], Awaitable[_T]]) -> _T:
    """Write whatever it takes, also when cancelled meanwhile: what has been sent must not be forgotten."""
    writing = asyncio.ensure_future(_until_written(record))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing], timeout=LONGEST_WAIT)
        writing.cancel()
        raise


async def _until_written(record: Callable[[], Awaitable[_T]]) -> _T:
    backoff = BackOff(FIRST_WAIT, LONGEST_WAIT)
    while True:
        try:
            return await record()
        except BUGS:
            raise
        except AWAY as error:
            pause = backoff.pause()
            log.error("database_away retry_seconds=%.1f cause=%s", pause, type(error).__name__)
            await asyncio.sleep(pause)
