"""`help` as Discord shows it: one embed with three fields, in which a command fills itself in when tapped.

https://docs.discord.com/developers/reference#message-formatting
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bot.channels import Command
from bot.channels.discord.cards import Body
from bot.locale import say
from bot.verbs import PREFIX

CHANNEL, MINE, LIBRARY = PREFIX.removeprefix("/"), "my", "library"
"""Discord's own commands, which have ours as their parts: for a channel, for oneself, for what one has saved."""

_PARTS = ("start", "change", "read")


def guide(headings: Sequence[str], mentions: Mapping[str, str], locale: str) -> Body:
    """The message; `headings` are those of the groups in which all commands are explained."""
    fields = [
        {"name": heading, "value": say(f"discord.help_{part}", locale, **mentions), "inline": False}
        for heading, part in zip(headings, _PARTS, strict=True)
    ]
    return {"embeds": [{"fields": fields, "footer": {"text": say("discord.help_foot", locale)}}]}


def mentions(specs: Iterable[Command], ids: Mapping[str, str], *, is_mine: bool) -> dict[str, str]:
    """Every command by its verb, as Discord links it; as code where its number is not known."""
    roots = {spec.name: LIBRARY if spec.is_personal else MINE if is_mine else CHANNEL for spec in specs}
    return {
        str(verb): f"</{root} {verb}:{ids[root]}>" if root in ids else f"`/{root} {verb}`"
        for verb, root in roots.items()
    }
