"""What queries would have matched in the stored announcements. Evaluated in a thread, outside of transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.commands.request import Request
from bot.commands.times import days_in_words
from bot.digest import Card, cards
from bot.matching import Candidate, candidates, is_wanted, match, matches, prepare, reads
from bot.model import ALL, Announcement, Language, Match, Subscription
from bot.query import Query, parse
from bot.store import Store
from bot.taxonomy import resolve

DAYS = 5
"""The stored announcement dates that a trial looks at: about a week."""
_UNREAD_SHOWN = 5
_TRIED = Subscription(id=0, destination_id=0, number=0, query="")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one query would have matched."""

    days: tuple[date, ...]  # that are stored, newest first
    papers: int  # announced on these dates in the categories that were read
    cards: tuple[Card, ...]  # what digests would have carried, best first
    revised: int  # papers that match, but that digests leave out
    unread: tuple[str, ...]  # categories of the query of which nothing is stored for these dates


async def trial_of(store: Store, query: Query) -> Trial:
    """Try a query on the last stored announcements."""
    async with store.read() as tx:
        days = await tx.papers.days(DAYS)
        announced = await tx.papers.announced_on(days)
        concerned = _concerned(announced, reads([query]))
        summaries = await tx.papers.summaries({_version(one) for one in concerned}, Language.ZH)
        read = {row.category for row in await tx.papers.coverage(days)}
    found, revised = await asyncio.to_thread(_matched, query, candidates(concerned, summaries))
    papers = {_version(one): one.paper for one in concerned}
    ranked = cards(found, papers, {_TRIED.id: _TRIED}, summaries)
    return Trial(
        days=tuple(days),
        papers=len({one.paper.id for one in announced}),
        cards=tuple(replace(card, subscriptions=()) for card in ranked),
        revised=revised,
        unread=() if ALL in read else tuple(sorted(query.categories - read)),
    )


async def cards_on(store: Store, day: date, subscriptions: Sequence[Subscription]) -> list[Card]:
    """What subscriptions match among the announcements of one date, whenever they were made."""
    reading = reads(parse(one.query) for one in subscriptions)
    async with store.read() as tx:
        mutes = await tx.subscribers.mutes()
        announced = await tx.papers.announced_on([day])
        concerned = _concerned(announced, reading)
        summaries = await tx.papers.summaries({_version(one) for one in concerned}, Language.ZH)
    found = await asyncio.to_thread(lambda: list(matches(subscriptions, candidates(concerned, summaries), mutes)))
    papers = {_version(one): one.paper for one in concerned}
    return cards(found, papers, {one.id: one for one in subscriptions}, summaries)


def trial_in_words(request: Request, trial: Trial) -> str:
    """How many papers a query would have matched, and on which dates; honest when nothing was read yet."""
    if not trial.days:
        return request.say("reply.nothing_stored")
    days = days_in_words(trial.days, request.language)
    lines = [request.say("reply.would_match", n=len(trial.cards), papers=trial.papers, days=days)]
    if trial.unread:
        lines.append(_unread_in_words(request, trial))
    if trial.revised:
        lines.append(request.say("reply.left_out", n=trial.revised))
    return "\n".join(lines)


def _unread_in_words(request: Request, trial: Trial) -> str:
    shown = ", ".join(trial.unread[:_UNREAD_SHOWN])
    more = len(trial.unread) - _UNREAD_SHOWN
    if more > 0:
        return request.say("reply.unread_many", categories=shown, more=more)
    return request.say("reply.unread", categories=shown)


def _matched(query: Query, papers: Collection[Candidate]) -> tuple[list[Match], int]:
    """The matches that a digest would carry, and how many it would leave out."""
    wanted: list[Match] = []
    revised: set[str] = set()
    for one in papers:
        found = match(query, prepare(one))
        if found is None:
            continue
        if is_wanted(query, found.type):
            paper = one.paper
            wanted.append(Match(_TRIED.id, paper.id, paper.version, one.date, found.type, found.reasons))
        else:
            revised.add(one.paper.id)
    return wanted, len(revised - {one.paper_id for one in wanted})


def _concerned(announced: Collection[Announcement], reading: frozenset[str] | None) -> list[Announcement]:
    """The announcements of papers that can match: the others need not be brought into normal form."""
    if reading is None:
        return list(announced)
    codes: dict[str, str | None] = {}
    for one in announced:
        for code in one.paper.categories:
            if code not in codes:
                codes[code] = resolve(code)
    return [one for one in announced if any(codes[code] in reading for code in one.paper.categories)]


def _version(one: Announcement) -> tuple[str, int]:
    return (one.paper.id, one.paper.version)
