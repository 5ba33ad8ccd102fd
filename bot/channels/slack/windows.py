"""The form and App Home at work: opened, read back in plain words, saved by the commands that people type."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond

from bot.channels import Reply
from bot.channels.slack.forms import (
    CALLBACK,
    FIELD,
    FormDraft,
    FormPurpose,
    draft_of,
    fault,
    form,
    loaded,
    read_form,
)
from bot.channels.slack.home import NEW_ONE, home
from bot.channels.slack.inbound import (
    Conversation,
    SlackRequest,
    of_button,
    of_command,
    plain,
    shown,
    team_of,
    through,
)
from bot.channels.slack.post import Clients, SlackAddress, read_address
from bot.channels.slack.render import COMMAND, SETTINGS
from bot.channels.slack.web import asked
from bot.errors import ChannelError
from bot.model import Destination, Notices
from bot.text.variants import simplified
from bot.verbs import PREFIX, Verb

log = logging.getLogger(__name__)

_NEW, _CHANGED = ("|".join(map(re.escape, verb.names)) for verb in (Verb.SUBSCRIBE, Verb.EDIT))
_WANTS_FORM = re.compile(rf"(?:{_NEW})|(?:{_CHANGED})\s*#?(\d{{1,6}})", re.IGNORECASE)


def wants_form(text: str) -> str | None:
    """The number that a command without a query would edit, empty for a new one; None for other commands."""
    found = _WANTS_FORM.fullmatch(simplified(text.strip()))
    return None if found is None else (found[1] or "").lstrip("0")


class Windows:
    """The views of the app; `preferences` are those of a new destination."""

    def __init__(self, conversation: Conversation, clients: Clients, preferences: FormDraft) -> None:
        self._conversation = conversation
        self._clients = clients
        self._preferences = preferences

    def attend(self, app: AsyncApp) -> None:
        """Take part in an app, before the conversation does: what is not ours is left to it."""

        async def asks_for_form(body: dict[str, Any]) -> bool:
            return wants_form(plain(body.get("text") or "")) is not None

        async def is_at_home(body: dict[str, Any]) -> bool:
            return (body.get("view") or {}).get("type") == "home"

        app.command(PREFIX, matchers=[asks_for_form])(self._command)
        app.event("app_home_opened")(self._home_opened)
        app.action(SETTINGS)(self._settings_button)
        app.action(re.compile("^open:"))(self._open_button)
        app.action(re.compile(f"^{COMMAND}:"), matchers=[is_at_home])(self._home_button)
        app.action(re.compile(f"^{FIELD}:"))(self._changed)
        app.view(CALLBACK)(self._saved)

    async def _command(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Open the form; who may not, or names no subscription, is told so in words."""
        await ack()
        one = of_command(body, context)
        may_manage = self._conversation.may_manage(one, await self._conversation.person(one))
        if not (may_manage and await self.open(one, body["trigger_id"], wants_form(one.text) or "")):
            await shown(await self._conversation.reply(one), one, through(respond))

    async def open(self, one: SlackRequest, trigger: str, which: str, *, is_settings: bool = False) -> bool:
        """Open the form for a new or an existing subscription, or for how digests come.

        False when there is no such subscription, or when no form was shown.
        """
        listed = await self._listed(one)
        locale = listed.interface
        destination = listed.destination
        person = await self._conversation.person(one)
        preferences = replace(self._preferences, zone=person.zone or self._preferences.zone)
        before = FormPurpose("").before
        if destination is not None:
            preferences = _preferences_of(destination)
            before = (
                preferences.language, preferences.time, preferences.zone, preferences.notices, preferences.limit
            )  # fmt: skip
        edited = next((sub for sub in listed.subscriptions if sub.is_called(which)), None)
        if which and edited is None:
            return False
        draft = draft_of(edited.query, preferences) if edited else preferences
        client = await self._clients(one.destination.team)
        reference = edited.reference if edited else ""
        purpose = FormPurpose(str(one.destination), reference, before, preferences.zone, locale, is_settings)
        view = form(purpose, draft)
        try:
            await asked(client.views_open(trigger_id=trigger, view=view))
        except ChannelError as error:  # it is good for three seconds, which a slow moment of ours may have used up
            log.warning("slack_form_not_opened reason=%s", error.reason)
            return False
        return True

    async def publish(self, one: SlackRequest, said: str = "") -> None:
        """Show a person their home tab as it is now, with what is to be said to them."""
        listed, status = (
            await self._listed(one),
            await self._conversation.reply(replace(one, text=Verb.STATUS, event="")),
        )
        client = await self._clients(one.destination.team)
        view = home(listed, status, status.interface, said)
        await asked(client.views_publish(user_id=one.user, view=view))

    async def _listed(self, one: SlackRequest) -> Reply:
        return await self._conversation.reply(replace(one, text=Verb.LIST, event=""))

    async def _home_opened(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        event = body["event"]
        if event.get("tab", "home") == "home":
            await self.publish(SlackRequest(SlackAddress(team_of(context), event["user"]), event["user"], "", ""))

    async def _home_button(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Do what a button of the home tab says, and show the tab as it is then."""
        await ack()
        one = of_button(body, context)
        reply = await self._conversation.reply(one)
        await self.publish(one, reply.text.partition("\n")[0] if reply.is_public else reply.text)

    async def _open_button(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await ack()
        one = of_button(body, context)
        which = "" if one.text == NEW_ONE else one.text
        if not await self.open(one, body["trigger_id"], which) and which:
            reply = await self._conversation.reply(replace(one, text=f"{Verb.EDIT} {which}"))
            await self.publish(one, reply.text)

    async def _settings_button(
        self, ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Open the form for how digests come; who may not change that, or gets no form, is told so in words."""
        await ack()
        one = of_button(body, context)
        may_manage = self._conversation.may_manage(one, await self._conversation.person(one))
        if not (may_manage and await self.open(one, body["trigger_id"], "", is_settings=True)):
            said = replace(one, text=Verb.LIST if may_manage else Verb.LANGUAGE)
            await shown(await self._conversation.reply(said), one, through(respond))

    async def _changed(self, ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Read the form back while it is filled in."""
        await ack()
        view = body["view"]
        purpose, draft = _filled(view)
        client = await self._clients(team_of(context))
        try:
            changed = form(purpose, draft)
            await asked(client.views_update(view_id=view["id"], hash=view.get("hash"), view=changed))
        except ChannelError as error:  # the person types faster than Slack shows, or has closed it
            log.info("slack_form_not_shown reason=%s", error.reason)

    async def _saved(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Save what the form says, as the commands would; nothing is stored by halves when the query is wrong."""
        purpose, draft = _filled(body["view"])
        if not purpose.is_settings and (wrong := fault(draft, purpose.locale)):
            texts = (name for name in ("rest", "any", "none", "authors") if getattr(draft, name))
            await ack(response_action="errors", errors={f"{FIELD}:{next(texts, 'categories')}": wrong})
            return
        await ack()
        user, destination = body["user"]["id"], read_address(purpose.destination)
        if destination.is_person and destination.channel != user:
            return  # nobody is shown such a form
        event = body.get("trigger_id") or ""
        replies = [
            (one, await self._conversation.reply(one))
            for one in (
                SlackRequest(destination, user, text, f"{n}:{event}")
                for n, text in enumerate(_commands(purpose, draft))
            )
        ]
        for one, reply in replies:
            await self._show(one, reply)
        if destination.is_person:
            await self.publish(SlackRequest(destination, user, "", ""))

    async def _show(self, one: SlackRequest, reply: Reply) -> None:
        client = await self._clients(one.destination.team)

        async def show(*, response_type: str, replace_original: bool, **message: Any) -> None:
            if response_type == "in_channel" or one.destination.is_person:
                await asked(client.chat_postMessage(channel=one.destination.channel, **message))
            else:
                message.pop("unfurl_links")
                await asked(client.chat_postEphemeral(channel=one.destination.channel, user=one.user, **message))

        try:
            await shown(reply, one, show)
        except ChannelError:  # where the bot is not, the person is told directly
            private = replace(one, destination=SlackAddress(one.destination.team, one.user))
            if not one.destination.is_person:
                await self._show(private, reply)


def _preferences_of(destination: Destination) -> FormDraft:
    slot, limit = destination.slot, destination.limit
    return FormDraft(
        language=destination.language.value, time=slot.clock, zone=slot.zone, notices=destination.notices.value,
        limit=str(limit or ""),
    )  # fmt: skip


def _commands(purpose: FormPurpose, draft: FormDraft) -> list[str]:
    """What people would type to have what a form says."""
    verb = f"{Verb.EDIT} {purpose.which}" if purpose.which else Verb.SUBSCRIBE
    language, *clock, notices, limit = purpose.before
    found = [] if purpose.is_settings else [f"{verb} {draft.query}"]
    found += [f"{Verb.LANGUAGE} {draft.language}"] if draft.language != language else []
    found += [f"{Verb.TIME} {draft.time} {draft.zone}"] if [draft.time, draft.zone] != clock else []
    found += [f"{Verb.NOTICES} {draft.notices}"] if draft.notices != (notices or Notices.FAULTS) else []
    found += [f"{Verb.LIMIT} {draft.limit or 'off'}"] if draft.limit != limit else []
    return found


def _filled(view: dict[str, Any]) -> tuple[FormPurpose, FormDraft]:
    """What a form is for and what it says; it carries all it needs, so that opening it asks nothing first."""
    purpose = loaded(view["private_metadata"])
    return purpose, read_form(view, purpose.zone)
