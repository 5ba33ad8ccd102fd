"""The commands about what a destination asks for: subscribe, unsubscribe, list, edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.channels import Offer, Reply
from bot.commands.advice import advice
from bot.commands.request import Request, read_query
from bot.commands.times import instant_in_words, slot_in_words
from bot.commands.trial import Trial, trial_in_words, trial_of
from bot.commands.typed import Chosen, read_chosen, shown
from bot.commands.zones import OFFERED, zone_name
from bot.errors import UserError
from bot.model import Destination, Language, Subscription
from bot.presentation.cards import cards_lines
from bot.presentation.faults import unreadable_lines
from bot.query import Query, in_words, parse, stored
from bot.sources import FirstReading
from bot.store import Transaction
from bot.text.variants import simplified
from bot.verbs import Verb

MOST = 50
"""Subscriptions of one place."""
_EXAMPLES_SHOWN = 3
_ALL = ("all", "everything", "全部", "所有", "所有的")
_SURELY_ALL = ("all-yes", *(f"{every} {yes}" for every in _ALL for yes in ("yes", "是", "确认")))


async def subscribe(request: Request) -> Reply:
    """Add a subscription; saying it twice changes nothing. It never brings what was announced before."""
    query = read_query(request.argument)
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        known = {one.query for one in await tx.subscribers.subscriptions(destination.id)}
        if len(known) >= MOST and str(query) not in known:
            raise UserError("error.too_many_subscriptions", {"limit": MOST})
        subscription, is_new = await tx.subscribers.subscribe(destination.id, str(query), request.now)
    key = "reply.subscribed" if is_new else "reply.already_subscribed"
    return await _confirmed(request, destination, subscription, key=key, is_public=is_new)


async def unsubscribe(request: Request) -> Reply:
    """End one subscription, by number or by query, or all: where others read along, once that is confirmed."""
    destination = request.known_destination()
    async with request.store.write() as tx:
        known = await _subscriptions(tx, destination)
        if not request.argument:
            raise UserError("error.which_subscription", {"list": _numbered(request, known)})
        wanted = simplified(request.argument.casefold())
        if wanted in _ALL and not request.is_private:
            return _sure(request, len(known))
        gone = known if wanted in (*_ALL, *_SURELY_ALL) else [_named(request, known)]
        for one in gone:
            await tx.subscribers.unsubscribe(one.id)
    if len(gone) > 1:
        return request.reply(request.say("reply.unsubscribed_all", n=len(gone)), is_public=True)
    left = request.say("reply.left", n=len(known) - 1) if len(known) > 1 else request.say("reply.none_left")
    ended = request.say("reply.unsubscribed", number=gone[0].number, query=gone[0].query)
    return request.reply(ended, left, is_public=True)


def _sure(request: Request, count: int) -> Reply:
    """Ask whether everybody's subscriptions shall end."""
    verb, every, yes = Verb.UNSUBSCRIBE.typed(request.language), request.say("reply.all"), request.say("reply.yes")
    reply = request.reply(request.say("reply.unsubscribe_sure", n=count, command=f"{verb} {every} {yes}"))
    button = request.say("reply.unsubscribe_button", n=count)
    return replace(reply, offers=(Offer(button, f"{Verb.UNSUBSCRIBE} {_SURELY_ALL[0]}"),))


async def list_all(request: Request) -> Reply:
    """What the destination asks for, and when and in which language it comes."""
    destination = request.known_destination()
    async with request.store.read() as tx:
        known = await _subscriptions(tx, destination)
    reply = request.reply(
        request.say("reply.list", n=len(known)),
        _numbered(request, known),
        "",
        preferences_in_words(request, destination),
        next_digest_in_words(request, destination),
        request.say("reply.list_hint", number=known[0].number),
        *unreadable_in_words(request, known),
    )
    return replace(reply, destination=destination, subscriptions=tuple(known))


async def edit(request: Request) -> Reply:
    """Give a subscription another query; what the old one had waiting is dropped."""
    typed, _, text = request.argument.partition(" ")
    which = read_chosen(typed)
    if which is None or not (text.strip() or which.is_id):
        raise UserError("error.edit_what", {"typed": shown(request.argument)})
    destination = request.known_destination()
    if not text.strip():
        async with request.store.read() as tx:
            there = chosen_of(await tx.subscribers.subscriptions(destination.id), which)
        raise UserError("error.edit_what", {"typed": str(there.number)})
    query = read_query(text)
    async with request.store.write() as tx:
        await tx.subscribers.hold(destination.id)
        known = await _subscriptions(tx, destination)
        chosen = chosen_of(known, which)
        twin = next((one for one in known if one.query == str(query)), None)
        if twin and twin.id != chosen.id:
            raise UserError("error.same_query", {"number": twin.number, "query": twin.query})
        if twin is None:
            await tx.subscribers.set_query(chosen.id, str(query))
    edited = Subscription(chosen.id, destination.id, chosen.number, str(query), chosen.paused)
    key = "reply.already_subscribed" if twin else "reply.edited"
    return await _confirmed(request, destination, edited, key=key, is_public=twin is None)


