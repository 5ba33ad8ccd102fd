"""The connection on which people talk to us, kept alive: a fresh client whenever discord.py gives up.

Its first connection may fail for good (https://github.com/Rapptz/discord.py/issues/10520); a wrong token must
not be tried again, because Discord bans addresses for that.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import discord
from discord import Interaction

from bot.channels import Handle
from bot.channels.discord.answers import Answers
from bot.channels.discord.buttons import Choose, Press
from bot.channels.discord.cards import Style
from bot.channels.discord.rest import WRONG_TOKEN
from bot.channels.discord.tree import Tree
from bot.health import Connection
from bot.pacing import RateLimit
from bot.supervision import BackOff
from bot.verbs import Verb

log = logging.getLogger(__name__)

_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 300.0  # seconds
_ANSWERS = re.compile(r"/(?:interactions|webhooks)/")
_STEADY = 60.0  # seconds of connection after which the next fault is the first one again
_TEARDOWN = 10.0
_REFUSED = 4004  # https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway

Sleep = Callable[[float], Awaitable[None]]


class Gateway(discord.AutoShardedClient):
    """One connection with our commands; it remembers servers and channels, but no people and no messages."""

    def __init__(self, handle: Handle, style: Style, connection: Connection | None = None, **options: Any) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            **options,
        )
        self.connection = connection or Connection()
        self.answers = Answers(handle, style)
        self.tree = Tree(self, self.answers)

    async def setup_hook(self) -> None:
        """Before the connection, once: `on_ready` comes again after every lost session."""
        self.add_dynamic_items(Press, Choose)
        if await self.tree.sync_changes():
            log.info("commands_synced")

    async def on_ready(self) -> None:
        """Discord lets us in."""
        self.connection.up()

    async def on_resumed(self) -> None:
        """It does so again."""
        self.connection.up()

    async def on_disconnect(self) -> None:
        """The library tries again by itself."""
        self.connection.away("the gateway closed")

    async def pressed(self, interaction: Interaction[Any], command: str, *, is_mine: bool) -> None:
        """Answer a button."""
        verb, _, argument = command.partition(" ")
        if verb == Verb.EDIT:
            await self.answers.edit(interaction, argument, is_mine=is_mine)
        else:
            await self.answers.answer(interaction, command, is_mine=is_mine)


class Supervisor:
    """Connects again and again, with growing pauses."""

    def __init__(
        self,
        token: str,
        handle: Handle,
        style: Style,
        sleep: Sleep = asyncio.sleep,
        connection: Connection | None = None,
        rate_limit: RateLimit | None = None,
    ) -> None:
        """Requests of the connection's start take turns of the `rate_limit`, if there is one."""
        self._token = token
        self._handle = handle
        self._style: Style = style
        self._connection = connection or Connection()
        self._sleep = sleep
        self._trace = _in_turn(rate_limit) if rate_limit else None

    async def run(self) -> None:
        """Stay connected until cancelled, or until the token is refused."""
        backoff = BackOff(_FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._connected()
            except discord.LoginFailure:
                return self._refused()
            except discord.ConnectionClosed as error:
                if error.code == _REFUSED:
                    return self._refused()
                cause = f"closed with {error.code}"
            except Exception as error:  # what ends the library must not end us: AttributeError, for one, see above
                cause = f"{type(error).__name__}: {error}"
            else:
                cause = "closed"
            if asyncio.get_running_loop().time() - started > _STEADY:
                backoff.reset()
            pause = backoff.pause()
            self._connection.away(cause)
            log.warning("discord_away retry_seconds=%.0f cause=%s", pause, cause)
            await self._sleep(pause)

    def _refused(self) -> None:
        self._connection.refused(WRONG_TOKEN)
        log.error("discord_stopped reason=%s", WRONG_TOKEN)

    async def _connected(self) -> None:
        client = Gateway(self._handle, self._style, self._connection, http_trace=self._trace)
        try:
            await client.start(self._token)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TEARDOWN):
                    await client.close()


def _in_turn(rate_limit: RateLimit) -> aiohttp.TraceConfig:
    """Let requests wait for a turn, but those that answer people, which have no part in the global limit:
    https://docs.discord.com/developers/interactions/receiving-and-responding#endpoints"""

    async def wait(_session: object, _context: object, request: aiohttp.TraceRequestStartParams) -> None:
        if not _ANSWERS.search(request.url.path):
            await rate_limit.wait()

    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(wait)
    return trace
