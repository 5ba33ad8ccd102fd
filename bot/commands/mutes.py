"""The commands about what a destination does not want to see: mute, unmute."""

from __future__ import annotations

from bot.channels import Reply
from bot.commands.request import Request, read_query
from bot.commands.typed import read_paper, shown
from bot.errors import UserError
from bot.pending import covered, waiting_for
from bot.query import Query, in_words, stored

MOST = 100
"""Mutes of one place."""
_ALL = ("all", "everything", "全部", "所有", "所有的")


async def mute(request: Request) -> Reply:
    """Let papers stay away from a destination, whatever its subscriptions say; what waits is dropped."""
    if not request.argument:
        return await _listed(request)
    text, words = _meant(request)
    async with request.store.write() as tx:
        destination = await request.ensure_destination(tx)
        if len(await tx.mutes.of(destination.id)) >= MOST:
            raise UserError("error.too_many_mutes", {"limit": MOST})
        waiting = (await waiting_for(tx, destination.id)).papers
        is_new = await tx.mutes.add(destination.id, text, request.now)
    async with request.store.read() as tx:
        dropped = await covered(tx, [text], waiting)
    return request.reply(
        request.say("reply.muted" if is_new else "reply.already_muted", text=text),
        request.say("reply.in_words", words=words) if words else "",
        request.say("reply.mute_dropped", n=len(dropped)) if dropped else "",
        request.say("reply.mute_hint", text=text),
        is_public=is_new,
    )


async def unmute(request: Request) -> Reply:
    """Let muted papers come again, from the next announcement on."""
    destination = request.known_destination()
    async with request.store.write() as tx:
        known = await tx.mutes.of(destination.id)
        if not request.argument:
            raise UserError("error.unmute_what", {"list": _rows(request, known)})
        if request.argument.casefold() in _ALL:
            gone = known
        elif request.argument in known:  # also what cannot be read any more
            gone = (request.argument,)
        else:
            gone = tuple(text for text in known if text == _meant(request)[0])
        if not gone:
            raise UserError("error.not_muted", {"typed": shown(request.argument), "list": _rows(request, known)})
        for text in gone:
            await tx.mutes.remove(destination.id, text)
    return request.reply(request.say("reply.unmuted", text=request.say("reply.comma").join(gone)), is_public=True)


async def _listed(request: Request) -> Reply:
    async with request.store.read() as tx:
        known = await tx.mutes.of(request.destination.id) if request.destination else ()
    return request.reply(_rows(request, known))


def _rows(request: Request, known: tuple[str, ...]) -> str:
    if not known:
        return request.say("reply.no_mutes")
    rows = (text if _still_mutes(text) else request.say("reply.mute_unreadable", text=text) for text in known)
    return "\n".join([request.say("reply.mutes", n=len(known)), *(f"• {row}" for row in rows)])


def _still_mutes(text: str) -> bool:
    """Whether what was stored is an id or a query still: arXiv may have dropped a category."""
    return read_paper(text) is not None or isinstance(stored(text), Query)


def _meant(request: Request) -> tuple[str, str]:
    """What is stored for what was typed, and the query in words, if it is one."""
    paper = read_paper(request.argument)
    if paper is not None:
        return paper.id, ""
    query = read_query(request.argument)
    return str(query), in_words(query, request.language)
