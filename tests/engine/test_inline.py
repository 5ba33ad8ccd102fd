"""The metronome: works run when they are rung, do not hold one another up, and end when told to."""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from bot.engine import inline, works
from bot.engine.inline import Scheduler
from bot.supervision import supervised
from tests import PATIENCE
from tests.fakes import FakeChannel, HandClock, courier, fails, planned, states, waiting, waits_for


class Work:
    """Counts its runs and tells of them; may fail, or wait for an event."""

    def __init__(self, *, error: Exception | None = None, until: asyncio.Event | None = None) -> None:
        self.runs = 0
        self.ended = 0
        self.began = asyncio.Event()
        self._error = error
        self._until = until

    async def __call__(self) -> None:
        self.runs += 1
        self.began.set()
        if self._until is not None:
            await self._until.wait()
        self.ended += 1
        if self._error is not None:
            raise self._error

    async def has_begun(self, times: int) -> None:
        """Wait for that many runs in all."""
        async with asyncio.timeout(PATIENCE):
            while self.runs < times:
                self.began.clear()
                await self.began.wait()


@asynccontextmanager
async def running(metronome: Scheduler, *works: Work):
    """A scheduler at work, past its first tick; stopped at the end."""
    task = asyncio.create_task(metronome.run())
    try:
        for work in works:
            await work.has_begun(1)
        yield task
        metronome.stop()
        async with asyncio.timeout(PATIENCE):
            await task
    finally:
        task.cancel()


async def test_every_work_runs_at_the_first_tick_and_whenever_it_is_rung():
    one, two = Work(), Work()
    metronome = Scheduler({"one": one, "two": two})
    async with running(metronome, one, two):
        metronome.ring("two")
        await two.has_begun(2)
        metronome.ring()
        await asyncio.gather(one.has_begun(2), two.has_begun(3))
    assert (one.runs, two.runs) == (2, 3)


async def test_the_metronome_ticks_by_itself(monkeypatch):
    monkeypatch.setattr(inline, "LOOK_SECONDS", 0.01)
    one = Work()
    async with running(Scheduler({"one": one}), one):
        await one.has_begun(3)


async def test_the_metronome_wakes_when_something_is_due_and_leaves_alone_for_a_while_what_cannot_be_done():
    due = [datetime.now(UTC) + timedelta(seconds=0.5), datetime.now(UTC)]

    async def next_due() -> datetime:
        return due[0] if len(due) == 1 else due.pop(0)

    one = Work()
    began = asyncio.get_running_loop().time()
    async with running(Scheduler({"one": one}, due=next_due), one):
        await one.has_begun(2)
        assert 0.4 < asyncio.get_running_loop().time() - began < inline.LOOK_SECONDS
        await asyncio.sleep(0.5)
        assert one.runs == 2


async def test_a_bell_rung_in_a_transaction_is_heard_when_it_is_committed_and_only_then(sqlite_store):
    one, other = Work(), Work()
    metronome = Scheduler({"deliver fake": one, "plan": other})
    sqlite_store.bells = metronome
    async with running(metronome, one, other):
        with suppress(ZeroDivisionError):
            async with sqlite_store.write() as tx:
                tx.ring("deliver")
                raise ZeroDivisionError
        async with sqlite_store.write() as tx:
            tx.ring("deliver")
            assert one.runs == 1
        await one.has_begun(2)
    assert (one.runs, other.runs) == (2, 1)


async def test_the_metronome_rings_in_the_thread_of_the_loop(monkeypatch):
    """An asyncio.Event is not thread-safe; the loop in debug mode refuses other threads."""
    monkeypatch.setattr(inline, "LOOK_SECONDS", 0.01)
    asyncio.get_running_loop().set_debug(True)
    one = Work()
    async with running(Scheduler({"one": one}), one):
        await one.has_begun(3)


async def test_a_ring_during_a_run_is_not_lost():
    go_on = asyncio.Event()
    one = Work(until=go_on)
    metronome = Scheduler({"one": one})
    async with running(metronome, one):
        metronome.ring("one")
        metronome.ring("one")
        go_on.set()
        await one.has_begun(2)
    assert one.runs == 2


async def test_a_work_that_fails_is_logged_runs_again_and_does_not_stop_the_others(caplog):
    bad, good = Work(error=ZeroDivisionError("bug")), Work()
    metronome = Scheduler({"bad": bad, "good": good})
    async with running(metronome, bad, good):
        metronome.ring()
        await asyncio.gather(bad.has_begun(2), good.has_begun(2))
    assert (bad.runs, good.runs) == (2, 2)
    failures = [record for record in caplog.records if "work_failed name=bad" in record.message]
    assert len(failures) == 2
    assert failures[0].exc_info is not None


