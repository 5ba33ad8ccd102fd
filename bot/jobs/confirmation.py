"""Whether a listing is the mailing that was asked for, and what two sources say of the same day. Pure.

arXiv has served yesterday's feed under today's date, and a page under a new date before its papers: so a listing
is judged by its ids. https://info.arxiv.org/help/rss.html says when feeds should change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.model import Announcement, AnnounceType, Listing
from bot.taxonomy import resolve

LAST_LISTED = 5
"""The last version of a paper that arXiv announces on its listing pages."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the one of two listings of the same day has and the other has not: ids, sorted."""

    extra: tuple[str, ...]
    lacking: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.extra or self.lacking)


def ids(listing: Listing) -> set[str]:
    """The papers in a listing."""
    return {one.paper.id for one in listing.announcements}


def names(listing: Listing) -> set[str]:
    """What the papers of a listing that could not be read are called: their ids, if these could be."""
    return {row.paper for row in listing.unread}


def differences(listing: Listing, other: Collection[str]) -> Difference:
    """What a listing has beyond other ids, and what it lacks of them."""
    mine = ids(listing)
    return Difference(tuple(sorted(mine - set(other))), tuple(sorted(set(other) - mine)))


def is_never_listed(one: Announcement) -> bool:
    """Whether arXiv has a paper in a category's feed, and by its own rules never on the listing of that category.

    Cross-lists of the sixth version and later, and those of a paper into a second name of its own category, like
    those of a math.NA paper into cs.NA: https://github.com/arXiv/arxiv-browse, `services/database/listings.py`.
    """
    if one.type is not AnnounceType.CROSS:
        return False
    return one.paper.version > LAST_LISTED or resolve(one.paper.primary) == resolve(one.category)


def is_of_before(listing: Listing, day: date, stored: Mapping[date, Collection[str]]) -> bool:
    """Whether a listing is that of an earlier day, by what is stored of its category.

    New papers are new once. A listing without any is of before when an earlier day had exactly its papers.
    """
    earlier = [set(found) for when, found in stored.items() if when < day]
    new = {one.paper.id for one in listing.announcements if one.type is AnnounceType.NEW}
    if new:
        return new <= set().union(*earlier)
    return bool(listing.announcements) and ids(listing) in earlier


def dated(listing: Listing, day: date) -> Listing:
    """The same papers as those of another date."""
    moved = tuple(replace(one, date=day) for one in listing.announcements)
    return replace(listing, date=day, announcements=moved)


def with_missing(listing: Listing, other: Listing) -> Listing:
    """A listing with what only another one of the same day has."""
    mine = ids(listing)
    more = tuple(one for one in other.announcements if one.paper.id not in mine)
    return replace(listing, announcements=(*listing.announcements, *more))
