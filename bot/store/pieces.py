"""Many rows a few at a time, so that the event loop is never held up for long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import Row, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.supervision import to_its_end

_PIECE = 400  # rows: some milliseconds


async def in_pieces(connection: AsyncConnection, statement: Select[Any]) -> AsyncIterator[Row[Any]]:
    """The rows of a statement; others get their turn in between."""
    found = await connection.stream(statement)
    try:
        while piece := await to_its_end(found.fetchmany(_PIECE)):  # else the connection is lost, with a traceback
            for row in piece:
                yield row
    finally:
        await found.close()  # who is cancelled in between leaves no cursor open
