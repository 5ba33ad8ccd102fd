"""The shared pace: one request in three seconds over all callers, and cool-downs that bind everybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.store import Store
from tests.fakes import MORNING

THREE = timedelta(seconds=3)


async def test_callers_at_the_same_moment_get_instants_three_seconds_apart(store):
    booked = await asyncio.gather(*(store.reserve("arxiv.org", THREE, MORNING) for _ in range(12)))
    assert sorted(booked) == [MORNING + n * THREE for n in range(12)]
    assert all(at.utcoffset() == timedelta(0) for at in booked)


async def test_two_stores_on_one_database_share_the_pace(store_url, store):
    other = Store.open(store_url, exclusive=False)
    try:
        booked = await asyncio.gather(
            *(one.reserve("arxiv.org", THREE, MORNING) for one in [store, other] for _ in range(6))
        )
    finally:
        await other.close()
    assert sorted(booked) == [MORNING + n * THREE for n in range(12)]


async def test_nobody_pays_for_time_in_which_nobody_asked(store):
    await store.reserve("arxiv.org", THREE, MORNING)
    later = MORNING + timedelta(hours=1)
    assert await store.reserve("arxiv.org", THREE, later) == later
    assert await store.reserve("arxiv.org", THREE, later) == later + THREE


async def test_a_cool_down_holds_everybody_and_is_never_shortened(store):
    until = MORNING + timedelta(minutes=10)
    await asyncio.gather(
        store.hold("arxiv.org", until),
        store.hold("arxiv.org", MORNING + timedelta(minutes=1)),
    )
    await store.hold("arxiv.org", MORNING)
    booked = await asyncio.gather(*(store.reserve("arxiv.org", THREE, MORNING) for _ in range(4)))
    assert sorted(booked) == [until + n * THREE for n in range(4)]


async def test_keys_do_not_hold_one_another(store):
    await store.hold("slow.example", MORNING + timedelta(hours=1))
    assert await store.reserve("fast.example", THREE, MORNING) == MORNING
