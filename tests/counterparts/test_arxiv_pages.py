"""The counterparts of arXiv write what arXiv writes: beside a real capture, and pages rendered by its own code."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring as xml
from lxml import etree

from bot.model import AnnounceType, Paper
from bot.sources import arxiv_feed
from bot.sources.arxiv_listing.page import sheet
from tests.counterparts.arxiv_feeds import BrokenFeed, feed
from tests.counterparts.arxiv_pages import Entry, catchup_page, listing_page
from tests.counterparts.arxiv_prose import accented, author_links, creator, linked

CASES = Path(__file__).parents[3] / "shared" / "cases" / "arxiv"
REAL = "listing/cs.AI_new_2026-08-12_trimmed.html"
TUESDAY = date(2026, 11, 24)
MADE = datetime(2026, 11, 29, 14, 17, 34, tzinfo=UTC)
NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType


def tides(number: str, **changes: object) -> Paper:
    fields = {"title": "On Tides", "authors": ("Ada Lovelace",), "abstract": "We predict tides."}
    return Paper(**{"id": number, "version": 1, "categories": ("cs.LG",), **fields, **changes})  # type: ignore[arg-type]


FIRST = (tides("2611.00001"), NEW)
RENDERED: dict[str, list[Entry]] = {
    "authors_150": [FIRST, (tides("2611.00002", authors=tuple(f"Ann B{n:03}" for n in range(150))), NEW)],
    "bare_domain": [
        FIRST,
        (
            tides(
                "2611.00002",
                abstract="We draw with node.js and sci-draw.example.com, a public service.",
                comments="Code: example.org/x/y",
            ),
            NEW,
        ),
    ],
    "doi_in_comments": [
        FIRST,
        (tides("2611.00002", comments="Published version: doi:10.1103/PhysRevD.1.2"), NEW),
    ],
    "glued_sentence": [
        FIRST,
        (tides("2611.00002", abstract="We join frequency and spatial fusion.This method is simple."), NEW),
    ],
    "jr_comma": [FIRST, (tides("2611.00002", authors=("John Doe, Jr.", "Ada Lovelace")), NEW)],
    "lone_acronym": [FIRST, (tides("2611.00002", authors=("CMS",)), NEW)],
    "lone_short_author": [FIRST, (tides("2611.00002", authors=("Li",)), NEW)],
    "no_abstract": [
        FIRST,
        (tides("hep-th/9901001", version=2, abstract="", categories=("hep-th", "cs.LG")), CROSS),
    ],
    "nothing_in_abstract": [FIRST, (tides("2611.00002", abstract="No updates today. We mean it."), NEW)],
    "paragraphs": [
        FIRST,
        (tides("2611.00002", abstract="First paragraph.\n  Second paragraph.\n  Third."), NEW),
    ],
    "short_names_dropped": [
        FIRST,
        (tides("2611.00002", authors=("Ada Lovelace", "Hai", "Li", "IBM", "Bo Abel")), NEW),
    ],
    "total_in_comments": [FIRST, (tides("2611.00002", comments="Total of 35 entries"), NEW)],
}


@pytest.fixture
def cases() -> Path:
    if not CASES.is_dir():
        pytest.skip("../shared/cases/arxiv, the folder of pages that arXiv's own code has rendered, is not here")
    return CASES


def marks(body: bytes) -> list[tuple[object, ...]]:
    """Every mark of the part of a page that is about papers, with its attributes and the text in and behind it."""
    root = etree.fromstring(body.decode(), etree.HTMLParser())
    found = root.find(".//div[@id='dlpage']")
    assert found is not None
    squash = lambda text: " ".join((text or "").split())  # noqa: E731
    return [
        (one.tag, sorted(one.attrib.items()), squash(one.text), squash(one.tail) if one is not found else "")
        for one in found.iter(etree.Element)
    ]


@pytest.mark.parametrize("name", RENDERED)
def test_a_listing_page_has_the_marks_of_arxivs(cases, name):
    assert marks(listing_page("cs.LG", TUESDAY, RENDERED[name])) == marks(
        (cases / f"{name}.list.html").read_bytes()
    )


@pytest.mark.parametrize("name", RENDERED)
def test_a_catch_up_page_has_the_marks_of_arxivs(cases, name):
    ours = catchup_page("cs.LG", TUESDAY, RENDERED[name])
    assert marks(ours) == marks((cases / f"{name}.catchup.html").read_bytes())


def test_a_catch_up_page_of_an_earlier_day_leads_to_the_next_and_shows_versions_of_today(cases):
    revised = tides("2605.00001", version=3, title="Title of v3")
    for day, name, number, later in ((23, "mon", 1, TUESDAY), (24, "tue", 3, None)):
        entries = [(tides(f"2611.0000{number}"), NEW), (revised, REPLACE)]
        ours = catchup_page("cs.LG", date(2026, 11, day), entries, next_day=later)
        assert marks(ours) == marks((cases / f"two_revisions.{name}.catchup.html").read_bytes())


@pytest.mark.parametrize("name", [*RENDERED, "alias_cross", "cross_v7", "no_match_type"])
def test_a_feed_has_the_elements_of_arxivs(cases, name):
    old = tides("2501.00001", version=2, categories=("math.OC", "cs.LG"))
    entries = RENDERED.get(name) or {
        "alias_cross": [(tides("2611.00001", categories=("math.NA",)), NEW),
                        (replace(old, categories=("math.NA", "cs.NA")), CROSS)],
        "cross_v7": [FIRST, (replace(old, version=7), CROSS)],
        "no_match_type": [FIRST, (old, "no_match")],
    }[name]  # fmt: skip
    ours = feed("math.NA" if name == "alias_cross" else "cs.LG", TUESDAY, entries, made_at=MADE)
    theirs = (cases / f"{name}.rss.xml").read_bytes()

    def elements(body: bytes) -> list[tuple[object, ...]]:
        varying = ("lastBuildDate", "day")  # when it was made, and the order of a set
        return [
            (one.tag, sorted(one.attrib.items()), (one.text or "").strip(" \n") if len(one) else one.text)
            for one in xml(body).iter()
            if one.tag not in varying
        ]

    assert elements(ours) == elements(theirs)
    assert re.search(rb"<lastBuildDate>[^<]* \+0000<", ours)


def test_the_real_page_is_made_again_from_what_is_read_in_it(samples):
    """Field by field and mark by mark, as far as its papers go: the capture has nothing else."""
    body = (samples / REAL).read_bytes()
    rows = sheet(body, "cs.AI").rows
    entries = [(one.paper, one.type) for one in rows]
    ours = etree.fromstring(listing_page("cs.AI", date(2026, 8, 12), entries).decode(), etree.HTMLParser())
    theirs = etree.fromstring(body.decode(), etree.HTMLParser())

    def shape(dd: etree._Element) -> list[tuple[object, ...]]:
        return [
            (
                one.tag,
                sorted(one.attrib.items()),
                " ".join((one.text or "").split()),
                " ".join((one.tail or "").split()),
            )
            for one in dd.iter(etree.Element)
        ]

    assert [shape(dd) for dd in ours.iter("dd")] == [shape(dd) for dd in theirs.iter("dd")]
    assert [one.text for one in ours.iter("h3")] == [one.text for one in theirs.iter("h3")]


def test_real_feeds_are_made_again_from_what_is_read_in_them(samples):
    for name in ("AI", "CL", "LG"):
        body = (samples / f"rss/cs.{name}_2026-04-27_trimmed3.xml").read_bytes()
        listing = arxiv_feed.parse(body, f"cs.{name}")
        entries = [(one.paper, one.type) for one in listing.announcements]
        made = arxiv_feed.parse(feed(f"cs.{name}", listing.date, entries), f"cs.{name}")
        assert made.announcements == listing.announcements
        items = [[(one.tag, one.text) for one in xml(each).iter() if one.tag != "lastBuildDate"]
                 for each in (body, feed(f"cs.{name}", listing.date, entries))]  # fmt: skip
        squashed = [[(tag, " ".join((text or "").split())) for tag, text in each] for each in items]
        assert squashed[0] == squashed[1]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"Jos\'e, \c{c}a, Sch\"{o}n, \v{S}t, na\"{\i}ve, \o re, \ss", "José, ça, Schön, Št, naïve, øre, ß"),
        (r"$\alpha$-Tides, 5\% of \emph{all}", r"$\alpha$-Tides, 5\% of \emph{all}"),
    ],
)
def test_accents_are_letters_and_other_tex_stays(typed, shown):
    assert accented(typed) == shown


@pytest.mark.parametrize(
    ("typed", "links"),
    [
        ("spatial fusion.This", ["http://fusion.This"]),
        ("in math.CO and cs.LG, e.g. here", []),
        ("u@example.org", []),
        ("(https://example.org/a?b=c&d), ftp://example.org/x.", ["https://example.org/a?b=c&d", "ftp://example.org/x"]),
        ("arxiv.org/abs/2606.00001 and arXiv:2606.00002v1", ["http://arxiv.org/abs/2606.00001",
                                                             "https://arxiv.org/abs/2606.00002v1"]),
        ("3.14 of 0.612.Different", ["http://0.612.Different"]),
    ],
)  # fmt: skip
def test_what_looks_like_an_address_is_one(typed, links):
    root = etree.fromstring(f"<p>{linked(typed)}</p>", etree.HTMLParser())
    assert [one.get("href") for one in root.iter("a")] == links


@pytest.mark.parametrize(("count", "links"), [(1, 1), (100, 100), (101, 101), (102, 100), (3_000, 100)])
def test_a_listing_shows_a_hundred_authors_and_no_word_of_the_others(count, links):
    html = author_links(", ".join(f"Ann B{n:04}" for n in range(count)), "cs")
    assert html.count("<a ") == links
    assert html.endswith("</a>")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("J.R.R. Roe, Li", "J. R. R. Roe,  Li"),
        ("Belle-II Collaboration: Ada Roe", " II Collaboration, Ada Roe"),
        ("Ada Groupman", " Ada Group"),
        ("TEAM, :, Ada Roe", " TEAM,  :, Ada Roe"),
        ("Ada Roe, Bo Ek (Univ. of A, B)", "Ada Roe (Univ. of A, B), Bo Ek (Univ. of A, B)"),
    ],
)
def test_a_feed_puts_names_together_again_some_of_them_wrongly(line, said):
    assert creator(line) == said


def test_a_control_character_breaks_the_whole_feed():
    with pytest.raises(BrokenFeed):
        feed("cs.LG", TUESDAY, [(tides("2611.00001", abstract="A\x0btide."), NEW)])
