"""One delivery on its way, and how it may end before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.leases import Lease
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
