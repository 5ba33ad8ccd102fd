"""Destinations and subscriptions: made once, numbered as people type them, kept apart."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from bot.model import Days, Language, Slot
from bot.store import schema
from tests.fakes import (
    MORNING,
    NINE,
    FakeChannel,
    HandClock,
    carried,
    courier,
    matched,
    matches,
    paper,
    planned,
    rows,
    subscribed,
    waits,
)


async def test_a_destination_keeps_its_habits_when_somebody_asks_there_again(store):
    first, _ = await subscribed(store, slot=Slot("Asia/Kathmandu", 61, Days.WEEKLY))
    second, _ = await subscribed(store, "stat.ML", slot=NINE, owner="wen")
    assert second == first
    assert (first.slot, first.owner) == (Slot("Asia/Kathmandu", 61, Days.WEEKLY), "ottoline")


async def test_one_address_on_two_channels_is_two_destinations(store):
    await subscribed(store, channel="fake")
    await subscribed(store, channel="other")
    async with store.read() as tx:
        assert [one.channel for one in await tx.subscribers.destinations()] == ["fake", "other"]
        assert await tx.subscribers.destination("third", "#tides") is None


async def test_one_person_with_two_places_is_one_identity(store):
    await subscribed(store, address="#one")
    await subscribed(store, address="#two")
    assert len(await rows(store, schema.subscriber)) == len(await rows(store, schema.identity)) == 1


async def test_saying_a_subscription_twice_changes_nothing(store):
    destination, (first,) = await subscribed(store, "cs.LG")
    async with store.write() as tx:
        again, is_new = await tx.subscribers.subscribe(destination.id, "cs.LG", MORNING)
    assert (again, is_new) == (first, False)


async def test_subscriptions_are_numbered_from_one_at_each_destination(store):
    _, here = await subscribed(store, "cs.LG", "cs.CL", address="#here")
    _, there = await subscribed(store, "cs.LG", address="#there")
    assert [one.number for one in here] == [1, 2]
    assert [one.number for one in there] == [1]


async def test_a_gap_in_the_numbers_is_not_filled_because_people_remember_them(store):
    destination, (first, _) = await subscribed(store, "cs.LG", "cs.CL")
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(first.id)
        made, _ = await tx.subscribers.subscribe(destination.id, "stat.ML", MORNING)
    assert made.number == 3


async def test_many_subscribe_at_one_place_at_the_same_moment(store):
    queries = [f"cs.{letters}" for letters in ("AI", "CL", "CV", "LG", "NE", "RO", "SE", "DC")]
    destinations = await asyncio.gather(*(subscribed(store, query) for query in queries))
    assert len({destination.id for destination, _ in destinations}) == 1
    _, found = await subscribed(store, queries[0])
    assert sorted(one.query for one in found) == sorted(queries)
    assert [one.number for one in found] == list(range(1, 9))
    assert len(await rows(store, schema.subscriber)) == len(await rows(store, schema.identity)) == 1


async def test_the_same_query_from_many_at_once_is_one_subscription(store):
    await asyncio.gather(*(subscribed(store, "cs.LG") for _ in range(8)))
    assert len(await rows(store, schema.subscription)) == 1


async def test_unsubscribing_forgets_what_had_matched_but_not_what_was_delivered(store):
    destination, (first, second) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, first, paper(1))
    await planned(store)
    await courier(store, FakeChannel(), HandClock()).drain()
    await matched(store, second, paper(1), paper(2))
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(first.id)
        await tx.subscribers.unsubscribe(second.id)
        assert await waits(tx, destination.id) == 0
    assert await matches(store) == []
    assert [paper_id for _, paper_id, _ in await carried(store)] == [paper(1).id]


async def test_habits_are_changed_one_at_a_time(store):
    destination, (subscription,) = await subscribed(store)
    async with store.write() as tx:
        await tx.subscribers.set_language(destination.id, Language.ZH)
        await tx.subscribers.set_slot(destination.id, Slot("Asia/Shanghai", 0, Days.DAILY), MORNING)
        await tx.subscribers.pause(destination.id, "holidays", MORNING)
        await tx.subscribers.set_paused(subscription.id, paused=True)
        await tx.subscribers.set_query(subscription.id, "cs.CL tides")
    async with store.read() as tx:
        changed = await tx.subscribers.find_destination(destination.id)
        known = await tx.subscribers.subscriptions(destination.id)
    assert (changed.language, changed.slot, changed.paused) == (
        Language.ZH,
        Slot("Asia/Shanghai", 0, Days.DAILY),
        "holidays",
    )
    assert [(one.id, one.query, one.paused) for one in known] == [(subscription.id, "cs.CL tides", True)]
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
        assert (await tx.subscribers.find_destination(destination.id)).paused == ""


async def test_a_destination_cannot_have_two_subscriptions_with_one_query(store):
    _, (first, _) = await subscribed(store, "cs.LG", "cs.CL")
    with pytest.raises(IntegrityError):
        async with store.write() as tx:
            await tx.subscribers.set_query(first.id, "cs.CL")
