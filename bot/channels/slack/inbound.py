"""Slash command, mention, direct message and button: all become an Invocation, and its Reply is shown.

Everything is acknowledged first. Who asks and where is Slack's word, never the message's; a destination for one
person is named by that person, so that nobody reaches another's.
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond

from bot.channels import Handle, Invocation, Reply
from bot.channels.slack.blocks import paragraphs, words
from bot.channels.slack.people import People, SlackUser
from bot.channels.slack.post import Clients, SlackAddress
from bot.channels.slack.render import COMMAND, as_text, reply_messages
from bot.channels.slack.web import asked
from bot.errors import ChannelError
from bot.locale import say
from bot.text.harmless import harmless
from bot.verbs import PREFIX

log = logging.getLogger(__name__)

_MENTION = re.compile(r"^\s*<@[A-Z0-9]+(?:\|[^>]*)?>[\s:,]*")
_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)(?:\|[^>]*)?>")

Forget = Callable[[str], Awaitable[None]]
"""Drops the tokens of a workspace."""

Show = Callable[..., Awaitable[Any]]
"""Shows blocks and a text, with `response_type`."""


@dataclass(frozen=True, slots=True)
class SlackRequest:
    """Who asks for what, where."""

    destination: SlackAddress
    user: str
    text: str
    event: str

    @property
    def sender(self) -> str:
        """The identity's address."""
        return str(SlackAddress(self.destination.team, self.user))


