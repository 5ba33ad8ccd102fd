"""At its slot each destination gets one delivery, if its queries have found anything or it should hear why not.

A slot is planned a few destinations at a time and is taken at the end: planning that is cut off in between begins
again, and makes no delivery twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.model import Fault
from bot.presentation.no_papers import news
from bot.store import Store
from bot.store.chunks import adapted
from bot.store.slots import DueSlot

log = logging.getLogger(__name__)

_FIRST, _LEAST = 1_000, 250  # destinations: the statements alone take as long as two hundred of them


async def plan(store: Store, now: datetime, *, patience: timedelta | None = None) -> int:
    """One delivery for each destination of each due slot that has papers coming, or that should hear why not.

    How many are new. With `patience`, deliveries that lack Chinese texts wait for them, that long after the slot.
    What is not matched by then comes with the next one: whoever plans sees to it first.
    """
    async with store.read() as tx:
        due = await tx.slots.due(now)
        faults = await tx.faults.missing() if due else []
    made = 0
    for slot in due:
        made += await _plan(store, slot, faults, now, slot.due + patience if patience else None)
        async with store.write() as tx:
            await tx.slots.take(slot, now)
    if made:
        log.info("planned deliveries=%d", made)
    return made


async def _plan(
    store: Store, slot: DueSlot, faults: Sequence[Fault], now: datetime, until: datetime | None
) -> int:
    since = slot.slot.last_before(slot.due)
    fresh = [one for one in faults if one.since > since]
    made, after, size = 0, 0, _FIRST
    while True:
        async with store.read() as tx:
            destinations = await tx.planning.served(slot.id, after, size)
            rows = await tx.planning.silent(destinations) if fresh else []
        if not destinations:
            return made
        concerned = await asyncio.to_thread(_concerned, rows, fresh, since)
        async with store.write() as tx:
            began = time.monotonic()
            if new := await tx.planning.plan(destinations, slot.due, now, concerned=concerned, until=until):
                tx.ring("deliver")
            made += new
            took = time.monotonic() - began
        if len(destinations) < size:
            return made
        after, size = destinations[-1], adapted(size, took, least=_LEAST)


def _concerned(rows: Sequence[tuple[int, str]], faults: Sequence[Fault], since: datetime) -> set[int]:
    """Who of some destinations should hear of faults that have begun since they were served before."""
    found = {query: bool(news(faults, [query], since)) for query in {query for _, query in rows}}
    return {destination for destination, query in rows if found[query]}


async def plan_all(store: Store, channels: Collection[str], now: datetime) -> int:
    """One delivery for every destination with papers coming, whatever its slot says; on these, all is due."""
    async with store.write() as tx:
        await tx.planning.hurry(channels, now)
    made, after, size = 0, 0, _FIRST
    while True:
        async with store.write() as tx:
            began = time.monotonic()
            destinations = await tx.planning.served(None, after, size)
            if not destinations:
                return made
            made += await tx.planning.plan(destinations, now, now)
            took = time.monotonic() - began
        after, size = destinations[-1], adapted(size, took, least=_LEAST)
