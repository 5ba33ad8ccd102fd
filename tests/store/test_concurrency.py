"""Transactions beside one another: nothing is lost, nothing is locked out, nobody reads a half-done change."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from bot.store import Store, schema
from tests.databases import sqlite_path
from tests.fakes import MORNING, NINE, ingest, listing, paper, planned, rows, subscribed

SECOND = timedelta(seconds=1)
_pace = schema.pace.c


@pytest.fixture
def other(sqlite_store: Store):
    """Another connection to the file, that waits for nobody."""
    connection = sqlite3.connect(sqlite_path(sqlite_store.url), timeout=0, isolation_level=None)
    yield connection
    connection.close()


async def test_eight_tasks_that_read_and_write_lose_nothing_and_are_never_locked_out(sqlite_store):
    await sqlite_store.take_lease("counter", SECOND, MORNING)

    async def count_to_forty() -> None:
        for _ in range(40):
            async with sqlite_store.write() as tx:
                before = (await tx.connection.execute(select(_pace.next_at))).scalar_one()
                await asyncio.sleep(0)
                await tx.connection.execute(schema.pace.update().values(next_at=before + SECOND))

    await asyncio.gather(*(count_to_forty() for _ in range(8)))
    assert [row.next_at for row in await rows(sqlite_store, schema.pace)] == [MORNING + 321 * SECOND]


async def test_a_write_transaction_has_the_file_from_its_first_statement_even_if_that_only_reads(
    sqlite_store, other
):
    async with sqlite_store.write() as tx:
        await tx.subscribers.destinations()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")


async def test_readers_do_not_keep_the_writer_away(sqlite_store, other):
    async with sqlite_store.read() as tx:
        await tx.subscribers.destinations()
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


async def test_sqlite_is_set_to_forget_nothing_and_to_keep_references(sqlite_store):
    async with sqlite_store.write() as tx:
        found = {
            name: (await tx.connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


async def test_a_transaction_that_fails_leaves_nothing(store):
    async def fail() -> None:
        async with store.write() as tx:
            await tx.slots.ensure(NINE, MORNING)
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        await fail()
    assert await rows(store, schema.slot) == []


async def test_a_transaction_that_is_cancelled_leaves_nothing_and_the_next_one_works(store):
    begun = asyncio.Event()

    async def hang() -> None:
        async with store.write() as tx:
            await tx.slots.ensure(NINE, MORNING)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await rows(store, schema.slot) == []
    async with store.write() as tx:
        await tx.slots.ensure(NINE, MORNING)
    assert len(await rows(store, schema.slot)) == 1


@pytest.mark.parametrize("steps", range(12))
async def test_a_transaction_that_is_cancelled_at_any_step_is_whole_or_nothing_and_locks_nobody_out(store, steps):
    async def write() -> None:
        async with store.write() as tx:
            await tx.pace.hold("first", MORNING)
            await tx.pace.hold("second", MORNING)

    task = asyncio.create_task(write())
    for _ in range(steps):
        await asyncio.sleep(0.0003)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(20):
        left = [row.key for row in await rows(store, schema.pace)]
        assert left in ([], ["first", "second"])
        await store.hold("third", MORNING)
    assert "third" in [row.key for row in await rows(store, schema.pace)]


async def test_a_read_transaction_sees_one_moment(store):
    destination, (first,) = await subscribed(store)
    async with store.read() as tx:
        assert len(await tx.subscribers.subscriptions(destination.id)) == 1
        async with store.write() as meanwhile:
            await meanwhile.subscribers.unsubscribe(first.id)
        assert len(await tx.subscribers.subscriptions(destination.id)) == 1
    async with store.read() as tx:
        assert await tx.subscribers.subscriptions(destination.id) == []


async def test_what_is_written_in_a_read_transaction_is_refused_and_not_forgotten_in_silence(store):
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with store.read() as tx:
            await tx.slots.ensure(NINE, MORNING)
    async with store.write() as tx:
        await tx.slots.ensure(NINE, MORNING)


async def test_naive_datetimes_are_refused(store):
    with pytest.raises(StatementError, match="naive datetime"):
        await store.hold("arxiv.org", datetime(2026, 6, 10))  # noqa: DTZ001


@pytest.mark.parametrize("hours", [-7, 0, 8])
async def test_instants_come_back_in_utc_from_whatever_zone_they_were_given_in(store, hours):
    given = MORNING.astimezone(timezone(timedelta(hours=hours)))
    await subscribed(store, now=given)
    await ingest(store, [listing("cs.LG", paper(1))], given)
    await planned(store, given)
    (delivery,) = await rows(store, schema.delivery)
    for instant in (delivery.slot_due, delivery.due_at, delivery.created_at):
        assert instant == MORNING
        assert instant.tzinfo is UTC
    async with store.read() as tx:
        assert (await tx.papers.last_fetch()).tzinfo is UTC


async def test_instants_are_kept_to_the_microsecond(store):
    exact = MORNING + timedelta(microseconds=1)
    assert await store.take_lease("arxiv.org", SECOND, exact) == (True, exact + SECOND)
    assert await store.take_lease("arxiv.org", SECOND, MORNING) == (False, exact + SECOND)


async def test_rows_of_a_large_answer_come_in_order_however_they_are_fetched(store):
    count = 1_234
    async with store.write() as tx:
        await tx.connection.execute(
            schema.pace.insert(), [{"key": f"{number:05}", "next_at": MORNING} for number in range(count)]
        )
    query = select(_pace.key).order_by(_pace.key)
    async with store.read() as tx:
        at_once = [row.key for row in await tx.connection.execute(query)]
        pieces = [len(piece) async for piece in (await tx.connection.stream(query)).partitions(300)]
        first = (await tx.connection.execute(query)).first()
        again = [row.key for row in await tx.connection.execute(query)]
    assert at_once == again == [f"{number:05}" for number in range(count)]
    assert sum(pieces) == count
    assert max(pieces) == 300
    assert first is not None
    assert first.key == "00000"


async def test_the_count_of_changed_rows_is_right_also_when_all_of_them_are_given_back(store):
    async with store.write() as tx:
        await tx.connection.execute(
            schema.pace.insert(), [{"key": f"{number:05}", "next_at": MORNING} for number in range(1_000)]
        )
        changed = await tx.connection.execute(
            schema.pace.update().values(next_at=MORNING + SECOND).returning(_pace.key)
        )
        assert len(changed.all()) == 1_000
    async with store.write() as tx:
        assert (await tx.connection.execute(schema.pace.delete())).rowcount == 1_000


def test_a_process_that_fails_with_an_open_database_ends(tmp_path):
    code = (
        "import asyncio, sys\n"
        "from bot.store import Store\n"
        "from bot.store.migrate import migrate\n"
        "async def main():\n"
        "    await migrate(Store.open(sys.argv[1]))\n"
        "    raise SystemExit(3)\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", code, f"sqlite:///{tmp_path / 'sudi.db'}"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 3


async def test_a_transaction_that_is_cancelled_at_any_statement_leaves_no_lock_behind(sqlite_store, other):
    async def ask_on() -> None:
        async with sqlite_store.write() as tx:
            while True:
                await tx.connection.execute(text("SELECT name FROM sqlite_master"))

    kept = []
    for thousandth in range(30):
        asking = asyncio.create_task(ask_on())
        await asyncio.sleep(thousandth / 1000)
        asking.cancel()
        kept += await asyncio.gather(asking, return_exceptions=True)  # with the statement, as a cycle would
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    assert {type(one) for one in kept} == {asyncio.CancelledError}
