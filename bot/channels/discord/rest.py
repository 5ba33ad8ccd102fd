"""Discord's REST side: one session, discord.py's rate-limit buckets, and what a refusal means for the outbox.

Nothing that leaves here holds the token. A nonce makes every message ours for the next minutes, so that one
without an answer is simply sent again:
https://docs.discord.com/developers/resources/message#create-message
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from bot.channels import Conversations
from bot.errors import ChannelError
from bot.leases import before_requests
from bot.pacing import RateLimit, Reserve

log = logging.getLogger(__name__)

PER_SECOND = 46
"""Requests that we allow ourselves; Discord's global limit is 50: /developers/topics/rate-limits.

With four less, requests may come up to 80 ms closer to one another than they were sent.
"""

WRONG_TOKEN = (
    "Discord refuses DISCORD_TOKEN: copy the bot's token again from the developer portal (Bot > Reset Token)"  # noqa: S105
)
OPENING = timedelta(seconds=2)
"""Between two conversations with people that are opened."""

_AT_ONCE = timedelta(seconds=10)  # what a turn is waited for here
_SOON = timedelta(seconds=10)  # well within the minutes for which Discord remembers a nonce
_LATER = timedelta(minutes=10)
_BANNED = timedelta(minutes=15)
_PATIENCE = 30.0  # seconds that discord.py waits for one bucket
_NONCE = 25  # characters
_TURNS = 8  # that are booked at once

_ARCHIVED = 50083
_LOCKED = 160005
_FINAL = {
    10003: "the channel is gone",
    10004: "the server is gone, or the bot was removed from it",
    10008: "the message is gone",
    10013: "the person's account is gone",
    50001: "the bot cannot see the channel",
    50007: "the person takes no direct messages from the bot",
    50013: "the bot lacks rights in the channel",
    _ARCHIVED: "the thread is archived",
    50278: "the person shares no server with the bot any more",
    _LOCKED: "the thread is locked",
}
"""Refusals of the destination itself: /developers/topics/opcodes-and-status-codes#json."""

_PAUSES = {
    40003: timedelta(minutes=10),  # direct messages are opened too fast
    20026: timedelta(hours=1),  # the bot is quarantined: https://support-dev.discord.com/hc/articles/6461420677527
}
"""Refusals after which nobody should be written to directly for a while."""

_NO_CHANNEL = 10003
_THREAD_EXISTS = 160004
_OLD_EDITS = 30046
_EMPTY: dict[str, Any] = {"content": "", "embeds": [], "components": []}
"""Of an edited message: what an edit does not name stays as it was."""

_NOT_THERE = frozenset({10003, 10008})  # channel, message
_NO_THREAD_HERE = frozenset({10008, 50001, 50013, 50024, 160006, 160007})  # message gone, rights, kind, too many
_THREAD_LOST = frozenset({10003, _ARCHIVED, _LOCKED})


class _Unkept:
    """Conversations of this process alone, without rate limits: for checks of the channel."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    async def known(self, person: str) -> str:
        return self._known.get(person, "")

    async def keep(self, person: str, conversation: str) -> None:
        self._known[person] = conversation

    async def held(self) -> timedelta:
        return timedelta()

    async def take_lease(self, every: timedelta) -> timedelta:
        return timedelta()

    async def pause(self, much: timedelta) -> None:
        pass


def global_rate_limit(reserve: Reserve | None = None) -> RateLimit:
    """Discord's limit on all requests of the bot, whatever the number of its processes."""
    every = timedelta(seconds=1) / PER_SECOND
    return RateLimit("discord", every, at_a_time=_TURNS if reserve else 1, reserve=reserve)


