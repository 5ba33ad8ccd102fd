"""At night, what is older than BOT_KEEP_DAYS is forgotten: hits, deliveries, papers and their texts; and
destinations that have refused their digests for months.

In transactions that are short however much there is; whatever cuts it off, the next night goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.model import Days, Slot
from bot.store import Store, Transaction
from bot.store.chunks import repeated

log = logging.getLogger(__name__)

_TURN = "prune"
_LEASE = timedelta(hours=2)
_MINUTE = 3 * 60 + 40  # of the local day
GONE = timedelta(days=180)
"""How long a destination may refuse its digests before it is forgotten."""

_EDITED = timedelta(days=7)  # how long after it was sent a digest may be edited
_FIRST, _MOST = 200, 400  # rows, each of which may take others with it

Step = Callable[[Transaction, int], Awaitable[int]]
"""Forgets some rows, at the most so many; how many there were."""


async def prune_nightly(store: Store, now: datetime, keep: timedelta, zone: str) -> None:
    """Forget what is old, once a night over all processes."""
    if await store.held(_TURN, now) > now:
        return
    is_ours, until = await store.take_lease(_TURN, _LEASE, now)
    if is_ours:
        await prune(store, now, keep)
        async with store.write() as tx:
            await tx.ahead.settle(now)
        await store.release_lease(_TURN, until, Slot(zone, _MINUTE, Days.DAILY).next_after(now))


async def prune(store: Store, now: datetime, keep: timedelta) -> int:
    """Forget what is older than `keep`; how many rows that were, without what goes with them.

    The last announcement stays however old it is: a bot that comes back after months can answer from it.
    """
    before = now - keep
    async with store.read() as tx:
        listed = min([before.date(), *await tx.papers.days(1)])
    steps: list[Step] = [
        lambda tx, most: tx.retention.destinations(now - GONE, most),
        lambda tx, most: tx.retention.hits(before, most),
        lambda tx, most: tx.retention.deliveries(before, most),
        lambda tx, most: tx.retention.papers(listed, most),
        lambda tx, most: tx.retention.lookups(before, most),
        lambda tx, most: tx.retention.listings(listed, most),
        lambda tx, most: tx.retention.queries(now - _EDITED, most),
    ]
    gone = sum([await repeated(store, step, first=_FIRST, most=_MOST) for step in steps])
    if gone:
        log.info("pruned rows=%d before=%s", gone, before.date())
    return gone
