"""What one delivery carries: fixed once, in one transaction, and read from there by every retry and every edit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from bot.digest import Card, Digest, Lack, NoPapers, Report, compose
from bot.jobs.aside import aside
from bot.jobs.ranking import matches, ranked, whole
from bot.matching import Candidate
from bot.model import AnnounceType, Language, Match, Paper, Subscription, Summary
from bot.pending import Waiting, known_of, waiting_after
from bot.presentation.no_papers import Audience, coverage_of, report_with_papers, report_without_papers
from bot.store import Store, Transaction
from bot.store.carried import Contents, Earlier
from bot.store.hits import Asking
from bot.store.outbox import Claim, Composed
from bot.store.versions import Version
from bot.summaries.extract import one_line
from bot.tokens import Links

THREAD = timedelta(days=7)
"""How old the last digest may be for the next to continue its thread: Gmail looks no further back."""

_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}


def nobody() -> Lack:
    """The reason where no maker of Chinese texts is set up."""
    return Lack.SETUP


class OvertakenError(Exception):
    """Another delivery has been fixed for the destination since this one was drafted: papers may be in both."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A digest, and what is to be fixed with it; nothing where it was fixed before."""

    claim: Claim
    digest: Digest
    contents: Contents | None = None
    newest: int = 0  # the last batch in it
    behind: tuple[int, ...] = ()  # the subscriptions that have had less until now
    before: tuple[int, int] = (0, 0)  # what was fixed for the destination before

    @property
    def is_new(self) -> bool:
        """Whether something comes with it that was not fixed before."""
        return self.contents is not None and not self.is_empty

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self.digest.cards and self.digest.no_papers is None


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

    async def draft(self, claims: Sequence[Claim]) -> list[Drafted]:
        """What would go to each destination now: its papers, or else why there are none. Nothing is fixed."""
        destinations = {claim.destination.id for claim in claims}
        async with self._store.read() as tx:
            earlier = await tx.carried.earlier(destinations)
            asking = await tx.hits.asking(destinations)
            return [
                await self._draft(tx, claim, earlier[claim.destination.id], asking.get(claim.destination.id, []))
                for claim in claims
            ]

    async def _draft(self, tx: Transaction, claim: Claim, earlier: Earlier, asking: Sequence[Asking]) -> Drafted:
        contents = await tx.carried.contents(claim.id) if earlier.has_papers(claim.id) else None
        if contents is not None and contents.shown is not None:
            return Drafted(claim, await self._recorded(tx, claim, contents, earlier, asking))
        waiting = await waiting_after(tx, claim.destination.id, earlier, asking)
        contents, cards = await self._contents(tx, claim, waiting)
        digest = await self._written(tx, claim, contents, cards, waiting.asking, earlier)
        behind = tuple(one.id for one in waiting.asking if one.through < waiting.newest)
        return Drafted(claim, digest, contents, waiting.newest, behind, earlier.state)

    async def fix(self, tx: Transaction, drafts: Sequence[Drafted]) -> None:
        """Let nothing of drafts that the outbox takes come again; an empty draft gives up its delivery.

        Raises OvertakenError; the transaction must end with it. A command since the draft comes after this digest,
        whose subscriptions are those that were there before.
        """
        destinations = {one.claim.destination.id for one in drafts}
        if len(destinations) < len(drafts):
            raise OvertakenError
        newest = max(one.newest for one in drafts)  # what was drafted together has seen the same
        if has_news := {one.claim.destination.id for one in drafts if one.is_new}:
            await tx.changes.advance(has_news, newest)
        for destination in destinations - has_news:
            await tx.subscribers.hold(destination)
        states = await tx.carried.states(destinations)
        if any(one.contents and states[one.claim.destination.id] != one.before for one in drafts):
            raise OvertakenError
        behind = set[int]()
        for one in drafts:
            if not one.is_empty or await self._given_up(
                tx, one, has_had=states[one.claim.destination.id] != (0, 0)
            ):
                behind.update(one.behind)
        if behind:
            await tx.hits.advance(behind, newest)

    async def _given_up(self, tx: Transaction, draft: Drafted, *, has_had: bool) -> bool:
        """End a delivery with which nothing comes, and remember what is muted; False when it is not ours."""
        claim, contents = draft.claim, draft.contents
        muted = contents if contents and contents.withheld else None
        if muted and not has_had:
            is_kept = await tx.outbox.compose([Composed(claim, (), muted)])
            return is_kept and await tx.outbox.finish([claim], self._clock())
        if not await tx.outbox.discard(claim):
            return False
        if muted:
            await tx.carried.withhold(claim.destination.id, muted.papers)
        return True

    async def again(self, claim: Claim) -> Digest:
        """The digest of a delivery that was composed before, with the texts made since."""
        async with self._store.read() as tx:
            contents = await tx.carried.contents(claim.id) or Contents()
            return await self._recorded(tx, claim, contents, *await known_of(tx, claim.destination.id))

    async def _recorded(
        self, tx: Transaction, claim: Claim, contents: Contents, earlier: Earlier, asking: Sequence[Asking]
    ) -> Digest:
        cards = await recorded(tx, claim.destination.id, contents)
        return await self._written(tx, claim, contents, cards, [one for one in asking if not one.paused], earlier)

    async def _contents(self, tx: Transaction, claim: Claim, waiting: Waiting) -> tuple[Contents, list[Card]]:
        """What comes to the destination as what this delivery carries; with the cards of it."""
        cap = claim.destination.shown(self._cap)
        by_number = await ranked(tx, claim.destination.id, waiting, cap)
        numbers = {card.paper.id: n for n, card in by_number.items()}
        arranged = compose("", claim.destination, list(by_number.values()), report=Report(), cap=cap)
        cards = [*arranged.cards, *arranged.rest]
        papers = [numbers[card.paper.id] for card in cards]
        contents = Contents(
            papers=(*papers, *(one.n for one in waiting.muted)),
            shown=min(len(cards), cap),
            withheld=len(waiting.muted),
            found_by=tuple(_found_by(waiting.asking, cards)),
            changes=tuple(await told_with(tx, papers, waiting)),
        )
        return contents, cards

    async def _written(
        self,
        tx: Transaction,
        claim: Claim,
        contents: Contents,
        cards: Sequence[Card],
        asking: Sequence[Asking],
        earlier: Earlier,
    ) -> Digest:
        destination = claim.destination
        audience = Audience(destination, [one.query for one in asking], claim.due)
        if cards:
            coverage = await coverage_of(tx, {card.date for card in cards})
            report = await report_with_papers(tx, audience, coverage)
        else:
            report = await report_without_papers(tx, audience, self._clock(), self._holidays)
        shown = cards[: contents.shown]
        digest = Digest(
            key=claim.key,
            destination=destination,
            cards=await aside(len(shown), lambda: _with_lines(shown)),
            matched=contents.size,
            coverage=report.coverage,
            rest=tuple(cards[contents.shown :]) if contents.shown is not None else (),
            faults=report.faults,
            no_papers=report.no_papers,
            changes=tuple(await tx.changes.told(contents.changes) if contents.changes else ()),
            previous=await tx.outbox.key(claim, earlier.last(claim.id, self._clock() - THREAD)),
            link=self._link(claim, report.no_papers if not cards else None),
        )
        return self._with_what_it_lacks(digest)

    def _with_what_it_lacks(self, digest: Digest) -> Digest:
        """Say why Chinese texts are missing; where nobody makes any, who reads both languages reads English."""
        language, papers = digest.destination.language, (*digest.cards, *digest.rest)
        if language is Language.EN:
            return digest
        why = self._lack() if any(card.lacks for card in digest.cards) or not papers else Lack.NOTHING
        if why is Lack.SETUP and not any(card.summary for card in papers):
            language = language.without_chinese
        destination = replace(digest.destination, language=language)
        return replace(digest, destination=destination, lack=why if papers else Lack.NOTHING)

    def _link(self, claim: Claim, no_papers: NoPapers | None) -> str:
        """The page with the papers of a digest; of one without papers, that of the date of which it speaks."""
        page = self._links.digest(claim.id, claim.due) if self._links else ""
        if not page or no_papers is None:
            return page
        return f"{page}papers/{no_papers.dates[-1]}" if no_papers.read else ""


