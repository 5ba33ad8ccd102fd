"""Who listens where one connection hears everything: one at a time, and another one soon after it is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.engine import gateway
from bot.engine.gateway import one_at_a_time
from bot.store import Store
from tests import PATIENCE


class Listener:
    """Listens until it is cut off."""

    def __init__(self) -> None:
        self.is_listening = False

    async def __call__(self) -> None:
        self.is_listening = True
        try:
            await asyncio.Event().wait()
        finally:
            self.is_listening = False


async def listening(*listeners: Listener) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(one.is_listening for one in listeners):  # noqa: ASYNC110  # a process tells nobody
            await asyncio.sleep(0.05)


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(gateway, "LEASE", timedelta(seconds=3))
    monkeypatch.setattr(gateway, "LOOK_SECONDS", 0.2)


@pytest.mark.parametrize("is_killed", [False, True], ids=["ends well", "is killed"])
async def test_one_listens_and_another_takes_over_when_it_is_gone(store, store_url, short, is_killed):
    if store_url.startswith("sqlite"):
        return  # one process, which needs no lease
    stores = [Store.open(store_url), Store.open(store_url)]
    listeners = [Listener(), Listener()]
    tasks = [
        asyncio.ensure_future(one_at_a_time(own, utc_now, [listener])[0]())
        for own, listener in zip(stores, listeners, strict=True)
    ]
    await listening(*listeners)
    await asyncio.sleep(4)  # longer than a lease
    (holder,) = (number for number, one in enumerate(listeners) if one.is_listening)
    if is_killed:  # its database does not hear of it
        async with store.write() as tx:
            await tx.pace.hold("listen 0", utc_now() + timedelta(seconds=3))
    tasks[holder].cancel()
    with suppress(asyncio.CancelledError):
        await tasks[holder]
    await listening(listeners[1 - holder])
    tasks[1 - holder].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for own in stores:
        await own.close()


async def test_a_holder_whose_lease_was_taken_stops_listening(store, store_url, short):
    if store_url.startswith("sqlite"):
        return
    listener = Listener()
    (alone,) = one_at_a_time(store, utc_now, [listener])
    task = asyncio.ensure_future(alone())
    await listening(listener)
    await store.hold("listen 0", utc_now() + timedelta(hours=1))
    async with asyncio.timeout(PATIENCE):
        while listener.is_listening:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_one_process_listens_without_a_lease(sqlite_store):
    listener = Listener()
    assert one_at_a_time(sqlite_store, utc_now, [listener]) == [listener]
