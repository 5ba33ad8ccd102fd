"""`python -m tests.pictures.discord_parts`: an opened card, a list and its form in a simulated Discord.

They are written into var/pictures, in both languages, to be looked at.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import discord
import pytest
import simcord

from bot.channels.discord import answers
from bot.channels.discord.cards import cards_messages
from bot.channels.discord.supervisor import Gateway
from bot.model import Language
from tests.pictures.discord import Handling, posted
from tests.pictures.papers import demo_digest
from tests.pictures.slack import FOLDER, Page, chromium

_EDIT = "[...document.querySelectorAll('button')].find(one => /^(Edit|修改)/.test(one.textContent)).click()"
_DRAWN = 4.0  # seconds until the page has its messages


async def stage() -> None:
    """Both languages, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        async with chromium(Path(profile)) as page:
            for language in (Language.EN, Language.ZH):
                with pytest.MonkeyPatch.context() as patch:  # simcord's clients are all American
                    patch.setattr(answers, "locale", lambda _interaction, spoken=language: spoken)
                    await shoot(page, language)


async def shoot(page: Page, language: Language) -> None:
    """Three pictures in one language."""
    async with simcord.run(Gateway(Handling(), "thread", shard_count=1)) as env:
        lab = env.create_guild("Tide Lab")
        managers = lab.create_role("Managers", permissions=discord.Permissions(manage_channels=True))
        reader = lab.add_member(env.create_user("ottoline"), roles=[managers])
        papers, listed = lab.create_text_channel("papers"), lab.create_text_channel("subscriptions")
        for body in cards_messages(demo_digest("discord", "700", language).cards[:1], language):
            await posted(env, papers.id, body)
        async with env.preview(papers, viewers=[reader], layout="channel") as preview:
            await page.open(preview.url)
            await asyncio.sleep(_DRAWN)
            await page.save(f"discord-card-{language.value}.png", FOLDER)
        await reader.slash(listed, "papers list")
        async with env.preview(listed, viewers=[reader], layout="channel") as preview:
            await page.open(preview.url)
            await asyncio.sleep(_DRAWN)
            await page.save(f"discord-list-{language.value}.png", FOLDER)
            await page.run(_EDIT)
            await page.save(f"discord-form-{language.value}.png", FOLDER)


if __name__ == "__main__":
    asyncio.run(stage())
