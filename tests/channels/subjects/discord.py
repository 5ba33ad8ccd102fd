"""Discord under the contract: its own description of its API, and a Discord on a loopback port."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.channels.discord import Discord
from bot.channels.discord.markup import units
from bot.settings import Settings
from tests.channels import cards
from tests.channels.subjects import Counterpart, Shown, Subject
from tests.counterparts import discord_schema
from tests.counterparts.discord_payloads import limited, too_much
from tests.counterparts.discord_site import LOST, TOKEN, DiscordSite

_TOKEN = re.compile(
    r"\\(?P<literal>.)|(?P<bold>\*\*)|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]+)\)|(?P<char>.)", re.DOTALL
)
_MARKS = re.compile(r"[*_~`|<>@\[\]]|https?://")


def _read(markdown: str) -> tuple[str, list[str], list[str]]:
    """Discord's markdown as it is shown: its text, its links, and marks other than bold."""
    text, plain, links = "", "", []
    for found in _TOKEN.finditer(re.sub(r"^> ", "", markdown, flags=re.MULTILINE)):
        if found["literal"]:
            text += found["literal"]
            plain += "\0"
        elif found["url"]:
            text += re.sub(r"\\(.)", r"\1", found["label"])
            links.append(found["url"])
        elif not found["bold"]:
            text += found["char"]
            plain += found["char"]
    return text, links, _MARKS.findall(plain)


def _shown(message: dict[str, Any]) -> Shown:
    embeds = message.get("embeds", [])
    title, _, marks = _read(message.get("content", ""))
    text, links = title, [one["url"] for one in embeds if "url" in one]
    for one in embeds:
        # A title that goes on below ends with an ellipsis of our own.
        for markdown in (one.get("title", "").removesuffix("…"), one["description"]):
            said, more, others = _read(markdown)
            text, links, marks = f"{text}\n{said}", links + more, marks + others
        text += "\n" + one.get("footer", {}).get("text", "")  # no markdown there
    calls = marks + ([] if message["allowed_mentions"] == {"parse": []} else ["mentions are allowed"])
    return Shown(text, frozenset(links), tuple(calls))


class _Server(Counterpart):
    def __init__(self, running: DiscordSite) -> None:
        self._discord = running
        self.channel = Discord(TOKEN)

    def arrived(self) -> list[str]:
        return [_shown(one.body).text for one in self._discord.messages]

    def refuse(self) -> None:
        self._discord.refused["700"] = (404, 10003)

    def fail_once(self) -> None:
        self._discord.next("/channels/700/messages", limited(1))

    def lose_an_answer(self) -> None:
        self._discord.next("/channels/700/messages", LOST)


class _Subject(Subject):
    def settings(self) -> Settings:
        return cards.settings(discord_token=TOKEN)

    def shown(self, body: str) -> Shown:
        return _shown(json.loads(body)["message"])

    def faults(self, body: str) -> list[str]:
        message = json.loads(body)["message"]
        found = [*discord_schema.faults("MessageCreateRequest", message), *too_much(message)]
        return found + (["too long"] if units(message.get("content", "")) > 2000 else [])

    @asynccontextmanager
    async def counterpart(self, folder: Path) -> AsyncIterator[Counterpart]:
        async with DiscordSite(window=0.3) as running:
            with running.used():
                opened = _Server(running)
                try:
                    yield opened
                finally:
                    await opened.channel.close()


def subject() -> Subject:
    return _Subject("700", folds=frozenset({"abstracts"}))
