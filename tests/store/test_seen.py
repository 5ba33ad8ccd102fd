"""An event that a channel tells twice is known again, for a day."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from tests.fakes import MORNING


async def test_an_event_is_new_once_whoever_asks(store):
    told = await asyncio.gather(*(store.first_time("slack:Ev1", MORNING) for _ in range(5)))
    assert sorted(told) == [False] * 4 + [True]
    assert await store.first_time("slack:Ev2", MORNING)
    assert not await store.first_time("slack:Ev1", MORNING + timedelta(hours=23))


async def test_it_is_forgotten_after_a_day(store):
    assert await store.first_time("slack:Ev1", MORNING)
    assert await store.first_time("slack:Ev1", MORNING + timedelta(hours=25))


async def test_a_pause_can_be_asked_for_without_booking_a_turn(store):
    assert await store.held("slack:T1", MORNING) == MORNING
    await store.hold("slack:T1", MORNING + timedelta(seconds=30))
    assert await store.held("slack:T1", MORNING) == MORNING + timedelta(seconds=30)
    assert await store.held("slack:T1", MORNING + timedelta(minutes=1)) == MORNING + timedelta(minutes=1)
