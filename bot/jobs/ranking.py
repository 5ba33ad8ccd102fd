"""The cards of a digest, in order: ranked by what is known of all papers, explained as far as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from itertools import zip_longest

from bot.digest import Card, cards, in_turn, standing
from bot.jobs.aside import aside
from bot.matching import Candidate, Prepared, candidates, match, prepare, title_reasons
from bot.model import AnnounceType, Language, Match, Paper, Reason, Subscription, Summary
from bot.pending import Waiting
from bot.query import Query, stored
from bot.store import Transaction
from bot.store.hits import Coming
from bot.store.texts import Titled
from bot.store.versions import Version

_LOOKED_AT = 200
"""Papers that are ranked by what their titles say: more than any digest shows, or names for most readers."""

_UNTITLED = Titled()
_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}
Finders = Mapping[Version, Sequence[Subscription]]
"""The subscriptions that have found each paper."""

TitleReasons = Callable[[Prepared], Iterator[Reason]]
"""The reasons of a query that stand in the titles of a paper."""


async def ranked(tx: Transaction, destination: int, waiting: Waiting, cap: int) -> dict[int, Card]:
    """What comes to a destination by the numbers of papers, in turn; the first `cap` of them are explained.

    What no query finds any more has gone; that can be only of what more was told of since it was found.
    """
    first, others = _first(waiting.papers)
    chinese = await tx.recall.get("titles", [one.n for one in first], tx.texts.titles)
    subscriptions = {one.id: Subscription(one.id, destination, one.number, one.query) for one in waiting.asking}
    finders = {one.n: tuple(subscriptions[number] for number in one.types) for one in first}
    reasons = {
        number: title_reasons(query) for number, one in subscriptions.items() if (query := _read(one.query))
    }
    found = {one.n: _by_title(one, finders[one.n], chinese.get(one.n, _UNTITLED), reasons) for one in first}
    todo = {one.n for one in first if not one.is_sure or not chinese.get(one.n, _UNTITLED).is_matched}
    standings = {n: standing(card) for n, card in found.items()}
    known: set[int] = set()
    while True:
        in_order = in_turn(found, standings.__getitem__)
        todo = (todo | set(in_order[:cap])) - known
        if not todo:
            break
        before = {n: standings.pop(n) for n in todo}
        numbers = {_version_of(found.pop(n)): n for n in sorted(todo)}
        explained = await _explained(tx, {version: finders[n] for version, n in numbers.items()})
        found |= {numbers[_version_of(card)]: card for card in explained}
        now = {n: standing(found[n]) for n in todo & found.keys()}
        standings |= now
        known |= todo
        if now == before:
            break  # none has gone, and all stand where they stood
    return {n: found[n] for n in in_order} | {one.n: Card(one.paper, one.type, one.date) for one in others}


def _first(papers: Sequence[Coming]) -> tuple[list[Coming], list[Coming]]:
    """The papers that a digest may show or name, and the others: the best of each date, then the second best."""
    by_date: dict[date, list[Coming]] = {}
    for one in sorted(papers, key=lambda one: (_ORDER[one.type], -len(one.types), one.paper_id)):
        by_date.setdefault(one.date, []).append(one)
    rounds = zip_longest(*(by_date[day] for day in sorted(by_date, reverse=True)))
    found = [one for some in rounds for one in some if one is not None]
    return found[:_LOOKED_AT], found[_LOOKED_AT:]


def _by_title(
    one: Coming, finders: tuple[Subscription, ...], chinese: Titled, reasons: Mapping[int, TitleReasons]
) -> Card:
    """A card with its titles, and the reasons that stand in them."""
    paper = one.paper
    prepared = _titled(paper.id, paper.version, paper.title, chinese.title)
    found = dict.fromkeys(each for number in one.types if number in reasons for each in reasons[number](prepared))
    return Card(paper, one.type, one.date, tuple(found), finders, prepared.candidate.summary)


async def _explained(tx: Transaction, finders: Finders) -> list[Card]:
    """The cards of papers that some query still finds, whole."""
    looked_at, english = await whole(tx, finders)
    found = await aside(len(looked_at), lambda: list(matches(looked_at.values(), finders)))
    subscriptions = {one.id: one for some in finders.values() for one in some}
    texts = {version: one.summary for version, one in looked_at.items() if one.summary}
    made = cards(found, {version: one.paper for version, one in looked_at.items()}, subscriptions, texts)
    return [replace(card, english=english.get(_version_of(card))) for card in made]


async def whole(
    tx: Transaction, versions: Collection[Version]
) -> tuple[dict[Version, Candidate], dict[Version, Summary]]:
    """Papers with what was announced of them and their Chinese texts; and their lines in English."""

    async def read(new: Collection[Version]) -> dict[Version, tuple[Candidate, Summary | None]]:
        texts = await tx.texts.best_in(new, Language.ZH, Language.EN)
        found = candidates(await tx.papers.announced(new), texts[Language.ZH])
        by_version = {(one.paper.id, one.paper.version): one for one in found}
        return {version: (one, texts[Language.EN].get(version)) for version, one in by_version.items()}

    found = await tx.recall.get("whole", versions, read)
    return (
        {version: one for version, (one, _) in found.items()},
        {version: english for version, (_, english) in found.items() if english is not None},
    )


def matches(papers: Iterable[Candidate], finders: Finders) -> Iterator[Match]:
    """How subscriptions find papers, as far as they still do."""
    for one in papers:
        version = one.paper.id, one.paper.version
        prepared = _prepared(one) if finders[version] else None
        for subscription in finders[version]:
            query = _read(subscription.query)
            found = match(query, prepared) if prepared and query else None
            if found is not None:
                yield Match(subscription.id, *version, one.date, found.type, found.reasons)


def _read(text: str) -> Query | None:
    query = stored(text)
    return query if isinstance(query, Query) else None


def _prepared(one: Candidate) -> Prepared:
    """A paper in normal form; most are in many digests of a day."""
    return replace(_normal(one.paper, one.summary), candidate=one)


@lru_cache(maxsize=2048)
def _normal(paper: Paper, summary: Summary | None) -> Prepared:
    return prepare(Candidate(paper, {}, date.min, summary))


@lru_cache(maxsize=8192)
def _titled(paper_id: str, version: int, title: str, chinese: str) -> Prepared:
    """The titles of a paper alone, in normal form."""
    summary = Summary(paper_id, version, Language.ZH, title=chinese) if chinese else None
    return prepare(Candidate(Paper(paper_id, version, title, (), "", ()), {}, date.min, summary))


def _version_of(one: Card) -> Version:
    """What its paper is."""
    return one.paper.id, one.paper.version
