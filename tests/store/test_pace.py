"""The shared pace: one at a time over all callers, with a rest in between, and cool-downs that bind everybody."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.store import Store
from tests.fakes import MORNING

THREE = timedelta(seconds=3)
LEASE = timedelta(seconds=100)


async def test_of_callers_at_the_same_moment_one_gets_the_turn(store):
    turns = await asyncio.gather(*(store.take_lease("arxiv.org", LEASE, MORNING) for _ in range(12)))
    assert sorted(turns) == [(False, MORNING + LEASE)] * 11 + [(True, MORNING + LEASE)]
    assert all(until.utcoffset() == timedelta(0) for _, until in turns)


async def test_two_stores_on_one_database_share_the_turns(store_url, store):
    other = Store.open(store_url, exclusive=False)
    try:
        turns = await asyncio.gather(
            *(one.take_lease("arxiv.org", LEASE, MORNING) for one in [store, other] for _ in range(6))
        )
    finally:
        await other.close()
    assert [is_ours for is_ours, _ in turns].count(True) == 1


async def test_the_next_turn_comes_after_the_rest(store):
    _, until = await store.take_lease("arxiv.org", LEASE, MORNING)
    await store.release_lease("arxiv.org", until, MORNING + THREE)
    assert await store.take_lease("arxiv.org", LEASE, MORNING) == (False, MORNING + THREE)
    assert await store.take_lease("arxiv.org", LEASE, MORNING + THREE) == (True, MORNING + THREE + LEASE)


async def test_a_turn_whose_owner_died_ends_with_its_lease_and_the_ghost_changes_nothing(store):
    _, until = await store.take_lease("arxiv.org", LEASE, MORNING)
    assert (await store.take_lease("arxiv.org", LEASE, until))[0]
    await store.release_lease("arxiv.org", until, MORNING)
    assert await store.take_lease("arxiv.org", LEASE, until) == (False, until + LEASE)


async def test_a_cool_down_holds_everybody_and_is_never_shortened(store):
    _, turn = await store.take_lease("arxiv.org", LEASE, MORNING)
    until = MORNING + timedelta(minutes=10)
    await asyncio.gather(
        store.hold("arxiv.org", until),
        store.hold("arxiv.org", MORNING + timedelta(minutes=1)),
    )
    await store.hold("arxiv.org", MORNING)
    await store.release_lease("arxiv.org", turn, MORNING)
    assert await store.take_lease("arxiv.org", LEASE, MORNING) == (False, until)


async def test_keys_do_not_hold_one_another(store):
    await store.hold("slow.example", MORNING + timedelta(hours=1))
    assert (await store.take_lease("fast.example", LEASE, MORNING))[0]


async def test_turns_that_were_booked_by_a_clock_that_was_ahead_delay_nobody(store):
    now = asyncio.get_running_loop().time
    await store.reserve("rate:discord", THREE, 8, lambda: MORNING + timedelta(hours=3))
    assert await store.reserve("rate:discord", THREE, 8, lambda: MORNING) <= now()
    queued = await store.reserve("rate:discord", THREE, 8, lambda: MORNING)
    assert queued >= now() + 7 * THREE.total_seconds()


@pytest.mark.parametrize("key", ["lane:slack:C1", "to:7", "rate:discord"])
async def test_a_rate_is_void_where_it_is_further_away_than_a_queue_can_be_long(store, key):
    await store.hold("direct:discord", MORNING + timedelta(hours=3))
    await store.hold(key, MORNING + timedelta(hours=3))
    async with store.write() as tx:
        assert await tx.ahead.is_void(MORNING)
        assert await tx.ahead.void(MORNING) == 1
    assert await store.held(key, MORNING) == MORNING
    assert await store.held("direct:discord", MORNING) > MORNING


async def test_what_was_seen_to_be_free_and_is_not_any_more_is_looked_at_again(store):
    minute = timedelta(minutes=1)

    async def booked(seen: datetime | None) -> datetime:
        async with store.write() as tx:
            return await tx.pace.book("to:7", "slack:T1", THREE, MORNING, MORNING + minute, seen)

    assert await booked(MORNING) == MORNING  # it was never booked
    async with store.read() as tx:
        assert await tx.pace.free(["to:7", "to:8"]) == {"to:7": MORNING + THREE}
    assert await booked(MORNING + THREE) == MORNING + THREE
    assert await booked(MORNING + THREE) == MORNING + 2 * THREE  # somebody else was faster
    await store.hold("slack:T1", MORNING + minute / 2)
    assert await booked(MORNING + 3 * THREE) == MORNING + minute / 2
    await store.hold("slack:T1", MORNING + 2 * minute)
    assert await booked(MORNING + minute / 2 + THREE) == MORNING + 2 * minute  # said, and not booked
    assert await store.held("to:7", MORNING) == MORNING + minute / 2 + THREE
