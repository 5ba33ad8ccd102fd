"""The courier: everything that was planned arrives, once, whatever the channel and the database do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from bot import delivery
from bot.delivery import LEASE
from bot.model import Coverage
from bot.store import Store, schema
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    arrives_without_answer,
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
    waits_for,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


class FaultyStore(Store):
    """A store whose next write transactions fail, as if the database had gone away."""

    away = 0

    @asynccontextmanager
    async def write(self):
        if self.away:
            self.away -= 1
            raise OperationalError("UPDATE part", {}, ConnectionError("server closed the connection"))
        async with super().write() as tx:
            yield tx

    def goes_away_for(self, writes: int):
        async def deed(_sent):
            self.away = writes

        return deed


@pytest.fixture
async def faulty(database_url, store, monkeypatch):
    monkeypatch.setattr(delivery, "_FIRST_WAIT", 0.0)
    opened = FaultyStore.open(database_url, exclusive=False)
    yield opened
    await opened.close()


# Once


async def test_eight_couriers_deliver_each_of_sixty_once(store, channel, clock):
    await waiting(store, 60)
    assert await planned(store) == 60
    tallies = await asyncio.gather(*(courier(store, channel, clock, f"w{n}").drain() for n in range(8)))
    assert sorted(one.address for one in channel.arrived) == sorted(f"#{n}" for n in range(1, 61))
    assert sum(one.sent for one in tallies) == sum(one.papers for one in tallies) == 60
    assert set(await states(store)) == {"sent"}
    assert all(row.sent_at is not None for row in await rows(store, schema.part))


async def test_a_delivery_of_three_messages_arrives_in_order_under_keys_of_its_own(store, channel, clock):
    await waiting(store, 1, papers=3)
    await planned(store)
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, tally.papers, tally.retried, tally.refused) == (1, 3, 0, 0)
    assert channel.papers("#1") == ids(paper(n) for n in (1, 2, 3))
    assert [one.key for one in channel.arrived] == ["1.1", "1.2", "1.3"]
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


# Crashes and takeovers


async def test_after_a_crash_between_messages_only_those_without_receipt_are_sent_and_they_are_the_same(
    store, channel, clock
):
    (place,) = await waiting(store, 1, papers=3)
    await planned(store)
    reached = asyncio.Event()
    stuck = asyncio.Event()
    channel.next_does("#1", waits_for(nothing_happens := asyncio.Event()), waits_for(stuck, reached))
    nothing_happens.set()
    doomed = asyncio.create_task(courier(store, channel, clock).drain())
    await reached.wait()
    doomed.cancel()
    await asyncio.gather(doomed, return_exceptions=True)
    first = channel.bodies("#1")
    assert len(first) == 1
    async with store.write() as tx:  # what is asked for has changed, and so has the look of messages
        (subscription,) = await tx.subscribers.subscriptions(place.id)
        await tx.outbox.forget(subscription.id)
    heir = FakeChannel(papers_per_part=2)

    assert (await courier(store, heir, clock, "two").drain()).sent == 0, "the lease has not ended"
    clock.now += LEASE + timedelta(seconds=1)
    assert (await courier(store, heir, clock, "two").drain()).sent == 1

    assert [one.key for one in heir.arrived] == ["1.2", "1.3"]
    assert first + heir.bodies("#1") == [f"{of} new" for of in ids(paper(n) for n in (1, 2, 3))]
    assert await states(store) == ["sent"]


async def test_a_courier_that_slept_over_its_lease_sends_nothing_more_but_its_receipt_is_kept(store, channel, clock):
    await waiting(store, 1, papers=3)
    await planned(store)
    reached, answer = asyncio.Event(), asyncio.Event()
    channel.next_does("#1", waits_for(answer, reached))
    zombie = asyncio.create_task(courier(store, channel, clock).drain())
    await reached.wait()
    clock.now += LEASE + timedelta(seconds=1)
    heir_busy, heir_goes_on = asyncio.Event(), asyncio.Event()
    channel.next_does("#1", waits_for(heir_goes_on, heir_busy))
    heir = asyncio.create_task(courier(store, channel, clock, "two").drain())
    await heir_busy.wait()

    answer.set()
    assert (await zombie).sent == 0
    parts = await rows(store, schema.part)
    assert [row.reference for row in parts] == ["ref-1.1", None, None]
    assert await states(store) == ["sending"]

    heir_goes_on.set()
    assert (await heir).sent == 1
    assert [one.key for one in channel.arrived] == ["1.1", "1.1", "1.2", "1.3"]
    assert await states(store) == ["sent"]


async def test_a_slow_delivery_keeps_its_lease_because_each_message_renews_it(store, channel, clock):
    await waiting(store, 1, papers=4)
    await planned(store)

    async def takes_forty_seconds(_sent):
        clock.forward(seconds=40)
        assert (await courier(store, channel, clock, "two").drain()).sent == 0

    channel.next_does("#1", *[takes_forty_seconds] * 4)
    assert (await courier(store, channel, clock).drain()).sent == 1
    assert channel.papers("#1") == ids(paper(n) for n in (1, 2, 3, 4))


# The database


@pytest.mark.parametrize("writes", [1, 5])
async def test_a_receipt_is_recorded_when_the_database_comes_back(faulty, channel, clock, writes):
    await waiting(faulty, 1, papers=2)
    await planned(faulty)
    channel.next_does("#1", faulty.goes_away_for(writes))
    assert (await courier(faulty, channel, clock).drain()).sent == 1
    assert [one.key for one in channel.arrived] == ["1.1", "1.2"]
    assert [row.sent_at for row in await rows(faulty, schema.part)] == [MORNING, MORNING]
    assert await states(faulty) == ["sent"]


@pytest.mark.parametrize(("permanent", "state"), [(True, "dead"), (False, "ready")])
async def test_a_refusal_is_recorded_when_the_database_comes_back(faulty, channel, clock, permanent, state):
    await waiting(faulty, 1)
    await planned(faulty)

    async def deed(sent):
        faulty.away = 3
        await fails("no", permanent=permanent)(sent)

    channel.next_does("#1", deed)
    await courier(faulty, channel, clock).drain()
    assert await states(faulty) == [state]


async def test_nothing_is_sent_while_the_database_is_away(faulty, channel, clock):
    await waiting(faulty, 1)
    await planned(faulty)
    faulty.away = 1
    with pytest.raises(OperationalError):
        await courier(faulty, channel, clock).drain()
    assert channel.asked == []
    assert (await courier(faulty, channel, clock).drain()).sent == 1


# What a channel refuses


async def test_a_permanent_refusal_pauses_that_destination_and_no_other(store, channel, clock):
    refused, _, _ = await waiting(store, 3)
    await planned(store)
    channel.next_does("#1", fails("no such mailbox", permanent=True))
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, tally.refused) == (2, 1)
    async with store.read() as tx:
        assert [one.paused for one in await tx.subscribers.destinations()] == ["no such mailbox", "", ""]
        assert len(await tx.subscribers.subscriptions(refused.id)) == 1
        assert (await tx.outbox.history(refused.id, 1))[0].reason == "no such mailbox"
    clock.forward(days=30)
    assert (await courier(store, channel, clock).drain()).sent == 0
    async with store.write() as tx:
        await tx.subscribers.resume(refused.id)
        assert await tx.outbox.revive(refused.id, clock()) == 1
    assert (await courier(store, channel, clock).drain()).sent == 1
    assert channel.papers("#1") == ids([paper(1)])


async def test_a_refusal_halfway_sends_only_the_rest_after_resuming(store, channel, clock):
    (place,) = await waiting(store, 1, papers=3)
    await planned(store)

    async def goes_well(_sent):
        pass

    channel.next_does("#1", goes_well, fails("kicked out", permanent=True))
    await courier(store, channel, clock).drain()
    async with store.write() as tx:
        await tx.subscribers.resume(place.id)
        await tx.outbox.revive(place.id, clock())
    await courier(store, channel, clock).drain()
    assert [one.key for one in channel.arrived] == ["1.1", "1.2", "1.3"]


async def test_a_channel_in_trouble_is_asked_after_1_2_4_minutes_and_then_every_hour(sqlite_store, channel, clock):
    await waiting(sqlite_store, 1)
    await planned(sqlite_store)
    channel.next_does("#1", *[fails("busy")] * 14)
    pauses = []
    for _ in range(14):
        asked = clock()
        assert (await courier(sqlite_store, channel, clock).drain()).retried == 1
        async with sqlite_store.read() as tx:
            clock.now = await tx.outbox.next_at("fake")
        pauses.append((clock() - asked) / MINUTE)
        clock.now -= timedelta(seconds=1)
        assert (await courier(sqlite_store, channel, clock).drain()).retried == 0, "not before its time"
        clock.forward(seconds=1)
    assert pauses == [1, 2, 4, 8, 16, 32, *[60] * 8]
    assert (await courier(sqlite_store, channel, clock).drain()).sent == 1
    assert channel.papers("#1") == ids([paper(1)])


async def test_a_delivery_that_failed_keeps_its_place_and_arrives_once_when_the_channel_is_back(store, channel, clock):
    await waiting(store, 3, papers=2)
    await planned(store)
    for address in ("#1", "#2", "#3"):
        channel.next_does(address, fails("busy"))
    assert (await courier(store, channel, clock).drain()).retried == 3
    async with store.read() as tx:
        assert {one.reason for one in await tx.outbox.history(1, 1)} == {"busy"}
        assert all(one.paused == "" for one in await tx.subscribers.destinations())
    clock.forward(minutes=1)
    assert (await courier(store, channel, clock).drain()).sent == 3
    for address in ("#1", "#2", "#3"):
        assert channel.papers(address) == ids([paper(1), paper(2)])


async def test_the_time_that_a_channel_names_is_kept(store, channel, clock):
    await waiting(store, 1)
    await planned(store)
    channel.next_does("#1", fails("slow down", retry_after=timedelta(hours=3)))
    await courier(store, channel, clock).drain()
    clock.forward(hours=2, minutes=59)
    assert (await courier(store, channel, clock).drain()).sent == 0
    clock.forward(minutes=1)
    assert (await courier(store, channel, clock).drain()).sent == 1


async def test_a_message_that_may_have_arrived_is_sent_again_under_its_own_key(store, channel, clock):
    """Exactly once is then the channel's to keep: by the key, or by looking."""
    await waiting(store, 1, papers=2)
    await planned(store)
    channel.next_does("#1", arrives_without_answer(channel))
    await courier(store, channel, clock).drain()
    clock.forward(minutes=1)
    await courier(store, channel, clock).drain()
    assert [one.key for one in channel.arrived] == ["1.1", "1.1", "1.2"]
    assert len({(one.key, one.body) for one in channel.arrived}) == 2


