"""PostgreSQL as hosts give it: a URL of theirs, a pooler in between, and few connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.jobs.deliver import LEASE
from bot.store import Store
from bot.store.migrate import migrate
from tests.counterparts import postgres
from tests.counterparts.pooler import Pooler, pooler
from tests.fakes import FakeChannel, HandClock, courier, planned, waiting


@pytest.fixture
async def before(postgres_url: str) -> AsyncIterator[Pooler]:
    """A pooler before an empty database."""
    async with postgres.database(postgres_url) as url, pooler(url) as running:
        yield running


async def test_a_day_passes_through_a_pooler_with_few_connections(before):
    assert before.url.startswith("postgres://")
    store, channel, clock = Store.open(before.url), FakeChannel(), HandClock()
    await migrate(store)
    await waiting(store, 30, papers=2)
    assert await planned(store) == 30

    async def read() -> None:
        async with store.read() as tx:
            await tx.subscribers.destinations()

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(read())
        group.create_task(courier(store, channel, clock).drain())
    assert len(channel.arrived) == 60
    await store.close()
    assert before.refused == []
    assert before.prepared == []
    assert 1 < before.most <= 10  # and two are left for Slack's workspaces


async def test_readers_that_wait_do_not_keep_writers_away(before):
    store = Store.open(before.url)
    await migrate(store)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        inside = asyncio.Event()
        written = asyncio.Event()

        async def read() -> None:
            async with store.read() as tx:
                await tx.subscribers.destinations()
                inside.set()
                await written.wait()

        for _ in range(30):
            group.create_task(read())
        await inside.wait()
        await waiting(store, 1)
        written.set()
    await store.close()


async def test_whoever_dies_in_a_transaction_keeps_its_rows_no_longer_than_a_lease(before):
    store = Store.open(before.url)
    for room in (store.read, store.write):
        async with room() as tx:
            found = await tx.connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")
            assert timedelta(seconds=int(found.scalar().removesuffix("s"))) < LEASE
    await store.close()
