"""The nearest misses: announced papers that lack the least of what a destination asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import NamedTuple

from bot.channels import Reply
from bot.commands.request import Request
from bot.commands.subscriptions import unreadable_in_words
from bot.digest import Card
from bot.errors import UserError
from bot.matching import Prepared, missing
from bot.model import AnnounceType, Language, Subscription
from bot.presentation.cards import cards_lines
from bot.presentation.dates import full_day
from bot.query import And, Query, stored

_SHOWN = 5


class Miss(NamedTuple):
    """A paper that one subscription wanted nearly, and the parts of the query that it lacks."""

    prepared: Prepared
    subscription: Subscription
    wanting: tuple[str, ...]


async def nearest_misses(request: Request) -> Reply:
    """What came nearest on the last announcement date, and what it lacked."""
    destination = request.known_destination()
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(destination.id)
    if not known:
        raise UserError("error.no_subscriptions")
    stock = await request.recent_papers.stock()
    if not stock.days:
        return request.reply(request.say("reply.nothing_stored"))
    papers = [one for one in stock.papers if one.candidate.date == stock.days[0]]
    found = await asyncio.to_thread(nearest, known, papers, _SHOWN)
    day = full_day(stock.days[0], request.language)
    return request.reply(
        request.say("reply.misses" if found else "reply.no_misses", day=day, n=len(papers)),
        *(_in_words(request, one) for one in found),
        request.say("reply.misses_hint", paper=found[0].prepared.candidate.paper.id) if found else "",
        *unreadable_in_words(request, known),
    )


def nearest(known: Sequence[Subscription], papers: Sequence[Prepared], most: int) -> list[Miss]:
    """The papers that lack the fewest parts of a query but have some of its words, each once. Pure."""
    found: dict[str, Miss] = {}
    for one in (miss for subscription in known for miss in _misses(subscription, papers)):
        paper = one.prepared.candidate.paper.id
        if paper not in found or len(one.wanting) < len(found[paper].wanting):
            found[paper] = one
    return nsmallest(most, found.values(), key=lambda one: (len(one.wanting), one.prepared.candidate.paper.id))


def _misses(subscription: Subscription, papers: Sequence[Prepared]) -> Iterable[Miss]:
    query = stored(subscription.query)
    if not isinstance(query, Query):
        return
    parts = query.root.parts if isinstance(query.root, And) else (query.root,)
    words = {str(part) for part in map(Query, parts) if part.terms}
    for one in papers:
        wanting = missing(query, one)
        if wanting and words - set(wanting):
            yield Miss(one, subscription, tuple(wanting))


def _in_words(request: Request, miss: Miss) -> str:
    one = miss.prepared.candidate
    (lines,) = cards_lines([Card(one.paper, AnnounceType.NEW, one.date)], Language(request.language))
    return request.say(
        "reply.miss",
        paper=one.paper.id,
        title=lines.titles[0].text,
        lack=lack_in_words(request, miss.wanting),
        number=miss.subscription.number,
    )


def lack_in_words(request: Request, wanting: Sequence[str]) -> str:
    """What a paper lacks of a query, and what it has that the query leaves out."""
    parts = {
        "lacks": [one for one in wanting if not one.startswith("-")],
        "has": [one.removeprefix("-") for one in wanting if one.startswith("-")],
    }
    comma = request.say("reply.comma")
    return comma.join(request.say(f"reply.{verb}", parts=comma.join(some)) for verb, some in parts.items() if some)
