"""Who listens where one connection hears everything: one process at a time, by a lease."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.leases import Lease, Moment
from bot.store import Store
from bot.store.insist import AWAY
from bot.supervision import Work

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
"""How long after the last that was heard of its holder another process takes over."""

LOOK_SECONDS = 5.0
"""How often the holder renews it, and the others ask for it."""


def one_at_a_time(store: Store, clock: Callable[[], datetime], talks: Sequence[Work]) -> list[Work]:
    """The same, each in one process of all that share the store."""
    if not store.is_shared:
        return list(talks)
    return [partial(_listen_alone, store, clock, f"listen {n}", talk) for n, talk in enumerate(talks)]


async def _listen_alone(store: Store, clock: Callable[[], datetime], key: str, listen: Work) -> None:
    """Listen while the lease is ours, and stand by otherwise; ends when `listen` does."""
    while True:
        since = Moment.now(clock)
        try:
            is_ours, until = await store.take_lease(key, LEASE, since.wall)
        except AWAY:
            is_ours = False
        if is_ours:
            log.info("gateway_taken key=%s", key)
            if await _listened(store, clock, key, listen, Lease(clock, since, LEASE), until):
                return
            log.warning("gateway_lost key=%s", key)
        await asyncio.sleep(LOOK_SECONDS)


async def _listened(
    store: Store, clock: Callable[[], datetime], key: str, listen: Work, lease: Lease, until: datetime
) -> bool:
    """Listen until that ends, which is True, or until another process may have the lease."""
    listening = asyncio.ensure_future(listen())
    try:
        while lease.is_ours():
            done, _ = await asyncio.wait([listening], timeout=LOOK_SECONDS)
            if done:
                await listening
                return True
            since = Moment.now(clock)
            try:
                if not await store.renew_lease(key, until, since.wall + LEASE):
                    return False
            except AWAY:
                continue  # it lasts for a while
            until = since.wall + LEASE
            lease.extend(since, LEASE)
        return False
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await store.release_lease(key, until, clock())
