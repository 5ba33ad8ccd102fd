"""What a feed says of the papers that a query finds. Pure.

https://www.rfc-editor.org/rfc/rfc4287
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from bot.text.harmless import one_line
from bot.text.latex import readable
from bot.web.room.asked import Parameters
from bot.web.room.cards import CardView, shown
from bot.web.room.found import FoundOn

MOST = 100
"""Entries of a feed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper; revisions have the version in their id, so that readers of feeds show them."""

    id: str
    updated: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    card: CardView


def entries(found: Sequence[FoundOn], asked: Parameters) -> Iterator[Entry]:
    """The newest papers first, each once."""
    seen: set[str] = set()
    for one in found:
        views = shown(one.papers[:MOST], asked.language, one.day.english)
        for paper, card in zip(one.papers, views, strict=False):
            of = paper.candidate.paper
            name = f"https://arxiv.org/abs/{of.label if paper.type.is_revision else of.id}"
            if name in seen or len(seen) == MOST:
                continue
            seen.add(name)
            at = datetime.combine(one.date, time(), UTC).isoformat().replace("+00:00", "Z")
            yield Entry(name, at, tuple(filter(None, map(_line, of.authors))), of.categories, card)


def _line(text: str) -> str:
    return one_line(readable(text))
