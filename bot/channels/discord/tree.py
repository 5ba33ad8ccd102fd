"""Discord's own commands, made from ours: `/papers` for a channel, `/my` for one's own digest, all verbs in both;
and `/library` for what one has saved, because a group takes no more than 25.

https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import inspect
from typing import Any

import discord
from discord import Interaction, app_commands
from discord.http import Route

from bot.channels import Command
from bot.channels.discord import options as menus
from bot.channels.discord.answers import Answers, sorry
from bot.channels.discord.guide import CHANNEL, LIBRARY, MINE
from bot.channels.discord.words import Words, described, named
from bot.verbs import Verb

_MANAGERS = discord.Permissions(manage_channels=True)
_IN_SERVERS = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
_ANYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
_KEPT = {
    *("name", "description", "type", "options", "choices", "value", "required", "autocomplete"),
    *("name_localizations", "description_localizations", "default_member_permissions"),
    *("contexts", "integration_types"),
}


class Tree(app_commands.CommandTree[Any]):
    """The commands of one connection."""

    def __init__(self, client: discord.Client, answers: Answers) -> None:
        super().__init__(client, allowed_installs=app_commands.AppInstallationType(guild=True, user=False))
        self._answers = answers
        channel = _group(CHANNEL, allowed_contexts=_IN_SERVERS, default_permissions=_MANAGERS)
        mine, library = (_group(name, allowed_contexts=_ANYWHERE) for name in (MINE, LIBRARY))
        for spec in answers.handle.specs:
            for group in (library,) if spec.is_personal else (channel, mine):
                group.add_command(_command(spec, answers, is_mine=group is not channel))
        for group in (channel, mine, library):
            self.add_command(group)

    async def on_error(self, interaction: Interaction[Any], _error: app_commands.AppCommandError, /) -> None:
        """Answer also a command of an older version that somebody's client still shows."""
        await sorry(interaction)

    async def sync_changes(self) -> bool:
        """Tell Discord of our commands when they are not those that it has; whether that was so."""
        words = Words()
        await self.set_translator(words)
        ours = [await one.get_translated_payload(self, words) for one in self.get_commands()]
        route = Route("GET", "/applications/{application}/commands", application=self.client.application_id)
        theirs = await self.client.http.request(route, params={"with_localizations": "true"})
        is_changed: bool = _essence(ours) != _essence(theirs)
        if is_changed:
            theirs = [one.to_dict() for one in await self.sync()]
        self._answers.ids = {one["name"]: str(one["id"]) for one in theirs}
        return is_changed


def _group(name: str, **limits: Any) -> app_commands.Group:
    title = app_commands.locale_str(name, **described(f"discord.name_{name}").extras)
    return app_commands.Group(name=title, description=described(f"discord.group_{name}"), **limits)


def _command(spec: Command, answers: Answers, *, is_mine: bool) -> app_commands.Command[Any, Any, Any]:
    shown = menus.options(spec)

    async def callback(interaction: Interaction[Any], **given: str) -> None:
        if spec.name == Verb.EDIT:
            await answers.edit(interaction, given["subscription"], is_mine=is_mine)
            return
        words = (spec.name, *(given[one.name] for one in shown))
        await answers.answer(interaction, " ".join(filter(None, words)), is_mine=is_mine)

    async def queries(_interaction: Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return menus.queries(typed)

    async def subscriptions(interaction: Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return menus.subscriptions(typed, await answers.subscriptions(interaction, is_mine=is_mine))

    async def commands(_interaction: Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        return menus.commands(typed, answers.handle.specs)

    callback.__signature__ = _signature(shown)  # type: ignore[attr-defined]  # discord.py reads the options off it
    command: app_commands.Command[Any, Any, Any] = app_commands.Command(
        name=named(spec), description=described(f"command.{spec.name}"), callback=_dressed(callback, shown)
    )
    completed = {"query": queries, "subscription": subscriptions, "command": commands}
    for one in shown:
        if one.name in completed:
            command.autocomplete(one.name)(completed[one.name])
    return command


def _signature(shown: list[menus.Option]) -> inspect.Signature:
    """A function that takes an interaction and the options, by name; what may be left out is empty then."""
    kind = inspect.Parameter.KEYWORD_ONLY
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_ONLY)
    named_ = [
        inspect.Parameter(
            one.name, kind, annotation=str, default=inspect.Parameter.empty if one.is_required else ""
        )
        for one in shown
    ]
    return inspect.Signature([first, *named_])


def _dressed(callback: Any, shown: list[menus.Option]) -> Any:
    """The callback with the names, descriptions and choices of its options."""
    if not shown:
        return callback
    titles = {
        one.name: app_commands.locale_str(one.name, **described(f"discord.name_{one.name}").extras)
        for one in shown
    }
    app_commands.rename(**titles)(callback)
    app_commands.describe(**{one.name: described(f"discord.option_{one.name}") for one in shown})(callback)
    fixed = {
        one.name: [app_commands.Choice(name=each, value=each) for each in one.choices]
        for one in shown
        if one.choices
    }
    return app_commands.choices(**fixed)(callback) if fixed else callback


def _essence(data: Any) -> Any:
    """What matters of commands, ours or Discord's: defaults, ids and the order of commands do not."""
    if isinstance(data, dict):
        kept = {key: _essence(value) for key, value in data.items() if key in _KEPT or "-" in key}
        return {key: value for key, value in kept.items() if value}
    if isinstance(data, list):
        rows = [_essence(one) for one in data]
        return sorted(rows, key=lambda row: row["name"]) if rows and isinstance(rows[0], dict) else sorted(rows)
    return str(data) if isinstance(data, int) and not isinstance(data, bool) else data
