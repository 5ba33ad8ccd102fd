"""What the bot needs of a source of papers: listings by category, or a word why not.

A source is a module of this package that offers `source(settings, client) -> Source`; its name in `BOT_SOURCES`,
in `Source.name` and in its listings is that of the module. It also offers `read(body) -> Listing | None`, for a
saved page of its form. It fetches and parses; what is new is the store's business. Ids, categories and dates are
arXiv's own, whoever tells of them.
"""

from __future__ import annotations

import importlib
import logging
import pkgutil
import zlib
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import ModuleType
from typing import Protocol, cast, runtime_checkable

import httpx2 as httpx
from lxml import etree

from bot.errors import SettingsError, SourceError
from bot.model import Listing, Validator
from bot.settings import Settings
from bot.sources.client import PoliteClient

log = logging.getLogger(__name__)

PAPER_ID = r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[A-Za-z]{2})?/[0-9]{7})"
"""An id without version, of either scheme: https://info.arxiv.org/help/arxiv_identifier.html."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The source says that nothing has changed since the listing that was stored last."""

    category: str


class FirstReading(StrEnum):
    """How the first reading of a category went."""

    READ = "read"
    PENDING = "pending"  # it is being read
    BUSY = "busy"  # a round of reading is under way
    AWAY = "away"  # the source does not give it
    NOTHING = "nothing"  # it has nothing now, or there is no source


Outcome = Listing | Unchanged | SourceError
"""A value or the error instead of it, so that one category's failure does not stop the others."""


class Source(Protocol):
    """One place that papers come from."""

    @property
    def name(self) -> str:
        """The name in BOT_SOURCES."""
        ...

    @property
    def due_offset(self) -> timedelta:
        """When it should have a mailing, from the Eastern midnight with which the mailing's date begins."""
        ...

    @property
    def is_daily(self) -> bool:
        """Whether it has a mailing only on its own day: there is nothing to be had of it afterwards."""
        ...

    def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """One outcome for each category (canonical codes); `known` has the stored validators by category."""
        ...


@runtime_checkable
class Archive(Source, Protocol):
    """A source that still has mailings of the past, and claims its own counts: what it gives is whole."""

    async def rebuild(self, category: str, day: date) -> Outcome:
        """What was announced on a day; no announcements when there was no mailing."""
        ...


ODD = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError,
    ValueError, etree.LxmlError, httpx.HTTPError, httpx.InvalidURL, zlib.error,
)  # fmt: skip
"""What an odd answer may bring about that no source has foreseen."""


async def outcome_of(category: str, work: Awaitable[Outcome]) -> Outcome:
    """What asking for one category came to: whatever goes wrong with it is its own fault, and stops no other."""
    try:
        return await work
    except SourceError as error:
        return error
    except ODD as error:
        log.exception("odd_answer category=%s", category)
        return SourceError(category, f"its answer cannot be read ({type(error).__name__}: {str(error)[:200]})")


def available() -> tuple[str, ...]:
    """The names of the sources of this installation: the modules of this package that offer `source`."""
    names = (one.name for one in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if hasattr(module(name), "source")))


def load(name: str, settings: Settings, client: PoliteClient) -> Source:
    """The source of that name; SettingsError names what there is."""
    if name not in available():
        raise SettingsError([f"BOT_SOURCES: there is no source {name!r}; there are {', '.join(available())}"])
    return cast("Source", module(name).source(settings, client))


def module(name: str) -> ModuleType:
    """A module of this package."""
    return importlib.import_module(f"{__name__}.{name}")
