"""Leases and turns by name, each a row that says from when on it is free. Deliveries have leases of their own."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

if TYPE_CHECKING:
    from bot.store import Transaction


_FURTHEST = timedelta(minutes=10)
"""A turn further away was booked by a clock that was ahead: even one a minute has no such queue."""


class Turns(ABC):
    """What a store offers of them; each call is a transaction."""

    has_clock: bool
    """Whether the database's clock counts."""

    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that may write."""

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that only reads."""

    async def take_lease(self, key: str, lease: timedelta, now: datetime) -> tuple[bool, datetime]:
        """Take the lease for `key` over all processes: whether it is ours, and until when it lasts."""
        async with self.write() as tx:
            free = await tx.pace.lock(key, now)
            if free > now:
                return False, free
            await tx.pace.move(key, free, now + lease)
            return True, now + lease

    async def renew_lease(self, key: str, until: datetime, longer: datetime) -> bool:
        """Make a turn of ours last longer; False when it is not ours any more."""
        async with self.write() as tx:
            return await tx.pace.move(key, until, longer)

    async def release_lease(self, key: str, until: datetime, free: datetime) -> None:
        """End the lease that lasted until `until`, unless a cool-down lasts longer."""
        async with self.write() as tx:
            await tx.pace.move(key, until, free)

    async def reserve(self, key: str, every: timedelta, count: int, clock: Callable[[], datetime]) -> float:
        """Book turns for `key`, `every` apart, over all processes: the first, by the clock of the event loop."""
        loop = asyncio.get_running_loop()
        async with self.write() as tx:
            free = await tx.pace.lock(key, clock())
            now = clock()
            if self.has_clock:
                now = (await tx.connection.execute(select(func.clock_timestamp()))).scalar_one()
            here = loop.time()
            first = free if now < free <= now + _FURTHEST else now
            await tx.pace.move(key, free, first + count * every)
        return here + (first - now).total_seconds()

    async def hold(self, key: str, until: datetime) -> None:
        """Block `key` until `until`: a shared cool-down."""
        async with self.write() as tx:
            await tx.pace.hold(key, until)

    async def held(self, key: str, now: datetime) -> datetime:
        """When one may go for `key`, without booking anything."""
        async with self.read() as tx:
            return await tx.pace.held(key, now)
