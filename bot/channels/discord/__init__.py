"""Discord: digests as a message and its thread, or as direct messages; commands as Discord's own.

`cards` renders, `rest` sends, `client` listens. A destination's address is the id of a channel, or `@` and
the id of a person for direct messages; a person is `@` and an id everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from bot.channels import Channel, Conversations, Handle
from bot.channels.discord.account import examined, install_link
from bot.channels.discord.cards import Style, digest_messages, text_messages
from bot.channels.discord.rest import Rest, global_rate_limit
from bot.channels.discord.supervisor import Supervisor
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.pacing import Reserve
from bot.settings import EXAMPLES, Settings

_THREAD_NAME = 100  # characters
_MOST_THREADS = 1_000  # remembered


def channel(settings: Settings) -> Discord:
    """The Discord channel of DISCORD_TOKEN; SettingsError when it is not set."""
    if settings.discord_token is None:
        where = "it stands at https://discord.com/developers/applications, Bot, Reset Token"
        raise SettingsError([f"DISCORD_TOKEN: {where} (for example: DISCORD_TOKEN={EXAMPLES['DISCORD_TOKEN']})"])
    return Discord(settings.discord_token.get_secret_value().strip(), settings.discord_digest)


class Discord(Channel):
    """One bot account: an own session for sending, so that digests go out whatever the gateway does."""

    name = "discord"
    at_once = 20  # enough to use what Discord's global limit allows, also from far away
    has_edits = True

    def __init__(self, token: str, style: Style = "thread") -> None:
        self._token = token
        self._style: Style = style
        self._rest = Rest(token)
        self._threads: dict[str, bool] = {}  # roots whose thread we have opened, or found that there can be none

    def remember(self, conversations: Conversations) -> None:
        """Take where direct conversations are kept."""
        self._rest.conversations = conversations

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where turns under the global limit are booked."""
        self._rest.rate_limit = global_rate_limit(reserve)

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One JSON object for each message: the body, and the name of the thread that it belongs into."""
        (first, *others), thread = digest_messages(digest, self._style)
        bodies = [{"message": first}, *({"message": one, "thread": thread[:_THREAD_NAME]} for one in others)]
        return tuple(orjson.dumps(body).decode() for body in bodies)

    def preview(self, bodies: Sequence[str]) -> str:
        """The bodies of the messages as a JSON array."""
        messages = [orjson.loads(body)["message"] for body in bodies]
        return orjson.dumps(messages, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()

    async def send(self, address: str, body: str, key: str) -> str:
        """Post one message to the channel or person; its id."""
        return await self._rest.post(address, orjson.loads(body)["message"], key)

    async def send_below(self, root: str, address: str, body: str, key: str) -> str:
        """Post one message into the thread of the first one, where the channel takes threads."""
        part = orjson.loads(body)
        if not part["thread"]:
            return await self.send(address, body, key)
        if root not in self._threads:
            if len(self._threads) >= _MOST_THREADS:
                self._threads.clear()  # to open one twice is harmless
            self._threads[root] = await self._rest.open_thread(address, root, part["thread"])
        if not self._threads[root]:
            return await self._rest.post(address, part["message"], key)
        return await self._rest.post_below(root, address, part["message"], key)

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Change a message that we have posted, in the thread of `root` if it has one."""
        part = orjson.loads(body)
        await self._rest.edit(address, root if part.get("thread") else "", reference, part["message"])

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Write to one person, once while Discord remembers it; another channel that it is about is linked."""
        if not person.startswith("@") and person != about:
            raise ChannelError("only people can be written to directly")
        for body in text_messages(text):
            if about not in ("", person) and not about.startswith("@"):
                body["content"] = f"<#{about}>\n{body['content']}"
            await self._rest.post(person, body, f"told {about}")

    async def check(self) -> str:
        """Log in, and say what the account is and where it may post; no message is sent."""
        return await examined(self._rest, self._style)

    async def invite(self) -> str:
        """The link by which an admin installs the bot, with exactly the rights that it needs."""
        return await install_link(self._rest, self._style)

    async def listen(self, handle: Handle) -> None:
        """Answer commands and buttons until cancelled, or until Discord refuses the token."""
        limit = self._rest.rate_limit
        await Supervisor(self._token, handle, self._style, connection=self.connection, rate_limit=limit).run()

    async def close(self) -> None:
        """Let go of the session."""
        await self._rest.close()
