"""What has something to do now, and when the next thing will have: engines ask for it, and keep nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from bot.store import Store, Transaction

EVERY_MINUTE = ("read", "match", "plan", "summarize", "fill", "tell", "prune")
"""Works that look for themselves whether there is anything to do."""

_TICK_SECONDS = 5  # between two questions, so that one of them is in the first seconds of each minute


async def next_due(store: Store, channels: Collection[str]) -> datetime | None:
    """When the next slot is due, or the next delivery, or the end of a lease of one."""
    async with store.read() as tx:
        found = await _instants(tx, channels)
    return min((instant for instant in found.values() if instant is not None), default=None)


async def works_due(
    store: Store, channels: Collection[str], clock: Callable[[], datetime], after: datetime
) -> dict[str, datetime]:
    """When each work is first due after an instant; those that look for themselves are, at each full minute."""
    async with store.read() as tx:
        found = await _instants(tx, channels, after)
    now = clock()
    due = {work: instant for work, instant in found.items() if instant is not None}
    minute = now.replace(second=0, microsecond=0)
    return dict.fromkeys(EVERY_MINUTE if now.second < _TICK_SECONDS and minute > after else (), minute) | due


async def _instants(
    tx: Transaction, channels: Collection[str], after: datetime | None = None
) -> dict[str, datetime | None]:
    deliveries = {f"deliver {name}": await tx.outbox.next_at(name, after) for name in channels}
    return {"plan": await tx.slots.first(after), **deliveries}