class Rest:
    """The bot's account, logged in at the first request; after a refused token nothing is asked any more."""

    def __init__(self, token: str, connector: aiohttp.BaseConnector | None = None) -> None:
        self._token = token
        self._connector = connector
        self._http: HTTPClient | None = None
        self._lock = asyncio.Lock()
        self._is_refused = False
        self.rate_limit = global_rate_limit()
        self.conversations: Conversations = _Unkept()

    async def post(self, channel: str, message: dict[str, Any], key: str) -> str:
        """Post a message into a channel, or to `@person`; its id. The same `key` is the same message."""
        unique = message | {"nonce": nonce(f"{channel} {key} {message}"), "enforce_nonce": True}
        if not channel.startswith("@"):
            return await self._posted(channel, unique)
        async with self._directly():
            try:
                return await self._posted(await self._direct_channel(channel[1:]), unique)
            except ChannelError as error:
                if _code(error) != _NO_CHANNEL:
                    raise
            await self.conversations.keep(channel[1:], "")
            return await self._posted(await self._direct_channel(channel[1:]), unique)

    async def _posted(self, channel: str, message: dict[str, Any]) -> str:
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel)
        return str((await self.ask(route, json=message))["id"])

    async def post_below(self, thread: str, channel: str, message: dict[str, Any], key: str) -> str:
        """Post a message into a thread; into its channel when somebody has deleted or locked the thread."""
        try:
            return await self.post(thread, message, key)
        except ChannelError as error:
            if _code(error) not in _THREAD_LOST:
                raise
        return await self.post(channel, message, key)

    async def edit(self, channel: str, thread: str, message_id: str, message: dict[str, Any]) -> None:
        """Change a message of ours: in a thread, or where there could be none, in the channel itself."""
        where = await self._direct_channel(channel[1:]) if channel.startswith("@") else channel
        if thread:
            try:
                return await self._change_below(thread, message_id, message)
            except ChannelError as error:
                if _code(error) not in _NOT_THERE:
                    raise
        return await self._change(where, message_id, message)

    async def _change_below(self, thread: str, message_id: str, message: dict[str, Any]) -> None:
        """Change a message in a thread. One that Discord has archived meanwhile takes no edits: it is opened.

        To open it needs no more rights than to post, if it is not locked:
        https://docs.discord.com/developers/resources/channel#modify-channel
        """
        try:
            await self._change(thread, message_id, message)
        except ChannelError as error:
            if _code(error) != _ARCHIVED:
                raise
            await self.ask(Route("PATCH", "/channels/{channel_id}", channel_id=thread), json={"archived": False})
            await self._change(thread, message_id, message)

    async def _change(self, channel: str, message_id: str, message: dict[str, Any]) -> None:
        route = Route(
            "PATCH", "/channels/{channel_id}/messages/{message_id}", channel_id=channel, message_id=message_id
        )
        await self.ask(route, json=_EMPTY | message)

    async def open_thread(self, channel: str, message: str, name: str) -> bool:
        """The public thread of a message, which has its id, new or not; False where there can be none."""
        route = Route(
            "POST", "/channels/{channel_id}/messages/{message_id}/threads", channel_id=channel, message_id=message
        )
        try:
            await self.ask(route, json={"name": name, "auto_archive_duration": 1440})
        except ChannelError as error:
            code = _code(error)
            if code in _NO_THREAD_HERE:
                return False
            if code != _THREAD_EXISTS:
                raise
        return True

    async def ask(self, route: Route, **body: Any) -> Any:
        """One request, when the global limit allows it. Raises ChannelError and nothing else."""
        with translated():
            http = await self._session()
            await self.rate_limit.wait()  # the global one, which discord.py only notices when it is passed
            return await http.request(route, **body)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._http is not None:
            await self._http.close()

    async def _direct_channel(self, person: str) -> str:
        """The channel of a person. Too many that are opened at once may have the bot quarantined:
        https://docs.discord.com/developers/resources/user#create-dm"""
        if known := await self.conversations.known(person):
            return known
        wait = await self.conversations.take_lease(OPENING)
        if wait > _AT_ONCE:
            raise ChannelError("direct messages are opened one after another", retry_after=wait)
        await asyncio.sleep(wait.total_seconds())
        opened = await self.ask(Route("POST", "/users/@me/channels"), json={"recipient_id": person})
        await self.conversations.keep(person, str(opened["id"]))
        return str(opened["id"])

    @asynccontextmanager
    async def _directly(self) -> AsyncIterator[None]:
        """Write to a person, unless Discord has asked for a pause, which holds for all direct messages."""
        if (wait := await self.conversations.held()) > timedelta():
            raise ChannelError("Discord takes no direct messages for a while", retry_after=wait)
        try:
            yield
        except ChannelError as error:
            if _code(error) in _PAUSES:
                log.error("discord_direct_pause code=%d reason=%s", _code(error), error.reason)
                await self.conversations.pause(_PAUSES[_code(error)])
            raise

    async def _session(self) -> HTTPClient:
        async with self._lock:
            if self._is_refused:
                raise ChannelError(WRONG_TOKEN)
            if self._http is None:
                trace = aiohttp.TraceConfig()
                before_requests(trace)  # also when discord.py asks once more
                loop = asyncio.get_running_loop()
                http = HTTPClient(loop, self._connector, http_trace=trace, max_ratelimit_timeout=_PATIENCE)
                try:
                    await self.rate_limit.wait()
                    await http.static_login(self._token)
                except BaseException as error:
                    self._is_refused = isinstance(error, discord.LoginFailure)
                    await http.close()
                    raise
                self._http = http
            return self._http


def _code(error: ChannelError) -> int:
    """Discord's own number for what it has refused; 0 where it has given none."""
    found: int = getattr(error.__cause__, "code", 0)
    return found


def nonce(text: str) -> str:
    """A nonce that is the same for the same message."""
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:_NONCE]


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the library as decisions of ours."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        raise decision(error) from error


def decision(error: Exception) -> ChannelError:
    """What the outbox should do about an error of the library."""
    match error:
        case discord.LoginFailure():
            return ChannelError(WRONG_TOKEN)
        case discord.RateLimited():
            return ChannelError("Discord asks to wait", retry_after=timedelta(seconds=error.retry_after))
        case discord.HTTPException():
            return _refusal(error)
        case aiohttp.ClientConnectorError():
            what_to_do = "check the network, DNS and proxy of this machine"
            return ChannelError(f"Discord cannot be reached: {what_to_do} ({type(error).__name__})")
        case _:
            reason = f"the connection to Discord broke: {type(error).__name__}"
            return ChannelError(reason, ambiguous=True, retry_after=_SOON)


def _refusal(error: discord.HTTPException) -> ChannelError:
    if error.code in _FINAL:
        return ChannelError(f"Discord: {_FINAL[error.code]} ({error.code})", permanent=True)
    if error.status == 401:
        return ChannelError(WRONG_TOKEN)
    if error.code in _PAUSES:
        reason = f"Discord takes no direct messages for a while ({error.code})"
        return ChannelError(reason, retry_after=_PAUSES[error.code])
    if error.code == _OLD_EDITS:
        reason = f"Discord: too many edits of messages that are older than an hour ({_OLD_EDITS})"
        return ChannelError(reason, retry_after=_LATER)
    if error.status == 429:  # without the mark of Discord's own limiter: Cloudflare's, which lasts
        return ChannelError("Discord has banned this address for a while", retry_after=_BANNED)
    reason = f"Discord answers {error.status} ({error.code}): {' '.join(error.text.split())[:200]}"
    return ChannelError(reason, ambiguous=error.status >= 500)
