"""Doorbells between processes on a real PostgreSQL: quick, never needed, and alive after the database was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from importlib.metadata import version

import pytest
from sqlalchemy import text

from bot.app import utc_now
from bot.engine.doorbells import Doorbells
from bot.engine.procrastinate import Engine
from bot.store import Store
from tests.counterparts.pooler import pooler
from tests.engine.test_inline import Work
from tests.fakes import MORNING

KILL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def elsewhere(migrated_url: str) -> AsyncIterator[Store]:
    """Another process, which makes work."""
    store = Store.open(migrated_url)
    store.bells = Doorbells()
    yield store
    await store.close()


async def nothing_due(after: datetime) -> Mapping[str, datetime]:
    return {}


@asynccontextmanager
async def working(url: str, due=nothing_due, **works: Work) -> AsyncIterator[Engine]:
    """A process that works, past the first ring of its own."""
    store = Store.open(url)
    engine = Engine(
        {name.replace("_", " "): work for name, work in works.items()}, store=store, due=due, clock=utc_now
    )
    store.bells = engine
    task = asyncio.create_task(engine.run())
    try:
        for work in works.values():
            await work.has_begun(1)
        yield engine
        engine.stop()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await store.close()


async def jobs(store: Store) -> list[tuple[str, str]]:
    async with store.read() as tx:
        found = await tx.connection.execute(
            text("SELECT queue_name, args->>'name' FROM procrastinate_jobs WHERE task_name = 'ring' ORDER BY 1, 2")
        )
        return [(row[0], row[1]) for row in found]


async def test_what_is_rung_in_a_transaction_wakes_the_right_works_of_another_process(migrated_url, elsewhere):
    deliver, read = Work(), Work()
    async with working(migrated_url, deliver_mail=deliver, read=read):
        with suppress(ZeroDivisionError):
            async with elsewhere.write() as tx:
                tx.ring("read")
                raise ZeroDivisionError
        async with elsewhere.write() as tx:
            tx.ring("deliver")
        await deliver.has_begun(2)
        await asyncio.sleep(0.5)
        assert (deliver.runs, read.runs) == (2, 1)
        assert await jobs(elsewhere) == [], "a job that was heard is gone"


async def test_a_bell_that_rings_already_costs_the_transaction_nothing(elsewhere):
    async with elsewhere.write() as tx:
        tx.ring("deliver", "read")
    first, second = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with elsewhere.write() as tx:
            await Doorbells().within(tx, {"plan"})
            first.set()
            await second.wait()

    slowly = asyncio.create_task(slow())
    await first.wait()
    same = asyncio.create_task(elsewhere.ring("plan", "deliver", "tell"))  # it waits for the other
    await asyncio.sleep(0.2)
    second.set()
    await asyncio.gather(slowly, same)
    waiting = [("ingest", "read"), ("worker", "deliver"), ("worker", "plan"), ("worker", "tell")]
    assert await jobs(elsewhere) == waiting


async def test_when_all_jobs_are_deleted_what_is_due_is_rung_for_again(migrated_url, elsewhere):
    deliver = Work()

    async def due(after: datetime) -> Mapping[str, datetime]:
        return {"deliver mail": MORNING}

    async with working(migrated_url, due, deliver_mail=deliver):
        for _ in range(3):
            async with elsewhere.write() as tx:
                await tx.connection.execute(text("DELETE FROM procrastinate_jobs"))
            await deliver.has_begun(deliver.runs + 1)


async def test_what_becomes_due_between_two_ticks_is_rung_for_when_it_is(migrated_url):
    deliver, read, began = Work(), Work(), utc_now()
    instants = {name: began + timedelta(seconds=much) for name, much in (("deliver mail", 6.2), ("read", 7.9))}

    async def due(after: datetime) -> Mapping[str, datetime]:
        return {name: at for name, at in instants.items() if at > after}

    async with working(migrated_url, due, deliver_mail=deliver, read=read):
        for name, work in (("deliver mail", deliver), ("read", read)):
            await work.has_begun(2)
            assert timedelta() <= utc_now() - instants[name] < timedelta(seconds=1.5), name


async def test_a_worker_goes_on_when_the_database_has_thrown_out_everybody(migrated_url, elsewhere):
    deliver = Work()
    async with working(migrated_url, deliver_mail=deliver):
        async with elsewhere.write() as tx:
            await tx.connection.execute(text(KILL))
        async with elsewhere.write() as tx:
            tx.ring("deliver")
        await deliver.has_begun(2)


async def test_without_a_connection_of_its_own_a_worker_polls(migrated_url, elsewhere):
    deliver = Work()
    async with pooler(migrated_url) as between, working(between.url, deliver_mail=deliver):
        async with elsewhere.write() as tx:
            tx.ring("deliver")
        await deliver.has_begun(2)


def test_the_schema_is_that_of_a_version_whose_later_steps_we_would_see():
    assert version("procrastinate").startswith("3.10."), (
        "a later one has steps of its own: add a migration for them"
    )
