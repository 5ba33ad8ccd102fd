"""Digests to many channels over real sockets, as fast as Discord allows; and what a bot on many servers weighs."""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile

from bot.store import Store
from bot.store.migrate import migrate
from tests.bench.sender import sent
from tests.counterparts.discord_payloads import guild
from tests.counterparts.discord_site import DiscordSite
from tests.fakes import matched, paper, planned, subscribed

PAPERS = 12  # three messages of cards below the first one
LATENCY = 0.05  # seconds for an answer, as from a server in the same country
GLOBAL = 50  # requests a second


async def sending(channels: int) -> None:
    """Deliver a digest of four messages and a thread to each channel through the outbox."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sudi.db"
        store = Store.open(url)
        await migrate(store)
        papers = [paper(each) for each in range(1, PAPERS + 1)]
        for number in range(channels):
            address = str(700_000 + number)
            _destination, (one,) = await subscribed(store, address=address, channel="discord", owner=f"@{number}")
            await matched(store, one, *papers, category="cs.LG")
        await planned(store)
        await store.close()
        async with DiscordSite(latency=LATENCY, globally=GLOBAL, validates=False) as site:
            gc.disable()  # the site's own pauses would look like requests that came all at once
            seconds, cpu = await sent("discord", site.port, url)
    rate = len(site.requests) / seconds
    print(f"{len(site.messages)} messages to {channels} channels in {seconds:.1f} s: {rate:.1f} requests a second")
    print(f"{1000 * cpu / len(site.messages):.1f} ms of CPU for a message")
    print(f"floor: 90% of {GLOBAL} a second {'met' if rate >= 0.9 * GLOBAL else 'MISSED'}")
    print(f"floor: never above a limit {'met' if site.limited == 0 else f'MISSED {site.limited} times'}")


async def weighing(servers: int) -> None:
    """Connect a bot of its own process to that many servers of 20 channels."""
    guilds = [guild(str(10**6 + n), tuple(str(10**7 + 20 * n + c) for c in range(20))) for n in range(servers)]
    async with DiscordSite(guilds=guilds) as site:
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.discord_bot", str(site.port)]
        running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        known, megabytes = map(int, (await running.communicate())[0].split())
    print(f"{known} servers: {megabytes} MB for the whole process")
    print(f"floor: {servers} servers in 100 MB {'met' if megabytes < 100 and known == servers else 'MISSED'}")
