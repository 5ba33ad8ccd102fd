"""What the bot needs of a channel, and what a channel may ask of the bot.

A channel is one module of this package, loaded by the name in `BOT_CHANNELS`; it offers
`channel(settings) -> Channel`. It renders and sends; it decides nothing: the outbox retries, the
commands answer.
"""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Protocol, cast

from bot.digest import Card, Digest
from bot.errors import ChannelError, SettingsError
from bot.health import Connection
from bot.model import Destination, Language, Subscription
from bot.pacing import Reserve
from bot.presentation.cards import interface
from bot.settings import Settings
from bot.tokens import Links


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command as a channel understood it: who, where, what."""

    channel: str
    sender: str  # the person's address on the channel; never logged
    destination: str  # the destination's address
    text: str  # the command without its prefix: `subscribe cs.LG "kv cache"`
    language: Language | None = None  # what the channel knows of the person, if anything
    may_manage: bool = True  # whether the person may change what this destination receives
    event: str = ""  # the channel's own id of what happened, if it may be told twice: it is answered once
    zone: str = ""  # the person's time zone, where the channel knows it


@dataclass(frozen=True, slots=True)
class Offer:
    """A command that a channel with buttons offers under an answer; `label` is in its language."""

    label: str
    command: str  # a verb and one word


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that an answer brings; where a channel takes none, its text follows the answer."""

    name: str
    pieces: tuple[str, ...]  # of its text, each of which means something by itself

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command. `text` is plain: channels escape it. Cards follow it, if any.

    `is_public` marks a change that everybody at the destination should see; the rest is for the person only.
    `subscriptions` are those that the text lists, for channels with buttons and menus.
    An empty text asks for no_papers: the same event has been answered before.
    """

    text: str
    language: Language
    cards: tuple[Card, ...] = ()
    is_public: bool = False
    destination: Destination | None = (
        None  # with `subscriptions`: what a list is about, for channels that show buttons
    )
    subscriptions: tuple[Subscription, ...] = ()
    token: str = ""  # with which a mailbox confirms what the text asks about
    mailbox: str = ""  # where somebody has to confirm, if not here
    offers: tuple[Offer, ...] = ()
    attachment: Attachment | None = None
    locale: str = ""  # of our words beside the papers; empty where it is that of the papers
    headings: tuple[str, ...] = ()  # lines of the text that stand above others, for channels with bold letters
    zones: tuple[str, ...] = ()  # one of them may be the person's, for channels with menus

    @property
    def interface(self) -> str:
        """The language of our own words."""
        return self.locale or interface(self.language)


@dataclass(frozen=True, slots=True)
class IncomingEmail:
    """A mail as a channel read it; its sender is a claim."""

    key: str  # of this mail, the same whenever it is read
    sender: str
    lines: tuple[str, ...]  # the subject and its own text
    token: str = ""  # the signed token in it, if any
    offset: timedelta | None = None  # of the clock by which it was written from UTC, if it says so


class Command(Protocol):
    """What a channel may know of a command, to offer it as its own; the locale has `command.NAME`."""

    @property
    def name(self) -> str:
        """The verb."""
        ...

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other verbs for the same, in both languages."""
        ...

    @property
    def usage(self) -> str:
        """The verb and what follows it: `time HH:MM [ZONE]`."""
        ...

    @property
    def needs_manage(self) -> bool:
        """Whether it changes what a destination receives."""
        ...

    @property
    def is_personal(self) -> bool:
        """Whether it is about what the person has saved, wherever it is typed."""
        ...


class Handle(Protocol):
    """Who answers commands."""

    async def __call__(self, invocation: Invocation) -> Reply:
        """The answer to one command, whatever was typed."""
        ...

    async def left(self, channel: str, rate_limit_scope: str, reason: str) -> int:
        """Pause all destinations whose address begins with this: they are out of reach; returns how many."""
        ...

    async def moved(self, channel: str, before: str, after: str) -> bool:
        """A destination has another address by now; False when it is not known, or another has that address."""
        ...

    @property
    def specs(self) -> Sequence[Command]:
        """All commands."""
        ...


class Conversations(Protocol):
    """The direct conversations that a channel has opened with people, over all processes and restarts."""

    async def known(self, person: str) -> str:
        """The conversation with a person, empty when none is open."""
        ...

    async def keep(self, person: str, conversation: str) -> None:
        """Keep a conversation that was opened; an empty one forgets it."""
        ...

    async def held(self) -> timedelta:
        """How much longer the channel's pause of all direct messages lasts."""
        ...

    async def take_lease(self, every: timedelta) -> timedelta:
        """How long until one more may be opened, which is booked unless it takes more than some seconds."""
        ...

    async def pause(self, much: timedelta) -> None:
        """Send no direct messages for that long."""
        ...


Route = tuple[str, str, Callable[[Any], Awaitable[Any]]]
"""A method, a path, and who answers such a request: both as aiohttp has them."""


