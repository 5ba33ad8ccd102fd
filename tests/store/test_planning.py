"""What waits for a destination, and what becomes of it: one delivery, in which each paper is once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.jobs.plan import plan
from bot.model import AnnounceType, Days, Slot
from bot.store import Store, schema
from bot.store.outbox import Claim
from tests.fakes import (
    MORNING,
    carried,
    composed,
    matched,
    paper,
    planned,
    rows,
    states,
    subscribed,
    waiting,
    waits,
)

DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REPLACE = AnnounceType.REPLACE


async def claimed(store: Store, now: datetime) -> list[Claim]:
    """Take what is due."""
    async with store.write() as tx:
        return await tx.outbox.claim("fake", owner="one", now=now, lease=MINUTE, most=20)


async def sent(store: Store, now: datetime = MORNING) -> list[str]:
    """Plan everything and send it; the papers that go."""
    await planned(store, now)
    found = []
    for claim in await claimed(store, now):
        if (digest := await composed(store, claim)) is not None:
            found += [f"{card.paper.id}v{card.paper.version}" for card in digest.cards]
            async with store.write() as tx:
                await tx.outbox.finish([claim], now)
    return found


async def test_planning_twice_plans_once(store):
    await waiting(store, 3, papers=2)
    assert await plan(store, DUE) == 3
    assert await plan(store, DUE) == 0
    assert await planned(store, DUE + MINUTE) == 0
    assert await states(store) == ["ready"] * 3


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
    destination, subscriptions = await subscribed(store, "cs.LG", "cs.AI", "tides")
    for one in subscriptions:
        await matched(store, one, paper(1))
    async with store.read() as tx:
        assert await waits(tx, destination.id) == 1
    assert await plan(store, DUE) == 1
    (claim,) = await claimed(store, DUE)
    (card,) = (await composed(store, claim)).cards
    assert [one.id for one in card.subscriptions] == [one.id for one in subscriptions]


async def test_a_delivered_paper_does_not_come_again_under_another_subscription_or_in_another_listing(store):
    _, (first, second) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, first, paper(1))
    assert await sent(store) == ["2606.90001v1"]
    await matched(store, second, paper(1), kind=AnnounceType.CROSS)
    await matched(store, first, paper(1, version=2), kind=AnnounceType.CROSS)  # cross-listed after a revision
    assert await sent(store, MORNING + MINUTE) == []
    assert await states(store) == ["sent"], "a delivery without anything is given up"


async def test_a_revision_that_was_asked_for_comes_once_for_each_version(store):
    _, (new, subscription) = await subscribed(store, "cs.LG type:new", "cs.LG type:replace")
    await matched(store, new, paper(1))
    assert await sent(store) == ["2606.90001v1"]
    await matched(store, subscription, paper(1), kind=REPLACE)  # the same version again is nothing new
    assert await sent(store, MORNING + MINUTE) == []
    await matched(store, subscription, paper(1, version=2), kind=REPLACE)
    assert await sent(store, MORNING + 2 * MINUTE) == ["2606.90001v2"]
    await matched(store, subscription, paper(1, version=3), kind=REPLACE)
    await matched(store, subscription, paper(1, version=4), kind=REPLACE)
    assert await sent(store, MORNING + 3 * MINUTE) == ["2606.90001v4"]
    assert await sent(store, MORNING + 4 * MINUTE) == []


async def test_an_older_version_does_not_come_after_a_newer_one(store):
    _, (subscription,) = await subscribed(store, "cs.LG type:replace")
    await matched(store, subscription, paper(1, version=3), kind=REPLACE)
    assert await sent(store) == ["2606.90001v3"]
    await matched(store, subscription, paper(1, version=2), kind=REPLACE)
    assert await sent(store, MORNING + MINUTE) == []


async def test_what_one_destination_got_another_one_still_gets(store):
    await waiting(store, 1)
    await planned(store)
    _, (other,) = await subscribed(store, address="#other")
    await matched(store, other, paper(1))
    assert await planned(store, MORNING + MINUTE) == 1


async def test_a_paused_destination_waits_and_gets_everything_at_its_next_time(store):
    (destination,) = await waiting(store, 1)
    async with store.write() as tx:
        await tx.subscribers.pause(destination.id, "holidays", MORNING)
    assert await plan(store, DUE) == 0
    _, (subscription,) = await subscribed(store, address="#1")
    await matched(store, subscription, paper(2))
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
    assert await plan(store, DUE + timedelta(days=1)) == 1
    (claim,) = await claimed(store, DUE + timedelta(days=1))
    assert [card.paper.id for card in (await composed(store, claim)).cards] == ["2606.90001", "2606.90002"]


async def test_a_paused_subscription_waits_while_its_neighbour_goes(store):
    _, (held, going) = await subscribed(store, "cs.LG", "cs.AI")
    async with store.write() as tx:
        await tx.subscribers.set_paused(held.id, paused=True)
    await matched(store, held, paper(1))
    await matched(store, going, paper(2))
    assert await sent(store) == ["2606.90002v1"]
    async with store.write() as tx:
        await tx.subscribers.set_paused(held.id, paused=False)
    assert await sent(store, MORNING + MINUTE) == ["2606.90001v1"]


async def test_a_delivery_that_is_composed_takes_nothing_more_in(store):
    """Two slots may fall on one instant, and a clock may stand: what is on its way must not grow."""
    destination, (subscription,) = await subscribed(store)
    await matched(store, subscription, paper(1))
    assert await planned(store, DUE) == 1
    await matched(store, subscription, paper(2))
    assert await planned(store, DUE) == 0
    (claim,) = await claimed(store, DUE)
    assert (await composed(store, claim)).matched == 2, "what has come since it was planned goes with it"
    await matched(store, subscription, paper(3))
    assert await planned(store, DUE) == 0
    assert (await composed(store, claim)).matched == 2
    async with store.read() as tx:
        assert await waits(tx, destination.id) == 1
    assert await planned(store, DUE + MINUTE) == 1


async def test_two_planners_at_the_same_moment_make_one_delivery_for_each_destination(store):
    await waiting(store, 5, papers=3)
    made = await asyncio.gather(*(plan(store, DUE) for _ in range(4)))
    assert sum(made) == 5
    assert await states(store) == ["ready"] * 5


async def test_planning_at_once_and_by_slot_at_the_same_moment_puts_no_paper_in_two_deliveries(store):
    destinations = await waiting(store, 5, papers=3)
    ways = [planned(store, DUE - MINUTE), plan(store, DUE), planned(store, DUE - 2 * MINUTE)]
    await asyncio.gather(*ways)
    for claim in await claimed(store, DUE):
        await composed(store, claim)
    assert len(await carried(store)) == 15
    assert sorted(row.destination_id for row in await rows(store, schema.delivery)) == [
        one.id for one in destinations
    ]


async def test_two_slots_at_one_instant_plan_their_own_destinations(store):
    await waiting(store, 1)
    _, (daily,) = await subscribed(store, address="#daily", slot=Slot("UTC", 540, Days.DAILY))
    await matched(store, daily, paper(1))
    assert await plan(store, DUE) == 2
