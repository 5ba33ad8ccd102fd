"""The day, step by step: ``ingest | plan``; `reading` comes before, and `delivery` does the rest.

Each step may run twice: announcements that are stored are not new, papers that are in a delivery wait no
more.
"""

from __future__ import annotations

import asyncio
import logging
import operator
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import taxonomy
from bot.changes import changes
from bot.matching import Candidate, Matcher, Mutes, candidates
from bot.model import AnnounceType, Change, Fault, Language, Listing, Match, Subscription, Summary
from bot.silence import news
from bot.sources.versions import corrections, settled
from bot.store import Store, Transaction
from bot.store.merging import says_more
from bot.store.slots import DueSlot
from bot.store.texts import Version
from bot.summaries.repair import mended

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one ingest changed."""

    announced: int = 0  # in the listings
    new: int = 0  # of them not known before
    matched: int = 0  # subscription x paper, replaced ones included


class _Looked(NamedTuple):
    """What is matched: what people want to see and what not, and papers."""

    subscriptions: list[Subscription]
    mutes: Mutes
    papers: list[Candidate]
    are_all: bool = True  # the subscriptions that there are


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
    matcher: Matcher | None = None,
    *,
    parts: Sequence[Listing] = (),
    until: datetime | None = None,
) -> Ingested:
    """Store what is new in listings and match it, in one transaction; the matching itself is done before.

    A matcher that is kept saves compiling the same queries again. Of `parts` only the announcements are stored:
    the whole listing comes later. Who has subscribed since `until` gets nothing of it.
    """
    listings = [mended(one) for one in listings]
    told = [*listings, *parts]
    unsure = {a.paper.id for one in told for a in one.announcements if a.type is not AnnounceType.NEW}

    async def settle(tx: Transaction) -> tuple[list[Listing], list[Listing]]:
        every = settled(told, await tx.reading.announcements(unsure))
        return every[: len(listings)], every[len(listings) :]

    async def look(tx: Transaction) -> _Looked:
        wholes, some = await settle(tx)
        papers = await _changed(tx, [*wholes, *some])
        if not papers:
            return _Looked([], {}, [], are_all=False)
        readers = await tx.subscribers.all_subscriptions(until)
        return _Looked(readers, await tx.mutes.known(), papers, are_all=until is None)

    await _correct_versions(store, told, unsure)
    async with _matched(store, look, matcher or Matcher()) as (tx, papers, found):
        wholes, some = await settle(tx)
        new = await tx.papers.unknown([*wholes, *some])
        became = await _became(tx, [*wholes, *some], papers)
        await tx.papers.add(wholes, new, now, parts=some)
        await tx.matches.replace(papers, found, until)
        await tx.changes.add(became)
    announced = sum(len(one.announcements) for one in listings)
    log.info("ingested listings=%d announced=%d new=%d matched=%d", len(listings), announced, len(new), len(found))
    return Ingested(announced, len(new), len(found))


async def _correct_versions(store: Store, listings: Sequence[Listing], unsure: Collection[str]) -> None:
    """Give papers whose version nobody has told the one that listings tell now."""
    async with store.read() as tx:
        if not corrections(listings, await tx.reading.announcements(unsure)):
            return
    async with store.write() as tx:
        for version, right in corrections(listings, await tx.reading.announcements(unsure)).items():
            await tx.papers.renumber(version, right)


async def late_texts(store: Store, versions: Collection[Version], matcher: Matcher | None = None) -> int:
    """Match papers again whose Chinese texts are stored by now; how many matches they have in Chinese words.

    Afterwards the matches are those that ingest would have found with these texts, but for what is in a delivery
    already: that stays. Only subscriptions are looked at that Chinese words have to do with. It may be repeated.
    The matcher is that of `ingest`.
    """

    async def look(tx: Transaction) -> _Looked:
        texts = await tx.texts.best(versions, Language.ZH)
        papers = candidates(await tx.papers.announced(texts.keys()), texts)
        return _Looked(await tx.subscribers.asking_in_chinese(), await tx.mutes.known(), papers, are_all=False)

    async def note(tx: Transaction) -> None:
        await tx.texts.matched(versions)

    async with _matched(store, look, matcher or Matcher(), note) as (tx, papers, found):
        await tx.matches.replace_chinese(papers, found)
    log.info("late_texts papers=%d matched=%d", len(papers), len(found))
    return len(found)


@asynccontextmanager
async def _matched(
    store: Store,
    look: Callable[[Transaction], Awaitable[_Looked]],
    matcher: Matcher,
    note: Callable[[Transaction], Awaitable[None]] | None = None,
) -> AsyncIterator[tuple[Transaction, list[Version], list[Match]]]:
    """A transaction in which the matches hold that were found before it, with the papers: nobody can subscribe.

    `note` writes down in it what is looked at, before the last look: what comes after that is looked at again.
    """
    async with store.read() as tx:
        seen = await look(tx)
    found = await asyncio.to_thread(_matches, matcher, seen)
    async with store.write() as tx:
        await tx.subscribers.freeze()
        if note:
            await note(tx)
        current = await look(tx)
        if await asyncio.to_thread(operator.ne, current, seen):
            # Somebody subscribed, or another process ingested, in between: rare, so simply look again.
            seen = current
            found = await asyncio.to_thread(_matches, matcher, seen)
        yield tx, [(one.paper.id, one.paper.version) for one in seen.papers], found


async def _changed(tx: Transaction, listings: Sequence[Listing]) -> list[Candidate]:
    """The papers that these listings announce anew or say more of, with every category that has announced them."""
    new = await tx.papers.unknown(listings)
    amended = {
        (one.after.id, one.after.version): one.after
        for one in await tx.papers.amendments(listings)
        if says_more(one.before, one.after)
    }
    before = await tx.papers.announced({(one.paper.id, one.paper.version) for one in new} | amended.keys())
    versions = {(one.paper.id, one.paper.version) for one in (*before, *new)}
    carried: dict[Version, Summary] = await tx.texts.best(versions, Language.ZH)
    for listing in listings:
        for one in listing.summaries:
            if one.language is Language.ZH:
                carried.setdefault((one.paper_id, one.version), one)
    known = [
        replace(one, paper=amended.get((one.paper.id, one.paper.version), one.paper)) for one in (*before, *new)
    ]
    return candidates(known, carried)


async def _became(tx: Transaction, listings: Sequence[Listing], versions: Collection[Version]) -> list[Change]:
    """What has become of papers, by these versions of them and those that are stored before and after."""
    told = {(a.paper.id, a.paper.version): a.paper for one in listings for a in one.announcements}
    stored = await tx.papers.versions({paper_id for paper_id, _ in versions})
    found: list[Change] = []
    for now in (told[one] for one in versions if one in told):
        others = stored.get(now.id, [])
        earlier = [one for one in others if one.version <= now.version][-1:]
        later = [one for one in others if one.version > now.version][:1]
        found += [change for one in earlier for change in changes(one, now)]
        found += [change for one in later for change in changes(now, one)]
    return found


def _matches(matcher: Matcher, looked: _Looked) -> list[Match]:
    return list(matcher.matches(looked.subscriptions, looked.papers, looked.mutes, are_all=looked.are_all))


async def plan(store: Store, now: datetime, *, patience: timedelta | None = None) -> int:
    """One delivery for each destination of each due slot that has papers waiting, or that should hear why not.

    How many are new. With `patience`, deliveries that lack Chinese texts wait for them, that long after the slot.
    """
    async with store.read() as tx:
        due = await tx.slots.due(now)
        faults = await tx.faults.missing() if due else []
    made = 0
    for slot in due:
        concerned = await _concerned(store, slot, faults)
        async with store.write() as tx:
            if await tx.slots.take(slot, now):
                made += await tx.planning.plan(slot.id, slot.due, now)
                made += await tx.planning.plan_silence(slot.id, slot.due, now, concerned)
                if patience:
                    await tx.texts.wait(slot.due, slot.due + patience)
    if made:
        log.info("planned deliveries=%d", made)
    return made


async def _concerned(store: Store, slot: DueSlot, faults: Sequence[Fault]) -> list[int]:
    """Who of a slot should hear of faults that have begun since it was due before."""
    since = slot.slot.last_before(slot.due)
    fresh = [one for one in faults if one.since > since]
    if not fresh:
        return []
    async with store.read() as tx:
        rows = await tx.planning.silent(slot.id)

    def concerned() -> list[int]:
        found = {query: bool(news(fresh, [query], since)) for query in {query for _, query in rows}}
        return sorted({place for place, query in rows if found[query]})

    return await asyncio.to_thread(concerned)


async def plan_all(store: Store, channels: Collection[str], now: datetime) -> int:
    """One delivery for every destination with papers waiting, whatever its slot says; on these, all is due."""
    async with store.write() as tx:
        await tx.planning.hurry(channels, now)
        return sum([await tx.planning.plan_for(one.id, now) for one in await tx.subscribers.destinations()])