async def test_a_send_that_never_answers_is_given_up_and_tried_again(store, channel, clock, monkeypatch):
    monkeypatch.setattr(delivery, "SEND_TIMEOUT", 0.01)
    await waiting(store, 2)
    await planned(store)
    channel.next_does("#1", waits_for(asyncio.Event()))
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, tally.retried) == (1, 1)
    clock.forward(minutes=1)
    assert (await courier(store, channel, clock).drain()).sent == 1


def test_a_send_is_given_up_before_its_lease_ends():
    assert timedelta(seconds=delivery.SEND_TIMEOUT) < LEASE
    assert timedelta(seconds=30) <= LEASE


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
    answer, nine = asyncio.Event(), asyncio.Event()
    channel.next_does("#1", waits_for(answer))

    async def watch():
        while len(channel.arrived) < 9:
            await asyncio.sleep(0)
        nine.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch())
        draining = tasks.create_task(courier(store, channel, clock).drain())
        await nine.wait()
        answer.set()
    assert draining.result().sent == 10


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

    channel.next_does("#1", stop)
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
        await tx.outbox.claim("fake", owner="other/fake", now=clock(), lease_until=clock() + LEASE, most=1)
    await courier(store, channel, clock, "one").release()
    assert await states(store) == ["sending"]


