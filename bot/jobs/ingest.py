"""Listings are stored at once, unmatched, with what they say more of papers that are stored already.

Who gets which papers is decided when they are matched. Announcements that are stored are not new.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import taxonomy
from bot.changes import changes
from bot.matching import Matcher
from bot.model import Announcement, AnnounceType, Change, Listing
from bot.sources.versions import corrections, settled
from bot.store import Store
from bot.store.merging import says_more
from bot.store.stored import Amendment, Stored
from bot.summaries.pages import fit

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What listings have brought."""

    announced: int = 0  # in the listings
    new: int = 0  # of them not known before
    matched: int = 0  # subscription x paper, revised ones and muted ones included


async def categories_to_read(store: Store, matcher: Matcher | None = None) -> list[str]:
    """The categories that subscriptions read; all of them when one subscription does not say which."""
    async with store.read() as tx:
        queries = await tx.subscribers.queries()
    if not queries:
        return []
    wanted = await asyncio.to_thread((matcher or Matcher()).reads, queries)
    if wanted is None:
        return sorted(code for code, one in taxonomy.categories().items() if one.alias_of is None)
    return sorted(wanted)


async def ingest(
    store: Store,
    listings: Sequence[Listing],
    now: datetime,
    *,
    parts: Sequence[Listing] = (),
    until: datetime | None = None,
) -> Ingested:
    """Store what is new in listings, in one transaction.

    Of `parts` only the announcements are stored: the whole listing comes later. Who has subscribed since `until`
    gets nothing of it.
    """
    listings = await asyncio.to_thread(lambda: [fit(one) for one in listings])
    told = [*listings, *parts]
    ids = {a.paper.id for one in told for a in one.announcements}
    unsure = {a.paper.id for one in told for a in one.announcements if a.type is not AnnounceType.NEW}
    async with store.write() as tx:
        stored = await tx.papers.stored(ids)
        if wrong := corrections(told, _of(unsure, stored)):
            for version, right in wrong.items():
                await tx.papers.renumber(version, right)
            stored = stored.updated(await tx.papers.stored({paper_id for paper_id, _ in wrong}))
        every = settled(told, _of(unsure, stored))
        new = stored.unknown(every)
        whole, rest = every[: len(listings)], every[len(listings) :]
        amendments = await tx.papers.add(whole, new, now, parts=rest, until=until, stored=stored)
        await tx.changes.add(_became(stored, every, new, amendments))
    announced = sum(len(one.announcements) for one in listings)
    log.info("ingested listings=%d announced=%d new=%d", len(listings), announced, len(new))
    return Ingested(announced, len(new))


def _of(papers: Collection[str], stored: Stored) -> list[Announcement]:
    """What is stored of the announcements of some papers."""
    return [a for a in stored.announcements if a.paper.id in papers]


def _became(
    stored: Stored, listings: Sequence[Listing], new: Sequence[Announcement], amendments: Sequence[Amendment]
) -> list[Change]:
    """What becomes of papers that are new in these listings, or of which they say more than is stored."""
    told = {(a.paper.id, a.paper.version): a.paper for one in listings for a in one.announcements}
    amended = [one for one in amendments if says_more(one.before, one.after)]
    versions = {(one.paper.id, one.paper.version) for one in new}
    versions |= {(one.after.id, one.after.version) for one in amended}
    found: list[Change] = []
    for now in map(told.__getitem__, versions):
        others = stored.papers.get(now.id, ())
        earlier = [one for one in others if one.version <= now.version][-1:]
        later = [one for one in others if one.version > now.version][:1]
        found += [change for one in earlier for change in changes(one, now)]
        found += [change for one in later for change in changes(now, one)]
    return found
