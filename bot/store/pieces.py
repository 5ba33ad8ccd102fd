"""Many rows a few at a time, so that the event loop is never held up for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

_PIECE = 400  # rows: some milliseconds
_T = TypeVar("_T")


async def in_pieces(connection: AsyncConnection, statement: Select[Any]) -> AsyncIterator[Row[Any]]:
    """The rows of a statement; others get their turn in between."""
    found = await connection.stream(statement)
    try:
        while piece := await _to_its_end(found.fetchmany(_PIECE)):
            for row in piece:
                yield row
    finally:
        await found.close()  # who is cancelled in between leaves no cursor open


async def _to_its_end(fetching: Awaitable[_T]) -> _T:
    """What is fetched. Who is cancelled meanwhile waits for it: else the connection is lost, with a traceback."""
    task = asyncio.ensure_future(fetching)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