class Channel(ABC):
    """One medium; what is optional has a default. `render` is pure; whatever waits raises only ChannelError."""

    name: str
    """The name in BOT_CHANNELS."""

    pace: timedelta = timedelta()
    """The least time between two messages to one address, over all processes; zero is no limit."""

    at_once: ClassVar[int] = 4
    """How many parts may be in flight; a kill may repeat as many where the channel knows no repetition."""

    has_lookup: ClassVar[bool] = False
    """Whether :meth:`find` can tell if an unanswered part has arrived, so that it must not be sent blindly."""

    most_copies: ClassVar[int] = 0
    """How many copies of a part may be sent while it is unknown whether one has arrived; 0 where none is seen."""

    tells_causes: ClassVar[bool] = True
    """Whether a failure says what it was; where none does, `most_copies` in a row are a refusal for good."""

    second_chance: ClassVar[timedelta | None] = None
    """How long after a refusal for good a destination is tried once more, if it is."""

    has_edits: ClassVar[bool] = False
    """Whether a message can be changed after it was sent."""

    @cached_property
    def connection(self) -> Connection:
        """How those who talk to us reach us; kept by :meth:`listen` and :meth:`correspond`."""
        return Connection()

    @property
    def listens_by_http(self) -> bool:
        """Whether commands come in by the site alone, so that any number of processes may answer."""
        return False

    @property
    def routes(self) -> Sequence[Route]:
        """What the site passes on to this channel, while :meth:`attend` lasts."""
        return ()

    async def attend(self, handle: Handle) -> None:
        """Answer what the site passes on, until cancelled; only for channels that have routes."""
        await asyncio.Event().wait()

    def rate_limit_scope(self, address: str) -> str:
        """The key of a pause that the channel asks for at this address: all with the same key wait."""
        return f"{self.name}:{address}"

    def queue_key(self, address: str) -> str:
        """The key under which messages to this address keep the pace; empty when the address has its own."""
        return ""

    @abstractmethod
    def render(self, digest: Digest) -> tuple[str, ...]:
        """The bodies of the parts, one message of the channel each, complete: nothing is cut."""

    @abstractmethod
    def preview(self, bodies: Sequence[str]) -> str:
        """Exactly what would be sent, as text for people and tools."""

    @abstractmethod
    async def send(self, address: str, body: str, key: str) -> str:
        """Send one part and return the channel's reference; `key` is stable over retries of it."""

    async def send_below(self, root: str, address: str, body: str, key: str) -> str:
        """Send a part into the thread of the first message, whose reference is `root`, where there are threads."""
        return await self.send(address, body, key)

    async def find(self, address: str, key: str, since: datetime, root: str) -> str | None:
        """The reference of a part if it arrived after `since`, by our clock; `root` as in :meth:`send_below`."""
        return None

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Replace the body of a message; it may be done twice. `root` is empty for the first message itself."""
        raise ChannelError(f"messages on {self.name} cannot be changed", permanent=True)

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Say a sentence to an identity's address; `about` is the address of the destination that it concerns.

        Where both are the same, it is said in the destination itself.
        """
        raise ChannelError(f"nobody can be told anything on {self.name}", permanent=True)

    async def listen(self, handle: Handle) -> None:
        """Answer commands until cancelled, or until the channel ends by itself."""
        await asyncio.Event().wait()

    async def correspond(self, email_workflow: Correspondence) -> None:
        """Read mails until cancelled."""
        await asyncio.Event().wait()

    async def ask(self, mailbox: str, reply: Reply) -> None:
        """Ask a mailbox, in a mail of its own, for the confirmation that `reply` is about."""
        raise ChannelError(f"no mailbox can be asked on {self.name}", permanent=True)

    def remember(self, conversations: Conversations) -> None:  # noqa: B027 - most channels open none
        """Take where conversations with people are kept, before anything is sent."""

    def share_rate_limits(self, reserve: Reserve) -> None:  # noqa: B027 - most channels leave them to the courier
        """Take where turns are booked under rate limits that all processes share, before anything is sent."""

    def link(self, links: Links) -> None:  # noqa: B027 - most channels carry no signed links
        """Take what signed links are made with, before anything is rendered or sent."""

    async def address(self, typed: str) -> str:
        """The address of a destination as an admin types it; some channels know more of it than people see."""
        return typed

    @abstractmethod
    async def check(self) -> str:
        """Try the channel once without sending; one line that says what was reached."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of connections."""


class Correspondence(Protocol):
    """Answers mails, whose senders may be forged."""

    async def receive(self, mail: IncomingEmail, send: Callable[[Reply], Awaitable[None]]) -> bool:
        """Answer a mail once, by `send`; False when that is still to be done."""
        ...

    async def bounced(self, key: str, destination_id: int, reason: str, *, permanent: bool) -> bool:
        """Hear that something did not arrive; `key` names the message that says so. False as in `receive`."""
        ...

    async def announced(self, text: str) -> bool:
        """Hear what is in a mail that is really from arXiv; False as in `receive`."""
        ...


def available() -> tuple[str, ...]:
    """The names of the channels of this installation: the folder is the registry."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str, settings: Settings) -> Channel:
    """The channel of that name; SettingsError names what there is, or the extra that is missing."""
    if name not in available():
        raise SettingsError([f"BOT_CHANNELS: there is no channel {name!r}; there are {', '.join(available())}"])
    try:
        module = importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bot":
            raise
        fault = f"the channel {name!r} needs the library {error.name}: pip install 'sudi[{name}]'"
        raise SettingsError([f"BOT_CHANNELS: {fault}"]) from error
    return cast("Channel", module.channel(settings))
