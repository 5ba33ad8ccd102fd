"""The commands about papers: preview, today, show, why. They change nothing that anybody gets."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from bot.channels import Reply
from bot.commands.advice import advice
from bot.commands.asked_paper import AskedPaper, asked_paper
from bot.commands.misses import lack_in_words, nearest_misses
from bot.commands.request import Request, read_query
from bot.commands.subscriptions import next_digest_in_words, unreadable_in_words
from bot.commands.times import instant_in_words
from bot.commands.trial import page_of, trial_in_words, trial_of
from bot.commands.typed import read_day_and_page, shown
from bot.digest import PAGE, Card
from bot.errors import UserError
from bot.matching import Candidate, Found, Prepared, is_wanted, match, missing, muted_by, prepare, reads
from bot.model import ALL, Language, Paper, Subscription
from bot.pending import held_for, waiting_for
from bot.presentation.cards import cards_lines
from bot.presentation.dates import full_day
from bot.query import Query, in_words, still_read, stored
from bot.store import Transaction
from bot.taxonomy import resolve

_PREVIEWED = 5  # cards
_DAYS_NAMED = 5  # of those that are stored


async def preview(request: Request) -> Reply:
    """What a query would have matched, without subscribing."""
    query = read_query(request.argument)
    trial = await trial_of(request.recent_papers, query)
    shown_cards = trial.cards[:_PREVIEWED]
    return request.reply(
        request.say("reply.in_words", words=in_words(query, request.language)),
        trial_in_words(request, trial),
        *advice(request, trial),
        request.say("reply.first_cards", n=len(shown_cards)) if trial.matched > _PREVIEWED else "",
        request.say("reply.preview_hint", query=str(query)),
        cards=shown_cards,
    )


async def today(request: Request) -> Reply:
    """Everything that the destination's subscriptions match on a date; by default the last that is stored."""
    asked = read_day_and_page(request.argument)
    if asked is None:
        raise UserError("error.unknown_date", {"typed": shown(request.argument)})
    destination = request.known_destination()
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(destination.id)
        stored_days = await tx.papers.days(_DAYS_NAMED)
        is_stored = asked.day is None or any((await tx.papers.states([asked.day]))[asked.day])
    if not known:
        raise UserError("error.no_subscriptions")
    if not stored_days:
        return request.reply(request.say("reply.nothing_stored"))
    if not is_stored and asked.day:
        named = request.say("reply.comma").join(day.isoformat() for day in stored_days)
        raise UserError("error.no_such_date", {"date": asked.day, "dates": named})
    day = asked.day or stored_days[0]
    count, found = await page_of(request.store, day, known, asked.page)
    pages = max(ceil(count / PAGE), 1)
    if not 1 <= asked.page <= pages:
        raise UserError("error.no_such_page", {"date": day, "n": pages})
    return request.reply(
        request.say("reply.today", n=count, day=full_day(day, request.language)),
        request.say("reply.page", page=asked.page, pages=pages) if pages > 1 else "",
        request.say("reply.next_page", date=day, page=asked.page + 1) if asked.page < pages else "",
        *unreadable_in_words(request, known),
        cards=found,
    )


async def show(request: Request) -> Reply:
    """One paper, whole: of any number, for arXiv is asked for what is not stored."""
    stored = await asked_paper(request, request.argument)
    return request.reply(_headline(request, stored), _other_version(request, stored), cards=[stored.card])


async def why(request: Request) -> Reply:
    """Why a paper did or did not come here: announced where, matched by what, delivered when.

    Without a paper, what came nearest.
    """
    if not request.argument:
        return await nearest_misses(request)
    stored = await asked_paper(request, request.argument)
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(request.destination.id) if request.destination else []
        fate = await _fate(request, tx, stored.candidate.paper, known)
        mutes = await tx.mutes.of(request.destination.id) if request.destination else ()
        unread = "" if stored.is_announced else await _unread(request, tx, stored.paper)
    prepared = prepare(stored.candidate)
    muted = muted_by(mutes, prepared)
    return request.reply(
        _headline(request, stored),
        _other_version(request, stored),
        unread or _announced(request, stored.candidate),
        *(_verdict(request, one, prepared) for one in known),
        request.say("reply.why_muted", text=muted) if muted else "",
        fate or ("" if unread else _not_delivered(request, known, prepared, muted)),
    )


