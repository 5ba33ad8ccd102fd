"""What follows a verb as Discord's options: read off the usage, with menus of what there is to choose from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from discord.app_commands import Choice

from bot import taxonomy
from bot.channels import Command
from bot.model import Subscription
from bot.verbs import Verb

MOST, LONGEST = 25, 100
"""Entries of a menu, and characters of one: /developers/interactions/application-commands#autocomplete."""

_NAMES = {
    "QUERY": "query",
    "N": "subscription",
    "HH:MM": "clock",
    "ZONE": "zone",
    "ID": "paper",
    "DATE": "date",
    "PAGE": "page",
    "COMMAND": "command",
    "AUTHOR": "author",
    "ADDRESS": "mailbox",
    "COUNT": "count",
}
_BEFORE_WORD = re.compile(r"^(?P<before>.*?)(?P<word>[^\s,()|]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command."""

    name: str  # of those in the locale: `discord.option_NAME`
    is_required: bool
    choices: tuple[str, ...] = ()


def options(command: Command) -> list[Option]:
    """The options of a command; a query to be edited is asked for in a form instead."""
    shown = command.usage.split()[1:]
    if command.name == Verb.EDIT:
        shown.remove("QUERY")
    return [_option(word) for word in shown]


def _option(word: str) -> Option:
    first, *others = word.strip("[]").split("|")
    is_required = not word.startswith("[")
    if first not in _NAMES:
        return Option("choice", is_required, (first, *others))
    return Option(_NAMES[first], is_required)


def commands(typed: str, known: Iterable[Command]) -> list[Choice[str]]:
    """The commands with what is being typed in their name or in another verb for the same."""
    wanted = typed.casefold().strip()
    found = (one.name for one in known if any(wanted in name for name in (one.name, *one.aliases)))
    return [Choice(name=str(name), value=str(name)) for name in found][:MOST]


def queries(typed: str) -> list[Choice[str]]:
    """A query that is being typed: as it is, or with a category in the destination of its last word."""
    found = _BEFORE_WORD.match(typed)
    assert found is not None  # noqa: S101  # it matches any text
    whole = {typed: typed} if typed.strip() else {}
    if " " in typed:
        whole |= dict(_categories(typed))
    for code, label in _categories(found["word"]):
        whole.setdefault(found["before"] + code, label)
    return [Choice(name=label[:LONGEST], value=query) for query, label in whole.items() if len(query) <= LONGEST][
        :MOST
    ]


def subscriptions(typed: str, known: Sequence[Subscription]) -> list[Choice[str]]:
    """The subscriptions with what is being typed in their number or query."""
    labels = {str(one.number): f"{one.number}. {one.query}" for one in known}
    wanted = typed.casefold().strip()
    return [
        Choice(name=label[:LONGEST], value=number)
        for number, label in labels.items()
        if wanted in label.casefold()
    ][:MOST]


def _categories(typed: str) -> list[tuple[str, str]]:
    """Codes and labels of the categories with this text in the code or in a name, codes first."""
    wanted = typed.casefold().strip()
    rows = [
        (code, f"{code} · {one.name} · {one.name_zh}")
        for code, one in taxonomy.categories().items()
        if one.alias_of is None
    ]
    hits = [row for row in rows if wanted in row[1].casefold()]
    return sorted(
        hits, key=lambda row: (not row[0].casefold().startswith(wanted), wanted not in row[0].casefold())
    )
