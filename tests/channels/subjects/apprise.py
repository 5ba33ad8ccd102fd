"""Apprise under the contract: a webhook of Mattermost, which takes plain text for Markdown and for mentions."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from markdown_it import MarkdownIt

from bot.channels.apprise import channel
from bot.settings import Settings
from bot.text.inert import seen
from tests.channels import cards
from tests.channels.subjects import Counterpart, Shown, Subject
from tests.counterparts.webhooks import Webhooks

TOKEN = "3ccdd113474722377935511fc85d3dd4"
_CALL = re.compile(r"@\w+|:\w+:|<at\b|<!\w+>", re.IGNORECASE)
_AUTOMATIC = re.compile(r"(?:https?://|www\.)[^\s<>]+")
_MARKDOWN = MarkdownIt("commonmark", {"breaks": True}).enable("strikethrough")


def shown(text: str) -> Shown:
    """A message as a program shows it that takes plain text for Markdown and links what looks like an address."""
    page = _MARKDOWN.render(text)
    tags = set(re.findall(r"<(\w+)", page)) - {"p", "br"}
    plain = html.unescape(re.sub(r"</?p>|<br ?/?>", "", page))
    calls = (*_CALL.findall(plain), *(f"<{tag}>" for tag in tags))
    numberless = re.sub(r"\s*[0-9]+/[0-9]+\s*$", "", seen(plain))
    return Shown(numberless, frozenset(_AUTOMATIC.findall(plain)), calls)


class _Mattermost(Counterpart):
    def __init__(self, running: Webhooks) -> None:
        self._webhooks = running
        self.channel = channel(cards.settings(apprise_config=f"lab=mmost://127.0.0.1:{running.port}/{TOKEN}\n"))

    def arrived(self) -> list[str]:
        return [shown(one.text).text for one in self._webhooks.taken]

    def refuse(self) -> None:
        self._webhooks.is_gone = True

    def fail_once(self) -> None:
        self._webhooks.answers.append((429, {"message": "rate limited"}))

    def lose_an_answer(self) -> None:
        self._webhooks.is_losing = True


class _Subject(Subject):
    def settings(self) -> Settings:
        return cards.settings(apprise_config=f"lab=mmost://127.0.0.1:1/{TOKEN}\n")

    def shown(self, body: str) -> Shown:
        return shown(json.loads(body)[1])

    def faults(self, body: str) -> list[str]:
        return ["Mattermost takes 4,000 characters"] if len(json.loads(body)[1].encode()) > 4_000 else []

    @asynccontextmanager
    async def counterpart(self, folder: Path) -> AsyncIterator[Counterpart]:
        async with Webhooks() as running:
            yield _Mattermost(running)


def subject() -> Subject:
    return _Subject("lab")