async def _unread(request: Request, tx: Transaction, paper: Paper) -> str:
    """Why a paper is in no announcement read here: its categories are not read, or it is too old."""
    queries = list(still_read(await tx.subscribers.queries()))
    wanted = reads(queries) if queries else frozenset()
    listed = {one.category for one in await tx.papers.coverage(await tx.papers.days(_DAYS_NAMED))}
    codes = {resolve(code) or code for code in paper.categories}
    if wanted is None or ALL in listed or codes & (wanted | listed):
        return request.say("reply.not_announced", paper=paper.id)
    return request.say("reply.category_unread", categories=request.say("reply.comma").join(paper.categories))


def _headline(request: Request, stored: AskedPaper) -> str:
    (lines,) = cards_lines([stored.card], Language(request.language))
    paper = stored.candidate.paper
    return request.say("reply.paper", paper=paper.label, title=lines.titles[0].text)


def _other_version(request: Request, stored: AskedPaper) -> str:
    asked, paper = stored.asked.version, stored.candidate.paper
    if asked is None or (asked == paper.version and paper.is_version_known):
        return ""
    if not paper.is_version_known:
        return request.say("reply.unsaid_version", asked=asked)
    return request.say("reply.other_version", asked=asked, version=paper.version)


def _announced(request: Request, candidate: Candidate) -> str:
    rows = [
        request.say(
            "reply.announced_in",
            category=request.say("reply.all_categories") if category == ALL else category,
            type=request.say(f"reply.type_{kind.value}"),
        )
        for category, kind in candidate.types.items()
    ]
    day = full_day(candidate.date, request.language)
    return request.say("reply.announced", day=day, categories=request.say("reply.comma").join(rows))


def _verdict(request: Request, subscription: Subscription, prepared: Prepared) -> str:
    """Whether one subscription matches, and by which reasons, or for want of what."""
    query = stored(subscription.query)
    if not isinstance(query, Query):
        return unreadable_in_words(request, [subscription])[0]
    values = {"number": subscription.number, "query": subscription.query}
    found = match(query, prepared)
    if found is None:
        return request.say("reply.why_not", **values, lack=lack_in_words(request, missing(query, prepared)))
    key = "reply.why" if is_wanted(query, found.type) else "reply.why_left_out"
    return request.say(key, **values, because=_because(request, found, prepared))


def _because(request: Request, found: Found, prepared: Prepared) -> str:
    one = prepared.candidate
    card = Card(one.paper, found.type, one.date, found.reasons)
    return cards_lines([card], Language(request.language))[0].why


async def _fate(request: Request, tx: Transaction, paper: Paper, known: Sequence[Subscription]) -> str:
    """What became of the paper here; empty when it never matched."""
    destination = request.destination
    if destination is None or not known:
        return request.say("reply.why_no_subscriptions")
    fate = await tx.carried.fate(destination.id, paper.id)
    if fate and fate.state == "sent" and fate.done_at:
        when = instant_in_words(fate.done_at, destination.slot.zone, request.language)
        return request.say("reply.delivered", when=when)
    if fate:
        return request.say("reply.refused" if fate.state == "dead" else "reply.on_its_way")
    waiting = await waiting_for(tx, destination.id)
    if any(one.paper_id == paper.id for one in waiting.papers):
        return request.say("reply.waits", next=next_digest_in_words(request, destination))
    if any(one.paper_id == paper.id for one in await held_for(tx, destination.id)):
        return request.say("reply.waits_paused")
    return ""


def _not_delivered(request: Request, known: Sequence[Subscription], prepared: Prepared, muted: str | None) -> str:
    """No digest has it: nothing matches, it is muted, or nothing matched when it was announced."""
    for query in still_read(one.query for one in known):
        found = match(query, prepared)
        if found is not None and is_wanted(query, found.type) and not muted:
            return request.say("reply.too_early")
    return request.say("reply.not_delivered")
