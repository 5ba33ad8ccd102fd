"""A statement on SQLite takes one turn of its thread, and gives what the cursor of the library gives."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.store.turn import Cursor, SqliteConnection, connection, opened

NUMBERS = (
    "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?) SELECT i FROM n LIMIT ?"
)


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[SqliteConnection]:
    async with connection(tmp_path / "sudi.db", isolation_level=None, timeout=30) as found:
        await found.cursor().execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
        yield found


async def read(cursor: Cursor, way: str, sizes: list[int]) -> list[int]:
    found = list[tuple[int]]()
    for size in sizes:
        found += await cursor.fetchmany(size)
    match way:
        case "all":
            found += await cursor.fetchall()
        case "one":
            while (row := await cursor.fetchone()) is not None:
                found.append(row)
        case "each":
            found += [row async for row in cursor]
    return [number for (number,) in found]


@given(st.sampled_from([0, 1, 399, 400, 401, 800, 1_234]), st.sampled_from(["all", "one", "each"]),
       st.lists(st.integers(0, 500), max_size=4))  # fmt: skip
def test_all_rows_come_once_and_in_order_however_they_are_read(count: int, way: str, sizes: list[int]) -> None:
    async def rows() -> list[int]:
        async with connection(":memory:") as connected, connected.cursor() as cursor:
            await cursor.execute(NUMBERS, (count, count))
            return await read(cursor, way, sizes)

    assert asyncio.run(rows()) == list(range(count))


async def test_a_statement_says_what_it_has_changed(connected: SqliteConnection) -> None:
    cursor = await connected.cursor().executemany("INSERT INTO t (b) VALUES (?)", [("one",), ("two",)])
    assert (cursor.description, cursor.rowcount) == (None, 2)
    cursor = await connected.cursor().execute("INSERT INTO t (b) VALUES (?)", ("three",))
    assert (cursor.rowcount, cursor.lastrowid, await cursor.fetchall()) == (1, 3, [])
    cursor = await connected.cursor().execute("UPDATE t SET b = '' WHERE a > 1 RETURNING a")
    assert (cursor.description[0][0], cursor.rowcount, await cursor.fetchall()) == ("a", 2, [(2,), (3,)])


async def test_an_error_is_raised_and_the_next_statement_runs(connected: SqliteConnection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await connected.cursor().execute("SELECT * FROM nowhere")
    assert await connected.execute_fetchall("SELECT 1") == [(1,)]


async def test_what_is_closed_with_rows_left_is_in_nobodys_way(connected: SqliteConnection) -> None:
    cursor = await connected.cursor().execute(NUMBERS, (1_000, 1_000))
    assert await cursor.fetchone() == (0,)
    await cursor.close()
    assert await cursor.fetchall() == []
    await connected.cursor().execute("DROP TABLE t")


async def test_to_roll_back_nothing_takes_no_turn_and_to_roll_back_something_does(
    connected: SqliteConnection,
) -> None:
    with pytest.raises(StopIteration):  # it is over without having waited for anything
        connected.rollback().send(None)
    await connected.execute_fetchall("BEGIN")
    await connected.cursor().execute("INSERT INTO t (b) VALUES ('one')")
    await connected.rollback()
    assert not connected.in_transaction
    assert await connected.execute_fetchall("SELECT * FROM t") == []


async def test_who_is_cancelled_while_a_transaction_begins_leaves_none_behind(
    connected: SqliteConnection, tmp_path: Path
) -> None:
    async with connection(tmp_path / "sudi.db", isolation_level=None) as other:
        await other.execute_fetchall("BEGIN IMMEDIATE")
        beginning = asyncio.create_task(connected.execute_fetchall("BEGIN IMMEDIATE"))
        await asyncio.sleep(0.05)
        beginning.cancel()
        await asyncio.gather(beginning, return_exceptions=True)
        assert not connected.in_transaction, "it still waits for the other one"
        rolling_back = asyncio.create_task(connected.rollback())
        await asyncio.sleep(0.05)
        await other.rollback()
        await rolling_back
        assert not connected.in_transaction
        await other.execute_fetchall("BEGIN IMMEDIATE")


@pytest.mark.parametrize("steps", range(4))
def test_who_is_cancelled_while_it_opens_leaves_no_thread_behind(tmp_path: Path, steps: int) -> None:
    async def cancelled() -> None:
        opening = asyncio.create_task(opened(tmp_path / "sudi.db"))
        for _ in range(steps):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)

    before, until = threading.active_count(), time.monotonic() + 10
    for _ in range(10):
        asyncio.run(cancelled())
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before
