"""What a process watches beside its work: whether others write to its database, or migrate it, and its clock."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.errors import StoreError
from bot.store import Store
from bot.store.insist import AWAY
from bot.store.migrate import head

log = logging.getLogger(__name__)

MOST_SKEW = timedelta(seconds=5)
"""Between our clock and the database's: who is due is asked by ours, and leases end by the database's."""

_REVISION_SECONDS = 5
_SKEW_SECONDS = 60


async def ensure_clock(store: Store, clock: Callable[[], datetime]) -> None:
    """Raise StoreError when our clock is not that of the database."""
    if abs(skew := await store.clock_skew(clock)) > MOST_SKEW:
        off = f"{skew.total_seconds():+.0f} s off that of the database"
        raise StoreError(f"the clock of this machine is {off}: let both be set by NTP")


async def watch(store: Store, clock: Callable[[], datetime], changed: Callable[[], None]) -> StoreError:
    """Call `changed` when another process has written to SQLite; end when a newer sudi has migrated it."""
    for second in itertools.count():
        with suppress(*AWAY):  # the database is away: others say so
            if await store.has_changed():
                changed()
            try:
                if second % _SKEW_SECONDS == 0:
                    await ensure_clock(store, clock)
                newer = await store.revision() if second % _REVISION_SECONDS == 0 else None
            except StoreError as error:
                log.error("%s", error)
            else:
                if (newer or "") > head():
                    known = f"and this one knows {head()}: install that one"
                    return StoreError(f"the database is at {newer} by a newer sudi, {known}")
        await asyncio.sleep(1)
    raise AssertionError  # seconds never end
