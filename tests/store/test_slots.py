"""Slots: any number of schedulers ask what is due, and each due instant is taken once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.jobs.plan import plan
from bot.model import Days, Slot
from bot.store import Store, schema
from bot.store.slots import DueSlot
from tests.fakes import MORNING, NINE, matched, matches, paper, rows, states, subscribed

DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)


async def ensured(store: Store, slot: Slot = NINE, now: datetime = MORNING) -> int:
    async with store.write() as tx:
        return await tx.slots.ensure(slot, now)


async def due(store: Store, now: datetime) -> list[DueSlot]:
    async with store.read() as tx:
        return await tx.slots.due(now)


async def take(store: Store, one: DueSlot, now: datetime) -> bool:
    async with store.write() as tx:
        return await tx.slots.take(one, now)


async def test_a_slot_is_made_once_whoever_asks_for_it(store):
    numbers = await asyncio.gather(*(ensured(store) for _ in range(8)))
    assert len(set(numbers)) == 1
    assert len(await rows(store, schema.slot)) == 1


async def test_a_slot_that_is_in_use_keeps_its_time_when_somebody_joins_late(store):
    await ensured(store)
    await ensured(store, now=DUE + timedelta(hours=1))
    assert [one.due for one in await due(store, DUE + timedelta(hours=1))] == [DUE]


async def test_a_slot_is_due_from_its_minute_on(store):
    await ensured(store)
    assert await due(store, DUE - timedelta(microseconds=1)) == []
    assert [(one.slot, one.due) for one in await due(store, DUE)] == [(NINE, DUE)]


async def test_what_is_overdue_longest_comes_first(store):
    for minute in (600, 540, 570):
        await ensured(store, Slot("UTC", minute))
    assert [one.slot.minute for one in await due(store, DUE + timedelta(days=1))] == [540, 570, 600]


async def test_the_planned_instant_of_a_slot_comes_back_in_utc(store):
    await ensured(store, Slot("Asia/Shanghai", 17 * 60))
    async with store.read() as tx:
        planned = await tx.slots.next_due(Slot("Asia/Shanghai", 17 * 60))
        assert await tx.slots.next_due(Slot("Asia/Shanghai", 0)) is None
    assert planned == DUE
    assert planned.utcoffset() == timedelta(0)


async def test_of_many_who_take_a_due_slot_one_wins(store):
    await ensured(store)
    (one,) = await due(store, DUE)
    wins = await asyncio.gather(*(take(store, one, DUE) for _ in range(8)))
    assert sorted(wins) == [False] * 7 + [True]
    assert await due(store, DUE) == []
    assert [again.due for again in await due(store, DUE + timedelta(days=1))] == [DUE + timedelta(days=1)]


async def test_a_slot_is_not_taken_when_its_transaction_fails(store):
    await ensured(store)
    (one,) = await due(store, DUE)

    async def fail() -> None:
        async with store.write() as tx:
            assert await tx.slots.take(one, DUE)
            raise RuntimeError("power")

    with pytest.raises(RuntimeError, match="power"):
        await fail()
    assert await due(store, DUE) == [one]


async def test_an_outage_of_three_weeks_ends_in_one_digest_with_everything_in_it(store):
    _, (subscription,) = await subscribed(store)
    for day in range(1, 22):
        await matched(store, subscription, paper(day))
    back = DUE + timedelta(days=21, hours=3)
    assert await plan(store, back) == 1
    assert await plan(store, back + timedelta(minutes=1)) == 0
    assert await states(store) == ["ready"]
    assert len(await matches(store)) == 21


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    minute=st.integers(0, 1439),
    days=st.sets(st.integers(1, 7), min_size=1).map(Days.on),
    zone=st.sampled_from(["Australia/Lord_Howe", "America/Havana", "Europe/Berlin", "Asia/Kathmandu"]),
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    outage=st.integers(0, 60 * 24 * 60),
)
async def test_after_an_outage_of_any_length_a_slot_is_due_once_and_then_on_time_again(
    sqlite_store, zone, minute, days, start, outage
):
    slot = Slot(zone, minute, days)
    async with sqlite_store.write() as tx:
        await tx.connection.execute(schema.slot.delete())
    await ensured(sqlite_store, slot, start)
    back = slot.next_after(start) + timedelta(minutes=outage)
    (late,) = await due(sqlite_store, back)
    assert late.due == slot.next_after(start)
    assert await take(sqlite_store, late, back)
    assert await due(sqlite_store, back) == []
    following = slot.next_after(back)
    assert await due(sqlite_store, following - timedelta(seconds=1)) == []
    assert [one.due for one in await due(sqlite_store, following)] == [following]
