"""A workspace of Slack on loopback ports, and the bot's channel in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.slack import Slack, channel
from bot.settings import Settings
from tests.counterparts.slack_edge import APP_TOKEN, BOT_TOKEN, SlackEdge


def settings(slack: SlackEdge, **changes: Any) -> Settings:
    """What an admin sets for Socket Mode in that workspace."""
    values: dict[str, Any] = {
        "slack_bot_token": SecretStr(BOT_TOKEN),
        "slack_app_token": SecretStr(APP_TOKEN),
        "slack_api_url": slack.api,
        "bot_sources": (),  # nothing is read here
    }
    return Settings(**{"_env_file": None} | values | changes)


@pytest.fixture
async def ours(slack: SlackEdge) -> AsyncIterator[Slack]:
    """The bot's side, for sending."""
    opened = channel(settings(slack))
    yield opened
    await opened.close()
