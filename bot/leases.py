"""Leases as their holder sees them: until when something is ours for sure, and the look at that before an act
that cannot be undone.

Who gives leases out is the store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import LeaseLostError

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets, and that goes on while the machine sleeps, where there is one (Linux)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, by two clocks: whichever says first that a lease is over is believed."""

    wall: datetime
    steady: float

    @classmethod
    def now(cls, clock: Callable[[], datetime]) -> Moment:
        """This moment."""
        return cls(clock(), time.clock_gettime(_STEADY))


_NEVER = Moment(datetime.min.replace(tzinfo=UTC), 0.0)


class Lease:
    """A lease of ours. It counts from before it was asked for, so it ends here before anybody else may have it."""

    def __init__(self, clock: Callable[[], datetime], since: Moment, much: timedelta) -> None:
        self._clock = clock
        self.extend(since, much)

    def extend(self, since: Moment, much: timedelta) -> None:
        """It was renewed; `since` is from before the request."""
        self._until = Moment(since.wall + much, since.steady + much.total_seconds())

    def end(self) -> None:
        """Somebody else has it."""
        self._until = _NEVER

    def is_ours(self) -> bool:
        """Whether it is still certainly ours."""
        now = Moment.now(self._clock)
        return now.wall < self._until.wall and now.steady < self._until.steady


_still_ours: ContextVar[Callable[[], bool]] = ContextVar("still_ours", default=lambda: True)


@contextmanager
def acting_under(lease: Lease) -> Iterator[None]:
    """Do something that only the holder of a lease may do."""
    token = _still_ours.set(lease.is_ours)
    try:
        yield
    finally:
        _still_ours.reset(token)


def ensure_ours() -> None:
    """Look at the clock directly before an act that cannot be undone; LeaseLostError when the lease may be over.

    Without a lease, as for the answer to a command, everything may be done.
    """
    if not _still_ours.get()():
        raise LeaseLostError


async def _before_write(_session: object, _context: object, _parameters: object) -> None:
    ensure_ours()


def before_requests(trace: Any) -> None:
    """Have the requests of an aiohttp.TraceConfig look at the lease before each write.

    The headers wait in a buffer for the body, which a task of its own writes, so that both are looked at; each is
    called before its bytes go: https://docs.aiohttp.org/en/stable/tracing_reference.html
    """
    for written in (trace.on_request_headers_sent, trace.on_request_chunk_sent):
        written.append(_before_write)
