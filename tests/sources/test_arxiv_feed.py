"""arXiv's feeds: what is read out of them, and what is refused instead of being read wrongly."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SourceError
from bot.model import AnnounceType, Listing, Validator
from bot.settings import Settings
from bot.sources import Unchanged, arxiv_feed, available, load
from bot.sources.arxiv_feed import MAX_ITEMS, parse
from bot.sources.limits import MAX_BYTES
from tests.counterparts.arxiv_site import ERROR_FEED, Answer, ArxivSite

NS = {
    "arxiv": "http://arxiv.org/schemas/atom",
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
}


@pytest.fixture
def rss(data: Path) -> bytes:
    return (data / "cs.LG.rss.xml").read_bytes()


@pytest.fixture
def atom(data: Path) -> bytes:
    return (data / "cs.LG.atom.xml").read_bytes()


def reason(body: bytes, category: str | None = "cs.LG") -> str:
    with pytest.raises(SourceError) as caught:
        parse(body, category)
    if category:
        assert caught.value.category == category
    return caught.value.reason


def test_an_rss_feed_is_read_to_the_letter(rss):
    listing = parse(rss, "cs.LG")
    first, cross, replaced, old = listing.announcements
    assert (listing.source, listing.category, listing.date) == ("arxiv_feed", "cs.LG", date(2026, 6, 10))
    assert (listing.claimed, listing.summaries, listing.validator) == (None, (), None)
    assert [a.type for a in listing.announcements] == list(AnnounceType)
    assert {a.category for a in listing.announcements} == {"cs.LG"}
    assert {a.date for a in listing.announcements} == {date(2026, 6, 10)}
    assert (first.paper.id, first.paper.version) == ("2606.95001", 1)
    assert first.paper.title == r"Lantern: $\ell_2$-Bounded Caches & the <SEG> Token"
    assert first.paper.abstract == (
        r"We keep $46.6\%$ of a cache for $a<b$ and call the rest \textit{drift}; "
        "the <SEG> token &amp; its kin stay."
        "\n  A second paragraph says that ``nothing'' is lost."
    )
    assert first.paper.authors == ("Imogen Fallow", "José Martínez Jr.", "The Lantern Collaboration")
    assert first.paper.categories == ("cs.LG", "cs.CL")
    assert first.paper.license == "http://creativecommons.org/licenses/by/4.0/"
    assert cross.paper.primary == "stat.ML"
    assert replaced.paper.version == 3
    assert replaced.paper.doi == "10.5555/mended.2026"
    assert replaced.paper.journal_ref == "J. Invented Bounds 4 (2026) 1-9"
    assert replaced.paper.authors == ("Mirela Stan", "Torğul Avcı")
    assert (old.paper.id, old.paper.version) == ("hep-th/9901951", 4)


def test_the_atom_flavour_gives_the_same_papers(rss, atom):
    assert parse(atom, "cs.LG").announcements == parse(rss, "cs.LG").announcements[:2]
    assert parse(atom, "cs.LG").date == date(2026, 6, 10)


def test_characters_that_a_lenient_parser_would_mend_are_kept(rss):
    listing = parse(rss.replace(b"Tides in Small Networks", "Ã© and \u0093tides\u0094".encode()), "cs.LG")
    assert listing.announcements[1].paper.title == "Ã© and \u0093tides\u0094"


def test_several_creators_are_all_kept(rss):
    body = rss.replace(b"<dc:creator>P. Quill<", b"<dc:creator>P. Quill</dc:creator><dc:creator>R. Nib<")
    assert parse(body, "cs.LG").announcements[-1].paper.authors == ("P. Quill", "R. Nib")


def test_a_mail_address_in_an_affiliation_changes_no_name(rss):
    body = rss.replace(b"Kwame Oduro-Lind", b"Kwame Oduro-Lind (kol@example.org), Ana Roe (Univ.)")
    assert parse(body, "cs.LG").announcements[1].paper.authors == ("Kwame Oduro-Lind", "Ana Roe")


def test_items_without_a_date_have_that_of_the_feed(rss):
    head, *items = rss.split(b"<item>")
    bare = [item.replace(b"<pubDate>Wed, 10 Jun 2026 00:00:00 -0400</pubDate>", b"") for item in items]
    assert {a.date for a in parse(b"<item>".join([head, *bare]), "cs.LG").announcements} == {date(2026, 6, 10)}


def test_an_instant_in_utc_is_told_in_arxivs_eastern_date(rss):
    body = rss.replace(b"Wed, 10 Jun 2026 00:00:00 -0400", b"Wed, 10 Jun 2026 03:59:00 +0000")
    assert parse(body, "cs.LG").date == date(2026, 6, 9)


def test_a_feed_without_items_is_a_day_without_papers(rss):
    head, *_ = rss.split(b"<item>")
    listing = parse(head + b"</channel></rss>", "cs.LG")
    assert (listing.announcements, listing.date) == ((), date(2026, 6, 10))


def test_the_title_may_name_the_category_by_an_alias_and_in_any_case(rss):
    body = rss.replace(b"<title>cs.LG updates", b"<title>MATH.it Updates")
    assert parse(body, "cs.IT").category == "cs.IT"
    assert parse(body, "math.IT").category == "cs.IT"


def test_without_a_category_the_title_names_it_or_a_whole_archive(rss):
    assert parse(rss, None).category == "cs.LG"
    whole = parse(rss.replace(b"<title>cs.LG updates", b"<title>cs updates"), None)
    assert whole.category == "cs"
    assert {a.category for a in whole.announcements} == {"cs"}


def test_feeds_of_something_else_are_refused(rss):
    assert "feed of cs.CL, not of cs.LG" in reason(rss.replace(b"<title>cs.LG up", b"<title>cs.CL up"))
    assert "not that of an arXiv feed" in reason(rss.replace(b"<title>cs.LG up", b"<title>cs up"))
    assert "not that of an arXiv feed" in reason(rss.replace(b"<title>cs.LG up", b"<title>cs.AI+cs.LG up"), None)
    assert "not that of an arXiv feed" in reason(rss.replace(b"<title>cs.LG updates on arXiv.org", b"<title>News"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"Rate exceeded.", "rate is exceeded"),
        (b"<!DOCTYPE html><html><body>Busy</body></html>", "HTML"),
        (b"\n<!-- a --><!-- b -->\n<HTML lang='en'><p>Busy", "HTML"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html/>", "HTML"),
        (b"<!---->" * 600 + b"<rss", "broken or cut off"),
        (b"plain words", "broken or cut off"),
        (b"\x00\xff\xfe", "broken or cut off"),
        (b"<?xml version='1.0' encoding='martian'?><rss/>", "broken or cut off"),
        (b"<rss/>", "neither RSS nor Atom"),
        (b"<opml><channel/></opml>", "neither RSS nor Atom"),
        (b"<!DOCTYPE rss [<!ENTITY x 'y'>]><rss><channel>&x;</channel></rss>", "DTD or entities"),
        (b"<!DOCTYPE rss SYSTEM 'file:///etc/passwd'><rss><channel/></rss>", "DTD or entities"),
        (b"<rss><channel/></rss>", "the title '' is not"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_pages_that_are_no_feed_are_refused_each_with_its_reason(body, words):
    assert words in reason(body)
    assert words in reason(body, None)


def test_an_error_feed_is_refused_with_arxivs_own_words():
    body = ERROR_FEED.format(path="/rss/cs.XX").encode()
    assert "Bad subject class." in reason(body, "cs.XX")


def test_an_error_feed_in_atom_is_refused_too(atom):
    body = atom.replace(b"<title>cs.LG updates on arXiv.org", b"<title>Feed error for query: x")
    assert "e-print archive" in reason(body)


@pytest.mark.parametrize("end", [200, 1500, 2000, -8])
def test_half_a_feed_is_refused(rss, atom, end):
    assert "cut off" in reason(rss[:end])
    assert "cut off" in reason(atom[:end])


@pytest.mark.parametrize(
    ("old", "new", "name", "words"),
    [
        (b"oai:arXiv.org:2606.95002v1", b"oai:arXiv.org:2606.95002", "oai:arXiv.org:2606.95002", "no arXiv id"),
        (b"oai:arXiv.org:2606.95002v1", b"", "Tides in Small Networks", "no arXiv id with a version"),
        (b"<title>Tides in Small Networks</title>", b"", "2606.95002", "no title"),
        (b"Small networks have tides; we measure twelve of them.", b" ", "2606.95002", "no abstract"),
        (b"arXiv:2606.95002v1 Announce Type: cross \nAbstract:", b"", "2606.95002", "no abstract"),
        (b"announce_type>cross<", b"announce_type>absonly<", "2606.95002", "that we know: 'absonly'"),
        (b"announce_type>cross<", b"announce_type>no_match<", "2606.95002", "that we know: 'no_match'"),
        (b"announce_type>cross<", b"announce_type>test<", "2606.95002", "that we know: 'test'"),
        (b"announce_type>cross<", b"announce_type>jref<", "2606.95002", "that we know: 'jref'"),
        (b"announce_type>cross<", b"announce_type>wdr<", "2606.95002", "that we know: 'wdr'"),
        (b"<arxiv:announce_type>cross</arxiv:announce_type>", b"", "2606.95002", "that we know: ''"),
        (b"<category>stat.ML</category>\n      <category>cs.LG</category>", b"", "2606.95002", "no category"),
        (b"<category>stat.ML<", b"<category>stXt.ML<", "2606.95002", "its category 'stXt.ML' is none"),
        (b"<category>stat.ML<", b"<category>cs.LG<", "2606.95002", "yet its primary subject is cs.LG"),
        (b"arXiv:2606.95002v1 Announce", b"arXiv:2606.95001v1 Announce", "2606.95002", "of 2606.95001v1"),
        (b"announce_type>cross<", b"announce_type>new<", "2606.95002", "of 2606.95002v1, cross"),
    ],
)
def test_a_damaged_item_costs_only_itself_and_is_named(rss, old, new, name, words):
    assert old in rss
    whole, damaged = parse(rss, "cs.LG"), parse(rss.replace(old, new), "cs.LG")
    assert damaged.announcements == tuple(one for one in whole.announcements if one.paper.id != "2606.95002")
    ((unread, why),) = [(one.paper, one.reason) for one in damaged.unread]
    assert unread == name
    assert words in why


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"oai:arXiv.org:2606.95002v1", b"oai:arXiv.org:2606.95001v1", "2606.95001v1 twice"),
        (b"<pubDate>Wed, 10 Jun 2026", b"<pubDate>Wed, 10 Jam 2026", "a date that cannot be read"),
        (b"<pubDate>Wed, 10 Jun 2026 00:00:00 -0400", b"<pubDate>0000-00-00", "a date that cannot be read"),
        (b"<item>", b"<folder><item></item></folder><item>", "cannot be told apart"),
        (b"<category>stat.ML</category>", b"<category>stat.ML<item/></category>", "form has changed"),
        (b"<arxiv:announce_type>", b"<arxiv:announced>", "4 items cannot be read, like 2606.95001"),
    ],
)
def test_a_feed_whose_items_cannot_be_counted_or_mostly_not_read_is_refused(rss, old, new, words):
    assert old in rss
    body = rss.replace(old, new)
    if b"announced>" in new:
        body = body.replace(b"</arxiv:announce_type>", b"</arxiv:announced>")
    assert words in reason(body)


def test_papers_that_are_no_items_are_not_an_empty_day(rss, atom):
    assert "yet no items" in reason(rss.replace(b"<item>", b"<paper>").replace(b"</item>", b"</paper>"))
    assert "yet no items" in reason(atom.replace(b"<entry>", b"<paper>").replace(b"</entry>", b"</paper>"))


def test_a_feed_without_any_date_is_refused(rss):
    body = rss.replace(b"pubDate", b"oldDate").replace(b"lastBuildDate", b"oldBuildDate")
    assert "no date" in reason(body)


def many(items: int) -> bytes:
    item = (
        "<item><title>T</title><description>arXiv:x Announce Type: new \nAbstract: A</description>"
        "<guid>oai:arXiv.org:2606.{:05d}v1</guid></item>"
    )
    head = (
        "<rss><channel><title>cs.LG updates on arXiv.org</title><pubDate>Wed, 10 Jun 2026 00:00:00 -0400</pubDate>"
    )
    return f"{head}{''.join(map(item.format, range(items)))}</channel></rss>".encode()


def test_a_feed_that_arxiv_has_cut_is_refused_because_new_papers_are_missing():
    assert "drops new papers" in reason(many(MAX_ITEMS))


def test_deep_nesting_breaks_nothing():
    deep = b"<rss><channel><title>cs.LG updates on arXiv.org</title>" + b"<a>" * 50_000 + b"</a>" * 50_000
    reason(deep + b"</channel></rss>")


# -- the source ---------------------------------------------------------------------------------------------------


def test_the_source_is_found_by_its_name(client):
    assert {"arxiv_feed", "arxivdaily"} <= set(available())
    assert load("arxiv_feed", Settings(), client).name == "arxiv_feed"


async def outcomes(client, url: str, categories, known: Mapping[str, Validator] | None = None) -> list[Any]:
    source = arxiv_feed.source(Settings(arxiv_feed_url=url), client)
    return [outcome async for outcome in source.fetch(categories, known or {})]


async def test_each_category_has_its_outcome_in_order_and_failures_stop_nobody(client, rss):
    async with ArxivSite() as site:
        site.pages["/rss/cs.LG"] = rss
        site.pages["/rss/cs.CL"] = rss.replace(b"<title>cs.LG up", b"<title>cs.CL up")
        site.pages["/rss/cs.RO"] = b"<html>maintenance</html>"
        site.next("/rss/cs.CV", Answer(500))
        good, wrong, html, broken, also = await outcomes(
            client, site.feeds, ["cs.LG", "cs.XX", "cs.RO", "cs.CV", "cs.CL"]
        )
    assert [type(o) for o in (good, wrong, html, broken, also)] == [Listing, *[SourceError] * 3, Listing]
    assert len(good.announcements) == 4
    assert good.validator == Validator(f"{site.url}/rss/cs.LG", good.validator.etag)
    assert (wrong.category, html.category, broken.category) == ("cs.XX", "cs.RO", "cs.CV")
    assert "Bad subject class" in wrong.reason
    assert also.category == "cs.CL"


async def test_an_unchanged_feed_is_told_as_such(client, rss):
    async with ArxivSite() as site:
        site.pages["/rss/cs.LG"] = rss
        (first,) = await outcomes(client, site.feeds, ["cs.LG"])
        (second,) = await outcomes(client, site.feeds, ["cs.LG"], {"cs.LG": first.validator})
    assert second == Unchanged("cs.LG")


async def test_a_bad_request_is_never_a_listing(client, rss):
    async with ArxivSite() as site:
        site.next("/rss/cs.LG", Answer(400, rss))
        (outcome,) = await outcomes(client, site.feeds, ["cs.LG"])
    assert isinstance(outcome, SourceError)


async def test_feeds_can_be_read_from_a_folder(client, data: Path):
    outcome, missing = await outcomes(client, str(data / "{category}.rss.xml"), ["cs.LG", "cs.CL"])
    assert isinstance(outcome, Listing)
    assert str(data / "cs.CL.rss.xml") in missing.reason


# -- real feeds ---------------------------------------------------------------------------------------------------


def check_against_xml(body: bytes, listing: Listing) -> None:
    """Every field that is kept to the letter, taken from the XML in another way."""
    root = ElementTree.fromstring(body)  # noqa: S314 -- our own capture
    items = root.findall("channel/item") or root.findall("atom:entry", NS)
    assert len(items) == len(listing.announcements)
    for item, announcement in zip(items, listing.announcements, strict=True):
        paper = announcement.paper

        def text(*paths: str, item: ElementTree.Element = item) -> str:
            return next(
                (found for path in paths if (found := item.findtext(path, None, NS)) is not None), ""
            ).strip()

        guid = text("guid", "atom:id")
        description = text("description", "atom:summary")
        assert f"oai:arXiv.org:{paper.id}v{paper.version}" == guid
        assert paper.title == text("title", "atom:title")
        assert paper.abstract == description.split("\nAbstract: ", 1)[1]
        assert announcement.type.value == text("arxiv:announce_type")
        tags = [tag.text for tag in item.findall("category")] or [
            tag.get("term") for tag in item.findall("atom:category", NS)
        ]
        assert list(paper.categories) == tags
        assert paper.license == text("dc:rights")
        assert paper.doi == text("arxiv:DOI")
        assert paper.journal_ref == text("arxiv:journal_reference")
        assert not any(set(name) & set("\\(){},") for name in paper.authors)


def test_the_whole_real_feed_of_an_archive_is_read(samples: Path):
    body = (samples / "rss/stat_2024-03-26_123items.xml").read_bytes()
    listing = parse(body, None)
    kinds = Counter(a.type.value for a in listing.announcements)
    assert kinds == {"new": 35, "cross": 27, "replace": 41, "replace-cross": 20}
    assert (listing.category, listing.date) == ("stat", date(2024, 3, 26))
    check_against_xml(body, listing)
    names = {name for a in listing.announcements for name in a.paper.authors}
    assert {"Borja Rodríguez-Gálvez", "José M. F. Moura", "Étienne Marcotte", "Jakob Knollmüller"} <= names


@pytest.mark.parametrize("category", ["cs.AI", "cs.CL", "cs.LG"])
def test_real_feeds_of_today_are_read(samples: Path, category):
    body = (samples / f"rss/{category}_2026-04-27_trimmed3.xml").read_bytes()
    listing = parse(body, category)
    assert (listing.category, listing.date, len(listing.announcements)) == (category, date(2026, 4, 27), 3)
    check_against_xml(body, listing)


def test_real_awkward_authors_are_read(samples: Path):
    body = (samples / "rss/rss_awkward_author_affil.xml").read_bytes()
    listing = parse(body, "math.AP")
    check_against_xml(body, listing)
    (announcement,) = listing.announcements
    assert announcement.paper.authors == ("Jane Doe", "José Martínez Jr.")
    assert announcement.paper.title == r"On $L^2$-Poincar\'e & <b>Hardy</b> inequalities"
    assert (announcement.paper.id, announcement.paper.version) == ("2604.00001", 2)
    assert (announcement.paper.doi, announcement.paper.journal_ref) == ("10.1000/xyz", "J. Foo 1 (2026) 1-2")


def test_a_real_weekend_is_empty(samples: Path):
    assert parse((samples / "rss/rss_cs.AI_empty_weekend.xml").read_bytes(), "cs.AI").announcements == ()


def test_real_refusals(samples: Path):
    assert "Bad subject class 'XX'" in reason((samples / "rss/rss_error400_cs.XX.xml").read_bytes(), "cs.XX")
    assert "2,000 items" in reason((samples / "rss/rss_cs_capped_2000items.xml").read_bytes(), None)
    assert "cut off" in reason((samples / "atom/cs.AI_2025-08-20_86entries_TRUNCATED.xml").read_bytes(), "cs.AI")
    assert "HTML" in reason((samples / "listing/cs.AI_new_2026-08-12_trimmed.html").read_bytes(), "cs.AI")


def test_a_real_atom_feed_is_read(samples: Path):
    body = (samples / "atom/cs.AI_2025-08-20_trimmed.xml").read_bytes()
    listing = parse(body, "cs.AI")
    assert listing.date == date(2025, 8, 20)
    check_against_xml(body, listing)
