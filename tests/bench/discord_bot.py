"""A bot and nothing else: `python -m tests.bench.discord_bot PORT` prints its servers and its memory in MB."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import discord
import yarl

from bot.channels import Invocation, Reply
from bot.channels.discord.supervisor import Gateway
from bot.commands import SPECS
from bot.model import Language

TOKEN = "MTIz.fake.token"


class Silent:
    """Has commands; nobody gives any."""

    specs = SPECS

    async def __call__(self, invocation: Invocation) -> Reply:
        """Repeat it."""
        return Reply(invocation.text, Language.EN)


def peak() -> int:
    """The most memory of this process, in MB; getrusage would count that of the process that has started it."""
    rows = Path("/proc/self/status").read_text().splitlines()
    return int(next(row for row in rows if row.startswith("VmHWM")).split()[1]) // 1024


async def main(port: int) -> None:
    """Connect until all servers are known."""
    discord.http.Route.BASE = f"http://127.0.0.1:{port}/api/v10"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"ws://127.0.0.1:{port}/gw")
    client = Gateway(Silent(), "thread")
    listening = asyncio.create_task(client.start(TOKEN))
    while not client.is_ready():  # noqa: ASYNC110  # wait_until_ready is for clients that are logged in
        await asyncio.sleep(0.1)
    print(len(client.guilds), peak())
    await client.close()
    await listening


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
