"""Slack: digests as a message with a thread, commands by `/papers`, a mention, a direct message and buttons.

`render` writes the messages of `blocks`, `post` posts them, `web` knows what Slack's answers mean.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.manifest import SCOPES
from bot.channels.slack.post import Postman
from bot.channels.slack.render import digest_bodies
from bot.channels.slack.web import asked, client, session
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.settings import EXAMPLES, Settings

PACE = timedelta(seconds=1)
"""Between two messages to one channel: https://docs.slack.dev/apis/web-api/rate-limits"""


def channel(settings: Settings) -> Slack:
    """The Slack app of SLACK_BOT_TOKEN; SettingsError says what is missing."""
    if settings.slack_bot_token is None:
        example = EXAMPLES["SLACK_BOT_TOKEN"]
        where = "it stands at https://api.slack.com/apps, OAuth & Permissions, once the app is installed"
        raise SettingsError([f"SLACK_BOT_TOKEN: {where} (for example: SLACK_BOT_TOKEN={example})"])
    return Slack(settings, settings.slack_bot_token.get_secret_value())


class Slack:
    """One Slack app in one workspace."""

    def __init__(self, settings: Settings, token: str) -> None:
        self._settings = settings
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._postman = Postman(self._client)

    @property
    def name(self) -> str:
        """The name in BOT_CHANNELS."""
        return "slack"

    @property
    def pace(self) -> timedelta:
        """Between two messages to one channel."""
        return PACE

    @property
    def at_once(self) -> int:
        """Channels are paced one by one, so many may be served side by side."""
        return 50

    def circle(self, address: str) -> str:
        """The workspace: when it is asked to wait, all of it waits."""
        return f"slack:{address.partition('/')[0]}"[:80]

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One JSON object for each message: its text and its blocks."""
        return digest_bodies(digest)

    def preview(self, bodies: Sequence[str]) -> str:
        """The messages as a JSON array."""
        return json.dumps([json.loads(body) for body in bodies], ensure_ascii=False, indent=2) + "\n"

    async def send(self, address: str, body: str, key: str) -> str:
        """Post a message to a channel, or to a person."""
        return await self._postman.post(address, body, key)

    async def send_under(self, root: str, address: str, body: str, key: str) -> str:
        """Post a message in the thread of another."""
        return await self._postman.post(address, body, key, root)

    async def find(self, address: str, key: str, since: datetime, root: str) -> str | None:
        """Look for a message that may have been posted without an answer."""
        return await self._postman.find(address, key, since, root)

    async def tell(self, person: str, text: str, about: str) -> None:
        """Write to one person directly."""
        await self._postman.tell(person, text, about)

    async def check(self) -> str:
        """Ask who we are and what we may do; try the app token, or what else brings commands in."""
        answer = await asked((await self._client("")).auth_test())
        granted = {one.strip() for one in answer.headers.get("x-oauth-scopes", "").split(",")} - {""}
        missing = [one for one in SCOPES if one not in granted] if granted else []
        if missing:
            raise ChannelError(
                f"the app lacks {', '.join(missing)}: add them at https://api.slack.com/apps, OAuth & Permissions,"
                " or paste the manifest of `sudi slack manifest` again, and reinstall the app"
            )
        return f"{answer['team']} ({answer['team_id']}) as {answer['user']}"

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    async def _client(self, _team: str) -> AsyncWebClient:
        if self._session is None:
            self._session = session()
        return client(self._token, self._settings.slack_api_url, self._session)
