"""Interactions become invocations, and replies become messages: deferred at once, ephemeral, always answered.

What may be done is decided by the commands; who may manage a channel, and whether the bot could post there at
all, is known here: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import discord
from discord import Interaction

from bot.channels import Handle, Invocation, Reply
from bot.channels.discord.account import lacking
from bot.channels.discord.buttons import arguments, controls, zone_menu
from bot.channels.discord.cards import Style, button, cards_messages, text_messages
from bot.channels.discord.guide import guide, mentions
from bot.channels.discord.markup import escaped
from bot.channels.discord.words import locale
from bot.locale import say
from bot.model import Subscription
from bot.verbs import Verb

log = logging.getLogger(__name__)

_BRINGS_PAPERS = frozenset({Verb.SUBSCRIBE, Verb.EDIT, Verb.RESUME})
_ROWS = 5  # of buttons in a message: https://docs.discord.com/developers/components/reference#action-row
_LONGEST_INPUT = 4_000  # the same page
_SECONDS_FOR_FORM = 2.0  # Discord waits for three
_SILENT = discord.AllowedMentions.none()


class Answers:
    """Answers what people do on Discord; one for each connection."""

    def __init__(self, handle: Handle, style: Style) -> None:
        self.handle = handle
        self._style: Style = style
        self.ids: Mapping[str, str] = {}  # of our commands, as Discord numbers them, by name

    async def answer(self, interaction: Interaction[Any], text: str, *, is_mine: bool) -> None:
        """Answer one command; whatever happens, the person hears of it."""
        try:
            await interaction.response.defer(ephemeral=_is_among_others(interaction), thinking=True)
            await self._answer(interaction, text, is_mine=is_mine)
        except Exception:  # a person waits for a word, even when it is our bug
            await sorry(interaction)

    async def edit(self, interaction: Interaction[Any], which: str, *, is_mine: bool) -> None:
        """Open a form with the query of a subscription; what none is called is answered as a command.

        A form cannot be deferred: when the query is not found in time, the person is told so instead.
        """
        try:
            async with asyncio.timeout(_SECONDS_FOR_FORM):
                known = await self.subscriptions(interaction, is_mine=is_mine)
        except TimeoutError:
            await sorry(interaction)
            return
        found = next((one for one in known if one.is_called(which)), None)
        if found is None:
            await self.answer(interaction, f"{Verb.EDIT} {which}", is_mine=is_mine)
            return
        await interaction.response.send_modal(_Form(self, found, locale(interaction).value, is_mine=is_mine))

    async def subscriptions(self, interaction: Interaction[Any], *, is_mine: bool) -> tuple[Subscription, ...]:
        """What the destination is subscribed to."""
        return (await self.handle(_invocation(interaction, Verb.LIST, is_mine=is_mine))).subscriptions

    async def _answer(self, interaction: Interaction[Any], text: str, *, is_mine: bool) -> None:
        invocation = _invocation(interaction, text, is_mine=is_mine)
        if text.partition(" ")[0] in _BRINGS_PAPERS and not invocation.destination.startswith("@"):
            names = lacking(interaction.app_permissions, self._style)
            if names:
                language = locale(interaction)
                said = say("discord.lacking", language.value, rights=", ".join(names))
                await self._say(interaction, Reply(said, language), is_mine=is_mine)
                return
        reply = await self.handle(invocation)
        is_for_all = reply.is_public and not invocation.destination.startswith("@")
        if text == Verb.HELP and reply.headings:
            known = mentions(self.handle.specs, self.ids, is_mine=is_mine)
            body = guide(reply.headings, known, reply.interface)
            given = arguments(body, is_mine=is_mine)
            await interaction.followup.send(ephemeral=_is_among_others(interaction), **given)
            return
        first, _, rest = reply.text.partition("\n")
        if is_for_all and not rest:
            await interaction.edit_original_response(content=say("discord.done", locale(interaction).value))
        else:
            await self._say(interaction, replace(reply, text=rest) if is_for_all else reply, is_mine=is_mine)
        if is_for_all:
            line = f"{interaction.user.mention}: {escaped(first)}"
            await interaction.followup.send(line, allowed_mentions=_SILENT)
        elif reply.is_public and _is_among_others(interaction):
            await _try_direct_messages(interaction, escaped(first))

    async def _say(self, interaction: Interaction[Any], reply: Reply, *, is_mine: bool) -> None:
        bodies = text_messages(reply.text, reply.headings)
        if 0 < len(reply.subscriptions) <= _ROWS:
            bodies[-1]["components"] = [controls(one, locale(interaction).value) for one in reply.subscriptions]
        else:
            shown = [button(one.label, one.command) for one in reply.offers]
            rows = [{"type": 1, "components": shown}] if shown else []
            rows += [zone_menu(reply.zones, locale(interaction).value)] if reply.zones else []
            bodies[-1].update({"components": rows} if rows else {})
        for number, body in enumerate([*bodies, *cards_messages(reply.cards, reply.language, reply.interface)]):
            given = dict(arguments(body, is_mine=is_mine))
            if reply.attachment and number == 0:
                file = io.BytesIO(reply.attachment.text.encode())
                given["file"] = discord.File(file, reply.attachment.name)
            await interaction.followup.send(ephemeral=_is_among_others(interaction), **given)


class _Form(discord.ui.Modal):
    """The query of one subscription, to be changed."""

    def __init__(self, answers: Answers, subscription: Subscription, language: str, *, is_mine: bool) -> None:
        super().__init__(title=say("discord.edit", language, number=subscription.number))
        self._answers = answers
        self._which = subscription.reference
        self._is_mine = is_mine
        self._query: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=say("discord.name_query", language).capitalize(),
            style=discord.TextStyle.paragraph,
            default=subscription.query,
            max_length=_LONGEST_INPUT,
        )
        self.add_item(self._query)

    async def on_submit(self, interaction: Interaction[Any], /) -> None:
        """Give the command."""
        await self._answers.answer(
            interaction, f"{Verb.EDIT} {self._which} {self._query.value}", is_mine=self._is_mine
        )


async def sorry(interaction: Interaction[Any]) -> None:
    """Log the error that is being handled, and say that something went wrong."""
    log.exception("not_answered interaction=%d", interaction.id)
    said = say("discord.failed", locale(interaction).value)
    with suppress(discord.HTTPException):  # such as 10062, the interaction has ended: nobody can be told
        if interaction.response.is_done():
            await interaction.followup.send(said, ephemeral=True)
        else:
            await interaction.response.send_message(said, ephemeral=True)


async def _try_direct_messages(interaction: Interaction[Any], line: str) -> None:
    """Say in a direct message what one's own digest will be, which shows whether such messages arrive."""
    try:
        await interaction.user.send(line, allowed_mentions=_SILENT)
    except discord.Forbidden:
        await interaction.followup.send(say("discord.closed", locale(interaction).value), ephemeral=True)


def _invocation(interaction: Interaction[Any], text: str, *, is_mine: bool) -> Invocation:
    person = f"@{interaction.user.id}"
    is_own = is_mine or not _is_among_others(interaction)
    rights = interaction.permissions
    return Invocation(
        channel="discord",
        sender=person,
        destination=person if is_own else _destination(interaction),
        text=text,
        language=locale(interaction),
        may_manage=is_own or rights.manage_channels or rights.administrator,
    )


def _destination(interaction: Interaction[Any]) -> str:
    """The channel; for a thread its channel, unless that is a forum, which takes no messages itself."""
    where = interaction.channel
    if isinstance(where, discord.Thread) and not isinstance(where.parent, discord.ForumChannel):
        return str(where.parent_id)
    return str(interaction.channel_id)


def _is_among_others(interaction: Interaction[Any]) -> bool:
    return interaction.guild_id is not None
