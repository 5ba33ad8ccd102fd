"""Answers that are meant to hurt, or come from elsewhere: one category's fault, within limits, and no more."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.errors import SourceError
from bot.model import AnnounceType, Listing
from bot.sources import arxiv_feed
from bot.sources.arxiv_feed import ArxivFeed
from bot.sources.arxiv_listing import ArxivListing
from bot.sources.arxiv_listing.page import sheet
from bot.sources.limits import MAX_BYTES
from tests.counterparts.arxiv_feeds import feed
from tests.counterparts.arxiv_pages import listing_page
from tests.counterparts.arxiv_site import Answer, ArxivSite
from tests.fakes import DAY, paper
from tests.jobs.life import eastern, living

NEW = AnnounceType.NEW
LISTING = listing_page("cs.LG", DAY, [(paper(1), NEW)])
FEED = feed("cs.LG", DAY, [(paper(1), NEW)])
BOMB = gzip.compress(bytes(64 * 2**20), 9)
ODD = {
    "a redirect to a script": Answer(302, headers={"Location": "javascript:alert(1)"}),
    "a redirect to nowhere": Answer(302, headers={"Location": "http://["}),
    "a redirect without an address": Answer(302),
    "a redirect to another scheme": Answer(302, headers={"Location": "data:text/html,x"}),
    "a bomb": Answer(200, BOMB, {"Content-Encoding": "gzip"}),
    "a bomb in a bomb": Answer(200, gzip.compress(BOMB), {"Content-Encoding": "gzip, gzip"}),
    "another coding": Answer(200, zlib.compress(LISTING), {"Content-Encoding": "deflate"}),
    "a coding that is none": Answer(200, LISTING, {"Content-Encoding": "gzip"}),
    "half a coding": Answer(200, gzip.compress(LISTING)[:-20], {"Content-Encoding": "gzip"}),
    "a header that is none": Answer(200, LISTING, {"Content-Length": "-1"}),
    "a status that is none": Answer(99, LISTING),
    "nothing": Answer(204),
}


@pytest.fixture
async def site():
    async with ArxivSite() as site:
        yield site


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_answer_is_the_fault_of_its_category_and_the_next_one_is_read(client, site, name):
    for path, body in (("/list/{}/new?skip=0&show=2000", LISTING), ("/rss/{}", FEED)):
        site.next(path.format("cs.AI"), ODD[name])
        site.pages[path.format("cs.LG")] = body
    for source in (ArxivListing(client, site.url), ArxivFeed(client, site.feeds)):
        odd, good = [one async for one in source.fetch(["cs.AI", "cs.LG"], {})]
        assert isinstance(odd, SourceError)
        assert odd.category == "cs.AI"
        assert odd.reason
        assert isinstance(good, Listing)


async def test_what_nobody_has_foreseen_is_the_fault_of_its_category_too(client, site, monkeypatch):
    for category in ("cs.AI", "cs.LG"):
        site.pages[f"/rss/{category}"] = feed(category, DAY, [(paper(1), NEW)])
    whole = arxiv_feed.parse

    def parse(body: bytes, category: str | None) -> Listing:
        if category == "cs.AI":
            raise RecursionError("too deep")
        return whole(body, category)

    monkeypatch.setattr(arxiv_feed, "parse", parse)
    odd, good = [one async for one in ArxivFeed(client, site.feeds).fetch(["cs.AI", "cs.LG"], {})]
    assert isinstance(odd, SourceError)
    assert "RecursionError: too deep" in odd.reason
    assert isinstance(good, Listing)


async def test_a_gzipped_page_is_read(client, site):
    site.next(
        "/list/cs.LG/new?skip=0&show=2000", Answer(200, gzip.compress(LISTING), {"Content-Encoding": "gzip"})
    )
    (outcome,) = [one async for one in ArxivListing(client, site.url).fetch(["cs.LG"], {})]
    assert isinstance(outcome, Listing)
    assert site.requests[0].headers["accept-encoding"] == "gzip"


def links() -> bytes:
    """A listing of nothing but marks, six million bytes of them."""
    return LISTING.replace(b"We predict", b"<a>" * 2_000_000 + b"We predict")


def nested(tag: bytes) -> Callable[[], bytes]:
    """A listing that is very deep."""
    return lambda: LISTING.replace(
        b"We predict", b"<%s>" % tag * 120_000 + b"We predict" + b"</%s>" % tag * 120_000
    )


def items() -> bytes:
    return FEED.replace(b"<channel>", b"<channel>" + b"<a/>" * 2_000_000)


def deep() -> bytes:
    return FEED.replace(b"<channel>", b"<channel>" + b"<a>" * 120_000 + b"</a>" * 120_000)


def words() -> bytes:
    return LISTING.replace(b"We predict", b"tide " * (MAX_BYTES // 5 - 2_000) + b"We predict")


@pytest.mark.parametrize("made", [links, nested(b"div"), nested(b"span"), nested(b"a"), items, deep, words])
def test_a_page_of_the_greatest_size_takes_bounded_memory_and_is_read_or_refused(made):
    body = made()
    tracemalloc.start()
    with suppress(SourceError):
        _ = arxiv_feed.parse(body, "cs.LG") if body.startswith(b"<?xml") else sheet(body, "cs.LG")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * 2**20


def test_a_refusal_does_not_repeat_a_whole_page():
    body = LISTING.replace(b"<h3>", b"<h3>" + b"New " * 5_000)
    with pytest.raises(SourceError) as caught:
        sheet(body, "cs.LG")
    assert len(caught.value.reason) <= 400


def test_a_text_without_end_costs_only_its_paper():
    entries = [(paper(1, abstract="tide " * 200_000), NEW), (paper(2), NEW)]
    for found in (sheet(listing_page("cs.LG", DAY, entries), "cs.LG").unread,
                  arxiv_feed.parse(feed("cs.LG", DAY, entries), "cs.LG").unread):  # fmt: skip
        assert [(one.paper, one.reason) for one in found] == [
            ("2606.90001", "a text of it has more than 50,000 characters")
        ]


async def test_a_reading_round_with_an_odd_answer_names_what_is_missing_and_reads_the_rest(sqlite_store):
    """One category redirected to a script: the others were never asked, and nobody heard of it."""

    def prepare(world):
        for day in range(8, 11):
            date = DAY.replace(day=day)
            world.announce(date, world.papers(2, "cs.AI") + world.papers(2, "cs.LG"))
        start, end = eastern(DAY.replace(day=8), 20), eastern(DAY, 23)
        world.trouble("cs.AI", start, end, ODD["a redirect to a script"])

    async with living(sqlite_store, eastern(DAY.replace(day=7), 12), prepare) as life:
        await life.until(eastern(DAY.replace(day=9), 12))
        assert set(life.announced("cs.LG", last=DAY.replace(day=9))) <= set(life.delivered)
        async with life.app.store.read() as tx:
            missing = {(one.source, one.category) for one in await tx.faults.missing()}
        assert ("arxiv_listing", "cs.AI") in missing
