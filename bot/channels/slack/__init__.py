"""Slack: digests as a message with a thread, commands by `/papers`, a mention, a direct message and buttons.

`render` writes the messages of `blocks`, `post` posts them, `web` knows what Slack's answers mean.
`connection` lets people in, `inbound` answers them, `people` knows who may; `windows` shows `forms` and `home`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels import Handle
from bot.channels.slack.connection import by_http, by_socket
from bot.channels.slack.forms import Draft
from bot.channels.slack.inbound import Conversation
from bot.channels.slack.manifest import SCOPES
from bot.channels.slack.post import Postman
from bot.channels.slack.render import digest_bodies
from bot.channels.slack.web import asked, session
from bot.channels.slack.web import client as web_client
from bot.channels.slack.windows import Windows
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.locale import say
from bot.settings import EXAMPLES, Settings

log = logging.getLogger(__name__)

PACE = timedelta(seconds=1)
"""Between two messages to one channel: https://docs.slack.dev/apis/web-api/rate-limits"""

_NO_WAY_IN = "set SLACK_APP_TOKEN, or SLACK_SIGNING_SECRET, to take them"


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

    async def send_below(self, root: str, address: str, body: str, key: str) -> str:
        """Post a message in the thread of another."""
        return await self._postman.post(address, body, key, root)

    async def find(self, address: str, key: str, since: datetime, root: str) -> str | None:
        """Look for a message that may have been posted without an answer."""
        return await self._postman.find(address, key, since, root)

    async def tell(self, person: str, text: str, about: str = "") -> None:
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
        return f"{answer['team']} ({answer['team_id']}) as {answer['user']}; {await self._way_in()}"

    async def _way_in(self) -> str:
        """How commands will come in; tried, when it is by socket."""
        app_token = self._settings.slack_app_token
        if app_token is None:
            return (
                "commands by signed HTTP" if self._settings.slack_signing_secret else "no commands: " + _NO_WAY_IN
            )
        client = await self._client("")
        try:
            await asked(client.apps_connections_open(app_token=app_token.get_secret_value()))
        except ChannelError as error:
            where = "it stands at https://api.slack.com/apps, Basic Information, App-Level Tokens"
            raise ChannelError(f"SLACK_APP_TOKEN: {error.reason}; {where}, with connections:write") from None
        return "commands by socket"

    async def listen(self, handle: Handle) -> None:
        """Answer people, by a socket or by HTTP; ends only when Slack refuses our tokens."""
        conversation = Conversation(handle, self._client, admins_only=self._settings.slack_admins_only)
        try:
            app = await self._app()
            Windows(conversation, self._client, self._habits()).attend(app)
            conversation.attend(app)
            if self._settings.slack_app_token:
                token = self._settings.slack_app_token.get_secret_value()
                await by_socket(app, await self._client(""), token)
            elif self._settings.slack_signing_secret:
                await by_http(app, self._settings.slack_listen)
            else:
                log.warning("slack_listens_to_nobody %s", _NO_WAY_IN)
                await asyncio.Event().wait()
        except ChannelError as error:
            log.error("slack_stopped reason=%s", error.reason)

    def _habits(self) -> Draft:
        """What a new place gets until its people choose."""
        settings = self._settings
        return Draft(language=settings.bot_language, time=settings.bot_time, zone=settings.bot_timezone)

    async def _app(self) -> AsyncApp:
        """The app, which knows who it is: no request has to wait for that."""
        client = await self._client("")
        who = await self._identity(client)
        secret = self._settings.slack_signing_secret

        async def authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=enterprise_id, team_id=team_id, bot_token=self._token,
                bot_id=who["bot_id"], bot_user_id=who["user_id"],
            )  # fmt: skip

        app = AsyncApp(
            client=web_client(None, self._settings.slack_api_url, self._session),
            signing_secret=secret.get_secret_value() if secret else "unused by sockets",
            authorize=authorize,
        )

        @app.error
        async def failed(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> None:
            log.error("slack_event_failed type=%s", body.get("type"), exc_info=error)
            if respond.response_url:
                text = "\n".join(say("slack.failed", tongue) for tongue in ("en", "zh"))
                await respond(text, response_type="ephemeral", replace_original=False)

        return app

    async def _identity(self, client: AsyncWebClient) -> Mapping[str, Any]:
        """Who we are; patient with a Slack that is away."""
        pause = 1.0
        while True:
            try:
                found: Mapping[str, Any] = await asked(client.auth_test())
                return found
            except ChannelError as error:
                if error.permanent:
                    raise
                log.warning("slack_away retry_seconds=%.0f reason=%s", pause, error.reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 60.0)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()

    async def _client(self, _team: str) -> AsyncWebClient:
        if self._session is None:
            self._session = session()
        return web_client(self._token, self._settings.slack_api_url, self._session)
