"""What the bot needs of a channel, and what a channel may ask of the bot.

A channel is one module of this package, loaded by the name in `BOT_CHANNELS`; it offers
`channel(settings) -> Channel`. It renders and sends; it decides nothing: the outbox retries, the
commands answer. One that people can talk to is a `Listener` too; `Finder`, `Threaded`, `Paced`, `Laned`,
`Teller` and `Linking` are what else it may offer.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast, runtime_checkable

from bot.digest import Card, Digest
from bot.errors import SettingsError
from bot.model import Destination, Language, Subscription
from bot.settings import Settings
from bot.tokens import Links


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command as a channel understood it: who, where, what."""

    channel: str
    sender: str  # the person's address on the channel; never logged
    place: str  # the destination's address
    text: str  # the command without its prefix: `subscribe cs.LG "kv cache"`
    language: Language | None = None  # what the channel knows of the person, if anything
    may_manage: bool = True  # whether the person may change what this place receives
    event: str = ""  # the channel's own id of what happened, if it may be told twice: it is answered once


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command. `text` is plain: channels escape it. Cards follow it, if any.

    `is_public` marks a change that everybody at the place should see; the rest is for the person only.
    `subscriptions` are those that the text lists, for channels with buttons and menus.
    An empty text asks for silence: the same event has been answered before.
    """

    text: str
    language: Language
    cards: tuple[Card, ...] = ()
    is_public: bool = False
    place: Destination | None = None  # with `subscriptions`: what a list is about, for channels that show buttons
    subscriptions: tuple[Subscription, ...] = ()
    token: str = ""  # with which a mailbox confirms what the text asks about
    mailbox: str = ""  # where somebody has to confirm, if not here


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as a channel read it; its sender is a claim."""

    key: str  # of this mail, the same whenever it is read
    sender: str
    lines: tuple[str, ...]  # the subject and its own text
    token: str = ""  # a signed one that it carries


_SHARED = frozenset({"absence", "coverage", "layout"})
"""The modules of this package that are no channel: what all channels say."""


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
        """Whether it changes what a place receives."""
        ...


class Handle(Protocol):
    """Who answers commands."""

    async def __call__(self, invocation: Invocation) -> Reply:
        """The answer to one command, whatever was typed."""
        ...

    async def left(self, channel: str, circle: str, reason: str) -> int:
        """All places whose address begins so are out of reach: pause them; how many that are."""
        ...

    @property
    def specs(self) -> Sequence[Command]:
        """All commands."""
        ...


class Channel(Protocol):
    """One medium. `render` is pure; the other methods may wait, and raise only ChannelError."""

    @property
    def name(self) -> str:
        """The name in BOT_CHANNELS."""
        ...

    def render(self, digest: Digest) -> tuple[str, ...]:
        """The bodies of the parts, one message of the channel each, complete: nothing is cut."""
        ...

    def preview(self, bodies: Sequence[str]) -> str:
        """Exactly what would be sent, as text for people and tools."""
        ...

    async def send(self, address: str, body: str, key: str) -> str:
        """Send one part and return the channel's reference; `key` is stable over retries of it."""
        ...

    async def check(self) -> str:
        """Try the channel once without sending; one line that says what was reached."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Listener(Protocol):
    """A channel on which people talk back."""

    async def listen(self, handle: Handle) -> None:
        """Answer commands until cancelled, or until the channel ends by itself."""
        ...


@runtime_checkable
class Threaded(Protocol):
    """A channel whose first message opens a thread that the others belong into."""

    async def send_below(self, root: str, address: str, body: str, key: str) -> str:
        """Like `send`, for every part but the first one, whose reference is `root`."""
        ...


@runtime_checkable
class Finder(Protocol):
    """A channel without a key by which it knows a repetition: one looks before a part is sent again."""

    async def find(self, address: str, key: str, since: datetime, root: str) -> str | None:
        """The reference of the part if it arrived after `since`, a time by our clock; `root` as in Threaded."""
        ...


@runtime_checkable
class Keyed(Protocol):
    """A channel on which nothing is repeated, by a key or by looking, so that more may be on its way at once."""

    @property
    def at_once(self) -> int:
        """How many parts may be in flight."""
        ...


@runtime_checkable
class Editor(Protocol):
    """A channel whose messages can be changed after they were sent."""

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Put `body` in the place of a message; it may be done twice. `root` as in Threaded, empty for itself."""
        ...


@runtime_checkable
class Paced(Protocol):
    """A channel that takes messages only so fast."""

    @property
    def pace(self) -> timedelta:
        """Between two messages to one address, over all processes; zero is none."""
        ...

    def circle(self, address: str) -> str:
        """Who has to wait when this address is asked to wait: all addresses with the same circle."""
        ...


@runtime_checkable
class Laned(Protocol):
    """A paced channel on which many addresses share one pace."""

    def lane(self, address: str) -> str:
        """Who takes turns: all addresses with the same lane."""
        ...


@runtime_checkable
class Teller(Protocol):
    """A channel that can say a sentence to one person, apart from digests."""

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Say it once; `person` is an identity's address, `about` the destination's that it concerns, if any."""
        ...


class Correspondence(Protocol):
    """Who answers mails, where nobody is who they say they are."""

    async def receive(self, mail: Mail, send: Callable[[Reply], Awaitable[None]]) -> bool:
        """Answer a mail once, by `send`; False when that is still to be done."""
        ...

    async def bounced(self, key: str, destination_id: int, reason: str, *, permanent: bool) -> None:
        """Hear that something did not arrive; `key` names the message that says so."""
        ...

    async def announced(self, text: str) -> None:
        """Hear what is in a mail that is really from arXiv."""
        ...


@runtime_checkable
class Correspondent(Protocol):
    """A channel to which people write mails."""

    async def correspond(self, office: Correspondence) -> None:
        """Read mails until cancelled."""
        ...

    async def ask(self, mailbox: str, reply: Reply) -> None:
        """Ask a mailbox, in a mail of its own, for the confirmation that `reply` is about."""
        ...


@runtime_checkable
class Linking(Protocol):
    """A channel whose messages carry signed links."""

    def link(self, links: Links) -> None:
        """Take what links are made with, before anything is rendered or sent."""
        ...


def available() -> tuple[str, ...]:
    """The names of the channels of this installation: the folder is the registry."""
    return tuple(sorted({module.name for module in pkgutil.iter_modules(__path__)} - _SHARED))


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