class Conversation:
    """Answers people; `handle` is the bot's one door for commands."""

    def __init__(self, handle: Handle, clients: Clients, forget: Forget | None, *, admins_only: bool) -> None:
        self._handle = handle
        self._clients = clients
        self._forget = forget
        self._people = People(clients)
        self._admins_only = admins_only

    def attend(self, app: AsyncApp) -> None:
        """Take part in an app."""
        app.command(PREFIX)(self._command)
        app.event("app_mention")(self._mention)
        app.event("message")(self._message)
        app.action(re.compile(f"^{COMMAND}:"))(self._button)
        app.event("channel_id_changed")(self._changed)
        app.event("app_uninstalled")(self._removed)
        app.event("tokens_revoked")(self._removed)

    async def person(self, one: SlackRequest) -> SlackUser:
        """Who asks."""
        return await self._people.person(one.destination.team, one.user)

    def may_manage(self, one: SlackRequest, person: SlackUser) -> bool:
        """Whether they may change what the destination receives; everybody may in their own."""
        return one.destination.is_person or person.is_admin or (person.is_member and not self._admins_only)

    async def reply(self, asked_: SlackRequest) -> Reply:
        """The bot's answer; with a hint where it has been asked to post and cannot."""
        person = await self.person(asked_)
        may_manage = self.may_manage(asked_, person)
        reply = await self._handle(
            Invocation(
                "slack",
                asked_.sender,
                str(asked_.destination),
                asked_.text,
                person.language,
                may_manage,
                asked_.event,
                person.zone,
            )
        )
        if reply.is_public and not asked_.destination.is_person and not await self._is_inside(asked_.destination):
            hint = say("slack.invite", reply.interface)
            return replace(reply, text=f"{reply.text}\n{hint}")
        return reply

    async def _is_inside(self, destination: SlackAddress) -> bool:
        try:
            answer = await asked(
                (await self._clients(destination.team)).conversations_info(channel=destination.channel)
            )
        except ChannelError as error:
            return not error.permanent
        return bool(answer["channel"].get("is_member", True))

    async def _command(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        one = of_command(body, context)
        await shown(await self.reply(one), one, through(respond))

    async def _button(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        await ack()
        one = of_button(body, context)
        await shown(await self.reply(one), one, through(respond))

    async def _mention(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        event = body["event"]
        await self._said(body, context, _MENTION.sub("", event.get("text") or "", count=1))

    async def _message(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A direct message of a person; in channels people have to mention us."""
        event = body["event"]
        if event.get("channel_type") == "im" and not event.get("subtype") and event.get("user"):
            await self._said(body, context, _MENTION.sub("", event.get("text") or "", count=1))

    async def _changed(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """A channel has another id, as a private one gets when it is shared: what it asked for goes on there.

        https://docs.slack.dev/reference/events/channel_id_changed
        """
        team, event = team_of(context), body["event"]
        before, after = (SlackAddress(team, event[name]) for name in ("old_channel_id", "new_channel_id"))
        is_known = await self._handle.moved("slack", str(before), str(after))
        log.info("slack_channel_moved team=%s known=%s", team, is_known)

    async def _removed(self, body: dict[str, Any]) -> None:
        """A workspace has removed the app: pause its places; unless that is old news, and our token is good."""
        team: str = body["team_id"]
        try:
            await asked((await self._clients(team)).auth_test())
        except ChannelError as error:
            if error.permanent:
                if self._forget is not None:
                    await self._forget(team)
                paused = await self._handle.left("slack", f"{team}/", say("slack.removed", "en"))
                log.info("slack_removed team=%s destinations=%d", team, paused)

    async def _said(self, body: dict[str, Any], context: AsyncBoltContext, text: str) -> None:
        event = body["event"]
        team, user, channel = team_of(context), event["user"], event["channel"]
        one = SlackRequest(_destination(team, channel, user), user, plain(text), body.get("event_id") or "")
        reply = await self.reply(one)
        client = await self._clients(team)
        thread = event.get("thread_ts")

        async def show(*, response_type: str, **message: Any) -> None:
            message.pop("replace_original", None)
            if response_type == "in_channel" or one.destination.is_person:
                await asked(client.chat_postMessage(channel=channel, thread_ts=thread, **message))
            else:
                await asked(client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread, **message))

        await shown(reply, one, show)


def through(respond: AsyncRespond) -> Show:
    """Show through the address that came with a command; what does not arrive is logged."""

    async def show(**message: Any) -> None:
        answer = await respond(**message)
        if answer.status_code != HTTPStatus.OK:
            log.warning("slack_reply_refused status=%d", answer.status_code)

    return show


async def shown(reply: Reply, one: SlackRequest, show: Show) -> None:
    """Show an answer to the person who asked; its first line goes to all where it changes what they all get."""
    if not reply.text:
        return  # a repetition: it has been answered
    if reply.is_public and not one.destination.is_person:
        line, _, rest = harmless(reply.text).partition("\n")
        first = line.rstrip(".。")  # a name follows
        reply = replace(reply, text=rest)
        who = {"type": "user", "user_id": one.user}
        await show(
            response_type="in_channel", text=as_text(first), blocks=paragraphs([[words(first + " · ")]], last=who),
            replace_original=False, unfurl_links=False,
        )  # fmt: skip
    for message in reply_messages(reply) if reply.text else ():
        await show(
            response_type="ephemeral", text=message.text, blocks=message.blocks,
            replace_original=False, unfurl_links=False,
        )  # fmt: skip


def team_of(context: AsyncBoltContext) -> str:
    """The workspace that has installed us, for which something happens.

    In channels that are shared with others (Slack Connect), a body may name the person's workspace instead:
    https://docs.slack.dev/apis/events-api/#authorizations
    """
    assert context.authorize_result is not None  # noqa: S101  # nobody is heard without
    return str(context.authorize_result.team_id)


def of_command(body: Mapping[str, Any], context: AsyncBoltContext) -> SlackRequest:
    """What a slash command asks."""
    team, user = team_of(context), body["user_id"]
    text = plain(body.get("text") or "")
    return SlackRequest(_destination(team, body["channel_id"], user), user, text, body.get("trigger_id") or "")


def of_button(body: Mapping[str, Any], context: AsyncBoltContext) -> SlackRequest:
    """What a button asks: the command that is its value."""
    team, user = team_of(context), body["user"]["id"]
    destination = _destination(team, (body.get("channel") or {}).get("id") or "", user)
    return SlackRequest(destination, user, body["actions"][0]["value"], body.get("trigger_id") or "")


def plain(text: str) -> str:
    """What a person typed, without Slack's escapes and marks round links."""
    return html.unescape(_LINK.sub(r"\1", text)).strip()


def _destination(team: str, channel: str, user: str) -> SlackAddress:
    """A channel; a conversation with us, or a home tab, is the person's own destination, whatever it is called."""
    return SlackAddress(team, user if channel[:1] in ("", "D") else channel)
