"""The commands: verb, usage, and who answers. Help, command trees and hints of channels come from here.

What a command does, in one sentence of each language, is `command.NAME` in the locale.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import pairwise

from bot.channels import Reply
from bot.commands import (
    erasure,
    library,
    linking,
    mutes,
    now,
    overview,
    papers,
    preferences,
    sample,
    subscriptions,
)
from bot.commands.request import Request
from bot.commands.typed import shown
from bot.errors import UserError
from bot.locale import say
from bot.verbs import Verb

_NAME = re.compile(r"[A-Z][A-Z:]+|\bN\b")
_BULLET = "•"
_QUERIES = frozenset({"query", "queries", "查询", "查詢"})


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command. `usage` and `example` are what people type, in any language."""

    name: Verb
    usage: str
    example: str
    handler: Callable[[Request], Awaitable[Reply]]
    needs_manage: bool = False  # changes what a destination receives
    is_personal: bool = False  # is about what the person has saved, wherever it is typed
    changes_person: bool = False  # changes what is kept for the person

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other verbs for the same, in both languages."""
        return self.name.aliases

    @property
    def is_change(self) -> bool:
        """Whether it changes anything: a sender who is only a claim has to confirm it."""
        return self.needs_manage or self.changes_person

    @property
    def takes_query(self) -> bool:
        """Whether what follows may be any words."""
        return "QUERY" in self.usage

    @property
    def needs_query(self) -> bool:
        """Whether it means nothing without a query."""
        return self.usage == f"{self.name} QUERY"

    def usage_in(self, locale: str) -> str:
        """What people type who read a language."""
        after = self.usage.removeprefix(self.name)
        if locale != "en":
            names = dict(each.split("=") for each in say("reply.usage_names", locale).split())
            after = _NAME.sub(lambda found: names.get(found[0], found[0]), after)
        return self.name.typed(locale) + after

    def example_in(self, locale: str) -> str:
        """An example of it in a language."""
        return self.name.typed(locale) + self.example.removeprefix(self.name)


async def answer_help(request: Request) -> Reply:
    """The commands, or one of them, or how queries are written."""
    if not request.argument:
        return _in_groups(request, "reply.help")
    word = request.argument.removeprefix("/").casefold()
    if word in _QUERIES:
        return _in_groups(request, "reply.help_queries")
    spec = BY_NAME.get(word) or nearest(word)
    if spec is None:
        raise UserError("error.no_such_command", {"typed": shown(word)})
    others = [one for one in spec.name.names if one != spec.name.typed(request.language)]
    return request.reply(
        _does(request, spec),
        request.say(
            "reply.usage", usage=spec.usage_in(request.language), example=spec.example_in(request.language)
        ),
        request.say("reply.aliases", aliases=request.say("reply.comma").join(others)),
    )


def _in_groups(request: Request, key: str) -> Reply:
    """A text of lists, each of which has its heading."""
    text = request.say(key)
    rows = pairwise(text.splitlines())
    headings = (one for one, below in rows if below.startswith(_BULLET) and not one.startswith(_BULLET))
    return replace(request.reply(text), headings=tuple(headings))


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        Verb.SUBSCRIBE,
        "subscribe QUERY",
        'subscribe cs.LG, cs.CL "kv cache"',
        subscriptions.subscribe,
        needs_manage=True,
    ),
    CommandSpec(
        Verb.UNSUBSCRIBE,
        "unsubscribe N|QUERY|all",
        "unsubscribe 2",
        subscriptions.unsubscribe,
        needs_manage=True,
    ),
    CommandSpec(Verb.LIST, "list", "list", subscriptions.list_all),
    CommandSpec(
        Verb.EDIT,
        "edit N QUERY",
        "edit 1 cs.LG -survey",
        subscriptions.edit,
        needs_manage=True,
    ),
    CommandSpec(
        Verb.MUTE,
        "mute [QUERY|ID]",
        'mute au:"Ada Invented"',
        mutes.mute,
        needs_manage=True,
    ),
    CommandSpec(
        Verb.UNMUTE,
        "unmute QUERY|ID|all",
        "unmute all",
        mutes.unmute,
        needs_manage=True,
    ),
    CommandSpec(Verb.PAUSE, "pause [N]", "pause", preferences.pause, needs_manage=True),
    CommandSpec(Verb.RESUME, "resume [N]", "resume", preferences.resume, needs_manage=True),
    CommandSpec(
        Verb.LANGUAGE,
        "language en|zh|both|zh-hant",
        "language both",
        preferences.set_language,
        needs_manage=True,
    ),
    CommandSpec(
        Verb.TIME,
        "time HH:MM [ZONE]",
        "time 09:00 Asia/Shanghai",
        preferences.set_time,
        needs_manage=True,
    ),
    CommandSpec(
        Verb.DAYS,
        "days mon-fri|daily|weekly|tue,thu",
        "days mon-fri",
        preferences.set_days,
        needs_manage=True,
    ),
    CommandSpec(Verb.LIMIT, "limit COUNT|off", "limit 5", preferences.set_limit, needs_manage=True),
    CommandSpec(
        Verb.NOTICES,
        "notices off|faults|always",
        "notices always",
        preferences.set_notices,
        needs_manage=True,
    ),
    CommandSpec(Verb.PREVIEW, "preview QUERY", "preview hep-th axion*", papers.preview),
    CommandSpec(Verb.NOW, "now [N]", "now 1", now.send_now, needs_manage=True),
    CommandSpec(Verb.SAMPLE, "sample", "sample", sample.sample),
    CommandSpec(Verb.TODAY, "today [DATE] [PAGE]", "today 2026-06-10 2", papers.today),
    CommandSpec(Verb.SAVE, "save ID", "save 2606.90001", library.save, is_personal=True, changes_person=True),
    CommandSpec(Verb.SAVED, "saved [QUERY|PAGE]", "saved kv cache", library.saved, is_personal=True),
    CommandSpec(
        Verb.UNSAVE, "unsave ID", "unsave 2606.90001", library.unsave, is_personal=True, changes_person=True
    ),
    CommandSpec(Verb.CITE, "cite ID|saved [QUERY]", "cite saved", library.cite, is_personal=True),
    CommandSpec(Verb.FOLLOW, "follow ID [AUTHOR]", "follow 2606.90001 2", library.follow, needs_manage=True),
    CommandSpec(Verb.SHOW, "show ID", "show 2606.90001", papers.show),
    CommandSpec(Verb.WHY, "why [ID]", "why 2606.90001", papers.why),
    CommandSpec(
        Verb.EMAIL,
        "email ADDRESS",
        "email you@example.org",
        linking.link,
    ),
    CommandSpec(Verb.FORGET, "forget [yes]", "forget", erasure.forget, needs_manage=True),
    CommandSpec(Verb.STATUS, "status", "status", overview.status),
    CommandSpec(Verb.HELP, "help [COMMAND]", "help subscribe", answer_help),
)


BY_NAME: Mapping[str, CommandSpec] = {name: spec for spec in SPECS for name in spec.name.names}
"""The commands by name and alias, in lower case."""


def nearest(word: str) -> CommandSpec | None:
    """The command that was probably meant."""
    near = get_close_matches(word, BY_NAME, 1, 0.75)
    return BY_NAME[near[0]] if near else None


def _does(request: Request, spec: CommandSpec) -> str:
    return request.say(f"command.{spec.name}")
