"""What one delivery carries: fixed once, in one transaction, and read from there by every retry and every edit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import zip_longest

from bot.digest import Card, Digest, Lack, Report, cards, compose
from bot.matching import Candidate, Prepared, candidates, match, prepare
from bot.model import AnnounceType, Language, Match, Paper, Subscription, Summary
from bot.pending import waiting_for
from bot.presentation.no_papers import Audience, report_with_papers, report_without_papers
from bot.query import Query, stored
from bot.store import Store, Transaction
from bot.store.carried import Contents
from bot.store.hits import Asking as Asked
from bot.store.hits import Coming
from bot.store.outbox import Claim
from bot.store.texts import Version
from bot.summaries.extract import one_line
from bot.tokens import Links

THREAD = timedelta(days=7)
"""How old the last digest may be for the next to continue its thread: Gmail looks no further back."""

_EXPLAINED = 200
"""Papers of a digest that are ranked by why they came: more than any digest shows, or names for most readers."""


_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}


def nobody() -> Lack:
    """The reason where nobody makes Chinese texts."""
    return Lack.SETUP


class Composer:
    """Makes digests of deliveries."""

    def __init__(
        self,
        store: Store,
        *,
        cap: int,
        clock: Callable[[], datetime],
        holidays: Collection[date] = (),
        lack: Callable[[], Lack] = nobody,
        links: Links | None = None,
    ) -> None:
        """`holidays` are those of arXiv; `lack` says why Chinese texts are missing, where they are."""
        self._links = links
        self._store = store
        self._cap = cap
        self._clock = clock
        self._holidays = holidays
        self._lack = lack

    async def digest(self, claim: Claim) -> Digest | None:
        """What goes to the destination: its papers, or else why there are none; None when there is nothing to say.

        What it carries is fixed with it, unless it was before. A delivery of which nothing is left is given up.
        """
        async with self._store.write() as tx:
            await tx.subscribers.hold(claim.destination.id)
            if not await tx.outbox.is_ours(claim):
                return None
            contents = await tx.carried.contents(claim.id)
            newest = 0
            if contents is not None and contents.shown is not None:
                ranked = await recorded(tx, claim.destination.id, contents)
            else:
                newest = await tx.hits.newest()
                contents, ranked = await self._fixed(tx, claim, newest)
            digest = await self._written(tx, claim, contents, ranked)
            if not digest.cards and digest.no_papers is None:
                await tx.outbox.discard(claim)
                return None
            await tx.changes.advance(claim.destination.id, newest)
            return digest

    async def again(self, claim: Claim) -> Digest:
        """The digest of a delivery that was composed before, with the texts that are there by now."""
        async with self._store.read() as tx:
            contents = await tx.carried.contents(claim.id) or Contents()
            return await self._written(tx, claim, contents, await recorded(tx, claim.destination.id, contents))

    async def _fixed(self, tx: Transaction, claim: Claim, newest: int) -> tuple[Contents, list[Card]]:
        """Fix what comes to the destination as what this delivery carries; with the cards of its first papers."""
        waiting = await waiting_for(tx, claim.destination.id, newest)
        first, others = _first(waiting.papers)
        numbers = {(one.paper_id, one.version): one.n for one in waiting.papers}
        ranked = await _ranked(tx, claim.destination.id, waiting.asking, first)
        ranked += await _unexplained(tx, others)
        arranged = compose("", claim.destination, ranked, report=Report(), cap=self._cap)
        ranked = [*arranged.cards, *arranged.rest]
        papers = [numbers[_version(card)] for card in ranked]
        contents = Contents(
            papers=(*papers, *(one.n for one in waiting.muted)),
            shown=min(len(ranked), self._cap),
            withheld=len(waiting.muted),
            found_by=tuple(_found_by(waiting.asking, ranked[: len(first)])),
            changes=tuple(await told_with(tx, claim.destination.id, papers, newest)),
        )
        await tx.carried.fix(claim.id, contents)
        await tx.hits.advance([one.id for one in waiting.asking], newest)
        return contents, ranked

    async def _written(self, tx: Transaction, claim: Claim, contents: Contents, ranked: Sequence[Card]) -> Digest:
        destination = claim.destination
        queries = [
            one.query for one in (await tx.hits.asking([destination.id])).get(destination.id, []) if not one.paused
        ]
        asking = Audience(destination, queries, claim.due)
        if ranked:
            report = await report_with_papers(tx, asking, {card.date for card in ranked})
        else:
            report = await report_without_papers(tx, asking, self._clock(), self._holidays)
        shown, rest = ranked[: contents.shown], ranked[contents.shown :]
        english = await tx.texts.best([_version(card) for card in shown], Language.EN)
        digest = Digest(
            key=claim.key,
            destination=destination,
            cards=await asyncio.to_thread(_with_lines, shown, english),
            matched=contents.size,
            coverage=report.coverage,
            rest=tuple(rest),
            faults=report.faults,
            no_papers=report.no_papers,
            changes=tuple(await tx.changes.told(contents.changes) if contents.changes else ()),
            previous=await tx.outbox.previous(claim, since=self._clock() - THREAD),
            link=self._links.digest(claim.id, claim.due) if self._links and ranked else "",
        )
        return replace(digest, lack=self._lack()) if digest.lacks else digest


def _first(papers: Sequence[Coming]) -> tuple[list[Coming], list[Coming]]:
    """The papers that a digest may show or name, and the others: the best of each date, then the second best."""
    by_date: dict[date, list[Coming]] = {}
    for one in sorted(papers, key=lambda one: (_ORDER[one.type], -len(one.types), one.paper_id)):
        by_date.setdefault(one.date, []).append(one)
    rounds = zip_longest(*(by_date[day] for day in sorted(by_date, reverse=True)))
    in_turn = [one for some in rounds for one in some if one is not None]
    return in_turn[:_EXPLAINED], in_turn[_EXPLAINED:]


async def _ranked(
    tx: Transaction, destination: int, asking: Sequence[Asked], papers: Sequence[Coming]
) -> list[Card]:
    """The cards of papers in the order of a digest; without those that no query finds any more."""
    subscriptions = {one.id: Subscription(one.id, destination, one.number, one.query) for one in asking}
    finders = {(one.paper_id, one.version): [subscriptions[number] for number in one.types] for one in papers}
    looked_at = await _candidates(tx, finders)
    found = await asyncio.to_thread(lambda: list(_matches(looked_at, finders)))
    known = {_version(one): one for one in looked_at}
    texts = {version: one.summary for version, one in known.items() if one.summary}
    return cards(found, {version: one.paper for version, one in known.items()}, subscriptions, texts)


async def _unexplained(tx: Transaction, papers: Sequence[Coming]) -> list[Card]:
    """The cards of papers that are named at the most."""
    stored_ = await tx.papers.papers([(one.paper_id, one.version) for one in papers])
    return [Card(stored_[one.paper_id, one.version], one.type, one.date) for one in papers]


async def _candidates(tx: Transaction, versions: Collection[Version]) -> list[Candidate]:
    """Papers with what was announced of them, and their Chinese texts."""
    return candidates(await tx.papers.announced(versions), await tx.texts.best(versions, Language.ZH))


def _matches(papers: Sequence[Candidate], finders: Mapping[Version, Sequence[Subscription]]) -> Iterator[Match]:
    for one in papers:
        prepared = _prepared(one) if finders[_version(one)] else None
        for subscription in finders[_version(one)]:
            query = stored(subscription.query)
            found = match(query, prepared) if prepared and isinstance(query, Query) else None
            if found is not None:
                yield Match(subscription.id, one.paper.id, one.paper.version, one.date, found.type, found.reasons)


def _prepared(one: Candidate) -> Prepared:
    """A paper in normal form; most are in many digests of a day."""
    return replace(_normal(one.paper, one.summary), candidate=one)


@lru_cache(maxsize=4096)
def _normal(paper: Paper, summary: Summary | None) -> Prepared:
    return prepare(Candidate(paper, {}, date.min, summary))


async def recorded(tx: Transaction, destination: int, contents: Contents) -> list[Card]:
    """The cards of a delivery that was composed before, in their order."""
    numbers = contents.papers[: contents.size]
    versions = await tx.papers.numbered(numbers)
    finders: dict[Version, list[Subscription]] = {version: [] for version in versions.values()}
    for n, some in zip(numbers, await _finders(tx, destination, contents.found_by), strict=False):
        if n in versions:
            finders[versions[n]] = some
    looked_at = {_version(one): one for one in await _candidates(tx, finders)}
    found: dict[Version, list[Match]] = {}
    for one in await asyncio.to_thread(lambda: list(_matches(list(looked_at.values()), finders))):
        found.setdefault((one.paper_id, one.version), []).append(one)
    in_order = [versions[n] for n in numbers if n in versions]
    return [
        _card(looked_at[version], found.get(version, []), finders[version])
        for version in in_order
        if version in looked_at
    ]


def _card(one: Candidate, found: Sequence[Match], finders: Sequence[Subscription]) -> Card:
    kinds = [match.type for match in found] or list(one.types.values())
    reasons = dict.fromkeys(reason for match in found for reason in match.reasons)
    kind = min(kinds, key=_ORDER.__getitem__)
    return Card(one.paper, kind, one.date, tuple(reasons), tuple(finders), one.summary)


def _found_by(asking: Sequence[Asked], ranked: Sequence[Card]) -> Iterator[int]:
    """Which subscriptions have found which papers, as numbers: subscriptions with queries, then card by card."""
    yield len(asking)
    for one in asking:
        yield from (one.number, one.query_id)
    destinations = {one.number: destination for destination, one in enumerate(asking)}
    for card in ranked:
        yield len(card.subscriptions)
        yield from (destinations[one.number] for one in card.subscriptions)


async def _finders(tx: Transaction, destination: int, found_by: Sequence[int]) -> list[list[Subscription]]:
    """The subscriptions of each card, as `_found_by` wrote them down."""
    rest = iter(found_by)
    asked = [(next(rest), next(rest)) for _ in range(next(rest, 0))]
    texts = await tx.hits.queries([query for _, query in asked])
    known = [Subscription(query, destination, number, texts.get(query, "")) for number, query in asked]
    return [[known[next(rest)] for _ in range(count)] for count in rest]


async def told_with(tx: Transaction, destination: int, papers: Collection[int], newest: int) -> list[int]:
    """What has become of papers that a destination has, and of those that come to it now: to be told once.

    Who has the later version knows by its card, and who has muted the paper does not want to.
    """
    through = await tx.changes.through(destination)
    became = {one.id: one for one in await tx.changes.since(through, newest)}
    became |= {one.id: one for one in await tx.changes.of(papers) if (one.batch or newest + 1) <= newest}
    mutes = (await tx.mutes.known(destination)).get(destination, ()) if became else ()
    has = await tx.hits.had(destination, withheld=False) | set(papers) if became else set()
    versions = await tx.papers.versions_of({one.paper_id for one in became.values()})
    before = await tx.changes.told_to(destination) if became else set()
    told = []
    for one in (one for number, one in sorted(became.items()) if number not in before):
        known = [version for version, n in versions.get(one.paper_id, ()) if n in has]
        if known and min(known) <= one.version and max(known) <= one.version and one.paper_id not in mutes:
            told.append(one.id)
    return told


def english_line(paper: Paper) -> Summary:
    """The sentence of the abstract that says most, for who has no better line."""
    return Summary(paper.id, paper.version, Language.EN, one_line=one_line(paper), provenance="extract")


def _with_lines(shown: Collection[Card], english: Mapping[Version, Summary]) -> tuple[Card, ...]:
    """The cards, each with its line in English: a model's, or else the authors' own sentence."""
    return tuple(replace(card, english=english.get(_version(card)) or english_line(card.paper)) for card in shown)


def _version(one: Candidate | Card) -> Version:
    return one.paper.id, one.paper.version
