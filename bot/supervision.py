"""The one place that survives a bug: work is done, and what goes wrong in it is logged and spreads no further."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[object]]


async def supervised(name: str, work: Work) -> bool:
    """Do a piece of work; whatever goes wrong is logged and does not spread. True when it went well."""
    try:
        await work()
    except Exception:  # the one place that survives a bug: the next tick, or the next item, goes on
        log.exception("work_failed name=%s", name)
        return False
    return True
