"""Three processes of the bot, each doing everything, on one Discord: as if they were one."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from bot.app import utc_now
from bot.store import Store
from tests.counterparts.discord_payloads import command, guild
from tests.counterparts.discord_site import DiscordSite
from tests.fakes import matched, paper, planned, states, subscribed
from tests.scenarios import worker
from tests.scenarios.several import until
from tests.scenarios.worker import ended

PROCESSES, READERS, COMMANDS = 3, 30, 20


async def sent(store: Store) -> None:
    """Wait until everything is."""
    while set(await states(store)) != {"sent"}:  # noqa: ASYNC110  # other processes tell nobody
        await asyncio.sleep(0.1)


async def test_three_processes_answer_each_command_once_and_keep_the_limits_together(tmp_path: Path, migrated_url):
    store = Store.open(migrated_url)
    for number in range(READERS):
        _, (one,) = await subscribed(store, address=str(700 + number), channel="discord", owner=f"@{number}")
    now = utc_now()  # by which the processes forget what is old
    await matched(store, one, paper(1), paper(2), now=now, day=now.date())
    assert await planned(store, now) == READERS
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(DiscordSite(guilds=[guild()], latency=0.05, validates=False))
        work = worker.serve_on_discord, migrated_url, tmp_path, site.port
        processes = [worker.start(*work) for _ in range(PROCESSES)]
        for process in processes:
            stack.callback(process.kill)
        await until(lambda: len(list(tmp_path.glob("*.ready"))) == PROCESSES)
        await asyncio.wait_for(site.ready.wait(), 60)
        sending = asyncio.create_task(sent(store))
        for _ in range(COMMANDS):
            await site.interact(**command("status"))
        await asyncio.wait_for(sending, 60)
        for process in processes:
            os.kill(process.pid or 0, signal.SIGTERM)
        assert [await ended(process) for process in processes] == [0] * PROCESSES
    await store.close()
    kinds = [kind for kind, _ in site.answers]
    assert (kinds.count("callback"), kinds.count("followup")) == (COMMANDS, COMMANDS), "each once"
    assert (site.identified, [method for method, _ in site.requests].count("PUT")) == (1, 1), "one listens"
    assert site.limited == 0, "never more than fifty requests in a second"
    assert len({one.channel for one in site.messages if len(one.channel) == 3}) == READERS
    said = "".join(log.read_text() for log in tmp_path.glob("*.log"))  # noqa: ASYNC240 - all is over
    assert "Traceback" not in said, said
