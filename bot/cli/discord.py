"""`sudi discord`: what an admin needs to install the bot on Discord."""

from __future__ import annotations

import asyncio
import sys
from typing import Protocol, cast

import click

from bot import channels
from bot.cli.service import settings_and_logs
from bot.settings import Settings


class _Installable(Protocol):
    async def invite(self) -> str:
        """The link to install it with."""
        ...

    async def close(self) -> None: ...


@click.group()
def discord() -> None:
    """Install the bot on Discord.

    \b
    Example:
      sudi discord invite
    """


@discord.command()
def invite() -> None:
    """Print the link that installs the bot on a server, with exactly the rights that it needs.

    \b
    Example:
      DISCORD_TOKEN=... sudi discord invite
    """
    sys.stdout.write(asyncio.run(_link(settings_and_logs())) + "\n")


async def _link(settings: Settings) -> str:
    channel = cast("_Installable", channels.load("discord", settings))
    try:
        return await channel.invite()
    finally:
        await channel.close()
