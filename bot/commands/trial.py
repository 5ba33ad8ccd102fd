"""What queries would have matched in the stored announcements. Evaluated in a thread, outside of transactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from bot.commands.recent_papers import RecentPapers
from bot.commands.request import Request
from bot.digest import PAGE, Card, Version, cards
from bot.matching import (
    Candidate,
    Prepared,
    Sighting,
    candidates,
    is_wanted,
    match,
    missing,
    reads,
    sightings,
    with_texts,
)
from bot.model import ALL, Announcement, Language, Match, Paper, Subscription, Summary
from bot.presentation.dates import full_days
from bot.query import Field, Query, still_read
from bot.store import Store
from bot.taxonomy import categories, resolve
from bot.text.normal import has_han

WIDE = 30
"""Papers a day from which on a query is called wide."""
_UNREAD_SHOWN = 5
_BEST = 5  # cards
_HOMES = 3  # categories
_TRIED = Subscription(id=0, destination_id=0, number=0, query="")


@dataclass(frozen=True, slots=True)
class Trial:
    """What one query would have matched."""

    query: Query
    days: tuple[date, ...]  # that are stored, newest first
    papers: int  # announced on these dates in the categories that were read
    concerned: int  # of these, in the categories of the query; the same when it has none
    matched: int  # what digests would have carried
    cards: tuple[Card, ...]  # the best of these
    leading: tuple[str, int] | None  # the one of several terms to which most are due, and how many
    revised: int  # papers that match, but that digests leave out
    unread: tuple[str, ...]  # categories of the query of which nothing is stored for these dates
    absent: tuple[str, ...]  # parts of the query, all of which must hold, that hold for no paper
    homes: tuple[str, ...]  # the primary categories of most of what matched

    @property
    def per_day(self) -> float:
        """How many papers a day would have come."""
        return self.matched / max(len(self.days), 1)


class OnDay(NamedTuple):
    """What subscriptions match of one date, with the papers that they could match, and their Chinese texts."""

    sightings: list[Sighting]
    papers: Mapping[Version, Paper]
    summaries: Mapping[Version, Summary]


async def trial_of(recent_papers: RecentPapers, query: Query) -> Trial:
    """Try a query on the last stored announcements."""
    stock = await recent_papers.stock()
    reading = reads([query])
    concerned = [one for one in stock.papers if reading is None or not one.categories.isdisjoint(reading)]
    dated = {one.candidate.date for one in concerned}
    texts: dict[Version, Summary] = {}
    async with recent_papers.store.read() as tx:
        read = {row.category for row in await tx.papers.coverage(stock.days)}
        if has_han(str(query)):  # nothing else is looked for in Chinese texts
            texts = await tx.texts.best({_version(one.candidate) for one in concerned}, Language.ZH)
    result = await asyncio.to_thread(_tried, query, concerned, texts)
    async with recent_papers.store.read() as tx:
        texts = await tx.texts.best({_version(one) for one in result.best}, Language.ZH)
    return Trial(
        query=query,
        days=tuple(day for day in stock.days if not reading or day in dated) or stock.days,
        papers=len({one.candidate.paper.id for one in stock.papers}),
        concerned=len({one.candidate.paper.id for one in concerned}),
        matched=result.matched,
        cards=tuple(replace(card, summary=texts.get(_version(card)), subscriptions=()) for card in result.best),
        leading=result.leading,
        revised=result.revised,
        unread=() if ALL in read else tuple(sorted(query.categories - read)),
        absent=result.absent,
        homes=result.homes,
    )


async def found_on(store: Store, day: date, subscriptions: Sequence[Subscription]) -> OnDay:
    """The papers of a date that a destination's subscriptions match, however old they are, in turn."""
    reading = reads(still_read(one.query for one in subscriptions))
    destination = subscriptions[0].destination_id
    async with store.read() as tx:
        mutes = await tx.mutes.of(destination)
        announced = await tx.papers.announced_on([day])
        concerned = _concerned(announced, reading)
        summaries = await tx.texts.best({_version(one) for one in concerned}, Language.ZH)
    found = await asyncio.to_thread(sightings, subscriptions, candidates(concerned, summaries), mutes)
    return OnDay(found, {_version(one): one.paper for one in concerned}, summaries)