def chosen_of(known: Sequence[Subscription], which: Chosen) -> Subscription:
    """The chosen subscription of a destination; UserError says that it is gone, or which numbers exist."""
    for one in known:
        if which.value == (one.id if which.is_id else one.number):
            return one
    if which.is_id:
        raise UserError("error.subscription_gone")
    numbers = ", ".join(str(one.number) for one in known)
    raise UserError("error.no_such_number", {"number": which.value, "numbers": numbers})


def unreadable_in_words(request: Request, known: Sequence[Subscription]) -> list[str]:
    """Which subscriptions cannot be read any more, and what to do."""
    return unreadable_lines(known, "reply.unreadable", request.language)


def preferences_in_words(request: Request, destination: Destination) -> str:
    """The language and the slot of a destination, how much it wants, and what it hears without papers."""
    limit = request.say("reply.limit", n=destination.shown(request.defaults.cap)) if destination.limit else ""
    makes_chinese, language = request.defaults.makes_chinese, destination.language
    said = request.say(
        "reply.preferences",
        language=request.say(f"reply.language_{language if makes_chinese else language.without_chinese}"),
        slot=slot_in_words(destination.slot, request.language),
        notices=request.say(f"reply.notices_{destination.notices.value}"),
    )
    return "\n".join(filter(None, (said, limit)))


def next_digest_in_words(request: Request, destination: Destination) -> str:
    """When the next digest comes, by the clock of the destination, or that none comes."""
    if destination.paused:
        return request.say("reply.no_digest_while_paused")
    when = instant_in_words(destination.slot.next_after(request.now), destination.slot.zone, request.language)
    return request.say("reply.next_digest", when=when, zone=zone_name(destination.slot.zone))


async def _confirmed(
    request: Request, destination: Destination, subscription: Subscription, *, key: str, is_public: bool
) -> Reply:
    """Read a subscription back, with what it would have matched and when the next digest comes."""
    query = parse(subscription.query)
    trial, first = await _trial_after_reading(request, query)
    examples = cards_lines(trial.cards[:_EXAMPLES_SHOWN], Language(request.language))
    paused = request.say("reply.subscription_paused", number=subscription.number) if subscription.paused else ""
    is_first = subscription.number == 1 and key == "reply.subscribed"
    zone, zones = _whose_zone(request, destination) if is_first else ("", ())
    has_now = bool(trial.cards) and not (subscription.paused or destination.paused)
    reply = request.reply(
        request.say(key, number=subscription.number, query=subscription.query),
        request.say("reply.in_words", words=in_words(query, request.language)),
        first,
        trial_in_words(request, trial, is_subscribed=True),
        *advice(request, trial),
        *(f"• {lines.titles[0].text}" for lines in examples),
        next_digest_in_words(request, destination),
        zone,
        request.say("reply.no_backfill") if is_public else "",
        request.say("reply.now_hint", number=subscription.number) if has_now else "",
        paused,
        is_public=is_public,
    )
    offer = Offer(request.say("reply.now_button"), f"{Verb.NOW} {subscription.reference}")
    return replace(reply, offers=(offer,) if has_now else (), zones=zones)


def _whose_zone(request: Request, destination: Destination) -> tuple[str, tuple[str, ...]]:
    """Whose time zone the first digest goes by, and the zones to choose from where nobody has chosen one."""
    zone = destination.slot.zone
    if zone != request.new_slot.zone:
        return "", ()
    said = {"zone": zone_name(zone), "example": OFFERED[zone == OFFERED[0]]}
    if zone == request.invocation.zone:
        return request.say("reply.zone_yours", **said), ()
    return request.say("reply.zone_default", **said), OFFERED


async def _trial_after_reading(request: Request, query: Query) -> tuple[Trial, str]:
    """Try a query; one category that is new here is read first, and the reply says how that went."""
    trial = await trial_of(request.recent_papers, query)
    if not trial.unread or request.read_first is None:
        return trial, ""
    category = trial.unread[0]
    outcome = await request.read_first(category)
    if outcome is FirstReading.READ:
        return await trial_of(request.recent_papers, query), ""
    return trial, request.say(f"reply.first_{outcome}", category=category)


async def _subscriptions(tx: Transaction, destination: Destination) -> list[Subscription]:
    known = await tx.subscribers.subscriptions(destination.id)
    if not known:
        raise UserError("error.no_subscriptions")
    return known


def _named(request: Request, known: Sequence[Subscription]) -> Subscription:
    """The subscription that was meant; UserError lists what there is."""
    which = read_chosen(request.argument)
    if which and which.is_id:
        return chosen_of(known, which)
    query = stored(request.argument)
    asked = str(query) if isinstance(query, Query) else request.argument
    for one in known:
        if (which and one.number == which.value) or one.query == asked:
            return one
    raise UserError(
        "error.no_such_subscription", {"typed": shown(request.argument), "list": _numbered(request, known)}
    )


def _numbered(request: Request, known: Sequence[Subscription]) -> str:
    return "\n".join(
        request.say("reply.row_paused" if one.paused else "reply.row", number=one.number, query=one.query)
        for one in known
    )
