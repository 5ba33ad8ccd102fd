"""Workers lose their database, or all jobs in it, in the middle of deliveries: nothing is lost, and none ends."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from bot.app import utc_now
from bot.engine.doorbells import Doorbells
from bot.model import Subscription
from bot.store import Store
from bot.store.migrate import migrate
from tests import PATIENCE
from tests.counterparts import postgres
from tests.counterparts.needed import need
from tests.fakes import matched, paper, planned, states, subscribed
from tests.scenarios.several import TEAM, QuickSlack, Workers, until

READERS = 40
AWAY_SECONDS, RETURN_SECONDS = 3.0, 30.0
WITHOUT_JOBS_SECONDS = 90.0


async def all_sent(store: Store, deliveries: int) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while await states(store) != ["sent"] * deliveries:  # noqa: ASYNC110  # other processes tell nobody
            await asyncio.sleep(0.2)
    return time.monotonic() - began


async def readers(store: Store) -> Subscription:
    """Who all ask for the same; one of what they ask for."""
    for number in range(READERS):
        address = f"{TEAM}/C{number:05}"
        _, (one,) = await subscribed(store, channel="slack", address=address, owner=f"o{number}")
    return one


async def without_jobs(store: Store) -> None:
    """Delete every job, again and again, also those that somebody is at."""
    while True:
        async with store.write() as tx:
            await tx.connection.execute(text("DELETE FROM procrastinate_jobs"))
        await asyncio.sleep(0.3)


async def test_all_is_sent_though_every_job_is_deleted_all_the_while(tmp_path: Path, migrated_url: str):
    store, slack = Store.open(migrated_url), QuickSlack(latency=0.3)
    async with slack.served():
        now = utc_now()
        one = await readers(store)
        workers = Workers(tmp_path, migrated_url, slack)
        async with workers.at_work(2):
            deleting = asyncio.create_task(without_jobs(store))
            await matched(store, one, paper(1), now=now, day=now.date())
            await planned(store, utc_now())  # unless the workers have already; nobody is told
            assert await all_sent(store, READERS) < WITHOUT_JOBS_SECONDS
            assert [each.poll() for each in workers.running] == [None, None]
            deleting.cancel()
            await asyncio.gather(deleting, return_exceptions=True)
        await store.close()
    assert set(Counter(key for _, key, _ in slack.posts).values()) == {1}, "no message twice"


async def test_the_same_workers_send_all_once_and_soon_after_the_database_was_stopped(
    tmp_path: Path,
):
    need("PostgreSQL", postgres.missing())
    slack = QuickSlack(latency=0.3)
    with postgres.mortal_server() as server:
        async with slack.served():
            store = Store.open(server.url)
            await migrate(store)
            store.bells = Doorbells()
            one = await readers(store)
            workers = Workers(tmp_path, server.url, slack)
            async with workers.at_work(2):
                now = utc_now()  # by which the workers forget what is old
                await matched(store, one, paper(1), paper(2), now=now, day=now.date())
                await planned(store, utc_now())  # unless the workers have already
                await store.ring("deliver")
                await until(lambda: len(slack.posts) >= READERS // 2)
                await asyncio.to_thread(server.stop_at_once)
                await asyncio.sleep(AWAY_SECONDS)
                await asyncio.to_thread(server.start)
                assert await all_sent(store, READERS) < RETURN_SECONDS
                assert [one.poll() for one in workers.running] == [None, None]

                await matched(store, one, paper(3), now=now, day=now.date())
                await planned(store, utc_now())  # unless the workers have already
                await store.ring("deliver")  # it is heard again
                assert await all_sent(store, 2 * READERS) < RETURN_SECONDS
            await store.close()
    assert set(Counter(key for _, key, _ in slack.posts).values()) == {1}, "no message twice"
