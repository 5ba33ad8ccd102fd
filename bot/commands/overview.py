"""The commands that explain the bot: status and help. They change nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.channels import Reply
from bot.commands.request import Request
from bot.commands.subscriptions import next_digest_in_words, preferences_in_words
from bot.commands.times import instant_in_words
from bot.commands.typed import shown
from bot.model import BY_REQUEST, Destination, Subscription
from bot.pending import waiting_for
from bot.presentation.coverage import coverage_lines, coverage_rows
from bot.presentation.dates import full_day
from bot.presentation.faults import fault_lines
from bot.presentation.no_papers import concerning
from bot.store import Transaction
from bot.store.carried import Delivered

_DELIVERIES = 5
_ROWS = 12  # of coverage
_REFUSING = 20
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


async def status(request: Request) -> Reply:
    """How things stand: what was read, what was delivered, what waits, what comes next."""
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(request.destination.id) if request.destination else []
        lines = await _listings(request, tx, known)
        if request.destination is None:
            lines.append(request.say("reply.no_subscriptions_yet"))
        else:
            lines += await _of_destination(request, tx, request.destination, known)
        if request.is_admin and request.is_private:
            lines += await _texts(request, tx)
            lines.append(request.say("reply.space", space=await request.store.space()))
            lines += _refusing(request, await tx.subscribers.destinations())
    return request.reply(*lines)


async def _listings(request: Request, tx: Transaction, known: Sequence[Subscription]) -> list[str]:
    """The last announcement date, when it was read, and how complete this destination's categories are."""
    queries = [one.query for one in known]
    missing = fault_lines(concerning(await tx.faults.missing(), queries), request.language)
    days = await tx.papers.days(1)
    fetched = await tx.papers.last_fetch()
    if not days or fetched is None:
        return [request.say("reply.nothing_stored"), *missing]
    zone = request.slot.zone
    when = instant_in_words(fetched, zone, request.language)
    said = request.say("reply.listings", day=full_day(days[0], request.language), when=when)
    coverage = concerning(await tx.papers.coverage(days), queries)
    if len(coverage) <= _ROWS:
        rows = (f"• {row}" for row in coverage_rows(coverage, request.language, zone))
        return [said, *rows, *missing]
    summed = coverage_lines(coverage, request.language, zone)
    return [said, *filter(None, [summed.line, *summed.differing]), *missing]


async def _texts(request: Request, tx: Transaction) -> list[str]:
    """What models have made and used today (UTC)."""
    if not request.defaults.makes_chinese:
        return [request.say("digest.lack_setup")]
    spent = await tx.spending.on(request.now.date())
    if not spent.calls and not spent.known:
        return []
    used = {"calls": spent.calls, "tokens": spent.tokens, "cost": f"{spent.cost / 1_000_000:.4f}"}
    return [request.say("reply.texts", **used, known=spent.known, flawed=spent.flawed)]


async def _of_destination(
    request: Request, tx: Transaction, destination: Destination, known: Sequence[Subscription]
) -> list[str]:
    history = await tx.carried.history(destination.id, _DELIVERIES)
    waiting = len((await waiting_for(tx, destination.id)).papers)
    return [
        request.say("reply.subscriptions", n=len(known)) if known else request.say("reply.no_subscriptions_yet"),
        preferences_in_words(request, destination),
        _paused(request, destination),
        next_digest_in_words(request, destination),
        request.say("reply.waiting", n=waiting),
        *_deliveries(request, destination, history, waiting),
    ]


def _paused(request: Request, destination: Destination) -> str:
    if not destination.paused:
        return ""
    if destination.paused == BY_REQUEST:
        return request.say("reply.paused_on_request")
    return request.say("reply.paused_because", reason=_reason(destination.paused))


def _refusing(request: Request, destinations: Sequence[Destination]) -> list[str]:
    """The destinations that take nothing any more, for admins."""
    rows = [
        request.say(
            "reply.refusing_destination", channel=one.channel, address=one.address, reason=_reason(one.paused)
        )
        for one in refusing(destinations)
    ]
    more = [request.say("reply.refusing_more", n=len(rows) - _REFUSING)] if len(rows) > _REFUSING else []
    return [request.say("reply.refusing", n=len(rows)), *rows[:_REFUSING], *more] if rows else []


def refusing(destinations: Iterable[Destination]) -> list[Destination]:
    """Those that are paused because they have refused something."""
    return [one for one in destinations if one.paused not in ("", BY_REQUEST)]


def _deliveries(
    request: Request, destination: Destination, history: Sequence[Delivered], waiting: int
) -> list[str]:
    if not history:
        return [request.say("reply.no_deliveries")]
    rows = [
        request.say(
            f"reply.delivery_{one.state}",
            when=instant_in_words(one.done_at or one.created_at, destination.slot.zone, request.language),
            papers=request.say("reply.papers", n=papers) if papers else request.say("reply.a_word"),
        )
        for one in history
        for papers in [waiting if one.papers is None else one.papers]
    ]
    return [request.say("reply.deliveries"), *rows]


def _reason(text: str) -> str:
    """What a channel said, without the addresses in it."""
    return _ADDRESS.sub("…", shown(text))
