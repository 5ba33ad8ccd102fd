"""The commands about how a destination reads: language, time, days, notices, pause, resume."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from bot.channels import Reply
from bot.commands.request import Request
from bot.commands.subscriptions import chosen_of, next_digest_in_words, preferences_in_words
from bot.commands.times import names_hour, read_days, read_moment
from bot.commands.typed import read_chosen, shown
from bot.commands.zones import find_zone
from bot.errors import UserError
from bot.model import BY_REQUEST, Destination, Language, Notices, Slot
from bot.pending import waiting_for
from bot.text.variants import simplified

_MOST_REFUSED = 1_000
_LANGUAGES = {
    Language.EN: "en english 英文 英语",
    Language.ZH: "zh chinese cn zh-cn zh-hans 中文 汉语 简体中文 简体 简中",
    Language.ZH_HANT: "zh-hant zh-tw zh-hk traditional hant 繁体 繁体中文 繁中 正体中文 正体",
    Language.BOTH_HANT: "en-hant both-hant both+zh-hant both+hant both+traditional en+zh-hant zh-hant+en "
    "双语+繁体 雙語+繁體 雙語 中英雙語",
    Language.BOTH: "both bilingual all en+zh zh+en 双语 中英 中英文 中英双语",
}
_NO_LIMIT = frozenset(("off", "none", "no", "all", "max", "unlimited", "关", "关闭", "不限", "无", "全部"))
_COUNT = re.compile(r"([0-9]{1,4})\s*(?:papers?|[篇条項项个個])?")
_BETWEEN = re.compile(r"[\s,，、+/&]+")
_NOTICES = {
    Notices.OFF: "off none never no 关 关闭 不要 从不",
    Notices.FAULTS: "faults fault errors problems 故障 仅故障 出错",
    Notices.ALWAYS: "always on all every daily yes 开 总是 每次 始终",
}

_T = TypeVar("_T")


async def set_language(request: Request) -> Reply:
    """Change what the destination reads its cards in."""
    language = _chosen(_LANGUAGES, request, "+".join(_BETWEEN.split(request.argument)), "error.unknown_language")
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        await tx.subscribers.set_language(destination.id, language)
    name = request.say(f"reply.language_{language.value}")
    is_vain = language is not Language.EN and not request.defaults.makes_chinese
    return request.reply(
        request.say("reply.language_set", language=name),
        request.say("reply.language_not_made") if is_vain else "",
        is_public=True,
    )


async def set_time(request: Request) -> Reply:
    """Change the time of the day, or the zone, or both."""
    minute, typed = read_moment(request.argument)
    if minute is None and (not typed or names_hour(typed)):
        raise UserError("error.unknown_time", {"typed": shown(request.argument)})
    zone = find_zone(typed) if typed.strip() else None

    def moved(slot: Slot) -> Slot:
        return replace(slot, minute=slot.minute if minute is None else minute, zone=zone or slot.zone)

    return await _with_slot(request, moved)


async def set_days(request: Request) -> Reply:
    """Change the days on which the digest comes."""
    days = read_days(request.argument)
    if days is None:
        raise UserError("error.unknown_days", {"typed": shown(request.argument)})
    return await _with_slot(request, lambda slot: replace(slot, days=days))


async def set_limit(request: Request) -> Reply:
    """Change how many papers a digest shows whole; it never shows more than the admin allows."""
    typed = request.argument.casefold()
    limit = 0 if simplified(typed) in _NO_LIMIT else int(found[1]) if (found := _COUNT.fullmatch(typed)) else None
    cap = request.defaults.cap
    if limit is None or limit > cap or (limit == 0 and typed[:1].isdecimal()):
        raise UserError("error.unknown_limit", {"typed": shown(request.argument), "cap": cap})
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        await tx.subscribers.set_limit(destination.id, limit)
    most = replace(destination, limit=limit).shown(cap)
    return request.reply(request.say("reply.limit", n=most), is_public=True)


async def set_notices(request: Request) -> Reply:
    """Change when the destination hears why there are no papers."""
    notices = _chosen(_NOTICES, request, request.argument, "error.unknown_notices")
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        await tx.subscribers.set_notices(destination.id, notices)
    return request.reply(request.say(f"reply.notices_{notices.value}"), is_public=True)


def _chosen(choices: dict[_T, str], request: Request, typed: str, error: str) -> _T:
    """What one of its words stands for."""
    for form in (typed.casefold(), simplified(typed.casefold())):
        for choice, words in choices.items():
            if form in words.split():
                return choice
    raise UserError(error, {"typed": shown(request.argument)})


async def pause(request: Request) -> Reply:
    """Send nothing for a while, to the destination or for one subscription; what matches meanwhile waits."""
    if request.argument:
        return await _set_paused(request, paused=True)
    destination = request.known_destination()
    if destination.paused:
        return request.reply(request.say("reply.already_paused"))
    async with request.store.write() as tx:
        await tx.subscribers.pause(destination.id, BY_REQUEST, request.now)
    return request.reply(request.say("reply.paused"), is_public=True)


async def resume(request: Request) -> Reply:
    """Send again, also what was refused."""
    if request.argument:
        return await _set_paused(request, paused=False)
    destination = request.known_destination()
    if not destination.paused:
        return await _not_paused(request, destination)
    async with request.store.write() as tx:
        refused = [one for one in await tx.carried.history(destination.id, _MOST_REFUSED) if one.state == "dead"]
        await tx.subscribers.resume(destination.id)
        await tx.outbox.revive(destination.id, request.now)
        waiting = len((await waiting_for(tx, destination.id)).papers)
    papers = sum(one.papers or 0 for one in refused)
    return request.reply(
        request.say("reply.resumed"),
        request.say("reply.sent_again", n=papers) if papers else "",
        request.say("reply.waiting", n=waiting),
        next_digest_in_words(request, replace(destination, paused="")),
        is_public=True,
    )


async def _with_slot(request: Request, change: Callable[[Slot], Slot]) -> Reply:
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        moved = replace(destination, slot=change(destination.slot))
        await tx.subscribers.set_slot(destination.id, moved.slot, request.now)
    return request.reply(
        preferences_in_words(request, moved), next_digest_in_words(request, moved), is_public=True
    )


async def _set_paused(request: Request, *, paused: bool) -> Reply:
    which = read_chosen(request.argument)
    if which is None:
        raise UserError("error.not_a_number", {"typed": shown(request.argument)})
    destination = request.known_destination()
    async with request.store.write() as tx:
        known = await tx.subscribers.subscriptions(destination.id)
        if not known:
            raise UserError("error.no_subscriptions")
        chosen = chosen_of(known, which)
        await tx.subscribers.set_paused(chosen.id, paused=paused)
        waiting = len((await waiting_for(tx, destination.id)).papers)
    key = "reply.subscription_paused" if paused else "reply.subscription_resumed"
    said = request.say(key, number=chosen.number, query=chosen.query)
    if chosen.paused == paused:
        return request.reply(said)
    return request.reply(said, "" if paused else request.say("reply.waiting", n=waiting), is_public=True)


async def _not_paused(request: Request, destination: Destination) -> Reply:
    """Nothing to resume; perhaps a single subscription was meant."""
    async with request.store.read() as tx:
        held = [one for one in await tx.subscribers.subscriptions(destination.id) if one.paused]
    return request.reply(
        request.say("reply.not_paused"),
        *(request.say("reply.subscription_paused", number=one.number, query=one.query) for one in held),
    )
