"""What waits for a destination, and what becomes of it: one delivery, in which each paper is once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.model import AnnounceType, Days, Slot
from bot.pipeline import plan
from bot.store import Store, schema
from bot.store.outbox import Claim
from tests.fakes import MORNING, matched, paper, planned, rows, states, subscribed, waiting

DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REPLACE = AnnounceType.REPLACE


async def claimed(store: Store, now: datetime) -> list[Claim]:
    """Take what is due."""
    async with store.write() as tx:
        return await tx.outbox.claim("fake", owner="one", now=now, lease_until=now + MINUTE, most=20)


async def items(store: Store) -> list[tuple[int, str, int]]:
    """What is in which delivery."""
    return sorted((row.delivery_id, row.paper_id, row.version) for row in await rows(store, schema.item))


async def test_planning_twice_plans_once(store):
    await waiting(store, 3, papers=2)
    assert await plan(store, DUE) == 3
    assert await plan(store, DUE) == 0
    assert await planned(store, DUE + MINUTE) == 0
    assert await states(store) == ["ready"] * 3
    assert len(await items(store)) == 6


async def test_nothing_is_planned_before_its_time(store):
    await waiting(store, 1)
    assert await plan(store, DUE - timedelta(seconds=1)) == 0
    assert await plan(store, DUE) == 1


async def test_only_the_destinations_of_the_slot_that_is_due_are_planned(store):
    await waiting(store, 2)
    _, (late,) = await subscribed(store, address="#late", slot=Slot("UTC", 18 * 60))
    await matched(store, late, paper(1))
    assert await plan(store, DUE) == 2
    assert await plan(store, DUE + timedelta(hours=9)) == 1


async def test_a_destination_without_anything_waiting_gets_no_delivery(store):
    await subscribed(store)
    assert await plan(store, DUE) == 0
    assert await states(store) == []


async def test_a_paper_that_several_subscriptions_of_a_destination_found_is_in_its_delivery_once(store):
    place, subscriptions = await subscribed(store, "cs.LG", "cs.AI", "tides")
    for one in subscriptions:
        await matched(store, one, paper(1))
    async with store.read() as tx:
        assert await tx.planning.waiting(place.id) == 1
    assert await plan(store, DUE) == 1
    (claim,) = await claimed(store, DUE)
    async with store.read() as tx:
        found = await tx.matches.in_delivery(claim.id)
    assert [one.subscription_id for one in found] == [one.id for one in subscriptions]
    assert len(await items(store)) == 1


async def test_a_delivered_paper_does_not_come_again_under_another_subscription_or_in_another_listing(store):
    _, (first, second) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, first, paper(1))
    assert await planned(store) == 1
    await matched(store, second, paper(1), kind=AnnounceType.CROSS)
    await matched(store, first, paper(1, version=2), kind=AnnounceType.CROSS)  # cross-listed after a revision
    assert await planned(store, MORNING + MINUTE) == 0


async def test_a_revision_that_was_asked_for_comes_once_for_each_version(store):
    _, (subscription,) = await subscribed(store, "type:replace")
    await matched(store, subscription, paper(1))
    assert await planned(store) == 1
    await matched(store, subscription, paper(1), kind=REPLACE)  # the same version again is nothing new
    assert await planned(store, MORNING + MINUTE) == 0
    await matched(store, subscription, paper(1, version=2), kind=REPLACE)
    assert await planned(store, MORNING + 2 * MINUTE) == 1
    await matched(store, subscription, paper(1, version=3), kind=REPLACE)
    await matched(store, subscription, paper(1, version=4), kind=REPLACE)
    assert await planned(store, MORNING + 3 * MINUTE) == 1
    assert await planned(store, MORNING + 4 * MINUTE) == 0
    assert [(delivery, version) for delivery, _, version in await items(store)] == [(1, 1), (2, 2), (3, 4)]


async def test_an_older_version_does_not_come_after_a_newer_one(store):
    _, (subscription,) = await subscribed(store, "type:replace")
    await matched(store, subscription, paper(1, version=3), kind=REPLACE)
    assert await planned(store) == 1
    await matched(store, subscription, paper(1, version=2), kind=REPLACE)
    assert await planned(store, MORNING + MINUTE) == 0


async def test_what_one_destination_got_another_one_still_gets(store):
    await waiting(store, 1)
    await planned(store)
    _, (other,) = await subscribed(store, address="#other")
    await matched(store, other, paper(1))
    assert await planned(store, MORNING + MINUTE) == 1


async def test_a_paused_destination_waits_and_gets_everything_at_its_next_time(store):
    (place,) = await waiting(store, 1)
    async with store.write() as tx:
        await tx.subscribers.pause(place.id, "holidays")
    assert await plan(store, DUE) == 0
    _, (subscription,) = await subscribed(store, address="#1")
    await matched(store, subscription, paper(2))
    async with store.write() as tx:
        await tx.subscribers.resume(place.id)
    assert await plan(store, DUE + timedelta(days=1)) == 1
    assert [one[1:] for one in await items(store)] == [("2606.90001", 1), ("2606.90002", 1)]


async def test_a_paused_subscription_waits_while_its_neighbour_goes(store):
    _, (held, going) = await subscribed(store, "cs.LG", "cs.AI")
    async with store.write() as tx:
        await tx.subscribers.set_paused(held.id, paused=True)
    await matched(store, held, paper(1))
    await matched(store, going, paper(2))
    assert await planned(store) == 1
    async with store.write() as tx:
        await tx.subscribers.set_paused(held.id, paused=False)
    assert await planned(store, MORNING + MINUTE) == 1
    assert [one[1] for one in await items(store)] == ["2606.90002", "2606.90001"]


async def test_a_delivery_that_is_planned_takes_nothing_more_in(store):
    """Two slots may fall on one instant, and a clock may stand: what is on its way must not grow."""
    place, (subscription,) = await subscribed(store)
    await matched(store, subscription, paper(1))
    assert await planned(store, DUE) == 1
    await matched(store, subscription, paper(2))
    assert await planned(store, DUE) == 0
    (claim,) = await claimed(store, DUE)
    async with store.write() as tx:
        assert await tx.outbox.compose(claim, ["one"], lease_until=MORNING + MINUTE)
    assert await planned(store, DUE) == 0
    assert await items(store) == [(1, "2606.90001", 1)]
    async with store.read() as tx:
        assert await tx.planning.waiting(place.id) == 1
    assert await planned(store, DUE + MINUTE) == 1


async def test_two_planners_at_the_same_moment_make_one_delivery_for_each_destination(store):
    await waiting(store, 5, papers=3)
    made = await asyncio.gather(*(plan(store, DUE) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, 5]
    assert len(await items(store)) == 15


async def test_planning_at_once_and_by_slot_at_the_same_moment_puts_no_paper_in_two_deliveries(store):
    await waiting(store, 5, papers=3)
    ways = [planned(store, DUE - MINUTE), plan(store, DUE), planned(store, DUE - 2 * MINUTE)]
    assert sum(await asyncio.gather(*ways)) == 5
    assert len(await items(store)) == 15
    assert {row.delivery_id for row in await rows(store, schema.item)} == {
        row.id for row in await rows(store, schema.delivery)
    }


async def test_two_slots_at_one_instant_plan_their_own_destinations(store):
    await waiting(store, 1)
    _, (daily,) = await subscribed(store, address="#daily", slot=Slot("UTC", 540, Days.DAILY))
    await matched(store, daily, paper(1))
    assert await plan(store, DUE) == 2
