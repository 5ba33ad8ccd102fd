"""What queries would have matched in the stored announcements. Evaluated in a thread, outside of transactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from bot.commands.request import Request
from bot.commands.times import days_in_words
from bot.digest import Card, cards
from bot.matching import Candidate, candidates, is_wanted, match, matches, missing, prepare, reads
from bot.model import ALL, Announcement, Language, Match, Subscription
from bot.query import Field, Query, parse
from bot.store import Store
from bot.taxonomy import resolve

DAYS = 5
"""The stored announcement dates that a trial looks at: about a week."""
WIDE = 30
"""Papers a day from which on a query is called wide."""
_UNREAD_SHOWN = 5
_TRIED = Subscription(id=0, destination_id=0, number=0, query="")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one query would have matched."""

    query: Query
    days: tuple[date, ...]  # that are stored, newest first
    papers: int  # announced on these dates in the categories that were read
    concerned: int  # of these, in the categories of the query; the same when it has none
    cards: tuple[Card, ...]  # what digests would have carried, best first
    revised: int  # papers that match, but that digests leave out
    unread: tuple[str, ...]  # categories of the query of which nothing is stored for these dates
    absent: tuple[str, ...]  # parts of the query, all of which must hold, that hold for no paper

    @property
    def per_day(self) -> float:
        """How many papers a day would have come."""
        return len(self.cards) / max(len(self.days), 1)

    @property
    def leading(self) -> tuple[str, int] | None:
        """The one of several terms to which most papers are due, and how many of them have it."""
        terms = [
            {one.term for one in card.reasons if one.field not in ("category", "type")} for card in self.cards
        ]
        counts = Counter(term for found in terms for term in found)
        return counts.most_common(1)[0] if len(counts) > 1 else None


async def trial_of(store: Store, query: Query) -> Trial:
    """Try a query on the last stored announcements."""
    async with store.read() as tx:
        days = await tx.papers.days(DAYS)
        announced = await tx.papers.announced_on(days)
        concerned = _concerned(announced, reads([query]))
        summaries = await tx.texts.best({_version(one) for one in concerned}, Language.ZH)
        read = {row.category for row in await tx.papers.coverage(days)}
    result = await asyncio.to_thread(_matched, query, candidates(concerned, summaries))
    papers = {_version(one): one.paper for one in concerned}
    ranked = cards(result.wanted, papers, {_TRIED.id: _TRIED}, summaries)
    return Trial(
        query=query,
        days=tuple(days),
        papers=len({one.paper.id for one in announced}),
        cards=tuple(replace(card, subscriptions=()) for card in ranked),
        concerned=len({one.paper.id for one in concerned}),
        revised=result.revised,
        absent=result.absent,
        unread=() if ALL in read else tuple(sorted(query.categories - read)),
    )


async def cards_on(store: Store, day: date, subscriptions: Sequence[Subscription]) -> list[Card]:
    """What subscriptions match among the announcements of one date, whenever they were made."""
    reading = reads(parse(one.query) for one in subscriptions)
    async with store.read() as tx:
        mutes = await tx.mutes.known()
        announced = await tx.papers.announced_on([day])
        concerned = _concerned(announced, reading)
        summaries = await tx.texts.best({_version(one) for one in concerned}, Language.ZH)
    found = await asyncio.to_thread(lambda: list(matches(subscriptions, candidates(concerned, summaries), mutes)))
    papers = {_version(one): one.paper for one in concerned}
    return cards(found, papers, {one.id: one for one in subscriptions}, summaries)


def trial_in_words(request: Request, trial: Trial) -> str:
    """How many papers a query would have matched, and on which dates; honest when nothing was read yet."""
    if not trial.days:
        return request.say("reply.nothing_stored")
    days = days_in_words(trial.days, request.language)
    lines = [request.say("reply.would_match", n=len(trial.cards), papers=trial.papers, days=days)]
    if trial.cards:
        lines += _statistics_in_words(request, trial)
    elif trial.concerned and not trial.revised:
        lines.append(_nothing_in_words(request, trial))
    if trial.unread:
        lines.append(_unread_in_words(request, trial))
    if trial.revised:
        lines.append(request.say("reply.left_out", n=trial.revised))
    return "\n".join(lines)


def _statistics_in_words(request: Request, trial: Trial) -> list[str]:
    """How many a day, how much of its categories, what makes most of them, and what to do when that is a lot."""
    per_day = f"{trial.per_day:.0f}" if trial.per_day >= 10 else f"{trial.per_day:.1f}"
    share = f"{100 * len(trial.cards) / trial.concerned:.0f}"
    lines = [request.say("reply.per_day", n=per_day, share=share)]
    if trial.leading:
        term, count = trial.leading
        lines.append(request.say("reply.leading", term=term, n=count))
    if trial.per_day > WIDE:
        lines.append(_wide_in_words(request, trial))
    return lines


def _wide_in_words(request: Request, trial: Trial) -> str:
    if not trial.query.categories:
        return request.say("reply.wide_without_category")
    if terms := [term for term in trial.query.terms if term.field is None]:
        title = replace(terms[0], field=Field.TITLE)
        return request.say("reply.wide_term", title=str(Query(title)))
    return request.say("reply.wide_category")


def _nothing_in_words(request: Request, trial: Trial) -> str:
    if trial.absent:
        return request.say("reply.absent", parts=request.say("reply.comma").join(trial.absent))
    return request.say("reply.never_together")


def _unread_in_words(request: Request, trial: Trial) -> str:
    shown = ", ".join(trial.unread[:_UNREAD_SHOWN])
    more = len(trial.unread) - _UNREAD_SHOWN
    if more > 0:
        return request.say("reply.unread_many", categories=shown, more=more)
    return request.say("reply.unread", categories=shown)


class _Result(NamedTuple):
    """The matches that a digest would carry, how many it would leave out, and what holds for no paper."""

    wanted: list[Match]
    revised: int
    absent: tuple[str, ...]


def _matched(query: Query, papers: Collection[Candidate]) -> _Result:
    wanted: list[Match] = []
    revised: set[str] = set()
    absent: dict[str, None] | None = None
    for one in papers:
        prepared = prepare(one)
        found = match(query, prepared)
        if found is None:
            here = missing(query, prepared)
            absent = dict.fromkeys(here) if absent is None else {part: None for part in absent if part in here}
            continue
        if is_wanted(query, found.type):
            paper = one.paper
            wanted.append(Match(_TRIED.id, paper.id, paper.version, one.date, found.type, found.reasons))
        else:
            revised.add(one.paper.id)
    return _Result(wanted, len(revised - {one.paper_id for one in wanted}), tuple(absent or ()))


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
