"""Which rows the statements of a day look at: none reads a table that grows with readers, papers or days."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.jobs.compose import Composer
from bot.jobs.edit_late import LateEditor
from bot.jobs.plan import plan
from bot.model import AnnounceType, Language
from bot.store import Store
from bot.store.migrate import migrate
from bot.store.packing import pack
from tests.counterparts import postgres
from tests.databases import sqlite_path
from tests.fakes import DAY, MORNING, FakeChannel, HandClock, courier, ingest, listing, paper, subscribed

GROWING = {
    "announcement", "change", "delivery", "destination", "hit", "mute", "paper", "part", "subscription", "text",
}  # fmt: skip
ALLOWED = (
    "ix_paper_stale",  # a partial index of what waits
    "ix_text_unmatched",
)
EXEMPT = (
    'SELECT "query".id, "query".text, count(*)',  # matching asks every query
    "SELECT query.id, query.text, count(*)",  # on PostgreSQL
)


def of_one(parameters: Any) -> Any:
    """The parameters of one execution; many rows may also be one statement."""
    return parameters[0] if isinstance(parameters, list) else parameters


def bare(statement: str) -> str:
    """A statement of SQLite, however many parameters its lists have."""
    return re.sub(r"\?(, \?)+", "?", statement)


@contextmanager
def before_each(store: Store, listener: Callable[..., None]) -> Iterator[None]:
    """Have a listener called meanwhile before each statement."""
    engines = [engine.sync_engine for engine in (store._writer, store._reader)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", listener)
    yield
    for engine in engines:
        event.remove(engine, "before_cursor_execute", listener)


@contextmanager
def noted(store: Store) -> Iterator[dict[str, tuple[str, Any]]]:
    """Every statement that reads or writes meanwhile, with parameters of one execution."""
    seen: dict[str, tuple[str, Any]] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.setdefault(bare(statement), (statement, of_one(parameters)))

    with before_each(store, note):
        yield seen


def scans(path: Path, statements: dict[str, tuple[str, Any]]) -> list[tuple[str, str]]:
    """The tables that statements read as a whole, as SQLite plans them."""
    found = []
    with sqlite3.connect(path) as database:
        database.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
        for statement, parameters in statements.values():
            if statement.startswith(EXEMPT):
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                words = step.split()
                if words[0] == "SCAN" and words[1] in GROWING and not step.endswith(ALLOWED):
                    found.append((step, statement))
    database.close()
    return found


async def live(store: Store) -> None:
    """Two days of two readers, from listings to late edits."""
    clock, channel = HandClock(), FakeChannel()
    found = [paper(number) for number in range(1, 5)]
    await subscribed(store, "attention", "tide", now=MORNING)
    await subscribed(store, "注意力", "cs.LG type:replace", address="#other", now=MORNING)
    for day, papers in enumerate([found, [replace(one, version=2, comments="accepted") for one in found]]):
        now = MORNING + timedelta(days=day, minutes=1)
        kind = AnnounceType.REPLACE if day else AnnounceType.NEW
        told = listing("cs.LG", *((one, kind) for one in papers), day=DAY + timedelta(days=day))
        await ingest(store, [told], now)
        clock.now = now + timedelta(hours=4)
        await plan(store, clock())
        await courier(store, channel, clock).drain()
        await LateEditor(store, channel, Composer(store, cap=50, clock=clock), clock).fill()
    assert {one.address for one in channel.arrived} == {"#tides", "#other"}


async def test_no_statement_of_a_day_reads_a_table_as_a_whole(sqlite_store: Store) -> None:
    with noted(sqlite_store) as statements:
        await live(sqlite_store)
    assert len(statements) > 60
    assert scans(sqlite_path(sqlite_store.url), statements) == []


async def test_versions_of_papers_are_looked_up_by_an_index(sqlite_store: Store) -> None:
    versions = [(f"2606.{number}", 1) for number in range(10_000, 10_300)]
    with noted(sqlite_store) as statements:
        async with sqlite_store.read() as tx:
            await tx.papers.papers(versions)
            await tx.papers.announced(versions)
            await tx.texts.best(versions, Language.ZH)
            await tx.texts.titles(range(300))
    assert len(statements) == 4
    assert scans(sqlite_path(sqlite_store.url), statements) == []


# How much it looks at, beside few and beside many other readers

WAITING = (
    "INSERT INTO delivery (destination_id, channel, slot_due, state, due_at, created_at)"
    " SELECT id, 'other', day, 'ready', day, day FROM destination, (SELECT timestamptz '2026-06-02' AS day)"
)
OTHERS = (
    "INSERT INTO slot (zone, minute, days, next_due) VALUES ('UTC', 1, 'daily', '2027-01-01')",
    "INSERT INTO destination (channel, address, slot_id, language)"
    " SELECT 'fake', n, (SELECT id FROM slot), 'en' FROM generate_series(1, :count) n",
    "INSERT INTO query (text) SELECT 'cs.LG crowd' || n FROM generate_series(1, :count) n",
    "INSERT INTO subscription (destination_id, number, query_id, created_at)"
    " SELECT destination.id, 1, query.id, '2026-06-01' FROM destination"
    " JOIN query ON query.text = 'cs.LG crowd' || address",
    "INSERT INTO delivery"
    " (destination_id, channel, slot_due, state, due_at, created_at, done_at, papers, shown, lacks)"
    " SELECT id, channel, day, 'sent', day, day, day, :papers, 1, true FROM destination,"
    " (SELECT timestamptz '2026-06-01' AS day)",
    WAITING,
    "INSERT INTO part (delivery_id, number, body) SELECT id, n, '' FROM delivery, generate_series(1, 3) n",
    "INSERT INTO mute (destination_id, text, created_at) SELECT id, 'crowd', '2026-06-01' FROM destination",
    "INSERT INTO batch (id, kind, opened_at, published_at, papers)"
    " VALUES (0, 'day', '2026-06-01', '2026-06-01', '')",
    "INSERT INTO hit (batch, query, papers) SELECT 0, id, :papers FROM query",
)


ALIKE = (  # as the last destination, #0, is
    "INSERT INTO destination (channel, address, slot_id, language, last_number, changes_through)"
    " SELECT channel, '#' || n, slot_id, language, last_number, changes_through"
    " FROM destination, generate_series(1, :count) n WHERE channel = 'fake' AND address = '#0'",
    "INSERT INTO subscription (destination_id, number, query_id, created_at, since, through)"
    " SELECT destination.id, number, query_id, subscription.created_at, since, through"
    " FROM subscription, destination WHERE destination.id > destination_id"
    " AND destination_id = (SELECT id FROM destination WHERE channel = 'fake' AND address = '#0')",
)

SERIES = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {}) SELECT n FROM s)"
"""What `generate_series` of PostgreSQL gives, for SQLite."""


def for_sqlite(statement: str) -> str:
    """A statement of PostgreSQL as SQLite takes it."""
    series = re.sub(r"generate_series\(1, (.+?)\) n", lambda found: SERIES.format(found[1]), statement)
    return series.replace("timestamptz ", "")


async def fill(store: Store, count: int, statements: Iterable[str]) -> None:
    """Add rows by statements of PostgreSQL, for so many others."""
    is_sqlite = store.url.startswith("sqlite")
    async with store.write() as tx:
        for one in statements:
            values = {"count": count, "papers": pack([1])}
            await tx.connection.execute(text(for_sqlite(one) if is_sqlite else one), values)


async def subscribed_alike(store: Store, count: int, now: datetime) -> None:
    """So many readers of one slot, and one more, who look for the same."""
    await subscribed(store, "attention", address="#0", now=now)
    await fill(store, count, ALIKE)


@contextmanager
def stepped(store: Store) -> Iterator[Counter[str]]:
    """How many hundreds of instructions SQLite takes for each statement meanwhile, in all its executions.

    That is what https://www.sqlite.org/c3ref/c_stmtstatus_counter.html calls SQLITE_STMTSTATUS_VM_STEP.
    """
    found: Counter[str] = Counter()
    running: dict[int, str] = {}

    def count(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        driver = connection.connection.dbapi_connection.driver_connection._conn
        running[id(driver)] = "" if statement.startswith(EXEMPT) else bare(statement)

        def hundred_more() -> None:
            found[running[id(driver)]] += 1

        driver.set_progress_handler(hundred_more, 100)

    with before_each(store, count):
        yield found
    del found[""]


async def live_and_plan_for_many(store: Store) -> None:
    """Two days of two readers; then the slot of more of them is planned."""
    await live(store)
    await subscribed_alike(store, 60, MORNING + timedelta(days=2))
    await ingest(store, [listing("cs.LG", (paper(9), AnnounceType.NEW))], MORNING + timedelta(days=3))
    assert await plan(store, MORNING + timedelta(days=3, hours=4)) > 60


async def test_a_day_takes_no_more_steps_of_sqlite_beside_more_other_readers(tmp_path: Path) -> None:
    few, many = Counter[str](), Counter[str]()
    for others, counter in ((100, few), (5_000, many)):
        store = Store.open(f"sqlite:///{tmp_path}/{others}.db")
        await migrate(store)
        await fill(store, others, OTHERS)
        with stepped(store) as found:
            await live_and_plan_for_many(store)
        await store.close()
        counter.update(found)
    assert sum(few.values()) > 100
    assert {one: (few[one], steps) for one, steps in many.items() if steps > few[one] + 5} == {}


@contextmanager
def visited(store: Store) -> Iterator[Counter[str]]:
    """How many rows each statement looks at meanwhile, in all its executions."""
    found: Counter[str] = Counter()

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(EXEMPT) or not re.match("SELECT|INSERT|UPDATE|DELETE|WITH", statement):
            return
        cursor = connection.connection.cursor()
        cursor.execute("SAVEPOINT before")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", of_one(parameters))
        found[re.sub(r"%\(.*?\)s", "?", statement)] += rows_of(cursor.fetchone()[0][0]["Plan"])
        cursor.execute("ROLLBACK TO SAVEPOINT before")
        cursor.close()

    with before_each(store, explain):
        yield found


def rows_of(node: dict[str, Any]) -> int:
    """The rows that a plan and all below it look at in tables."""
    kept = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    here = sum(node.get(name, 0) for name in kept) * node["Actual Loops"] if "Relation Name" in node else 0
    return round(here) + sum(map(rows_of, node.get("Plans", ())))


@asynccontextmanager
async def beside(url: str, others: int, analyzed: int) -> AsyncIterator[Store]:
    """A store with so many other readers; its statistics were taken before that of their statements."""
    async with postgres.database(url) as fresh:
        store = Store.open(fresh)
        await migrate(store)
        analyze = ["ANALYZE"] if analyzed >= 0 else []
        await fill(store, others, [*OTHERS[:analyzed], *analyze, *OTHERS[analyzed:]])
        yield store
        await store.close()


READERS = 300  # of one slot: more than of whom PostgreSQL expects by itself that they have most subscriptions
MOMENTS = {"fresh": len(OTHERS), "before_they_wait": OTHERS.index(WAITING), "empty": 0, "none": -1}
taken_at = pytest.mark.parametrize("analyzed", MOMENTS.values(), ids=MOMENTS)


@taken_at
async def test_a_day_looks_at_no_more_rows_of_postgresql_beside_more_other_readers(
    postgres_url: str, analyzed: int
) -> None:
    few, many = Counter[str](), Counter[str]()
    for others, counter in ((100, few), (5_000, many)):
        async with beside(postgres_url, others, analyzed) as store:
            with visited(store) as found:
                await live(store)
            counter.update(found)
    assert len(many) > 60
    assert {one: (few[one], rows) for one, rows in many.items() if rows > few[one] + 50} == {}


@taken_at
async def test_to_plan_a_slot_looks_at_no_more_rows_of_postgresql_where_more_others_wait(
    postgres_url: str, analyzed: int
) -> None:
    rows = []
    for others in (1_000, 10_000):
        async with beside(postgres_url, others, analyzed) as store:
            await subscribed_alike(store, READERS, MORNING)
            await ingest(store, [listing("cs.LG", (paper(1), AnnounceType.NEW))], MORNING)
            with visited(store) as found:
                assert await plan(store, MORNING + timedelta(hours=4)) == READERS + 1
        rows.append(found)
    few, many = rows
    assert {one: (few[one], rows) for one, rows in many.items() if rows > few[one] + 500} == {}
