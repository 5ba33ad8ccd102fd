"""When jobs run: `inline` in one process, `procrastinate` on PostgreSQL in any number of them.

What jobs do is not decided here, and nothing of it is needed to be right: a bell that is lost or rung twice is
harmless, because the store says what is due.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial

from bot.engine.inline import Scheduler
from bot.engine.works import Works
from bot.jobs.due import next_due, works_due
from bot.store import Store
from bot.supervision import Work

_HASTY = ("read", "match", "summarize")


def engine_for(
    works: Mapping[str, Work],
    store: Store,
    *,
    channels: Collection[str],
    clock: Callable[[], datetime],
) -> Works:
    """What runs these works: this process alone on SQLite, with others on PostgreSQL."""
    if not store.is_shared:
        return Scheduler(works, hasty=_HASTY, due=partial(next_due, store, channels))
    module = importlib.import_module("bot.engine.procrastinate")  # its library is not everybody's
    due = partial(works_due, store, channels, clock)
    engine: Works = module.Engine(works, store=store, due=due, clock=clock, hasty=_HASTY)
    return engine
