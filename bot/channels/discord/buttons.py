"""Buttons as they are stored in a message: what to do is in the id, so that they outlive a restart.

A press is a command like any other; who may do it is asked again each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import discord
from discord import Interaction

from bot.channels.discord.cards import Body, button
from bot.locale import say
from bot.model import Subscription
from bot.verbs import Verb


class Press(
    discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"sudi:(?P<scope>at|my):(?P<command>[a-z]+ \S+)"
):
    """A button that gives a command, for the destination where it is or, in `my` scope, for one's own digest."""

    def __init__(self, shown: discord.ui.Button[Any], command: str, *, is_mine: bool) -> None:
        super().__init__(shown)
        self.command = command
        self.is_mine = is_mine

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction[Any], item: discord.ui.Item[Any], found: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        assert isinstance(item, discord.ui.Button)  # noqa: S101  # only buttons carry these ids
        return cls(item, found["command"], is_mine=found["scope"] == "my")

    async def callback(self, interaction: Interaction[Any]) -> None:
        """Give the command."""
        await interaction.client.pressed(interaction, self.command, is_mine=self.is_mine)


class Choose(discord.ui.DynamicItem[discord.ui.Select[Any]], template=r"sudi:(?P<scope>at|my):zone"):
    """A menu of time zones; to choose one gives the command that changes it."""

    def __init__(self, shown: discord.ui.Select[Any], *, is_mine: bool) -> None:
        super().__init__(shown)
        self.is_mine = is_mine

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction[Any], item: discord.ui.Item[Any], found: re.Match[str], /
    ) -> Self:
        """The menu from which somebody has chosen."""
        assert isinstance(item, discord.ui.Select)  # noqa: S101  # only menus carry this id
        return cls(item, is_mine=found["scope"] == "my")

    async def callback(self, interaction: Interaction[Any]) -> None:
        """Give the command."""
        command = f"{Verb.TIME} {self.item.values[0]}"
        await interaction.client.pressed(interaction, command, is_mine=self.is_mine)


def arguments(body: Body, *, is_mine: bool) -> Mapping[str, Any]:
    """A message of ours as discord.py takes it; in `is_mine`, its buttons act on one's own digest."""
    given: dict[str, Any] = {"allowed_mentions": discord.AllowedMentions.none()}
    if "content" in body:
        given["content"] = body["content"]
    if "embeds" in body:
        given["embeds"] = [discord.Embed.from_dict(embed) for embed in body["embeds"]]
    if "components" in body:
        given["view"] = _view(body["components"], is_mine=is_mine)
    return given


def controls(subscription: Subscription, locale: str) -> Body:
    """One row of buttons for a subscription: edit, pause or resume, unsubscribe."""
    verbs = (Verb.EDIT, Verb.RESUME if subscription.paused else Verb.PAUSE, Verb.UNSUBSCRIBE)
    number = subscription.number
    shown = [
        button(say(f"discord.{verb}", locale, number=number), f"{verb} {subscription.reference}") for verb in verbs
    ]
    return {"type": 1, "components": shown}


def zone_menu(zones: Sequence[str], locale: str) -> Body:
    """One row with a menu of time zones."""
    options = [{"label": one, "value": one} for one in zones]
    menu = {"type": 3, "custom_id": "sudi:at:zone", "placeholder": say("discord.zone", locale), "options": options}
    return {"type": 1, "components": [menu]}


def _view(rows: list[Body], *, is_mine: bool) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(rows):
        for one in row["components"]:
            scoped = one["custom_id"].replace("sudi:at:", "sudi:my:") if is_mine else one["custom_id"]
            if "options" in one:
                menu: discord.ui.Select[Any] = discord.ui.Select(
                    custom_id=scoped,
                    placeholder=one["placeholder"],
                    options=[discord.SelectOption(**each) for each in one["options"]],
                    row=number,
                )
                view.add_item(Choose(menu, is_mine=is_mine))
                continue
            shown: discord.ui.Button[Any] = discord.ui.Button(label=one["label"], custom_id=scoped, row=number)
            view.add_item(Press(shown, scoped.split(":", 2)[2], is_mine=is_mine))
    return view
