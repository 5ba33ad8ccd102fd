"""The commands that explain the bot: status and help. They change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.channels import Reply
from bot.channels.absence import fault_lines
from bot.channels.coverage import coverage_lines, coverage_rows
from bot.coming import waiting_for
from bot.commands.habits import BY_REQUEST
from bot.commands.request import Request
from bot.commands.subscriptions import habits_in_words, next_digest_in_words
from bot.commands.times import day_in_words, instant_in_words
from bot.commands.typed import shown
from bot.model import Destination, Subscription
from bot.silence import concerning
from bot.store import Transaction
from bot.store.carried import Delivered

_DELIVERIES = 5
_ROWS = 12  # of coverage
_REFUSING = 20
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


async def status(request: Request) -> Reply:
    """How things stand: what was read, what was delivered, what waits, what comes next."""
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(request.place.id) if request.place else []
        lines = await _listings(request, tx, known)
        if request.place is None:
            lines.append(request.say("reply.no_subscriptions_yet"))
        else:
            lines += await _of_place(request, tx, request.place, known)
        if request.is_admin and request.is_private:
            lines += await _texts(request, tx)
            lines.append(request.say("reply.space", space=await request.store.space()))
            lines += _refusing(request, await tx.subscribers.destinations())
    return request.reply(*lines)


async def _listings(request: Request, tx: Transaction, known: Sequence[Subscription]) -> list[str]:
    """The last announcement date and when it was read; of what this place reads, how much, and what is missing."""
    queries = [one.query for one in known]
    missing = fault_lines(concerning(await tx.faults.missing(), queries), request.language)
    days = await tx.papers.days(1)
    fetched = await tx.papers.last_fetch()
    if not days or fetched is None:
        return [request.say("reply.nothing_stored"), *missing]
    zone = request.slot.zone
    when = instant_in_words(fetched, zone, request.language)
    said = request.say("reply.listings", day=day_in_words(days[0], request.language), when=when)
    coverage = concerning(await tx.papers.coverage(days), queries)
    if len(coverage) <= _ROWS:
        rows = (f"• {row}" for row in coverage_rows(coverage, request.language, zone))
        return [said, *rows, *missing]
    summed = coverage_lines(coverage, None, request.language, zone)
    return [said, *filter(None, [summed.line, *summed.differing]), *missing]


async def _texts(request: Request, tx: Transaction) -> list[str]:
    """What models have made and used today (UTC)."""
    spent = await tx.spending.on(request.now.date())
    if not spent.calls and not spent.known:
        return []
    used = {"calls": spent.calls, "tokens": spent.tokens, "cost": f"{spent.cost / 1_000_000:.4f}"}
    return [request.say("reply.texts", **used, known=spent.known, flawed=spent.flawed)]


async def _of_place(
    request: Request, tx: Transaction, place: Destination, known: Sequence[Subscription]
) -> list[str]:
    history = await tx.carried.history(place.id, _DELIVERIES)
    waiting = len((await waiting_for(tx, place.id)).papers)
    return [
        request.say("reply.subscriptions", n=len(known)) if known else request.say("reply.no_subscriptions_yet"),
        habits_in_words(request, place),
        _paused(request, place),
        next_digest_in_words(request, place),
        request.say("reply.waiting", n=waiting),
        *_deliveries(request, place, history, waiting),
    ]


def _paused(request: Request, place: Destination) -> str:
    if not place.paused:
        return ""
    if place.paused == BY_REQUEST:
        return request.say("reply.paused_on_request")
    return request.say("reply.paused_because", reason=_reason(place.paused))


def _refusing(request: Request, places: Sequence[Destination]) -> list[str]:
    """The places that take nothing any more, for admins."""
    rows = [
        request.say("reply.refusing_place", channel=one.channel, address=one.address, reason=_reason(one.paused))
        for one in refusing(places)
    ]
    more = [request.say("reply.refusing_more", n=len(rows) - _REFUSING)] if len(rows) > _REFUSING else []
    return [request.say("reply.refusing", n=len(rows)), *rows[:_REFUSING], *more] if rows else []


def refusing(places: Iterable[Destination]) -> list[Destination]:
    """Those that are paused because they have refused something."""
    return [one for one in places if one.paused not in ("", BY_REQUEST)]


def _deliveries(request: Request, place: Destination, history: Sequence[Delivered], waiting: int) -> list[str]:
    if not history:
        return [request.say("reply.no_deliveries")]
    rows = [
        request.say(
            f"reply.delivery_{one.state}",
            when=instant_in_words(one.done_at or one.created_at, place.slot.zone, request.language),
            papers=request.say("reply.papers", n=papers) if papers else request.say("reply.a_word"),
        )
        for one in history
        for papers in [waiting if one.papers is None else one.papers]
    ]
    return [request.say("reply.deliveries"), *rows]


def _reason(text: str) -> str:
    """What a channel said, without the addresses in it."""
    return _ADDRESS.sub("…", shown(text))
