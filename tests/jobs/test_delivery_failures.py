"""The courier in trouble: crashes, a database that goes away, channels that refuse or are busy."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.jobs import deliver
from bot.jobs.deliver import LEASE
from bot.store import Store, insist, schema
from tests import PATIENCE
from tests.fakes import (
    MORNING,
    FakeChannel,
    FakeTeller,
    RunningClock,
    alerts,
    arrives_without_answer,
    bare,
    courier,
    fails,
    ids,
    paper,
    planned,
    rows,
    states,
    waiting,
    waits_for,
)

MINUTE = timedelta(minutes=1)


class FaultyStore(Store):
    """A store whose next write transactions fail, as if the database had gone away, or wait for an event."""

    away = 0
    unread = 0
    error: Exception = OperationalError("UPDATE part", {}, ConnectionError("server closed the connection"))
    busy: asyncio.Event | None = None

    @asynccontextmanager
    async def write(self):
        if self.busy is not None:
            await self.busy.wait()
        if self.away:
            self.away -= 1
            raise self.error
        async with super().write() as tx:
            yield tx

    @asynccontextmanager
    async def read(self):
        if self.unread:
            self.unread -= 1
            raise self.error
        async with super().read() as tx:
            yield tx

    def reads_fail(self, reads: int) -> None:
        self.unread = reads

    def goes_away_for(self, writes: int):
        async def deed(_sent):
            self.away = writes

        return deed


@pytest.fixture
async def faulty(store_url, store, monkeypatch):
    monkeypatch.setattr(insist, "FIRST_WAIT", 0.0)
    opened = FaultyStore.open(store_url, exclusive=False)
    yield opened
    await opened.close()


# Crashes and takeovers


async def test_after_a_crash_between_messages_only_those_without_receipt_are_sent_and_they_are_the_same(
    store, channel, clock
):
    (destination,) = await waiting(store, 1, papers=3)
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
        (subscription,) = await tx.subscribers.subscriptions(destination.id)
        await tx.subscribers.unsubscribe(subscription.id)
    heir = FakeChannel(papers_per_part=2)

    assert (await courier(store, heir, clock, "two").drain()).sent == 0, "the lease has not ended"
    clock.now += LEASE + timedelta(seconds=1)
    assert (await courier(store, heir, clock, "two").drain()).sent == 1

    assert [bare(one.key) for one in heir.arrived] == ["1.2", "1.3"]
    assert first + heir.bodies("#1") == [f"{of} new" for of in ids(paper(n) for n in (1, 2, 3))]
    assert await states(store) == ["sent"]


async def test_a_courier_that_slept_over_its_lease_sends_no_more_but_its_receipt_is_kept(store, channel, clock):
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
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.1", "1.2", "1.3"]
    assert await states(store) == ["sent"]


async def test_a_slow_send_keeps_its_lease_and_those_that_wait_behind_it_because_they_are_renewed_beside(
    store, channel, monkeypatch
):
    monkeypatch.setattr(deliver, "LEASE", timedelta(seconds=4))
    monkeypatch.setattr(deliver, "RENEW_SECONDS", 0.2)
    clock = RunningClock()
    await waiting(store, 6, papers=2)
    await planned(store)

    async def takes_long(_sent):
        for _ in range(6):
            await asyncio.sleep(1)
            assert (await courier(store, channel, clock, "two").drain()).sent == 0

    for number in range(1, 5):
        channel.next_does(f"#{number}", takes_long)
    assert (await courier(store, channel, clock).drain()).sent == 6
    assert len({one.key for one in channel.arrived}) == len(channel.arrived) == 12


async def test_claims_whose_papers_cannot_be_read_are_given_back_when_the_database_is_there_again(
    faulty, channel, clock
):
    await waiting(faulty, 1)
    await planned(faulty)
    faulty.reads_fail(2)
    tally = await courier(faulty, channel, clock).drain()
    assert (tally.retried, tally.sent) == (2, 1)
    assert await states(faulty) == ["sent"]


# The database


@pytest.mark.parametrize("writes", [1, 5])
async def test_a_receipt_is_recorded_when_the_database_comes_back(faulty, channel, clock, writes):
    await waiting(faulty, 1, papers=2)
    await planned(faulty)
    channel.next_does("#1", faulty.goes_away_for(writes))
    assert (await courier(faulty, channel, clock).drain()).sent == 1
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.2"]
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


async def test_a_receipt_is_recorded_when_all_connections_were_busy_for_long(faulty, channel, clock):
    faulty.error = PoolTimeout("QueuePool limit reached")
    await waiting(faulty, 1)
    await planned(faulty)
    channel.next_does("#1", faulty.goes_away_for(2))
    assert (await courier(faulty, channel, clock).drain()).sent == 1
    assert [row.sent_at for row in await rows(faulty, schema.part)] == [MORNING]


async def test_a_write_that_no_database_would_take_is_a_bug_and_not_tried_for_ever(faulty, channel, clock):
    faulty.error = IntegrityError("UPDATE part", {}, ValueError("constraint"))
    await waiting(faulty, 1)
    await planned(faulty)
    channel.next_does("#1", faulty.goes_away_for(1))
    with pytest.raises(IntegrityError):
        await courier(faulty, channel, clock).drain()


async def test_a_receipt_is_recorded_although_the_courier_is_cut_off_meanwhile(faulty, channel, clock):
    await waiting(faulty, 1, papers=2)
    await planned(faulty)
    recording = asyncio.Event()

    async def deed(_sent):
        faulty.busy = asyncio.Event()
        recording.set()

    channel.next_does("#1", deed)
    one = courier(faulty, channel, clock)
    draining = asyncio.create_task(one.drain())
    await recording.wait()
    await channel.has_taken(1)
    draining.cancel()
    await asyncio.sleep(0)
    faulty.busy.set()
    await asyncio.gather(draining, return_exceptions=True)
    await one.release()
    assert [row.sent_at for row in await rows(faulty, schema.part)] == [MORNING, None]
    await courier(faulty, channel, clock, "two").drain()
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.2"]


async def test_a_database_that_stays_away_does_not_keep_a_courier_from_ending(faulty, channel, clock, monkeypatch):
    monkeypatch.setattr(insist, "LONGEST_WAIT", 0.01)
    await waiting(faulty, 1)
    await planned(faulty)
    channel.next_does("#1", faulty.goes_away_for(10**9))
    draining = asyncio.create_task(courier(faulty, channel, clock).drain())
    await channel.has_taken(1)
    draining.cancel()
    await asyncio.wait_for(asyncio.gather(draining, return_exceptions=True), PATIENCE)
    assert draining.cancelled()


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
        assert (await tx.carried.history(refused.id, 1))[0].reason == "no such mailbox"
    clock.forward(days=30)
    assert (await courier(store, channel, clock).drain()).sent == 0
    async with store.write() as tx:
        await tx.subscribers.resume(refused.id)
        assert await tx.outbox.revive(refused.id, clock()) == 1
    assert (await courier(store, channel, clock).drain()).sent == 1
    assert channel.papers("#1") == ids([paper(1)])


async def test_a_refusal_halfway_sends_only_the_rest_after_resuming(store, channel, clock):
    (destination,) = await waiting(store, 1, papers=3)
    await planned(store)

    async def goes_well(_sent):
        pass

    channel.next_does("#1", goes_well, fails("kicked out", permanent=True))
    await courier(store, channel, clock).drain()
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
        await tx.outbox.revive(destination.id, clock())
    await courier(store, channel, clock).drain()
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.2", "1.3"]


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
    nominal = [1, 2, 4, 8, 16, 32, *[60] * 8]
    assert all(most / 2 <= one <= most for one, most in zip(pauses, nominal, strict=True))
    assert pauses != nominal, "destinations that failed together do not return together"
    assert (await courier(sqlite_store, channel, clock).drain()).sent == 1
    assert channel.papers("#1") == ids([paper(1)])


async def test_a_delivery_that_failed_arrives_once_when_the_channel_is_back(store, channel, clock):
    await waiting(store, 3, papers=2)
    await planned(store)
    for address in ("#1", "#2", "#3"):
        channel.next_does(address, fails("busy"))
    assert (await courier(store, channel, clock).drain()).retried == 3
    async with store.read() as tx:
        assert {one.reason for one in await tx.carried.history(1, 1)} == {"busy"}
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


async def test_who_has_to_come_again_later_does_and_keeps_nobody_else_waiting(store, channel, clock):
    await waiting(store, 2)
    await planned(store)
    channel.next_does("#1", fails("only so often", again_in=timedelta(minutes=7)))
    assert (await courier(store, channel, clock).drain()).sent == 1
    clock.forward(minutes=6, seconds=59)
    assert (await courier(store, channel, clock).drain()).sent == 0
    clock.forward(seconds=1)
    assert (await courier(store, channel, clock).drain()).sent == 1


async def test_a_message_that_may_have_arrived_is_sent_again_under_its_own_key(store, channel, clock):
    """Exactly once is then the channel's to keep: by the key, or by looking."""
    await waiting(store, 1, papers=2)
    await planned(store)
    channel.next_does("#1", arrives_without_answer(channel))
    await courier(store, channel, clock).drain()
    clock.forward(minutes=1)
    await courier(store, channel, clock).drain()
    assert [bare(one.key) for one in channel.arrived] == ["1.1", "1.1", "1.2"]
    assert len({(one.key, one.body) for one in channel.arrived}) == 2


