"""A running bot in a workspace of Slack, and what people see there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot import app as root
from bot.demo import HandClock
from tests import PATIENCE
from tests.channels.slack.conftest import settings
from tests.counterparts import block_kit
from tests.counterparts.slack_edge import ALICE, BOT, ML, SECRET, SlackEdge

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


async def until(is_so: Callable[[], Any], what: str = "it", patience: float = PATIENCE) -> None:
    """Wait for other people's programs."""
    try:
        async with asyncio.timeout(patience):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen in {patience:.0f} s") from None


@asynccontextmanager
async def running(
    slack: SlackEdge, folder: Any, *, listen: str = "", database: str = "", sockets: int = 1, **changes: Any
) -> AsyncIterator[root.App]:
    """The bot, listening by a socket, so that there are `sockets`, or by HTTP at `listen`."""
    by = (
        {"slack_app_token": None, "slack_signing_secret": SecretStr(SECRET), "bot_listen": listen}
        if listen
        else {}
    )
    url = SecretStr(database or f"sqlite:///{folder / 'sudi.db'}")
    values = settings(slack, database_url=url, bot_channels=("slack",), **by, **changes)
    async with root.opened(values, HandClock(NOON)) as app:
        ours = app.channels["slack"]
        ways = [app.served()(), ours.attend(app.answer)] if listen else [ours.listen(app.answer)]
        listening = asyncio.gather(*ways)
        try:
            await (reachable(listen) if listen else until(lambda: len(slack.sockets) >= sockets, "a socket"))
            yield app
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def reachable(listen: str) -> None:
    """Wait for the bot to answer at a port."""
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.post(f"http://{listen}/slack/events") as answer:
                    if answer.status != HTTPStatus.SERVICE_UNAVAILABLE:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.02)


async def messages(slack: SlackEdge, channel: str = ML) -> list[dict[str, Any]]:
    """What stands in a channel, with what only one person sees."""
    where = f"{slack.upstream}/_control/messages/{channel}"
    async with aiohttp.ClientSession() as session, session.get(where) as answer:
        found = (await answer.json())["messages"]
    return [one for one in found if one["user"] == BOT]


async def answered(slack: SlackEdge, channel: str, before: int, *, least: int = 1) -> list[dict[str, Any]]:
    """What the bot has said there since; waits for it."""
    async with asyncio.timeout(PATIENCE):
        while len(found := await messages(slack, channel)) < before + least:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found[before:]


def read(message: dict[str, Any]) -> str:
    """The text of a message as people read it."""
    return "".join(block_kit.strings(message.get("blocks"), "text"))


def is_private(message: dict[str, Any], user: str = ALICE) -> bool:
    """Whether only that person sees it."""
    return message.get("subtype") == "ephemeral" and message.get("ephemeral_to") == user
