"""Real processes that die, freeze or are told to stop in the middle of a delivery, and what readers then see."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from bot.jobs.deliver import LEASE
from bot.jobs.plan import plan
from bot.model import AnnounceType, Notices
from tests.fakes import (
    DAY,
    MORNING,
    NINE,
    HandClock,
    bare,
    courier,
    ids,
    ingest,
    listing,
    paper,
    planned,
    states,
    subscribed,
    waiting,
)
from tests.scenarios import worker
from tests.scenarios.worker import FileChannel, arrivals, ended, reopened

AFTER_LEASE = MORNING + LEASE + timedelta(seconds=1)
BODIES = [f"{of} new" for of in ids(paper(n) for n in (1, 2, 3))]

# The writes of a delivery of three messages: 1 claim, 2 fix what it carries and its messages, and begin the first;
# then the receipt of each message with the beginning of the next (3, 4), and the last with the end (5). Sent twice
# is only what dies with its receipt unwritten.
SENT_TWICE: dict[str, list[str]] = {
    "in write 1": [],
    "after write 1": [],
    "in write 2": [],
    "after write 2": [],
    "in write 3": ["1.1"],
    "after write 3": [],
    "before arrival 2": [],
    "after arrival 2": ["1.2"],
    "in write 4": ["1.2"],
    "after write 4": [],
    "in write 5": ["1.3"],
    "after write 5": [],
}


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """What the readers of the channel have seen."""
    return tmp_path / "arrived.txt"


@pytest.mark.parametrize("fault", SENT_TWICE)
async def test_wherever_a_process_is_killed_everything_arrives_and_only_what_was_in_flight_comes_twice(
    store, store_url, seen, fault
):
    await waiting(store, 1, papers=3)
    await planned(store)
    await store.close()
    assert await ended(worker.start(worker.deliver, store_url, seen, MORNING, fault)) == -signal.SIGKILL

    async with reopened(store_url) as survivor:
        heir = courier(survivor, FileChannel(seen), HandClock(AFTER_LEASE), "heir")
        await heir.drain()
        assert await states(survivor) == ["sent"]
        assert await planned(survivor, AFTER_LEASE) == 0

    times = Counter((bare(one.key), one.body) for one in arrivals(seen))
    assert sorted(times) == [(f"1.{n}", body) for n, body in enumerate(BODIES, 1)], "all, and always the same"
    assert [key for (key, _), count in times.items() if count > 1] == SENT_TWICE[fault]
    assert max(times.values()) <= 2


@pytest.mark.parametrize("fault", ["after write 1", "in write 2", "after write 2", "in write 4", "after write 4"])
async def test_what_has_become_of_a_paper_is_told_once_though_the_process_is_killed(store, store_url, seen, fault):
    await subscribed(store, "cs.LG")
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    await planned(store)
    await courier(store, FileChannel(seen), HandClock()).drain()
    gone = paper(1, version=2, comments="Withdrawn"), AnnounceType.REPLACE
    await ingest(store, [listing("cs.LG", paper(2), gone, day=DAY + timedelta(days=1))], MORNING)
    await planned(store, MORNING + timedelta(minutes=1))
    await store.close()
    later = AFTER_LEASE + timedelta(minutes=1)
    died = worker.start(worker.deliver, store_url, seen, MORNING + timedelta(minutes=1), fault)
    assert await ended(died) == -signal.SIGKILL

    async with reopened(store_url) as survivor:
        await courier(survivor, FileChannel(seen), HandClock(later), "heir").drain()
        await ingest(survivor, [listing("cs.LG", paper(3), day=DAY + timedelta(days=2))], later)
        assert await planned(survivor, later) == 1
        await courier(survivor, FileChannel(seen), HandClock(later), "heir").drain()
    said = [bare(one.key) for one in arrivals(seen) if one.body == f"{paper(1).id} withdrawn"]
    assert said == ["2.2"] * (2 if fault == "in write 4" else 1), "twice only with its receipt unwritten"


@pytest.mark.parametrize("fault", ["after write 1", "in write 2", "after write 2", "in write 3", "after write 3"])
async def test_a_word_on_why_there_is_nothing_is_told_once_though_the_process_is_killed(
    store, store_url, seen, fault
):
    destination, _ = await subscribed(store, "cs.LG zeppelin")
    async with store.write() as tx:
        await tx.subscribers.set_notices(destination.id, Notices.ALWAYS)
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    due = NINE.next_after(MORNING)
    assert await plan(store, due) == 1
    await store.close()
    assert await ended(worker.start(worker.deliver, store_url, seen, due, fault)) == -signal.SIGKILL

    async with reopened(store_url) as survivor:
        after = due + LEASE + timedelta(seconds=1)
        assert await plan(survivor, after) == 0
        await courier(survivor, FileChannel(seen), HandClock(after), "heir").drain()
        assert await states(survivor) == ["sent"]
    bodies = [one.body for one in arrivals(seen)]
    assert bodies == ["nothing_matched"] * (2 if fault == "in write 3" else 1), "only what died with its receipt"


async def test_before_the_lease_ends_nobody_takes_over_from_a_process_that_died(store, store_url, seen):
    await waiting(store, 1, papers=3)
    await planned(store)
    await store.close()
    await ended(worker.start(worker.deliver, store_url, seen, MORNING, "before arrival 2"))
    async with reopened(store_url) as survivor:
        heir = courier(survivor, FileChannel(seen), HandClock(MORNING + LEASE), "heir")
        assert (await heir.drain()).sent == 0
        assert await states(survivor) == ["sending"]
    assert [bare(one.key) for one in arrivals(seen)] == ["1.1"]


async def test_two_processes_on_postgresql_deliver_each_of_sixty_once(store, store_url, seen):
    if store_url.startswith("sqlite"):
        return  # it refuses a second process: see tests/store/test_migrations.py
    await waiting(store, 60)
    await planned(store)
    both = [worker.start(worker.deliver, store_url, seen, MORNING, "", f"process-{n}") for n in (1, 2)]
    assert [await ended(one) for one in both] == [0, 0]
    assert sorted(one.address for one in arrivals(seen)) == sorted(f"#{n}" for n in range(1, 61))
    assert set(await states(store)) == {"sent"}


async def test_a_process_that_froze_over_its_lease_sends_nothing_more_when_it_wakes_up(store, store_url, seen):
    if store_url.startswith("sqlite"):
        return
    await waiting(store, 1, papers=3)
    await planned(store)
    here, there = worker.FORKS.Pipe()
    zombie = worker.start(worker.deliver_and_freeze, store_url, seen, MORNING, there)
    assert await asyncio.to_thread(here.recv) == "frozen"
    assert (await courier(store, FileChannel(seen), HandClock(AFTER_LEASE), "heir").drain()).sent == 1
    here.send("go on")
    assert await asyncio.to_thread(here.recv) == 0
    assert await ended(zombie) == 0
    assert Counter(bare(one.key) for one in arrivals(seen)) == {"1.1": 2, "1.2": 1, "1.3": 1}
    assert await states(store) == ["sent"]


async def test_a_service_that_is_told_to_stop_ends_what_is_in_flight_and_leaves_nothing_claimed(
    store, store_url, seen
):
    await waiting(store, 8, papers=2)
    await planned(store)
    await store.close()
    assert await ended(worker.start(worker.serve, store_url, seen, MORNING, False)) == 0
    assert "#1" in {one.address for one in arrivals(seen)}
    async with reopened(store_url) as survivor:
        assert set(await states(survivor)) <= {"ready", "sent"}
        await courier(survivor, FileChannel(seen), HandClock(MORNING), "next").drain()
    assert Counter(one.address for one in arrivals(seen)) == {f"#{n}": 2 for n in range(1, 9)}
    assert max(Counter(one.key for one in arrivals(seen)).values()) == 1, "no message twice"


async def test_a_service_that_is_told_to_stop_while_a_channel_hangs_still_leaves_nothing_claimed(
    store, store_url, seen
):
    await waiting(store, 8)
    await planned(store)
    await store.close()
    assert await ended(worker.start(worker.serve, store_url, seen, MORNING, True)) == 0
    async with reopened(store_url) as survivor:
        assert set(await states(survivor)) <= {"ready", "sent"}
        await courier(survivor, FileChannel(seen), HandClock(MORNING), "next").drain()
    assert Counter(one.address for one in arrivals(seen)) == {f"#{n}": 1 for n in range(1, 9)}