async def test_a_send_that_never_answers_is_given_up_and_tried_again(store, channel, clock, monkeypatch):
    monkeypatch.setattr(deliver, "SEND_TIMEOUT", 0.01)
    await waiting(store, 2)
    await planned(store)
    channel.next_does("#1", waits_for(asyncio.Event()))
    tally = await courier(store, channel, clock).drain()
    assert (tally.sent, tally.retried) == (1, 1)
    clock.forward(minutes=1)
    assert (await courier(store, channel, clock).drain()).sent == 1


def test_a_lease_is_renewed_twice_before_it_ends():
    assert timedelta(seconds=3 * deliver.RENEW_SECONDS) <= LEASE


@dataclass
class Mails(FakeTeller):
    """A channel that repeats what had no answer, three times at the most, and forgives once."""

    most_copies: int = 3  # type: ignore[misc]
    second_chance: timedelta | None = timedelta(days=7)  # type: ignore[misc]


async def test_what_is_never_answered_goes_out_three_times_and_then_an_admin_decides(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", *(arrives_without_answer(channel) for _ in range(9)))
    one = courier(store, channel, clock)
    for _ in range(30):
        await one.drain()
        clock.forward(hours=1)
    assert len(channel.arrived) == 3
    assert await states(store) == ["unsure"]
    telling = alerts(store, clock, channel, admins=["email:admin"])
    await telling.tell()
    await telling.tell()
    told = [text for person, text, _ in channel.told if person == "admin"]
    assert len([text for text in told if "sudi held" in text]) == 1, "beside the word that nothing is planned"
    async with store.write() as tx:
        (held,) = await tx.outbox.held()
        assert await tx.outbox.decide([held.id], clock(), again=True) == 1
    channel.deeds.clear()
    await one.drain()
    assert await states(store) == ["sent"]
    assert len(channel.arrived) == 4


async def test_an_admin_may_take_a_delivery_for_sent(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", *(arrives_without_answer(channel) for _ in range(3)))
    for _ in range(5):
        await courier(store, channel, clock).drain()
        clock.forward(hours=1)
    async with store.write() as tx:
        assert await tx.outbox.decide([one.id for one in await tx.outbox.held()], clock(), again=False) == 1
    await courier(store, channel, clock).drain()
    assert await states(store) == ["sent"]
    assert len(channel.arrived) == 3


async def test_an_answer_that_is_clear_counts_for_no_copy(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", *(fails("busy") for _ in range(9)))
    for _ in range(30):
        await courier(store, channel, clock).drain()
        clock.forward(hours=1)
    assert len(channel.arrived) == 1
    assert await states(store) == ["sent"]


async def test_who_refused_is_tried_once_more_after_a_week_and_then_left(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", fails("gone", permanent=True), fails("gone", permanent=True))
    one = courier(store, channel, clock)
    await one.drain()
    clock.forward(days=6)
    await one.drain()
    assert len(channel.asked) == 1
    clock.forward(days=2)
    await one.drain()
    assert len(channel.asked) == 2
    clock.forward(days=60)
    await one.drain()
    assert len(channel.asked) == 2
    assert await states(store) == ["dead"]


async def test_who_takes_the_second_attempt_reads_on(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", fails("gone", permanent=True))
    await courier(store, channel, clock).drain()
    clock.forward(days=8)
    await courier(store, channel, clock).drain()
    assert await states(store) == ["sent"]
    (row,) = await rows(store, schema.destination)
    assert row.paused == ""


async def test_who_paused_by_hand_meanwhile_stays_paused(store, clock):
    channel = Mails("email")
    await waiting(store, 1, channel="email")
    await planned(store)
    channel.next_does("#1", fails("gone", permanent=True))
    await courier(store, channel, clock).drain()
    async with store.write() as tx:
        await tx.subscribers.pause(1, "on holiday", MORNING)
    clock.forward(days=8)
    await courier(store, channel, clock).drain()
    assert len(channel.asked) == 1
