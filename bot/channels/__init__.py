"""What the bot needs of a channel, and what a channel may ask of the bot.

A channel is one module of this package, loaded by the name in `BOT_CHANNELS`; it offers
`channel(settings) -> Channel`. It renders and sends; it decides nothing: the outbox retries, the
commands answer. One that people can talk to is a `Listener` too.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast, runtime_checkable

from bot.digest import Card, Digest
from bot.errors import SettingsError
from bot.model import Destination, Language, Subscription
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command as a channel understood it: who, where, what."""

    channel: str
    sender: str  # the person's address on the channel; never logged
    place: str  # the destination's address
    text: str  # the command without its prefix: `subscribe cs.LG "kv cache"`
    language: Language | None = None  # what the channel knows of the person, if anything
    may_manage: bool = True  # whether the person may change what this place receives


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command. `text` is plain: channels escape it. Cards follow it, if any.

    `is_public` marks a change that everybody at the place should see; the rest is for the person only.
    `subscriptions` are those that the text lists, for channels with buttons and menus.
    """

    text: str
    language: Language
    cards: tuple[Card, ...] = ()
    is_public: bool = False
    subscriptions: tuple[Subscription, ...] = ()


_SHARED = frozenset({"coverage", "layout"})
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
class Keyed(Protocol):
    """A channel that knows a part by its key when it is sent again, so that a kill repeats nothing."""

    @property
    def at_once(self) -> int:
        """How many parts may be in flight."""
        ...


@runtime_checkable
class Telling(Protocol):
    """A channel that can reach a person beside the place that they have subscribed."""

    async def tell_owner(self, destination: Destination, reason: str) -> None:
        """Tell who made a destination that the channel refuses it, once; raises only ChannelError."""
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
        fault = f"the channel {name!r} needs the library {error.name}: pip install 'sudi[{name}]'"
        raise SettingsError([f"BOT_CHANNELS: {fault}"]) from error
    return cast("Channel", module.channel(settings))
