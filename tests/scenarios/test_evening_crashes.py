"""An evening whose process is killed after each of its commits, while papers go on and people subscribe."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from bot.jobs.ingest import ingest as stored
from bot.jobs.match import match
from bot.model import AnnounceType
from bot.store import schema
from tests.fakes import (
    MORNING,
    FakeChannel,
    HandClock,
    courier,
    ids,
    ingest,
    listing,
    paper,
    planned,
    rows,
    subscribed,
)
from tests.scenarios import worker
from tests.scenarios.worker import ended, reopened

BOTH = "cs.LG, cs.AI"
FIRST = listing("cs.LG", paper(1), paper(2))
SECOND = listing("cs.AI", (paper(1), AnnounceType.CROSS), paper(3))
LATER = MORNING + timedelta(minutes=5)  # than any lease of the process

# Of each listing: 1 store it, 2 take the lease, 3 open the batch, 4 its hits, 5 publish it, 6 give the lease back.
COMMITS = range(1, 13)


@pytest.mark.parametrize("commit", COMMITS)
async def test_wherever_an_evening_is_cut_off_each_paper_comes_once_and_to_whom_it_was_announced(
    store, store_url, commit
):
    await subscribed(store, BOTH, address="#early")
    await store.close()
    process = worker.start(worker.read, store_url, [FIRST, SECOND], MORNING, f"after write {commit}")
    assert await ended(process) == -signal.SIGKILL

    channel, clock = FakeChannel(), HandClock(LATER)
    async with reopened(store_url) as survivor:
        await subscribed(survivor, BOTH, address="#late", now=LATER)
        opened = len(await rows(survivor, schema.batch))
        await stored(survivor, [SECOND], LATER)  # a cross-list of what may be in the open batch
        await match(survivor, LATER)
        await ingest(survivor, [FIRST, SECOND], LATER)
        assert await planned(survivor, LATER) == (1 if opened == 2 else 2)
        await courier(survivor, channel, clock).drain()
        await ingest(survivor, [FIRST, SECOND], LATER)
        assert await planned(survivor, LATER) == 0

    came = {
        name: sorted(one.body for one in channel.arrived if one.address == name) for name in ("#early", "#late")
    }
    one, two, three = ids([paper(1), paper(2), paper(3)])
    assert [body.split()[0] for body in came["#early"]] == [one, two, three]
    assert [body.split()[0] for body in came["#late"]] == {0: [one, two, three], 1: [one, three], 2: []}[opened]