# What is in a digest


async def test_a_digest_has_the_papers_their_reasons_and_the_coverage_of_what_was_asked_for(store, channel, clock):
    place, (first, second) = await subscribed(store, "cs.LG", "cs.AI tide")
    async with store.write() as tx:
        for one in (listing("cs.LG", paper(1)), listing("cs.AI", paper(2)), listing("hep-th", paper(3))):
            await tx.papers.add([one], one.announcements, MORNING)
    await matched(store, first, paper(1))
    await matched(store, second, paper(1))
    await planned(store)
    await courier(store, channel, clock).drain()
    (digest,) = channel.digests
    assert (digest.key, digest.destination, digest.matched) == ("1", place, 1)
    assert [(card.paper, card.subscriptions) for card in digest.cards] == [(paper(1), (first, second))]
    assert digest.coverage == (Coverage("cs.AI", DAY, 1, 1), Coverage("cs.LG", DAY, 1, 1))


async def test_a_digest_over_the_cap_shows_the_best_counts_all_and_sends_the_others_never_again(store, channel, clock):
    await waiting(store, 1, papers=7)
    await planned(store)
    capped = delivery.Courier(store, channel, owner="one", cap=5, clock=clock)
    assert (await capped.drain()).papers == 7
    (digest,) = channel.digests
    assert (len(digest.cards), digest.matched, digest.more) == (5, 7, 2)
    assert await planned(store, MORNING + MINUTE) == 0


async def test_what_nobody_asks_for_any_more_is_not_sent_and_may_come_later_under_another_query(store, channel, clock):
    place, (gone, stays) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, gone, paper(1))
    await matched(store, stays, paper(2))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    assert (await courier(store, channel, clock).drain()).papers == 1
    assert channel.papers("#tides") == ids([paper(2)])
    await matched(store, stays, paper(1))
    assert await planned(store, MORNING + MINUTE) == 1


async def test_a_delivery_of_which_nobody_asks_for_anything_any_more_ends_without_a_message(store, channel, clock):
    _, (gone,) = await subscribed(store)
    await matched(store, gone, paper(1))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    await courier(store, channel, clock).drain()
    assert channel.asked == []
    assert await states(store) == ["sent"]


async def test_an_emptied_delivery_does_not_take_in_what_is_planned_for_its_instant(store, channel, clock):
    place, (gone,) = await subscribed(store)
    await matched(store, gone, paper(1))
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(gone.id)
    await courier(store, channel, clock).drain()
    _, (back,) = await subscribed(store)
    await matched(store, back, paper(1))
    assert await planned(store) == 0
    async with store.read() as tx:
        assert await tx.outbox.waiting(place.id) == 1


async def test_the_papers_of_an_older_delivery_are_counted_as_its_own(store, channel, clock):
    _, (subscription,) = await subscribed(store)
    await matched(store, subscription, paper(1), paper(2))
    await planned(store)
    channel.next_does("#tides", fails("busy"))
    await courier(store, channel, clock).drain()
    await matched(store, subscription, paper(3))
    await planned(store, clock.forward(minutes=1))
    assert (await courier(store, channel, clock).drain()).papers == 3