async def recorded(tx: Transaction, destination: int, contents: Contents) -> list[Card]:
    """The cards of a delivery that was composed before, in their order."""
    numbers = contents.papers[: contents.size]
    versions = await tx.papers.numbered(numbers)
    finders: dict[Version, list[Subscription]] = {version: [] for version in versions.values()}
    for n, some in zip(numbers, await _finders(tx, destination, contents.found_by), strict=False):
        if n in versions:
            finders[versions[n]] = some
    looked_at, english = await whole(tx, finders)
    found: dict[Version, list[Match]] = {}
    for one in await aside(len(looked_at), lambda: list(matches(looked_at.values(), finders))):
        found.setdefault((one.paper_id, one.version), []).append(one)
    in_order = [versions[n] for n in numbers if n in versions]
    return [
        replace(_card(looked_at[version], found.get(version, []), finders[version]), english=english.get(version))
        for version in in_order
        if version in looked_at
    ]


def _card(one: Candidate, found: Sequence[Match], finders: Sequence[Subscription]) -> Card:
    kinds = [match.type for match in found] or list(one.types.values())
    reasons = dict.fromkeys(reason for match in found for reason in match.reasons)
    kind = min(kinds, key=_ORDER.__getitem__)
    return Card(one.paper, kind, one.date, tuple(reasons), tuple(finders), one.summary)


