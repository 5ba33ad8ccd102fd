"""What every source owes the bot: a new one meets this by being in `bot/sources`, and brings a page of its own."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import sources
from bot.errors import SettingsError, SourceError
from bot.model import ALL, AnnounceType, Listing
from bot.settings import EXAMPLES
from bot.sources import Outcome, Source, Unchanged, available, load, module
from bot.sources.client import PoliteClient
from tests.channels.cards import settings
from tests.counterparts.arxiv_feeds import feed
from tests.counterparts.arxiv_pages import listing_page
from tests.counterparts.arxiv_site import Answer, ArxivSite
from tests.fakes import DAY, paper

PAGES = {
    "arxiv_feed": ("/rss/{}", feed("cs.LG", DAY, [(paper(1), AnnounceType.NEW)])),
    "arxiv_listing": ("/list/{}/new?skip=0&show=2000", listing_page("cs.LG", DAY, [(paper(1), AnnounceType.NEW)])),
    "arxivdaily": ("/saved", (Path(__file__).parent / "data" / "arxivdaily.txt").read_bytes()),
}
"""Where each source asks, and a page that it reads."""

pytestmark = pytest.mark.parametrize("name", available())


@pytest.fixture
async def site() -> AsyncIterator[ArxivSite]:
    async with ArxivSite() as running:
        yield running


def source(name: str, client: PoliteClient, site: ArxivSite) -> Source:
    values = {"arxiv_url": site.url, "arxiv_feed_url": site.feeds, "arxivdaily_page": f"{site.url}/saved"}
    return load(name, settings(**values), client)


async def outcomes(of: Source, *categories: str) -> list[Outcome]:
    return [one async for one in of.fetch(categories, {})]


def test_its_name_is_that_of_its_module_and_its_listings(name: str, client: PoliteClient, site: ArxivSite):
    assert source(name, client, site).name == name
    listing = module(name).read(PAGES[name][1])
    assert isinstance(listing, Listing)
    assert listing.source == name
    assert listing.announcements


def test_it_reads_its_own_pages_and_leaves_those_of_others(name: str):
    for other, (_, page) in PAGES.items():
        assert (module(name).read(page) is None) == (other != name)


def test_it_is_due_within_a_day_or_two_of_the_date_of_its_mailing(
    name: str, client: PoliteClient, site: ArxivSite
):
    assert timedelta(days=-1) <= source(name, client, site).due_offset <= timedelta(days=2)


async def test_it_tells_what_was_announced_and_asks_cheaply_for_the_same(
    name: str, client: PoliteClient, site: ArxivSite
):
    path, page = PAGES[name]
    site.pages[path.format("cs.LG")] = page
    (listing,) = await outcomes(source(name, client, site), "cs.LG")
    assert isinstance(listing, Listing)
    assert listing.category in ("cs.LG", ALL)
    if listing.validator is None:
        return  # its site tells nothing by which it could be asked so
    known = {listing.category: listing.validator}
    site.next(path.format("cs.LG"), Answer(304))
    again = [one async for one in source(name, client, site).fetch(["cs.LG"], known)]
    assert again == [Unchanged(listing.category)]


@pytest.mark.parametrize(
    "answer", [Answer(404), Answer(200, b"<html>a page of somebody else"), Answer(200, b"\xff")]
)
async def test_what_goes_wrong_with_a_category_is_its_fault_and_no_exception(
    name: str, client: PoliteClient, site: ArxivSite, answer: Answer
):
    path, page = PAGES[name]
    if "{}" in path:
        site.pages[path.format("cs.LG")] = page
    site.next(path.format("cs.AI"), answer)
    odd, *others = await outcomes(source(name, client, site), "cs.AI", "cs.LG")
    assert isinstance(odd, SourceError)
    assert odd.reason
    assert odd.category == ("cs.AI" if "{}" in path else ALL)
    assert all(isinstance(one, Listing) for one in others)


def test_every_setting_that_it_reads_has_an_example(name: str):
    found = {one.upper() for one in re.findall(r"settings\.([a-z]\w+)", inspect.getsource(module(name)))}
    assert found
    assert found <= EXAMPLES.keys()


def test_modules_without_a_source_are_none(name: str):
    others = {one.name for one in pkgutil.iter_modules(sources.__path__)} - set(available())
    assert {"calendar", "client", "arxiv_mail"} <= others
    for other in others:
        with pytest.raises(SettingsError, match="there is no source"):
            load(other, settings(), None)  # type: ignore[arg-type]
