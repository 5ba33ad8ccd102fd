"""What the contract test needs to know of each channel: one module here, of the channel's own name.

It offers `subject()`: how the channel is set up, what a reader sees of its messages, what its vendor's limits
are, and the counterpart that takes them.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from bot.channels import Channel
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reader sees of one message, however the channel marks it up."""

    text: str  # without marks
    links: frozenset[str] = frozenset()  # that can be followed
    calls: tuple[str, ...] = ()  # people, rooms and whatever else a reader's program would act upon
    alone: str = ""  # the plain text that stands for it in notifications and screen readers; empty where it is it


class Counterpart(ABC):
    """Takes messages, and misbehaves when it is told to."""

    channel: Channel

    @abstractmethod
    def arrived(self) -> list[str]:
        """The texts of the messages that are there for the reader, in order; a copy that is shown counts."""

    @abstractmethod
    def refuse(self) -> None:
        """Be gone for good, as a destination that somebody has deleted."""

    @abstractmethod
    def fail_once(self) -> None:
        """Refuse the next message for now."""

    @abstractmethod
    def lose_an_answer(self) -> None:
        """Take the next message, and break off before the answer."""


@dataclass(frozen=True)
class Subject(ABC):
    """One channel as the contract sees it."""

    address: str
    folds: frozenset[str] = field(default_factory=frozenset)
    """The parts of a card that are not in a digest itself, but behind a button of the card."""

    unable: str = ""
    """Why nothing of this channel can be refused or lost, where that is so."""

    @abstractmethod
    def settings(self) -> Settings:
        """What an admin sets; nothing needs to be reached."""

    @abstractmethod
    def shown(self, body: str) -> Shown:
        """What a reader sees of a body that the channel rendered."""

    @abstractmethod
    def faults(self, body: str) -> list[str]:
        """What the vendor would refuse in it, or not show."""

    @abstractmethod
    def counterpart(self, folder: Path) -> AbstractAsyncContextManager[Counterpart]:
        """A running counterpart; `folder` is free for its files."""


def subject(name: str) -> Subject:
    """The subject of a channel."""
    made = importlib.import_module(f"{__name__}.{name}").subject()
    assert isinstance(made, Subject)
    return made
