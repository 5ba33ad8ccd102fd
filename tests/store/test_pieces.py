"""Many rows a few at a time, and what is left behind when nobody wants the rest."""

from __future__ import annotations

import asyncio
import gc
import logging
import warnings

import pytest
from sqlalchemy import select

from bot.store import schema
from bot.store.pieces import in_pieces
from tests.fakes import MORNING


def at_once(task: asyncio.Task[None]) -> None:
    """Before the next piece is asked for."""
    task.cancel()


def soon(task: asyncio.Task[None]) -> None:
    """While the next piece is fetched."""
    asyncio.get_running_loop().call_soon(task.cancel)


@pytest.mark.parametrize("stop", [at_once, soon])
async def test_who_is_stopped_between_two_pieces_leaves_nothing_open_and_no_error(store, stop, caplog):
    async with store.write() as tx:
        rows = [{"key": str(number), "at": MORNING} for number in range(1_000)]
        await tx.connection.execute(schema.seen.insert(), rows)
    read = 0

    async def reading() -> None:
        nonlocal read
        async with store.read() as tx:
            async for _ in in_pieces(tx.connection, select(schema.seen)):
                read += 1
                if read == 400:
                    stop(asyncio.current_task())

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        task = asyncio.create_task(reading())
        await asyncio.wait([task])
        assert task.cancelled()
        del task  # with what it has held
        gc.collect()
    assert 400 <= read < 1_000
    assert [str(one.message) for one in told] == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []
