"""Rate limits over the whole installation, kept in the database: of channels, and of the sites that sources ask.

What is sent or asked is not decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from bot.channels import Channel
from bot.errors import ChannelError
from bot.model import Destination
from bot.pacing import Reserve
from bot.sources.client import Lease
from bot.store import Store, Transaction
from bot.store.insist import AWAY
from bot.store.pace import LANE, RATE, TO

PATIENCE = timedelta(seconds=10)
"""A booking further away than this is an error with a `retry_after`; less is waited for, well within a lease."""

_AWAY = timedelta(seconds=5)

Sleep = Callable[[float], Awaitable[None]]


class RateLimits:
    """The rate limits of one channel; a channel without a pace never waits."""

    def __init__(
        self, store: Store, channel: Channel, clock: Callable[[], datetime], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._sleep = sleep

    @property
    def pace(self) -> timedelta:
        """What lies between two turns at a place."""
        return self._channel.pace

    async def seen(self, tx: Transaction, destinations: Sequence[Destination]) -> dict[int, datetime]:
        """When each of those is free that have a pace of their own, by their ids, as it is seen now."""
        keys = {self.place(one): one.id for one in destinations if not self._channel.queue_key(one.address)}
        if not keys or not self._channel.pace:
            return {}
        return {keys[key]: free for key, free in (await tx.pace.free(keys)).items()}

    async def take(
        self,
        tx: Transaction,
        destination: Destination,
        last: datetime | None = None,
        seen: datetime | None = None,
    ) -> datetime:
        """Book the next instant at a destination; ChannelError, and no booking, when it is not soon.

        The pace is kept also from the end of the `last` message, where one has just arrived. It was `seen` to be
        free from then on, if anybody has looked.
        """
        now, pace = self._clock(), self._channel.pace
        if not pace:
            return now
        rate_limit_scope, soon = self._channel.rate_limit_scope(destination.address), now + PATIENCE
        first = now if last is None else max(now, last + pace)
        at = await tx.pace.book(self.place(destination), rate_limit_scope, pace, first, soon, seen)
        if at > soon:  # who books a turn and does not use it delays all others
            raise ChannelError("the channel has asked for a pause", retry_after=at - now)
        return at

    async def wait(self, at: datetime) -> None:
        """Wait for a turn that was taken."""
        if self._channel.pace:
            await self._sleep(max((at - self._clock()).total_seconds(), 0))

    async def taken(self, tx: Transaction, destination: Destination, at: datetime) -> None:
        """A message has arrived: the pace is kept from end to start, because an answer may take its time."""
        if self._channel.pace:
            await tx.pace.hold(self.place(destination), at + self._channel.pace)

    async def pause(self, destination: Destination, much: timedelta) -> None:
        """The channel asks for a pause: it holds for everybody in the rate limit scope of a destination."""
        if self._channel.pace:
            await self._store.hold(self._channel.rate_limit_scope(destination.address), self._clock() + much)

    def place(self, destination: Destination) -> str:
        """Whose turn it is that is booked for a destination: its own, or that of all in its queue."""
        queue_key = self._channel.queue_key(destination.address)
        return f"{LANE}{self._channel.name}:{queue_key}" if queue_key else f"{TO}{destination.id}"


def shared(store: Store, clock: Callable[[], datetime]) -> Reserve:
    """Turns over the whole installation, for channels that keep a rate limit by themselves."""

    async def reserve(key: str, every: timedelta, count: int) -> float:
        try:
            return await store.reserve(f"{RATE}{key}"[:80], every, count, clock)
        except AWAY as error:
            raise ChannelError("the database is away, which counts what is sent", retry_after=_AWAY) from error

    return reserve


class SourceLeases:
    """The leases of sites as the client of the sources asks for them, over all processes."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def take(self, key: str, lease: timedelta) -> Lease:
        """The lease over the whole installation, if it is free."""
        return Lease(*await self._store.take_lease(key, lease, self._clock()))

    async def give_back(self, key: str, lease: Lease, rest: timedelta) -> None:
        """End a lease of ours; the next one begins `rest` later at the earliest."""
        await self._store.release_lease(key, lease.until, self._clock() + rest)

    async def hold(self, key: str, until: datetime) -> None:
        """Give no lease before `until`."""
        await self._store.hold(key, until)
