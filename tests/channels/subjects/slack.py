"""Slack under the contract: Block Kit's limits, and a local Slack."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.channels.slack import channel
from bot.channels.slack.blocks import MOST_BLOCKS, MOST_CHARACTERS, cost
from bot.settings import Settings
from tests.channels import cards
from tests.channels.slack import conftest
from tests.channels.subjects import Counterpart, Shown, Subject
from tests.counterparts import block_kit, local_slack
from tests.counterparts.needed import need
from tests.counterparts.slack_edge import BOT_TOKEN, ML, TEAM, Fault, SlackEdge, edge

_CALLING = {"user", "usergroup", "channel", "team", "broadcast"}  # elements of rich_text that call somebody
_TEXTS = {
    "text", "link", "plain_text", "rich_text", "rich_text_section", "rich_text_list", "context", "actions",
    "button", "divider",
}  # fmt: skip


def _nodes(piece: Any) -> list[dict[str, Any]]:
    if isinstance(piece, dict):
        return [piece, *(node for value in piece.values() for node in _nodes(value))]
    return [node for one in piece for node in _nodes(one)] if isinstance(piece, list) else []


def _text(message: Any) -> str:
    return "".join(block_kit.strings(message["blocks"], "text"))


class _Workspace(Counterpart):
    def __init__(self, running: SlackEdge) -> None:
        self._slack = running
        self.channel = channel(conftest.settings(running))

    def arrived(self) -> list[str]:
        return [_text(one.message) for one in self._slack.posted(ML)]

    def refuse(self) -> None:
        self._slack.refused[ML] = "is_archived"

    def fail_once(self) -> None:
        self._slack.faults.append(Fault("chat.postMessage", status=429, headers={"Retry-After": "1"}))

    def lose_an_answer(self) -> None:
        self._slack.faults.append(Fault("chat.postMessage", is_lost=True))


class _Subject(Subject):
    def settings(self) -> Settings:
        return cards.settings(slack_bot_token=BOT_TOKEN)

    def shown(self, body: str) -> Shown:
        message = json.loads(body)
        nodes = [node for node in _nodes(message["blocks"]) if "type" in node]
        links = frozenset(node["url"] for node in nodes if "url" in node)
        calls = [node["type"] for node in nodes if node["type"] in _CALLING or node["type"] not in _TEXTS]
        alone = message["text"]
        calls += ["a mark in the text beside the blocks"] if "<" in alone or ">" in alone else []
        for mark, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            alone = alone.replace(mark, sign)
        return Shown(_text(message), links, tuple(calls), alone)

    def faults(self, body: str) -> list[str]:
        message = json.loads(body)
        found = block_kit.faults(message)
        found += ["too many blocks"] if len(message["blocks"]) > MOST_BLOCKS else []
        return found + (["too long"] if sum(map(cost, message["blocks"])) > MOST_CHARACTERS else [])

    @asynccontextmanager
    async def counterpart(self, folder: Path) -> AsyncIterator[Counterpart]:
        need("local-slack", local_slack.missing())
        async with edge() as running:
            opened = _Workspace(running)
            try:
                yield opened
            finally:
                await opened.channel.close()


def subject() -> Subject:
    return _Subject(f"{TEAM}/{ML}", folds=frozenset({"abstracts"}))
