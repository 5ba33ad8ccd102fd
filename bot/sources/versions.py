"""Which version of a paper was announced, where the listing does not tell. Pure.

arXiv's listing pages tell the version only of papers that have an HTML rendering. The least possible one is
taken for the others: it never collides with a later announcement, because what comes later is higher. A source
that does know the version meets the same announcement again, and is told by its date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from bot.model import UNKNOWN, Announcement, Listing


def settled(listings: Iterable[Listing], known: Collection[Announcement] = ()) -> list[Listing]:
    """The listings with a version for every paper; `known` are the stored announcements of these papers."""
    listings = list(listings)
    given = {(a.paper.id, a.date): a.paper.version for one in listings for a in one.announcements}
    given |= {
        (a.paper.id, a.date): a.paper.version for one in listings for a in one.announcements if a.paper.version
    }
    same = {(a.paper.id, a.date, a.type.is_revision): a.paper.version for a in known}
    that_day = {(a.paper.id, a.date): a.paper.version for a in known}
    highest: dict[str, int] = {}
    for a in known:
        highest[a.paper.id] = max(a.paper.version, highest.get(a.paper.id, UNKNOWN))

    def version(a: Announcement) -> int:
        if (stored := same.get((a.paper.id, a.date, a.type.is_revision))) is not None:
            return stored if stored < a.paper.version or a.paper.version == UNKNOWN else a.paper.version
        if a.paper.version != UNKNOWN:
            return a.paper.version
        if known_version := that_day.get((a.paper.id, a.date)) or given[a.paper.id, a.date]:
            return known_version
        return highest.get(a.paper.id, 1) + a.type.is_revision

    return [replace(one, announcements=tuple(_as(a, version(a)) for a in one.announcements)) for one in listings]


def _as(announcement: Announcement, version: int) -> Announcement:
    if announcement.paper.version == version:
        return announcement
    return replace(announcement, paper=replace(announcement.paper, version=version))
