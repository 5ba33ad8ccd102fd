"""Whatever happens to a page on its way: a listing or a SourceError, never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import SourceError
from bot.model import Listing
from bot.sources import arxiv_feed, arxivdaily

ROUNDS = 1_000


def place(body: bytes, chance: random.Random) -> tuple[int, int]:
    start, end = sorted((chance.randint(0, len(body)), chance.randint(0, len(body))))
    return start, end


def flip(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body or b"?")
    for _ in range(chance.randint(1, 4)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(body: bytes, chance: random.Random) -> bytes:
    start, end = place(body, chance)
    return chance.choice([body[:start], body[start:], body[:start] + body[end:]])


def double(body: bytes, chance: random.Random) -> bytes:
    start, end = place(body, chance)
    return body[:end] + body[start:]


def swap(body: bytes, chance: random.Random) -> bytes:
    """Exchange two tags, or two words of a page."""
    return exchange(body, b"<" if b"<" in body else b" ", chance)


def exchange(body: bytes, at: bytes, chance: random.Random) -> bytes:
    pieces = body.split(at)
    one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return at.join(pieces)


def rename(body: bytes, chance: random.Random) -> bytes:
    """Exchange the names of two elements, or two lines of a page: what is left is often well-formed."""
    if b"<" not in body:
        return exchange(body, b"\n", chance)
    names = [b"title", b"guid", b"item", b"entry", b"description", b"category", b"dc:creator", b"pubDate", b"id"]
    name, another = chance.sample(names, 2)
    return body.replace(name, b"\x00").replace(another, name).replace(b"\x00", another)


DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (flip, cut, double, swap, rename)


@pytest.mark.parametrize("name", ["cs.LG.rss.xml", "cs.LG.atom.xml", "arxivdaily.txt"])
def test_damage_gives_a_listing_or_a_refusal(data: Path, name):
    whole = (data / name).read_bytes()
    read: Callable[[bytes], Listing] = (
        (lambda body: arxivdaily.parse(arxivdaily.decode(body)))
        if name.endswith(".txt")
        else (lambda body: arxiv_feed.parse(body, None))
    )
    refused = 0
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        body = whole
        for _ in range(chance.randint(1, 2)):
            body = chance.choice(DAMAGES)(body, chance)
        try:
            listing = read(body)
        except SourceError:
            refused += 1
        else:
            assert all(a.paper.id and a.paper.title and a.paper.abstract for a in listing.announcements)
    assert 0 < refused < ROUNDS
