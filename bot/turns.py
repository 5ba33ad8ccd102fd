"""Whose turn it is: the pace of a channel, in the database for all processes. Who sends what is `delivery`'s."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.channels import Channel
from bot.errors import ChannelError
from bot.model import Destination
from bot.store import Store, Transaction

PATIENCE = timedelta(seconds=10)
"""A turn further away than this is an error with a `retry_after`; less is waited for, well within a lease."""

Sleep = Callable[[float], Awaitable[None]]


class Turns:
    """The turns of one channel; one that has no pace never waits."""

    def __init__(
        self, store: Store, channel: Channel, clock: Callable[[], datetime], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._sleep = sleep

    async def take(self, tx: Transaction, place: Destination) -> datetime:
        """Book our turn at a place, and say when it comes; ChannelError, and no booking, when it is not soon."""
        now = self._clock()
        if not self._channel.pace:
            return now
        circle, soon = self._channel.circle(place.address), now + PATIENCE
        at = await tx.book(self._key(place), circle, self._channel.pace, now, soon)
        if at > soon:  # who books a turn and does not use it delays all others
            raise ChannelError("the channel has asked for a pause", retry_after=at - now)
        return at

    async def wait(self, at: datetime) -> None:
        """Wait for a turn that was taken."""
        if self._channel.pace:
            await self._sleep(max((at - self._clock()).total_seconds(), 0))

    async def taken(self, tx: Transaction, place: Destination, at: datetime) -> None:
        """A message has arrived: the pace is kept from end to start, because an answer may take its time."""
        if self._channel.pace:
            await tx.hold(self._key(place), at + self._channel.pace)

    async def pause(self, place: Destination, much: timedelta) -> None:
        """The channel asks for a pause: it holds for everybody in the circle of a place."""
        if self._channel.pace:
            await self._store.hold(self._channel.circle(place.address), self._clock() + much)

    def _key(self, place: Destination) -> str:
        lane = self._channel.lane(place.address)
        return f"lane:{self._channel.name}:{lane}" if lane else f"to:{place.id}"
