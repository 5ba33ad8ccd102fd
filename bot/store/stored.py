"""What is stored of the papers that listings name, and what the listings say beyond it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from bot.model import Announcement, Form, Listing, Paper
from bot.store.merging import merge
from bot.store.versions import Version


class Amendment(NamedTuple):
    """A stored paper of which more is known by now."""

    before: Paper
    after: Paper


@dataclass(frozen=True, slots=True)
class Stored:
    """All versions of some papers, in order, and all their announcements, as they are stored."""

    papers: Mapping[str, Sequence[Paper]]
    announcements: Sequence[Announcement]

    @property
    def versions(self) -> dict[Version, Paper]:
        """Each version by itself."""
        return {(one.id, one.version): one for some in self.papers.values() for one in some}

    def updated(self, again: Stored) -> Stored:
        """The same, with some of the papers as they were read again."""
        others = [a for a in self.announcements if a.paper.id not in again.papers]
        return Stored({**self.papers, **again.papers}, [*others, *again.announcements])

    def unknown(self, listings: Iterable[Listing]) -> list[Announcement]:
        """The announcements that are not stored yet."""
        known = {(a.paper.id, a.paper.version, a.category) for a in self.announcements}
        found = {(a.paper.id, a.paper.version, a.category): a for one in listings for a in one.announcements}
        return [a for key, a in found.items() if key not in known]


def amendments(listings: Iterable[Listing], papers: Mapping[Version, Paper]) -> list[Amendment]:
    """Of which of these papers listings say more or otherwise."""
    told: dict[Version, list[tuple[Paper, Form]]] = {}
    for one in listings:
        for a in one.announcements:
            told.setdefault((a.paper.id, a.paper.version), []).append((a.paper, one.form))
    found = []
    for key, some in told.items():
        if (before := papers.get(key)) is not None:
            after = reduce(lambda paper, more: merge(paper, *more), some, before)
            if after != before:
                found.append(Amendment(before, after))
    return found
