"""How commands come in: by a socket that we open, or by signed HTTP; the same app answers both.

The socket is watched by us: the library's own reconnection keeps on trying an address that has died, and can
be connected and silent (https://github.com/slackapi/bolt-python/issues/1529).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.web import RequestPayloadError
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.manifest import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from bot.channels.slack.web import socket_address
from bot.errors import ChannelError
from bot.health import Connection
from bot.supervision import BackOff

PING_SECONDS = 5.0
"""Between two questions whether the other side still hears us; four without an answer are silence."""

CONNECT_SECONDS = 15.0
"""For Slack to say hello."""

LARGEST = 2**20
"""Bytes of a request of Slack, which holds a whole form, or a message with all its blocks."""

_INSTANT = re.compile(r"\d{1,12}", re.ASCII)
_LOOK = 2.0
_TEARDOWN = 5.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0

log = logging.getLogger(__name__)


async def by_socket(app: AsyncApp, client: AsyncWebClient, token: str, connection: Connection) -> None:
    """Answer what comes by Socket Mode, for ever; ChannelError when Slack will never let us in."""
    backoff = BackOff(_FIRST_PAUSE, _LONGEST_PAUSE)
    while True:
        cause = "the socket broke"
        try:
            if await _connected_for_a_while(app, client, token, connection):
                backoff.reset()
        except ChannelError as error:
            if error.permanent:
                raise
            cause = error.reason
            log.warning("slack_socket_failed reason=%s", error.reason)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            cause = type(error).__name__
            log.warning("slack_socket_failed reason=%s", cause)
        connection.away(cause)
        await asyncio.sleep(backoff.pause())


async def _connected_for_a_while(
    app: AsyncApp, client: AsyncWebClient, token: str, connection: Connection
) -> bool:
    """One connection, until it breaks or falls silent."""
    url = await socket_address(client, token)
    socket = SocketModeClient(
        app_token=token, web_client=client, ping_interval=PING_SECONDS, auto_reconnect_enabled=False
    )
    socket.wss_uri = url

    async def answer(of: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await send_async_response(of, request, await run_async_bolt_app(app, request), 0.0)

    greeted = asyncio.Event()

    async def listen(_of: AsyncBaseSocketModeClient, message: dict[str, Any], _raw: str | None) -> None:
        if message.get("type") == "hello":
            greeted.set()

    socket.socket_mode_request_listeners.append(answer)
    socket.message_listeners.append(listen)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await socket.connect()  # type: ignore[no-untyped-call]
            await greeted.wait()  # an open connection is not yet one that tells us anything
        connection.up()
        log.info("slack_connected by=socket")
        while await socket.is_connected():  # noqa: ASYNC110  # the library tells nobody when it is not
            await asyncio.sleep(_LOOK)
        log.warning("slack_socket_lost")
        return True
    finally:
        await _torn_down(socket)


async def _torn_down(socket: SocketModeClient) -> None:
    """Close within a limit, since closing a broken connection may hang for ever.

    The library lets go of its tasks and its session at a second attempt, which asks the other side for nothing.
    """
    for _ in range(2):
        try:
            async with asyncio.timeout(_TEARDOWN):
                await socket.close()  # type: ignore[no-untyped-call]
                return
        except (aiohttp.ClientError, TimeoutError, OSError):
            log.warning("slack_socket_hangs")


class Door:
    """What the site passes on: signed requests of Slack, and installations."""

    def __init__(self) -> None:
        self._answers: dict[str, Callable[[AsyncBoltRequest], Awaitable[BoltResponse]]] = {}

    @contextmanager
    def opened(self, app: AsyncApp | None, flow: AsyncOAuthFlow | None) -> Iterator[None]:
        """Let these answer."""
        if app is not None:
            self._answers[EVENTS_PATH] = app.async_dispatch
        if flow is not None:
            self._answers |= {INSTALL_PATH: flow.handle_installation, REDIRECT_PATH: flow.handle_callback}
        try:
            yield
        finally:
            self._answers.clear()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; 503 while nobody does, after which Slack asks again."""
        if (answer := self._answers.get(request.path)) is None:
            raise web.HTTPServiceUnavailable
        return await to_aiohttp_response(await answer(await _understood(request.clone(client_max_size=LARGEST))))


async def _understood(request: web.Request) -> AsyncBoltRequest:
    """A request as the library has it; 400 for what Slack would never send, of which the library makes a 500."""
    if not _INSTANT.fullmatch(request.headers.get("X-Slack-Request-Timestamp", "0")):
        raise web.HTTPBadRequest
    try:
        return await to_bolt_request(request)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, RequestPayloadError) as error:
        raise web.HTTPBadRequest from error
