"""SQLite's driver, which fetches the first rows with their statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.sqlite import writer

NUMBERS = "WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :most) SELECT n FROM one"


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    engine = writer(tmp_path / "sudi.db")
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TABLE thing (n INTEGER PRIMARY KEY)"))
        yield connection
    await engine.dispose()


@pytest.mark.parametrize("most", [1, 399, 400, 401, 1_000])
async def test_all_rows_come_however_many_there_are(connection: AsyncConnection, most: int) -> None:
    found = await connection.execute(text(NUMBERS), {"most": most})
    assert list(found.scalars()) == list(range(1, most + 1))


@pytest.mark.parametrize("most", [1, 399, 400, 401, 1_000])
async def test_rows_come_piece_by_piece(connection: AsyncConnection, most: int) -> None:
    found = await connection.stream(text(NUMBERS), {"most": most})
    pieces = [[row.n for row in piece] async for piece in found.partitions(150)]
    assert sum(pieces, []) == list(range(1, most + 1))  # noqa: RUF017 (a few)
    assert all(len(piece) <= 150 for piece in pieces)


async def test_who_stops_early_lets_others_change_the_table(connection: AsyncConnection) -> None:
    await connection.execute(text("INSERT INTO thing (n) VALUES (:n)"), [{"n": n} for n in range(1_000)])
    found = await connection.stream(text("SELECT n FROM thing ORDER BY n"))
    assert (await found.fetchone()) == (0,)
    await found.close()
    await connection.execute(text("DROP TABLE thing"))  # "database table is locked" while it is read


async def test_rows_that_were_changed_are_counted(connection: AsyncConnection) -> None:
    await connection.execute(text("INSERT INTO thing (n) VALUES (:n)"), [{"n": n} for n in range(5)])
    changed = await connection.execute(text("UPDATE thing SET n = n + 10 WHERE n > 2"))
    assert changed.rowcount == 2
    given_back = await connection.execute(text("DELETE FROM thing WHERE n < 2 RETURNING n"))
    assert sorted(given_back.scalars()) == [0, 1]


async def test_a_statement_that_fails_leaves_the_connection_usable(connection: AsyncConnection) -> None:
    await connection.execute(text("INSERT INTO thing (n) VALUES (1)"))
    with pytest.raises(IntegrityError):
        await connection.execute(text("INSERT INTO thing (n) VALUES (1)"))
    assert (await connection.execute(text("SELECT count(*) FROM thing"))).scalar_one() == 1
