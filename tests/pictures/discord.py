"""What a simulated Discord shows of a digest and of its thread, in a real browser, with the demo's papers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import simcord
from discord.http import Route
from PIL import Image

from bot.channels import Invocation, Reply
from bot.channels.discord import Discord
from bot.channels.discord.supervisor import Gateway
from bot.commands import SPECS
from bot.model import Language
from tests import PATIENCE
from tests.pictures.papers import ASKED, demo_digest

TOOLS, COMPOSER = 140, 64  # pixels: the simulator's own, and the height of the field for messages
_BRIGHT, _RIGHT = 100, 100  # the shade of letters, and a column without any


class Handling:
    """Answers every command with one subscription."""

    specs = SPECS

    async def __call__(self, invocation: Invocation) -> Reply:
        """The list."""
        return Reply("1. " + ASKED.query, Language.EN, subscriptions=(ASKED,))


async def shoot(folder: Path, browser: list[str]) -> Path:
    """One picture: the message in the channel, and beside it the cards in its thread."""
    shots = []
    async with simcord.run(Gateway(Handling(), "thread", shard_count=1)) as env:
        lab = env.create_guild("Tide Lab")
        channel = lab.create_text_channel("papers")
        reader = lab.add_member(env.create_user("ottoline"))
        first, *others = map(json.loads, Discord("x").render(demo_digest("discord", "700", Language.BOTH)))
        root = await posted(env, channel.id, first["message"])
        opening = Route("POST", "/channels/{channel}/messages/{root}/threads", channel=channel.id, root=root)
        await env.bot.http.request(opening, json={"name": others[0]["thread"]})
        (thread,) = channel.threads
        for one in others:
            await posted(env, thread.id, one["message"])
        for destination in (channel, thread):
            shots.append(folder / f"{destination.id}.png")
            async with env.preview(destination, viewers=[reader], layout="channel") as page:
                await _photographed(browser, page.url, shots[-1])
    return _beside(folder / "discord.png", shots)


def _beside(whole: Path, shots: list[Path]) -> Path:
    """The pictures in one, without the tools of the simulator above them and the field for messages below."""
    pictures = [_content(Image.open(shot).convert("RGB")) for shot in shots]
    joined = Image.new("RGB", (sum(one.width for one in pictures), min(one.height for one in pictures)))
    for number, one in enumerate(pictures):
        joined.paste(one, (number * one.width, 0))
    joined.save(whole, optimize=True)
    return whole


def _content(picture: Image.Image) -> Image.Image:
    """From the name of the channel, which stands somewhat higher or lower, to the field for messages."""
    grey = picture.convert("L")
    rows = range(TOOLS, picture.height)
    name = next(row for row in rows if grey.crop((20, row, 40, row + 1)).getextrema()[1] > _BRIGHT)
    column = [grey.getpixel((picture.width - _RIGHT, row)) for row in rows]
    field = max(row for row, shade in zip(rows, column, strict=True) if shade != column[-1])
    return picture.crop((0, name - 30, picture.width, field - COMPOSER))


async def posted(env: simcord.Env, channel: int, body: dict[str, Any]) -> int:
    """Let the bot post a message; its id."""
    route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
    return int((await env.bot.http.request(route, json=body))["id"])


async def _photographed(browser: list[str], url: str, shot: Path) -> None:
    command = [*browser, f"--screenshot={shot}", "--virtual-time-budget=8000", url]
    quiet = asyncio.subprocess.DEVNULL
    running = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    async with asyncio.timeout(PATIENCE):
        await running.wait()
