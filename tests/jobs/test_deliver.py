"""The courier: everything that was planned arrives, once, and what is in it is what was asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.jobs import deliver
from bot.jobs.compose import Composer
from bot.jobs.deliver import LEASE
from bot.model import Coverage
from bot.store import schema
from tests import PATIENCE
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    bare,
    courier,
    fails,
    ids,
    listing,
    matched,
    paper,
    planned,
    rows,
    states,
    subscribed,
    waiting,
    waits,
    waits_for,
)

MINUTE = timedelta(minutes=1)


# Once


async def test_eight_couriers_deliver_each_of_sixty_once(store, channel, clock):
    await waiting(store, 60)
    assert await planned(store) == 60
    tallies = await asyncio.gather(*(courier(store, channel, clock, f"w{n}").drain() for n in range(8)))
    assert sorted(one.address for one in channel.arrived) == sorted(f"#{n}" for n in range(1, 61))
    assert sum(one.sent for one in tallies) == sum(one.papers for one in tallies) == 60
    assert set(await states(store)) == {"sent"}
    assert all(row.sent_at is not None for row in await rows(store, schema.part))


@pytest.mark.parametrize("messages", [1, 3])
async def test_a_digest_takes_three_commits_and_one_for_each_further_message(store, channel, clock, messages):
    await waiting(store, 1, papers=messages)
    await planned(store)
    commits: list[str] = []
    event.listen(store._writer.sync_engine, "commit", lambda _connection: commits.append(""))
    assert (await courier(store, channel, clock).drain()).sent == 1
    taken = len(commits)
    await courier(store, channel, clock).drain()  # finds nothing, as the last round of each drain
    assert len(channel.arrived) == messages
    assert taken - (len(commits) - taken) <= 3 + messages - 1


async def test_a_delivery_of_three_messages_arrives_in_order_under_keys_of_its_own(store, channel, clock):
    await waiting(store, 1, papers=3)
    await planned(store)
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, tally.papers, tally.retried, tally.refused) == (1, 3, 0, 0)
    assert channel.papers("#1") == ids(paper(n) for n in (1, 2, 3))
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.2", "1.3"]
    assert [row.reference for row in await rows(store, schema.part)] == ["ref-1.1", "ref-1.2", "ref-1.3"]


async def test_nothing_is_sent_when_nothing_is_due(store, channel, clock):
    await waiting(store, 1)
    assert (await courier(store, channel, clock).drain()).sent == 0
    assert channel.asked == []


async def test_a_courier_sends_for_its_own_channel_only(store, channel, clock):
    await waiting(store, 2, channel="other")
    await planned(store)
    assert (await courier(store, channel, clock).drain()).sent == 0
    assert await states(store) == ["ready", "ready"]


# One never delays another


async def test_a_channel_that_hangs_does_not_delay_another(store, clock):
    slow, fast = FakeChannel("slow"), FakeChannel("fast")
    await waiting(store, 8, channel="slow")
    await waiting(store, 8, channel="fast")
    await planned(store)
    answer = asyncio.Event()
    for number in range(1, 9):
        slow.next_does(f"#{number}", waits_for(answer))
    hanging = asyncio.create_task(courier(store, slow, clock).drain())
    assert (await courier(store, fast, clock).drain()).sent == 8
    assert slow.arrived == []
    answer.set()
    assert (await hanging).sent == 8


async def test_a_destination_that_hangs_does_not_delay_the_others_of_its_batch(store, channel, clock):
    await waiting(store, 10)
    await planned(store)
    others = asyncio.Barrier(2)

    async def last(_sent):
        await others.wait()

    channel.next_does("#1", last)
    channel.next_does("#10", last)  # it is asked although the first one has not answered, or both wait for ever
    async with asyncio.timeout(PATIENCE):
        assert (await courier(store, channel, clock).drain()).sent == 10


async def test_a_bug_in_one_delivery_is_reported_and_the_others_arrive(store, channel, clock):
    await waiting(store, 5)
    await planned(store)

    async def bug(_sent):
        raise ZeroDivisionError

    channel.next_does("#3", bug)
    with pytest.raises(ZeroDivisionError):
        await courier(store, channel, clock).drain()
    assert sorted(one.address for one in channel.arrived) == ["#1", "#2", "#4", "#5"]
    clock.now += LEASE + timedelta(seconds=1)
    assert (await courier(store, channel, clock).drain()).sent == 1


# Stopping


async def test_a_courier_that_is_stopped_ends_what_is_in_flight_and_gives_the_rest_back(store, channel, clock):
    await waiting(store, 10, papers=2)
    await planned(store)
    one = courier(store, channel, clock)

    async def stop(_sent):
        one.stop()

    for number in range(1, 11):
        channel.next_does(f"#{number}", stop)  # whichever is the first
    tally = await one.drain()
    await one.release()
    in_flight = {sent.address for sent in channel.arrived}
    assert 1 <= tally.sent == len(in_flight) <= 4
    assert sorted(await states(store)) == ["ready"] * (10 - tally.sent) + ["sent"] * tally.sent
    assert (await courier(store, channel, clock, "two").drain()).sent == 10 - tally.sent
    assert len(channel.arrived) == 20, "no message twice"


async def test_a_courier_that_is_cut_off_leaves_nothing_claimed_after_releasing(store, channel, clock):
    await waiting(store, 3)
    await planned(store)
    reached = asyncio.Event()
    channel.next_does("#1", waits_for(asyncio.Event(), reached))
    one = courier(store, channel, clock)
    draining = asyncio.create_task(one.drain())
    await reached.wait()
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    await one.release()
    assert "sending" not in await states(store)
    await courier(store, channel, clock, "two").drain()
    assert sorted(sent.address for sent in channel.arrived) == ["#1", "#2", "#3"]


async def test_releasing_leaves_the_deliveries_of_others_alone(store, channel, clock):
    await waiting(store, 1)
    await planned(store)
    async with store.write() as tx:
        await tx.outbox.claim("fake", owner="other/fake", now=clock(), lease=LEASE, most=1)
    await courier(store, channel, clock, "one").release()
    assert await states(store) == ["sending"]


# What is in a digest


async def test_a_digest_has_the_papers_their_reasons_and_the_coverage_of_what_was_asked_for(store, channel, clock):
    destination, (first, second) = await subscribed(store, "cs.LG", "cs.AI tide")
    async with store.write() as tx:
        for one in (listing("cs.LG", paper(1)), listing("cs.AI", paper(2)), listing("hep-th", paper(3))):
            await tx.papers.add([one], one.announcements, MORNING)
    await matched(store, first, paper(1))
    await matched(store, second, paper(1))
    await planned(store)
    await courier(store, channel, clock).drain()
    (digest,) = channel.digests
    assert (bare(digest.key), digest.destination, digest.matched) == ("1", destination, 1)
    assert [(card.paper, card.subscriptions) for card in digest.cards] == [(paper(1), (first, second))]
    assert digest.coverage == tuple(Coverage(code, DAY, 1, 1, at=MORNING) for code in ("cs.AI", "cs.LG"))


async def test_a_digest_over_the_cap_shows_the_best_and_counts_all(store, channel, clock):
    await waiting(store, 1, papers=7)
    await planned(store)
    capped = deliver.Courier(store, channel, Composer(store, cap=5, clock=clock), owner="one", clock=clock)
    assert (await capped.drain()).papers == 7
    (digest,) = channel.digests
    assert (len(digest.cards), digest.matched, len(digest.rest)) == (5, 7, 2)
    assert await planned(store, MORNING + MINUTE) == 0


async def test_what_nobody_asks_for_any_more_is_not_sent_and_may_come_later(store, channel, clock):
    _, (gone, stays) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, gone, paper(1))
    await matched(store, stays, paper(2))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    assert (await courier(store, channel, clock).drain()).papers == 1
    assert channel.papers("#tides") == ids([paper(2)])
    await matched(store, stays, paper(1))
    assert await planned(store, MORNING + MINUTE) == 1


async def test_a_delivery_of_which_nobody_asks_for_anything_any_more_is_forgotten(store, channel, clock):
    _, (gone,) = await subscribed(store)
    await matched(store, gone, paper(1))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, channel.asked) == (0, [])
    assert await states(store) == []


async def test_a_forgotten_delivery_leaves_its_papers_and_its_instant_free(store, channel, clock):
    destination, (gone,) = await subscribed(store)
    await matched(store, gone, paper(1))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    await courier(store, channel, clock).drain()
    _, (back,) = await subscribed(store)
    await matched(store, back, paper(1))
    async with store.read() as tx:
        assert await waits(tx, destination.id) == 1
    assert await planned(store) == 1


async def test_the_papers_of_an_older_delivery_are_counted_as_its_own(store, channel, clock):
    _, (subscription,) = await subscribed(store)
    await matched(store, subscription, paper(1), paper(2))
    await planned(store)
    channel.next_does("#tides", fails("busy"))
    await courier(store, channel, clock).drain()
    await matched(store, subscription, paper(3))
    await planned(store, clock.forward(minutes=1))
    assert (await courier(store, channel, clock).drain()).papers == 3


async def test_a_digest_knows_the_one_that_was_sent_a_few_days_before_and_no_older_one(store, clock):
    channel = FakeChannel()
    (destination,) = await waiting(store, 1)
    await planned(store)
    await courier(store, channel, clock).drain()
    keys = []
    for days in (3, 20):
        clock.forward(days=days)
        async with store.read() as tx:
            (subscription,) = await tx.subscribers.subscriptions(destination.id)
        await matched(store, subscription, paper(days), now=clock())
        await planned(store, clock())
        await courier(store, channel, clock).drain()
        keys.append(channel.digests[-1].previous)
    assert keys == [channel.digests[0].key, ""]
