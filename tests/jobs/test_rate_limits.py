"""Whose turn it is to send: the pace of a destination, or one that many destinations share."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from datetime import timedelta

import pytest

from bot.app import utc_now
from bot.errors import ChannelError
from bot.jobs.rate_limits import PATIENCE, RateLimits, shared
from bot.model import Destination
from bot.pacing import RateLimit
from bot.store import Store
from tests.fakes import FakeChannel, HandClock, waiting


class Paced(FakeChannel):
    """A channel that takes messages only so fast, all destinations together."""

    def __init__(self, pace: timedelta) -> None:
        super().__init__()
        self.pace = pace

    def rate_limit_scope(self, address: str) -> str:
        return address

    def queue_key(self, address: str) -> str:
        return "account"


async def taken(store: Store, turns: RateLimits, destination: Destination) -> None:
    """Take a turn, and wait for it."""
    async with store.write() as tx:
        at = await turns.take(tx, destination)
    await turns.wait(at)


async def waits(store: Store, channel: FakeChannel, count: int) -> list[float]:
    """How long each of several destinations that want their turn at once has to wait, in seconds."""
    destinations = await waiting(store, count)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    turns = RateLimits(store, channel, HandClock(), sleep)
    for destination in destinations:
        await taken(store, turns, destination)
    return slept


async def test_places_that_share_a_pace_take_turns(store):
    assert await waits(store, Paced(timedelta(seconds=2)), 4) == [0, 2, 4, 6]


async def test_without_a_pace_nobody_waits(store):
    assert await waits(store, Paced(timedelta()), 3) == []


async def test_who_would_wait_too_long_is_told_when_to_come_and_delays_nobody(store):
    destinations = await waiting(store, 9)
    clock = HandClock()

    async def sleep(_seconds: float) -> None:
        pass

    turns = RateLimits(store, Paced(timedelta(seconds=6)), clock, sleep)
    for destination in destinations[:2]:
        await taken(store, turns, destination)
    for destination in destinations[2:8]:
        with pytest.raises(ChannelError) as caught:
            await taken(store, turns, destination)
        assert caught.value.retry_after == timedelta(seconds=12) > PATIENCE
    clock.forward(seconds=12)
    await taken(store, turns, destinations[8])


async def test_a_pause_of_one_place_is_no_pause_of_the_others(store):
    first, second = await waiting(store, 2)
    turns = RateLimits(store, Paced(timedelta(milliseconds=1)), HandClock())
    await turns.pause(first, timedelta(minutes=5))
    await taken(store, turns, second)
    with pytest.raises(ChannelError):
        await taken(store, turns, first)


async def test_a_rate_is_kept_by_all_who_share_it_and_used_by_them(store, store_url):
    """Three processes would each have a store of their own."""
    others = [Store.open(store_url, exclusive=False, has_clock=True) for _ in range(3)]
    went: list[float] = []

    async def sender(own: Store) -> None:
        limit = RateLimit("discord", timedelta(seconds=1) / 46, at_a_time=8, reserve=shared(own, utc_now))
        while asyncio.get_running_loop().time() < began + 3:
            await limit.wait()
            went.append(asyncio.get_running_loop().time())

    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(sender(own) for own in others))
    for own in others:
        await own.close()
    went.sort()
    assert max(bisect_left(went, at + 1) - place for place, at in enumerate(went)) <= 50
    assert len(went) > 46 * 2


async def test_turns_that_nobody_used_are_not_made_up_for():
    limit = RateLimit("alone", timedelta(seconds=0.05), at_a_time=4)
    await limit.wait()
    await asyncio.sleep(0.5)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        await limit.wait()
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_without_the_database_nothing_is_sent_that_it_would_have_to_count():
    away = shared(Store.open("postgresql://nobody@127.0.0.1:1/none"), utc_now)
    with pytest.raises(ChannelError) as caught:
        await away("discord", timedelta(seconds=1), 1)
    assert caught.value.retry_after
