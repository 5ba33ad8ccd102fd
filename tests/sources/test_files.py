"""One listing from wherever an admin points, recognised by its content."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SourceError
from bot.sources.files import listing_from
from tests.counterparts.arxiv_site import Answer, ArxivSite


@pytest.mark.parametrize(
    ("name", "source", "category"),
    [
        ("cs.LG.rss.xml", "arxiv_feed", "cs.LG"),
        ("cs.LG.atom.xml", "arxiv_feed", "cs.LG"),
        ("arxivdaily.txt", "arxivdaily", "all"),
    ],
)
async def test_files_are_recognised_by_their_content(client, data: Path, tmp_path: Path, name, source, category):
    nameless = tmp_path / "page"
    nameless.write_bytes(
        b"\xef\xbb\xbf\n" + (data / name).read_bytes().removeprefix(b"<?xml version='1.0' encoding='UTF-8'?>")
    )
    for location in (data / name, nameless):
        listing = await listing_from(str(location), client)
        assert (listing.source, listing.category) == (source, category)


@pytest.mark.parametrize("body", [b"", b"hello", b"<html><p>no", b"%PDF-1.7\xff", b"{}"])
async def test_other_files_are_refused_with_what_is_understood(client, tmp_path: Path, body):
    (tmp_path / "page").write_bytes(body)
    with pytest.raises(SourceError) as caught:
        await listing_from(str(tmp_path / "page"), client)
    assert str(tmp_path / "page") in caught.value.reason


async def test_a_file_that_is_missing_is_refused(client, tmp_path: Path):
    with pytest.raises(SourceError, match=r"none\.xml"):
        await listing_from(str(tmp_path / "none.xml"), client)


async def test_a_url_works_too_and_keeps_its_refusal(client, data: Path):
    async with ArxivSite() as site:
        site.pages["/day"] = (data / "arxivdaily.txt").read_bytes()
        assert len((await listing_from(f"{site.url}/day", client)).announcements) == 4
        site.next(
            "/day",
            Answer(400, b"<rss version='2.0'><channel><title>Feed error for query: x</title></channel></rss>"),
        )
        with pytest.raises(SourceError, match="arXiv refuses the feed"):
            await listing_from(f"{site.url}/day", client)