async def test_a_work_that_hangs_does_not_delay_the_others(monkeypatch):
    monkeypatch.setattr(works, "GRACE_SECONDS", 0.01)
    hanging, good = Work(until=asyncio.Event()), Work()
    metronome = Scheduler({"hanging": hanging, "good": good})
    async with running(metronome, hanging, good):
        for times in (2, 3, 4):
            metronome.ring("good")
            await good.has_begun(times)
    assert hanging.runs == 1
    assert good.runs == 4


async def test_stopping_lets_what_is_in_flight_end_and_starts_nothing_more():
    go_on = asyncio.Event()
    one, two = Work(until=go_on), Work()
    metronome = Scheduler({"one": one, "two": two})
    async with running(metronome, one, two) as task:
        metronome.ring()
        metronome.stop()
        await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        await task
    assert (one.runs, one.ended) == (1, 1)


async def test_stopping_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(works, "GRACE_SECONDS", 0.01)
    one = Work(until=asyncio.Event())
    async with running(Scheduler({"one": one}), one):
        pass
    assert (one.runs, one.ended) == (1, 0)


async def test_a_scheduler_that_is_cancelled_takes_its_works_with_it():
    one = Work(until=asyncio.Event())
    task = asyncio.create_task(Scheduler({"one": one}).run())
    await one.began.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert [other.get_name() for other in asyncio.all_tasks() if other.get_name() == "one"] == []


async def test_supervision_tells_whether_it_went_well_and_lets_cancellation_through(caplog):
    async def cancelled():
        raise asyncio.CancelledError

    caplog.set_level(logging.CRITICAL)
    assert await supervised("good", Work())
    assert not await supervised("bad", Work(error=ValueError("bug")))
    with pytest.raises(asyncio.CancelledError):
        await supervised("cancelled", cancelled)


# With couriers, as the bot runs them


async def test_a_channel_in_trouble_does_not_keep_another_from_its_deliveries(sqlite_store):
    clock = HandClock()
    broken, healthy = FakeChannel("broken"), FakeChannel("healthy")
    await waiting(sqlite_store, 2, channel="broken")
    await waiting(sqlite_store, 2, channel="healthy")
    await planned(sqlite_store)
    broken.next_does("#1", fails("busy"))
    broken.next_does("#2", waits_for(hanging := asyncio.Event()))
    couriers = {one.name: courier(sqlite_store, one, clock) for one in (broken, healthy)}
    done = asyncio.Event()

    async def deliver() -> None:
        await couriers["healthy"].drain()
        done.set()

    metronome = Scheduler({"broken": couriers["broken"].drain, "healthy": deliver})
    async with asyncio.timeout(PATIENCE):
        task = asyncio.create_task(metronome.run())
        await done.wait()
        assert len(healthy.arrived) == 2
        assert broken.arrived == []
        hanging.set()
        metronome.stop()
        await task
    assert sorted(await states(sqlite_store)) == ["ready", "sent", "sent", "sent"]


async def test_after_a_stop_no_delivery_is_left_claimed(store, monkeypatch):
    monkeypatch.setattr(works, "GRACE_SECONDS", 0.05)
    channel = FakeChannel()
    await waiting(store, 8)
    await planned(store)
    reached = asyncio.Event()
    channel.next_does("#3", waits_for(asyncio.Event(), reached))
    one = courier(store, channel, HandClock())
    metronome = Scheduler({"fake": one.drain})
    task = asyncio.create_task(metronome.run())
    await reached.wait()
    one.stop()
    metronome.stop()
    await task
    await one.release()
    assert "sending" not in await states(store)
    await courier(store, channel, HandClock(), "two").drain()
    assert sorted(sent.address for sent in channel.arrived) == [f"#{n}" for n in range(1, 9)]


async def test_full_garbage_collections_wait_while_something_is_being_delivered(monkeypatch):
    monkeypatch.setattr(works, "TIDY_SECONDS", 0.01)
    monkeypatch.setattr(works, "MOST_LOOKS", 1_000_000)
    delivered, collected = asyncio.Event(), asyncio.Event()
    before = gc.get_threshold()

    def note(phase: str, info: dict[str, int]) -> None:
        if (phase, info["generation"]) == ("stop", 2):
            collected.set()

    one = Work(until=delivered)
    async with running(Scheduler({"deliver fake": one}), one):
        gc.callbacks.append(note)
        try:
            await asyncio.sleep(0.1)
            assert not collected.is_set()
            delivered.set()
            async with asyncio.timeout(PATIENCE):
                await collected.wait()
        finally:
            gc.callbacks.remove(note)
    assert gc.get_threshold() == before
