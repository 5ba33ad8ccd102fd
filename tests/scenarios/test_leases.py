"""Several real processes on one PostgreSQL: whichever is killed or stands still, everything arrives, and once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests import PATIENCE
from tests.counterparts.discord_site import DiscordSite
from tests.fakes import matched, paper, planned, states, subscribed
from tests.scenarios import worker
from tests.scenarios.worker import ended

DELIVERIES = 12


async def seen(site: DiscordSite, messages: int) -> None:
    """Wait until the site has that many messages."""
    async with asyncio.timeout(PATIENCE):
        while len(site.messages) < messages:  # noqa: ASYNC110  # the site tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
async def test_what_a_dead_or_frozen_process_had_claimed_arrives_once_and_soon(
    store, store_url, discord: DiscordSite, fate
):
    if store_url.startswith("sqlite"):
        return  # one process at a time
    discord.latency = 0.1
    for number in range(DELIVERIES):
        _, (one,) = await subscribed(store, address=str(700 + number), channel="discord", owner=f"@{number}")
        await matched(store, one, paper(1), paper(2))
    await planned(store, datetime.now(UTC))
    processes = [
        worker.start(worker.deliver_under_a_short_lease, store_url, discord.port, f"process-{n}")
        for n in (1, 2, 3)
    ]
    await seen(discord, 3)
    os.kill(processes[0].pid or 0, fate)
    began = time.monotonic()
    assert [await ended(one) for one in processes[1:]] == [0, 0]
    took = time.monotonic() - began
    if fate == signal.SIGSTOP:
        os.kill(processes[0].pid or 0, signal.SIGCONT)
        assert await ended(processes[0]) == 0
    assert set(await states(store)) == {"sent"}
    times = Counter((one.channel, str(one.body)) for one in discord.messages)
    assert max(times.values()) == 1
    assert len({channel for channel, _ in times if len(channel) == 3}) == DELIVERIES, (
        "everybody has the first message"
    )
    assert took < 40, "a transaction that stands still is ended by the database after 25 s"
