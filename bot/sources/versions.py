"""Which version of a paper was announced, where its source does not tell. Pure.

arXiv's listing pages tell the version only of papers that have an HTML rendering, and its pages of past days only
the current one. Such a paper gets a number that keeps its announcements in order, and is marked: nobody is shown
it. A source that does know the version meets the same announcement again, and is told by its date.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date

from bot.model import UNKNOWN, Announcement, Listing

Versions = Mapping[tuple[str, int], int]
"""Ids and numbers of papers, with the numbers that they should have instead."""


def settled(listings: Iterable[Listing], known: Collection[Announcement] = ()) -> list[Listing]:
    """The listings with a number for every paper; `known` are the stored announcements of these papers."""
    listings = list(listings)
    told = _told(listings)
    stored = {(a.paper.id, a.date, a.type.is_revision): a.paper for a in known}
    that_day = {(a.paper.id, a.date): a.paper for a in known}
    by_paper: dict[str, list[Announcement]] = {}
    for a in known:
        by_paper.setdefault(a.paper.id, []).append(a)

    def numbered(a: Announcement) -> Announcement:
        same = stored.get((a.paper.id, a.date, a.type.is_revision))
        if same is None and a.paper.version == UNKNOWN:
            same = that_day.get((a.paper.id, a.date))
        if same is not None and (a.paper.version == UNKNOWN or same.version < a.paper.version):
            return _as(a, same.version, is_known=same.is_version_known)
        if a.paper.version != UNKNOWN:
            return a
        if version := told.get((a.paper.id, a.date)):
            return _as(a, version, is_known=True)
        return _as(a, _in_order(a, by_paper.get(a.paper.id, ())), is_known=False)

    return [replace(one, announcements=tuple(map(numbered, one.announcements))) for one in listings]


def corrections(listings: Iterable[Listing], known: Collection[Announcement] = ()) -> Versions:
    """Stored papers whose version was unknown, and the version that listings give now.

    A version that is stored already stays as it is.
    """
    told = _told(listings)
    taken = {(a.paper.id, a.paper.version) for a in known}
    found: dict[tuple[str, int], int] = {}
    for a in known:
        key, version = (a.paper.id, a.paper.version), told.get((a.paper.id, a.date))
        if version and not a.paper.is_version_known and (version == key[1] or (key[0], version) not in taken):
            found[key] = version
    return found


def _told(listings: Iterable[Listing]) -> dict[tuple[str, date], int]:
    """The versions that listings tell, by paper and day."""
    return {
        (a.paper.id, a.date): a.paper.version for one in listings for a in one.announcements if a.paper.version
    }


def _in_order(a: Announcement, others: Iterable[Announcement]) -> int:
    """The least possible number: beyond what was announced before, and below what was announced later."""
    before = [b.paper.version for b in others if b.date <= a.date]
    after = [b.paper.version for b in others if b.date > a.date]
    least = max([1, *before]) + a.type.is_revision
    return max(1, min([least, *(version - 1 for version in after)]))


def _as(announcement: Announcement, version: int, *, is_known: bool) -> Announcement:
    paper = announcement.paper
    if (paper.version, paper.is_version_known) == (version, is_known):
        return announcement
    return replace(announcement, paper=replace(paper, version=version, is_version_known=is_known))
