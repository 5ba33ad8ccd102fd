"""One delivery on its way, how it may end before it is done, and its turns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.jobs.rate_limits import RateLimits
from bot.leases import Lease
from bot.store import Transaction
from bot.store.outbox import Claim


@dataclass(slots=True, eq=False)
class Attempt:
    """One delivery on its way."""

    claim: Claim
    lease: Lease
    free: datetime | None = None  # from when on its destination is, where that was seen and has its own pace
    root: str = ""  # the reference of its first message, once that has arrived


class NotOursError(Exception):
    """Another process has the delivery, or it is not needed any more: nothing is left to do."""


class UnsureError(Exception):
    """A message has been sent as often as it may be, and never was there an answer; the message says what was."""


class Bookings:
    """When the messages of deliveries may go."""

    def __init__(self, rate_limits: RateLimits) -> None:
        self._rate_limits = rate_limits

    async def take(self, tx: Transaction, attempt: Attempt, last: datetime | None = None) -> datetime:
        """Book a turn, after the `last` message if that has just arrived; NotOursError when the lease is over."""
        if not attempt.lease.is_ours():
            raise NotOursError
        at = await self._rate_limits.take(tx, attempt.claim.destination, last, attempt.free)
        if attempt.free is not None:
            attempt.free = at + self._rate_limits.pace
        return at

    def place(self, attempt: Attempt) -> str:
        """Whose turns these are. Who books several in one transaction does so in the order of their places.

        So does every process, and none waits for a turn that another has, which waits for one of its own.
        """
        return self._rate_limits.place(attempt.claim.destination)