def _found_by(asking: Sequence[Asking], cards: Sequence[Card]) -> Iterator[int]:
    """Which subscriptions have found which papers, as numbers: subscriptions with queries, then card by card."""
    yield len(asking)
    for one in asking:
        yield from (one.number, one.query_id)
    places = {one.number: place for place, one in enumerate(asking)}
    last = max((place for place, card in enumerate(cards, 1) if card.subscriptions), default=0)
    for card in cards[:last]:
        yield len(card.subscriptions)
        yield from (places[one.number] for one in card.subscriptions)


async def _finders(tx: Transaction, destination: int, found_by: Sequence[int]) -> list[list[Subscription]]:
    """The subscriptions of each card, as `_found_by` wrote them down."""
    rest = iter(found_by)
    asked = [(next(rest), next(rest)) for _ in range(next(rest, 0))]
    texts = await tx.hits.queries([query for _, query in asked])
    known = [Subscription(query, destination, number, texts.get(query, "")) for number, query in asked]
    return [[known[next(rest)] for _ in range(count)] for count in rest]


async def told_with(tx: Transaction, papers: Collection[int], waiting: Waiting) -> list[int]:
    """What has become of papers that a destination has, and of those that come to it now: to be told once.

    Who has the later version knows by its card, and who has muted the paper does not want to.
    """
    became = await tx.changes.become(waiting.told_through, papers, waiting.newest)
    if not became:
        return []
    versions = await tx.papers.versions_of({one.paper_id for one in became})
    has = waiting.earlier.had({n for some in versions.values() for _, n in some}, withheld=False) | set(papers)
    before, told = waiting.earlier.told(), []
    for one in sorted(became, key=lambda one: one.id):
        known = [version for version, n in versions.get(one.paper_id, ()) if n in has]
        is_news = known and min(known) <= one.version and max(known) <= one.version
        if is_news and one.paper_id not in waiting.mutes and one.id not in before:
            told.append(one.id)
    return told


@lru_cache(maxsize=2048)  # a day's papers are in many digests
def english_line(paper: Paper) -> Summary:
    """The sentence of the abstract that says most, where there is no AI summary."""
    return Summary(paper.id, paper.version, Language.EN, one_line=one_line(paper), provenance="extract")


def _with_lines(shown: Collection[Card]) -> tuple[Card, ...]:
    """The cards, each with its line in English: a model's, or else the authors' own sentence."""
    return tuple(replace(card, english=card.english or english_line(card.paper)) for card in shown)
