"""The commands about what a person keeps of papers: save, saved, unsave, cite; and follow, which subscribes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from bot.channels import Attachment, Offer, Reply
from bot.commands import subscriptions
from bot.commands.asked_paper import AskedPaper, asked_paper, of_papers
from bot.commands.request import Request, read_query
from bot.commands.typed import read_paper, shown
from bot.digest import PAGE
from bot.errors import UserError
from bot.matching import match, prepare
from bot.presentation.citation import bibtex
from bot.query import Query
from bot.store import Transaction
from bot.store.saved import MOST
from bot.text.harmless import one_line
from bot.text.latex import readable
from bot.text.variants import simplified
from bot.verbs import Verb

MOST_BYTES = 5_000_000
"""Of one file of citations: what every channel takes."""

_PAGE = re.compile(r"[0-9]{1,3}", re.ASCII)
_AUTHORS_SHOWN = 12
_OFFERED = 5  # buttons
_PAPER_AND_AUTHOR = re.compile(r"(?P<paper>\S+?)(?:[\s#]+(?P<author>.+))?")
_NO_NAME = re.compile(r'["“”()]')


async def save(request: Request) -> Reply:
    """Keep a paper for the person who asks, for as long as they like."""
    one = await asked_paper(request, request.argument)
    async with request.store.write() as tx:
        person = await tx.subscribers.person(request.invocation.channel, request.invocation.sender, request.now)
        await tx.saved.hold(person)
        count = await tx.saved.count([person])
        is_new = await tx.saved.add(person, one.paper.id, request.now)
        if is_new and count >= MOST:
            raise UserError("error.too_many_saved", {"limit": MOST})
    key = "reply.saved" if is_new else "reply.already_saved"
    return request.reply(
        request.say(key, paper=one.paper.id, title=_title(one)), request.say("reply.saved_count", n=count + is_new)
    )


async def unsave(request: Request) -> Reply:
    """Let go of a saved paper."""
    asked = read_paper(request.argument)
    if asked is None:
        raise UserError("error.no_paper_id", {"typed": shown(request.argument)})
    async with request.store.write() as tx:
        person = await _person(request, tx)
        if person is None or not await tx.saved.remove(person, asked.id):
            raise UserError("error.not_saved", {"paper": asked.id})
        count = await tx.saved.count([person])
    return request.reply(request.say("reply.unsaved", paper=asked.id), request.say("reply.saved_count", n=count))


async def saved(request: Request) -> Reply:
    """What the person has saved, the last first: a page of it, or what matches a query."""
    is_page = _PAGE.fullmatch(request.argument) is not None
    found, unknown = await _saved(request, "" if is_page else request.argument)
    page, pages = int(request.argument) if is_page else 1, max(ceil(len(found) / PAGE), 1)
    if not 1 <= page <= pages:
        raise UserError("error.no_saved_page", {"n": pages})
    beyond = ""
    if page < pages:
        key = "reply.saved_next" if is_page or not request.argument else "reply.saved_first"
        beyond = request.say(key, page=page + 1, n=PAGE)
    if request.argument and not found:
        raise UserError("error.nothing_saved")
    return request.reply(
        request.say("reply.saved_list", n=len(found)),
        request.say("reply.page", page=page, pages=pages) if pages > 1 else "",
        beyond,
        request.say("reply.saved_unknown", papers=", ".join(unknown[:PAGE])) if unknown else "",
        request.say("reply.saved_hint" if found else "reply.saved_none"),
        cards=[one.card for one in found[(page - 1) * PAGE : page * PAGE]],
    )


async def cite(request: Request) -> Reply:
    """The BibTeX of a paper, or of what the person has saved."""
    word, _, rest = request.argument.partition(" ")
    if simplified(word.casefold()) not in Verb.SAVED.names:
        one = await asked_paper(request, request.argument)
        return _cited(request, [one], f"{one.paper.id.replace('/', '_')}.bib")
    found, _ = await _saved(request, rest.strip())
    if not found:
        raise UserError("error.nothing_saved" if rest.strip() else "error.none_saved")
    return _cited(request, found, "saved.bib")


async def follow(request: Request) -> Reply:
    """Subscribe to an author of a paper; with several, the person says which one."""
    typed = _PAPER_AND_AUTHOR.fullmatch(request.argument)
    one = await asked_paper(request, typed["paper"] if typed else "")
    names = [one_line(readable(name)) for name in one.paper.authors]
    if not names:
        raise UserError("error.no_authors", {"paper": one.paper.id})
    wanted = (typed["author"] if typed else None) or ("1" if len(names) == 1 else "")
    if not wanted:
        return _which_author(request, one, names)
    name = _NO_NAME.sub(" ", _author(wanted, names))
    return await subscriptions.subscribe(replace(request, argument=f'au:"{" ".join(name.split())}"'))


def _author(wanted: str, names: Sequence[str]) -> str:
    """The author of that number or name; UserError when it is none or several."""
    if _PAGE.fullmatch(wanted) and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    found = [name for name in names if wanted.casefold() in name.casefold()]
    if len(found) != 1:
        raise UserError("error.which_author", {"typed": shown(wanted), "n": len(names)})
    return found[0]


def _which_author(request: Request, one: AskedPaper, names: Sequence[str]) -> Reply:
    rows = [f"{number}. {name}" for number, name in enumerate(names[:_AUTHORS_SHOWN], 1)]
    more = len(names) - len(rows)
    reply = request.reply(
        request.say("reply.which_author", paper=one.paper.id),
        *rows,
        request.say("reply.more_authors", n=more) if more > 0 else "",
        request.say("reply.follow_hint", paper=one.paper.id),
    )
    offers = tuple(
        Offer(name, f"{Verb.FOLLOW} {one.paper.id}#{number}") for number, name in enumerate(names[:_OFFERED], 1)
    )
    return replace(reply, offers=offers)


def _cited(request: Request, papers: Sequence[AskedPaper], name: str) -> Reply:
    entries: list[str] = []
    size = 0
    for one in papers:
        entry = bibtex(one.paper)
        size += len(entry.encode()) + 1
        if size > MOST_BYTES:
            break
        entries.append(entry)
    said = [request.say("reply.cited", n=len(entries))]
    if len(entries) < len(papers):
        said.append(request.say("reply.cited_part", n=len(entries), all=len(papers)))
    return replace(request.reply(*said), attachment=Attachment(name, tuple(entries)))


async def _saved(request: Request, typed: str) -> tuple[list[AskedPaper], list[str]]:
    """What the person has saved, as far as a query matches it; without one, also ids of which no more is known."""
    query = read_query(typed) if typed else None
    async with request.store.read() as tx:
        person = await _person(request, tx)
        ids = list(await tx.saved.of(person)) if person is not None else []
        stored = await tx.papers.versions(ids)
        papers = await of_papers(tx, [stored[one][-1] for one in ids if one in stored])
    if query is None:
        return papers, [one for one in ids if one not in stored]
    return await asyncio.to_thread(_matching, papers, query), []


def _matching(papers: Sequence[AskedPaper], query: Query) -> list[AskedPaper]:
    return [one for one in papers if match(query, prepare(one.candidate)) is not None]


async def _person(request: Request, tx: Transaction) -> int | None:
    return await tx.subscribers.known_person(request.invocation.channel, request.invocation.sender)


def _title(one: AskedPaper) -> str:
    return one_line(readable(one.paper.title))
