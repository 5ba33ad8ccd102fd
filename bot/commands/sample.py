"""A digest of invented papers, to see what will come before anything has come. Nothing is stored."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from importlib import resources

from bot.channels import Reply
from bot.commands.request import Request
from bot.digest import Card, Digest, Report, compose
from bot.locale import say
from bot.matching import candidates, match, prepare
from bot.model import Destination, Language, Listing, Subscription
from bot.query import parse
from bot.sources import module

_QUERY = '"kv cache", "score matching", 黑洞'
_CARDS = 3


async def sample(request: Request) -> Reply:
    """Show some invented papers as a digest shows real ones."""
    language = request.destination.language if request.destination else request.defaults.language
    cards = await asyncio.to_thread(sample_cards, language)
    return request.reply(request.say("reply.sample"), cards=cards)


def sample_digest(destination: Destination) -> Digest:
    """The same as a whole digest, to try a channel with."""
    return compose("sample", destination, sample_cards(destination.language), report=Report(), cap=_CARDS)


def sample_cards(language: Language) -> list[Card]:
    """Some invented papers, whose titles say that they are."""
    listing, query = _listing(), parse(_QUERY)
    summaries = {(one.paper_id, one.version): one for one in listing.summaries}
    subscription = Subscription(0, 0, 1, str(query))
    found: list[Card] = []
    for one in candidates(listing.announcements, summaries):
        hit = match(query, prepare(one))
        if hit is None or one.summary is None or len(found) == _CARDS:
            continue
        paper = replace(one.paper, title=f"{say('reply.sample_mark', 'en')} {one.paper.title}")
        summary = replace(one.summary, title=f"{say('reply.sample_mark', 'zh')}{one.summary.title}")
        found.append(Card(paper, hit.type, one.date, hit.reasons, (subscription,), summary))
    return found


@cache
def _listing() -> Listing:
    """The invented day of `sudi demo`."""
    body = resources.files("bot").joinpath("demo", "day", "2026-06-10.txt").read_bytes()
    listing: Listing = module("arxivdaily").read(body)
    return listing
