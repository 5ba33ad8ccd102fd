"""One command on its way through a handler: what was typed, where, when, and the words to answer with.

Which handler gets it is decided in `commands`; what the channel makes of the answer is the channel's business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import available_timezones

from bot.channels import Invocation, Reply
from bot.commands.mailboxes import NOBODYS, Mailboxes
from bot.commands.recent_papers import RecentPapers
from bot.digest import Card
from bot.errors import QueryError, UserError
from bot.locale import say
from bot.model import Destination, Language, Slot
from bot.query import Query, parse
from bot.sources import FirstReading
from bot.sources.arxiv_api import LookUp
from bot.store import Store, Transaction


@dataclass(frozen=True, slots=True)
class Defaults:
    """The preferences of a new destination until its people change them, and who may use the bot by mail."""

    language: Language
    slot: Slot
    mailboxes: Mailboxes = NOBODYS
    cap: int = 20  # papers that a digest shows whole
    makes_chinese: bool = True  # whether there are Chinese texts to expect


ReadFirst = Callable[[str], Awaitable[FirstReading]]
"""Reads the current listing of one category, for nobody's digest."""


@dataclass(frozen=True, slots=True)
class Request:
    """One command, understood as far as its verb."""

    store: Store
    recent_papers: RecentPapers
    defaults: Defaults
    invocation: Invocation
    destination: Destination | None  # as it was when the command came; None when nothing was ever asked for here
    argument: str  # what follows the verb
    language: str  # of the reply: en or zh
    now: datetime
    is_admin: bool = False  # of the installation
    read_first: ReadFirst | None = None  # where papers can be read
    look_up: LookUp | None = None  # where arXiv can be asked for a paper of any number

    @property
    def is_private(self) -> bool:
        """Whether only the sender can read the answer."""
        return self.invocation.destination == self.invocation.sender

    @property
    def slot(self) -> Slot:
        """When the destination gets its digest, or would."""
        return self.destination.slot if self.destination else self.new_slot

    @property
    def new_slot(self) -> Slot:
        """When a new destination gets its digest: by the clock of whoever makes it, where that is known."""
        zone = self.invocation.zone
        return replace(self.defaults.slot, zone=zone) if zone in available_timezones() else self.defaults.slot

    def say(self, key: str, /, **values: object) -> str:
        """One sentence in the language of the reply."""
        return say(key, self.language, **values)

    def reply(
        self,
        *lines: str,
        cards: Iterable[Card] = (),
        is_public: bool = False,
    ) -> Reply:
        """The answer; empty lines are left out. Its cards are in the language of the destination."""
        shown = tuple(cards)
        language = Language(self.language)
        if shown:
            language = self.destination.language if self.destination else self.defaults.language
            if not (self.defaults.makes_chinese or any(card.summary for card in shown)):
                language = language.without_chinese
        return Reply("\n".join(filter(None, lines)), language, shown, is_public, locale=self.language)

    def known_destination(self) -> Destination:
        """The destination; UserError when nothing was ever asked for here."""
        if self.destination is None:
            raise UserError("error.no_subscriptions")
        return self.destination

    async def ensure_destination(self, tx: Transaction) -> Destination:
        """The destination as it is now, made with the default preferences when it is new."""
        invocation = self.invocation
        known = await tx.subscribers.destination(invocation.channel, invocation.destination)
        return known or await tx.subscribers.add_destination(
            invocation.channel,
            invocation.destination,
            owner=invocation.sender,
            language=self.defaults.language,
            slot=self.new_slot,
            now=self.now,
        )


def read_query(text: str) -> Query:
    """The query in a text; a QueryError remembers the text, so that the answer can show where."""
    try:
        return parse(text)
    except QueryError as error:
        raise QueryError(error.key, {**error.values, "typed": text}, error.position) from error
