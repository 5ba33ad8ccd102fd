"""Posting: one part of a digest to one place, and looking whether it is there already.

An address is `TEAM/CHANNEL`, or `TEAM/USER` for what is said to one person directly; a receipt is `CHANNEL/TS`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.blocks import escaped
from bot.channels.slack.looks import Looks, too_often
from bot.channels.slack.web import asked
from bot.errors import ChannelError

EVENT = "sudi_part"
"""The type of the metadata that names the part: https://docs.slack.dev/messaging/message-metadata"""

_ADDRESS = re.compile(r"([TE][A-Z0-9]+)/([CGDUW][A-Z0-9]+)")
_SKEW = timedelta(minutes=5)  # between our clock and Slack's
_ON_ITS_WAY = timedelta(minutes=5)  # far longer than an answer is waited for
_MOST_CURSORS = 1_000
_PAGES = 10
_PAGE = 200

Clients = Callable[[str], Awaitable[AsyncWebClient]]
"""The client for a workspace."""


class SlackAddress(NamedTuple):
    """Where something is posted."""

    team: str
    channel: str  # or a person

    def __str__(self) -> str:
        return f"{self.team}/{self.channel}"

    @property
    def is_person(self) -> bool:
        """Whether only one person reads here."""
        return self.channel[0] in "UW"


def read_address(address: str) -> SlackAddress:
    """The destination that an address names; ChannelError when it names none."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ChannelError("the address is not TEAM/CHANNEL, as in T0123ABCD/C0123ABCD", permanent=True)
    return SlackAddress(found[1], found[2])


class Postman:
    """Posts with the client of each workspace."""

    def __init__(self, clients: Clients, looks: Looks | None) -> None:
        """`looks` is for an app of many workspaces."""
        self._clients = clients
        self._looks = looks
        self._cursors: dict[tuple[str, str], str] = {}  # channel and key -> where a look-up goes on

    async def post(self, address: str, body: str, key: str, root: str = "") -> str:
        """Post one message, in the thread of `root` if there is one; the receipt."""
        destination = read_address(address)
        message: Mapping[str, Any] = orjson.loads(body)
        client = await self._clients(destination.team)
        channel, _, thread = root.partition("/")
        answer = await asked(
            client.chat_postMessage(
                channel=channel or destination.channel,
                text=message["text"],
                blocks=message["blocks"],
                metadata={"event_type": EVENT, "event_payload": {"key": key}},
                thread_ts=thread or None,
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return f"{answer['channel']}/{answer['ts']}"

    async def edit(self, address: str, reference: str, body: str) -> None:
        """Put another text and other blocks into a message; what marks it as ours stays."""
        message: Mapping[str, Any] = orjson.loads(body)
        client = await self._clients(read_address(address).team)
        channel, _, stamp = reference.partition("/")
        await asked(client.chat_update(channel=channel, ts=stamp, text=message["text"], blocks=message["blocks"]))

    async def find(self, address: str, key: str, since: datetime, root: str = "") -> str | None:
        """The receipt of a part that was posted soon after `since`, None when it is not there.

        Slack may let us look once a minute and see 15 messages: a look that is cut short goes on where it was.
        """
        destination = read_address(address)
        client = await self._clients(destination.team)
        channel, _, thread = root.partition("/")
        channel = channel or await self._conversation(client, destination)
        asks: dict[str, Any] = {
            "channel": channel,
            "oldest": f"{(since - _SKEW).timestamp():.6f}",
            "latest": f"{(since + _SKEW + _ON_ITS_WAY).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": _PAGE,
        }
        look = (channel, key)
        for _ in range(_PAGES):
            asks["cursor"] = self._cursors.get(look)
            if self._looks:
                await self._looks.turn(destination.team, key)
            answer = await self._page(client, thread, asks)
            found = next((one for one in answer["messages"] if _key(one) == key), None) if answer else None
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") if answer else ""
            if found or not cursor:
                self._cursors.pop(look, None)
                return f"{channel}/{found['ts']}" if found else None
            if len(self._cursors) >= _MOST_CURSORS:
                self._cursors.clear()  # they begin again
            self._cursors[look] = cursor
        raise ChannelError("the channel is so busy that it takes longer to see whether a message is there")

    async def _page(self, client: AsyncWebClient, thread: str, asks: Mapping[str, Any]) -> Any:
        """One page of a look-up, None when its thread is gone; a refused look-up makes no other call wait."""
        try:
            if thread:
                return await asked(client.conversations_replies(ts=thread, **asks), absent="thread_not_found")
            return await asked(client.conversations_history(**asks))
        except ChannelError as error:
            if error.retry_after is None:
                raise
            raise too_often(error.retry_after) from error

    async def tell(self, person: str, text: str, about: str) -> None:
        """Say something to one person, directly, with a link to the channel that it concerns, if any."""
        destination, concerned = read_address(person), read_address(about or person)
        client = await self._clients(destination.team)
        link = "" if concerned.is_person or about in ("", person) else f"<#{concerned.channel}> "
        await asked(
            client.chat_postMessage(channel=destination.channel, text=link + escaped(text), unfurl_links=False)
        )

    async def _conversation(self, client: AsyncWebClient, destination: SlackAddress) -> str:
        """The channel behind an address: history is asked of channels only."""
        if not destination.is_person:
            return destination.channel
        answer = await asked(client.conversations_open(users=destination.channel))
        return str(answer["channel"]["id"])


def _key(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT:
        return None
    found: str | None = (metadata.get("event_payload") or {}).get("key")
    return found
