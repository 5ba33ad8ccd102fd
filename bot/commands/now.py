"""The command that sends the last announcement's matches at once, before the next digest."""

from __future__ import annotations

from datetime import date, timedelta

from bot.channels import Reply
from bot.commands.request import Request
from bot.commands.subscriptions import chosen_of
from bot.commands.trial import OnDay, found_on
from bot.commands.typed import read_chosen, shown
from bot.errors import UserError
from bot.matching import is_wanted
from bot.model import BY_REQUEST, Subscription
from bot.presentation.dates import full_day
from bot.query import parse
from bot.sources.calendar import opens


async def send_now(request: Request) -> Reply:
    """Send what a subscription, or all of them, match on the last date that has any of it; it counts as sent."""
    destination = request.known_destination()
    async with request.store.read() as tx:
        known = await tx.subscribers.subscriptions(destination.id)
    chosen = _chosen(request, known)
    if destination.paused:
        raise UserError("error.now_paused" if destination.paused == BY_REQUEST else "error.now_refused")
    if not chosen:
        raise UserError("error.no_subscriptions")
    if all(one.paused for one in chosen):
        raise UserError("error.now_subscription_paused", {"number": chosen[0].number})
    days = (await request.recent_papers.stock()).days
    for day in days:
        papers = _wanted(await found_on(request.store, day, chosen), chosen)
        if papers:
            return await _sent(request, destination.id, day, papers, chosen)
    return request.reply(request.say("reply.now_nothing" if days else "reply.nothing_stored"))


def _chosen(request: Request, known: list[Subscription]) -> list[Subscription]:
    if not request.argument:
        return [one for one in known if not one.paused] or known
    which = read_chosen(request.argument)
    if which is None:
        raise UserError("error.now_what", {"typed": shown(request.argument)})
    return [chosen_of(known, which)]


def _wanted(found: OnDay, chosen: list[Subscription]) -> list[tuple[str, int]]:
    """The papers that a digest would carry: revised ones only where they are asked for."""
    queries = {one.id: parse(one.query) for one in chosen}
    return [
        (one.paper.id, one.paper.version)
        for one in found.sightings
        if any(is_wanted(queries[match.subscription_id], match.type) for match in one.matches)
    ]


async def _sent(
    request: Request, destination_id: int, day: date, papers: list[tuple[str, int]], chosen: list[Subscription]
) -> Reply:
    """Make the delivery, unless these papers have come before; pressed twice, it is one."""
    key = opens(day) + timedelta(microseconds=chosen[0].id % 1_000_000 if len(chosen) == 1 else 1_000_000)
    async with request.store.write() as tx:
        await tx.subscribers.hold(destination_id)
        numbers = await tx.papers.versions_of({paper_id for paper_id, _ in papers})
        every = [n for paper_id, version in papers for v, n in numbers[paper_id] if v == version]
        earlier = (await tx.carried.earlier([destination_id]))[destination_id]
        had = earlier.fixed() | earlier.had(every)
        new = [n for n in every if n not in had]
        is_made = bool(new) and await tx.planning.send_now(destination_id, new, key, request.now)
    if not is_made:
        return request.reply(request.say("reply.now_again", n=len(every), day=full_day(day, request.language)))
    said = request.say("reply.now", n=len(new), day=full_day(day, request.language))
    return request.reply(said, is_public=True)