async def page_of(
    store: Store, day: date, subscriptions: Sequence[Subscription], page: int
) -> tuple[int, list[Card]]:
    """How many papers of a date a destination's subscriptions match, and a page of them."""
    found, papers, summaries = await found_on(store, day, subscriptions)
    shown = found[(page - 1) * PAGE : page * PAGE] if page > 0 else []
    explained = [match for one in shown for match in one.matches]
    return len(found), cards(explained, papers, {one.id: one for one in subscriptions}, summaries)


def trial_in_words(request: Request, trial: Trial, *, is_subscribed: bool = False) -> str:
    """How many papers a query would have matched, and on which dates; honest when nothing was read yet."""
    if not trial.days and not (is_subscribed and trial.unread):
        return request.say("reply.nothing_stored")
    lines = []
    if trial.concerned or not trial.unread:
        days = full_days(trial.days, request.language)
        lines.append(request.say("reply.would_match", n=trial.matched, papers=trial.concerned, days=days))
    if trial.unread:  # nothing can be said of what it will bring, and of what it lacks
        lines.append(_unread_in_words(request, trial, "follows" if is_subscribed else "unread"))
    elif trial.matched:
        lines += _statistics_in_words(request, trial)
    elif trial.concerned and not trial.revised:
        lines.append(_nothing_in_words(request, trial))
    if trial.revised:
        lines.append(request.say("reply.left_out", n=trial.revised))
    return "\n".join(lines)


def _statistics_in_words(request: Request, trial: Trial) -> list[str]:
    """How many a day, how much of its categories, what makes most of them, and what to do when that is a lot."""
    per_day = f"{trial.per_day:.0f}" if trial.per_day >= 10 else f"{trial.per_day:.1f}".removesuffix(".0")
    share = f"{100 * trial.matched / trial.concerned:.0f}"
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
        parts = request.say("reply.comma").join(trial.absent)
        return request.say("reply.absent", n=len(trial.absent), parts=parts)
    return request.say("reply.never_together")


def _unread_in_words(request: Request, trial: Trial, key: str) -> str:
    shown = ", ".join(trial.unread[:_UNREAD_SHOWN])
    more = len(trial.unread) - _UNREAD_SHOWN
    if more > 0:
        return request.say(f"reply.{key}_many", categories=shown, more=more)
    return request.say(f"reply.{key}", categories=shown)


class _Result(NamedTuple):
    """What a digest would carry, what it would leave out, and what holds for no paper."""

    matched: int
    best: list[Card]
    leading: tuple[str, int] | None
    revised: int
    absent: tuple[str, ...]
    homes: tuple[str, ...]


def _tried(query: Query, papers: Iterable[Prepared], texts: Mapping[Version, Summary]) -> _Result:
    wanted: list[Match] = []
    known: dict[Version, Paper] = {}
    revised: set[str] = set()
    absent: dict[str, None] | None = None
    for prepared in papers:
        version = _version(prepared.candidate)
        one = with_texts(prepared, texts[version]) if version in texts else prepared
        found = match(query, one)
        if found is None:
            if absent is None or absent:
                here = missing(query, one)
                absent = {part: None for part in (here if absent is None else absent) if part in here}
        elif is_wanted(query, found.type):
            known[version] = one.candidate.paper
            wanted.append(Match(_TRIED.id, *version, one.candidate.date, found.type, found.reasons))
        else:
            revised.add(version[0])
    found_cards = cards(wanted, known, {_TRIED.id: _TRIED}, {})
    return _Result(
        matched=len(found_cards),
        best=found_cards[:_BEST],
        leading=_leading(found_cards),
        revised=len(revised - {one.paper_id for one in wanted}),
        absent=tuple(absent or ()),
        homes=_homes(known.values()),
    )


def _leading(found: Iterable[Card]) -> tuple[str, int] | None:
    """The term to which most papers are due, when there are several."""
    terms = ({one.term for one in card.reasons if one.field not in ("category", "type")} for card in found)
    counts = Counter(term for these in terms for term in these)
    return counts.most_common(1)[0] if len(counts) > 1 else None


def _homes(papers: Iterable[Paper]) -> tuple[str, ...]:
    """The primary categories of most of these papers."""
    counts = Counter(code for one in papers if (code := resolve(one.primary)) in categories())
    return tuple(code for code, _ in counts.most_common(_HOMES) if code)


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


def _version(one: Announcement | Candidate | Card) -> Version:
    return (one.paper.id, one.paper.version)
