"""Slack: digests as a message with a thread, commands by `/papers`, a mention, a direct message and buttons.

`render` writes the messages of `blocks`, `post` posts them, `web` knows what Slack's answers mean.
`connection` lets people in, `inbound` answers them, `people` knows who may; `windows` shows `forms` and `home`.
`workspaces` keeps the tokens of those that installed the app, `account` examines ours.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import orjson
from aiohttp import hdrs
from slack_bolt.async_app import AsyncApp, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels import Channel, Handle, Route
from bot.channels.slack.account import NO_WAY_IN, examined, way_in
from bot.channels.slack.connection import Door, by_socket
from bot.channels.slack.forms import FormDraft
from bot.channels.slack.inbound import Conversation
from bot.channels.slack.looks import Looks
from bot.channels.slack.manifest import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from bot.channels.slack.post import Postman
from bot.channels.slack.render import digest_bodies
from bot.channels.slack.web import asked, session
from bot.channels.slack.web import client as web_client
from bot.channels.slack.windows import Windows
from bot.channels.slack.workspaces import Workspaces
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.locale import say
from bot.pacing import Reserve
from bot.settings import EXAMPLES, Settings
from bot.supervision import BackOff

log = logging.getLogger(__name__)


def channel(settings: Settings) -> Slack:
    """The Slack app of SLACK_BOT_TOKEN, or of SLACK_CLIENT_ID; SettingsError says what is missing or wrong."""
    if faults := list(_faults(settings)):
        raise SettingsError(faults)
    return Slack(settings)


def _faults(settings: Settings) -> Iterator[str]:
    is_shared = bool(settings.slack_client_id)
    if is_shared != bool(settings.slack_client_secret):
        where = "both stand at https://api.slack.com/apps, Basic Information"
        yield f"SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together: {where}"
    if is_shared and settings.slack_bot_token:
        yield "SLACK_BOT_TOKEN: leave it out; with SLACK_CLIENT_ID each workspace has a token of its own"
    if not is_shared and settings.slack_bot_token is None:
        where = "it stands at https://api.slack.com/apps, OAuth & Permissions, once the app is installed"
        yield f"SLACK_BOT_TOKEN: {where} (for example: SLACK_BOT_TOKEN={EXAMPLES['SLACK_BOT_TOKEN']})"
    tokens = {"SLACK_BOT_TOKEN": settings.slack_bot_token, "SLACK_APP_TOKEN": settings.slack_app_token}
    for name, token in tokens.items():
        beginning = EXAMPLES[name].partition("-")[0]  # people take one for the other
        if token and token.get_secret_value().startswith("xoxe."):
            # https://docs.slack.dev/authentication/using-token-rotation: it cannot be switched off again
            what_to_do = "make another app from `sudi slack manifest`, whose tokens stay"
            yield f"{name}: this token ends after hours, because the tokens of this app rotate; {what_to_do}"
        elif token and not token.get_secret_value().startswith(f"{beginning}-"):
            yield f"{name}: must begin with {beginning}- (for example: {name}={EXAMPLES[name]})"
    if not settings.slack_api_url.startswith(("https://", "http://")):
        yield f"SLACK_API_URL: must be https:// and more (for example: SLACK_API_URL={EXAMPLES['SLACK_API_URL']})"


class Slack(Channel):
    """One Slack app, in one workspace or in as many as have installed it."""

    name = "slack"
    pace = timedelta(seconds=1)  # to one channel: https://docs.slack.dev/apis/web-api/rate-limits
    at_once = 50  # Slack's limit holds for each channel by itself, so many are served side by side
    has_lookup = True
    has_edits = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workspaces = Workspaces(settings) if settings.slack_client_id else None
        self._session: aiohttp.ClientSession | None = None
        self._looks = Looks() if self._workspaces else None
        self._postman = Postman(self._client, self._looks)
        self._door = Door()

    @property
    def listens_by_http(self) -> bool:
        """Without an app token, Slack asks us."""
        return self._settings.slack_app_token is None

    @property
    def routes(self) -> Sequence[Route]:
        """Where Slack tells us what people do, and where others install the app."""
        events = [(hdrs.METH_POST, EVENTS_PATH)] if self.listens_by_http else []
        pages = [INSTALL_PATH, REDIRECT_PATH] if self._workspaces else []
        return [(*one, self._door.answer) for one in (*events, *((hdrs.METH_GET, page) for page in pages))]

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where turns at looking for messages are booked."""
        if self._looks:
            self._looks.reserve = reserve

    def rate_limit_scope(self, address: str) -> str:
        """The workspace: when it is asked to wait, all of it waits."""
        return f"slack:{address.partition('/')[0]}"[:80]

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One JSON object for each message: its text and its blocks."""
        return digest_bodies(digest)

    def preview(self, bodies: Sequence[str]) -> str:
        """The messages as a JSON array."""
        messages = [orjson.loads(body) for body in bodies]
        return orjson.dumps(messages, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    async def send(self, address: str, body: str, key: str) -> str:
        """Post a message to a channel, or to a person."""
        return await self._postman.post(address, body, key)

    async def send_below(self, root: str, address: str, body: str, key: str) -> str:
        """Post a message in the thread of another."""
        return await self._postman.post(address, body, key, root)

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Change a message that we have posted."""
        await self._postman.edit(address, reference, body)

    async def find(self, address: str, key: str, since: datetime, root: str) -> str | None:
        """Look for a message that may have been posted without an answer."""
        return await self._postman.find(address, key, since, root)

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Write to one person directly."""
        await self._postman.tell(person, text, about)

    async def address(self, typed: str) -> str:
        """The id of a channel or person, with that of our workspace before it."""
        if "/" in typed or self._workspaces:
            return typed
        return f"{(await self._identity(await self._client('')))['team_id']}/{typed}"

    async def check(self) -> str:
        """Ask who we are and what we may do; try the app token, or what else brings commands in."""
        teams = [one.team for one in await self._workspaces.all()] if self._workspaces else [""]
        found = [await examined(await self._client(team)) for team in teams]
        if self._workspaces and not found:
            found = [f"no workspace yet, install it at {self._workspaces.link}"]
        return f"{', '.join(found)}; {await way_in(self._anonymous(), self._settings)}"

    async def listen(self, handle: Handle) -> None:
        """Answer people by a socket; ends only when Slack refuses our tokens."""
        if token := self._settings.slack_app_token:
            with self._stopped_by_refusals():
                app = await self._attended(handle)
                await by_socket(app, self._anonymous(), token.get_secret_value(), self.connection)

    async def attend(self, handle: Handle) -> None:
        """Answer by the site people, where there is no socket, and those who install the app."""
        app, settings = None, self._settings
        if self.listens_by_http and not settings.slack_signing_secret:
            log.warning("slack_listens_to_nobody %s", NO_WAY_IN)
        with self._stopped_by_refusals():
            flow = await self._workspaces.flow(self._anonymous()) if self._workspaces else None
            if self.listens_by_http and settings.slack_signing_secret:
                app = await self._attended(handle)
            with self._door.opened(app, flow):
                await asyncio.Event().wait()

    @contextmanager
    def _stopped_by_refusals(self) -> Iterator[None]:
        try:
            yield
        except ChannelError as error:
            self.connection.refused(str(error))
            log.error("slack_stopped reason=%s", error)

    async def _attended(self, handle: Handle) -> AsyncApp:
        """The app, which answers people by `handle`."""
        forget = self._workspaces.forget if self._workspaces else None
        conversation = Conversation(handle, self._client, forget, admins_only=self._settings.slack_admins_only)
        app = await self._app()
        Windows(conversation, self._client, self._preferences()).attend(app)
        conversation.attend(app)
        return app

    def _preferences(self) -> FormDraft:
        """What a new destination gets until its people choose."""
        settings = self._settings
        return FormDraft(language=settings.bot_language, time=settings.bot_time, zone=settings.bot_timezone)

    async def _app(self) -> AsyncApp:
        """The app, which knows who it is: no request has to wait for that."""
        secret = self._settings.slack_signing_secret
        quiet = logging.getLogger("slack_bolt")
        quiet.setLevel(logging.ERROR)  # it warns of our token when that stands in the environment
        app = AsyncApp(
            logger=quiet,
            client=self._anonymous(),
            signing_secret=secret.get_secret_value() if secret else "unused by sockets",
            authorize=await self._authorize(),
        )

        @app.error
        async def failed(error: Exception, body: dict[str, Any], respond: AsyncRespond) -> None:
            log.error("slack_event_failed type=%s", body.get("type"), exc_info=error)
            if respond.response_url:
                text = "\n".join(say("slack.failed", locale) for locale in ("en", "zh"))
                await respond(text, response_type="ephemeral", replace_original=False)

        return app

    async def _authorize(self) -> Callable[..., Awaitable[Any]]:
        """Who we are in a workspace, as bolt asks for it."""
        if workspaces := self._workspaces:

            async def installed(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult | None:
                return await workspaces.authorized(team_id, enterprise_id)

            return installed  # bolt calls by the names of arguments, and takes no method
        who = await self._identity(await self._client(""))
        token = self._token

        async def authorized(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=enterprise_id, team_id=who["team_id"], bot_token=token,
                bot_id=who["bot_id"], bot_user_id=who["user_id"],
            )  # fmt: skip

        return authorized

    async def _identity(self, client: AsyncWebClient) -> Mapping[str, Any]:
        """Who we are; patient with a Slack that is away."""
        backoff = BackOff(1.0, 60.0)
        while True:
            try:
                found: Mapping[str, Any] = await asked(client.auth_test())
                self.connection.up()
                return found
            except ChannelError as error:
                if error.permanent:
                    raise
                pause = backoff.pause()
                self.connection.away(error.reason)
                log.warning("slack_away retry_seconds=%.0f reason=%s", pause, error.reason)
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Let go of connections."""
        if self._session is not None:
            await self._session.close()
        if self._workspaces is not None:
            await self._workspaces.close()

    @property
    def _token(self) -> str:
        token = self._settings.slack_bot_token
        return token.get_secret_value() if token else ""

    async def _client(self, team: str) -> AsyncWebClient:
        """The client for a workspace."""
        return self._anonymous(await self._workspaces.token(team) if self._workspaces else self._token)

    def _anonymous(self, token: str | None = None) -> AsyncWebClient:
        if self._session is None:
            self._session = session()
        return web_client(token, self._settings.slack_api_url, self._session)
