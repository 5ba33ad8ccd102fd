"""One layer of commands for all channels: text in, Reply out, in the person's language.

::

    text -> verb + argument -> may they? -> handler -> Reply
                    any UserError on the way -> one polite sentence -> Reply

The channel has acknowledged before we start, and renders what we return. Who may manage a destination is the
channel's knowledge; what that permits is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from bot.channels import Invocation, Reply
from bot.commands.mailboxes import Mailboxes
from bot.commands.rates import Rates
from bot.commands.recent_papers import RecentPapers
from bot.commands.request import Defaults, ReadFirst, Request
from bot.commands.specs import BY_NAME, SPECS, CommandSpec, nearest
from bot.commands.typed import cleaned, pointed, shown
from bot.errors import QueryError, UserError
from bot.locale import TRADITIONAL, say
from bot.model import Destination, Language
from bot.query import parse
from bot.sources.arxiv_api import LookUp
from bot.store import Store
from bot.text.normal import has_han
from bot.text.traditional import traditional
from bot.text.variants import simplified
from bot.verbs import Verb

__all__ = ["SPECS", "CommandSpec", "Commands", "Defaults"]

_PREFIX = re.compile(r"^(?:/\s?papers\b[\s:,]*)?/?\s*", re.IGNORECASE)
_VERB = re.compile(r"[^\s:,]+")
_BETWEEN = " :,"
_CHINESE_NAMES = sorted(filter(has_han, BY_NAME), key=len, reverse=True)


class Commands:
    """Answers commands; the app hands it to the channels."""

    def __init__(
        self,
        store: Store,
        defaults: Defaults,
        clock: Callable[[], datetime],
        *,
        admins: Collection[str] = (),
        read_first: ReadFirst | None = None,
        look_up: LookUp | None = None,
    ) -> None:
        """`admins` are `channel:address`; `read_first` reads a category that is new here, `look_up` one paper."""
        self._read_first = read_first
        self._look_up = look_up
        self._admins = admins
        self._store = store
        self._recent_papers = RecentPapers(store)
        self.rates = Rates(self._recent_papers)
        self.defaults = defaults
        self._clock = clock

    @property
    def mailboxes(self) -> Mailboxes:
        """Which mailboxes may subscribe."""
        return self.defaults.mailboxes

    @property
    def specs(self) -> tuple[CommandSpec, ...]:
        """All commands, for channels that offer them in a form of their own."""
        return SPECS

    async def __call__(self, invocation: Invocation) -> Reply:
        """Answer one command, whatever was typed."""
        text = cleaned(invocation.text)
        async with self._store.read() as tx:
            destination = await tx.subscribers.destination(invocation.channel, invocation.destination)
        language = _language_of_reply(invocation, destination, text)
        try:
            reply = await self._perform(invocation, destination, text, language)
        except UserError as error:
            reply = Reply(explained(error, language), Language(language))
        chosen = invocation.language or (destination.language if destination else None)
        is_traditional = chosen.is_traditional if chosen else simplified(text) != text
        return _in_traditional(reply) if language == "zh" and is_traditional else reply

    async def perform(self, invocation: Invocation) -> Reply:
        """Do what a command says, for an admin at a shell: UserError when it cannot be done."""
        async with self._store.read() as tx:
            destination = await tx.subscribers.destination(invocation.channel, invocation.destination)
        return await self._perform(invocation, destination, invocation.text, "en")

    async def _perform(
        self, invocation: Invocation, destination: Destination | None, text: str, language: str
    ) -> Reply:
        spec, argument = understood(text, language)
        if spec.needs_manage and not invocation.may_manage:
            raise UserError("error.not_allowed", {"command": spec.name.typed(language)})
        if spec.needs_query and not argument:
            values = {"usage": spec.usage_in(language), "example": spec.example_in(language)}
            raise UserError("reply.usage", values)
        return await spec.handler(
            Request(
                self._store,
                self._recent_papers,
                self.defaults,
                invocation,
                destination,
                argument,
                language,
                self._clock(),
                is_admin=f"{invocation.channel}:{invocation.sender}" in self._admins,
                read_first=self._read_first,
                look_up=self._look_up,
            )
        )


def _in_traditional(reply: Reply) -> Reply:
    """The same in traditional characters; cards are set by the channel, in the language of the reply."""
    language = Language.ZH_HANT if reply.language is Language.ZH else reply.language
    text, headings = traditional(reply.text), tuple(map(traditional, reply.headings))
    return replace(reply, text=text, language=language, locale=TRADITIONAL, headings=headings)


def _language_of_reply(invocation: Invocation, destination: Destination | None, text: str) -> str:
    """The person's language, else the destination's, else that of the text."""
    for language in (invocation.language, destination.language if destination else None):
        if language and language.plain is not Language.BOTH:
            return language.plain.value
    return "zh" if has_han(text) else "en"


def understood(text: str, language: str = "en") -> tuple[CommandSpec, str]:
    """The command and its argument; no text asks for help. UserError suggests what was meant.

    Nobody types a space after a Chinese verb, but 时间序列 is a query, not the command 时间. Verbs are known in
    simplified characters, and read in both.
    """
    bare = _PREFIX.sub("", text, count=1)
    if not bare:
        return BY_NAME[Verb.HELP], ""
    found = _VERB.match(bare)
    word = found[0] if found else bare
    name = simplified(word.casefold())
    if spec := BY_NAME.get(name) or BY_NAME.get(name.rstrip("?!.")):
        return spec, bare[len(word) :].lstrip(_BETWEEN)
    for alias in _CHINESE_NAMES:
        spec, rest = BY_NAME[alias], bare[len(alias) :]
        if simplified(bare).startswith(alias) and (spec.takes_query or not has_han(rest[:1])):
            return spec, rest.lstrip(_BETWEEN)
    raise _unknown(bare, word, language)


def _unknown(text: str, word: str, language: str) -> UserError:
    """What to say about a text that begins with no verb: a typing error, a bare query, or neither."""
    if spec := nearest(word.casefold()):
        values = {"typed": shown(word), "suggestion": spec.name, "usage": spec.usage_in(language)}
        return UserError("error.verb_meant", values)
    try:
        query = parse(text)
    except QueryError:
        return UserError("error.unknown_verb", {"typed": shown(word)})
    return UserError("error.only_a_query", {"query": str(query)})


def explained(error: UserError, language: str) -> str:
    """The one place where an error becomes a sentence; a query is quoted with a mark where it went wrong."""
    if not isinstance(error, QueryError):
        return say(error.key, language, **error.values)
    values = {name: shown(one) if isinstance(one, str) else one for name, one in error.values.items()}
    sentence = say(error.key, language, **values)
    if not error.position:
        return sentence
    where = pointed(str(error.values["typed"]), error.position)
    return f"{sentence}\n{say('error.here', language, where=where)}"
