"""Pages and feeds that arXiv's own code has rendered from invented papers: each reads as its README says.

The files are in ../shared/cases/arxiv, beside this project; what they show is tried in test_arxiv_listing,
test_arxiv_feed and test_calendar with pages of our own, too.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model import UNKNOWN, Listing, Paper
from bot.sources import arxiv_feed
from bot.sources.arxiv_listing import joined
from bot.sources.arxiv_listing.page import sheet
from bot.text.latex import readable

FORMS = ["list.html", "catchup.html", "rss.xml"]
CASES = Path(__file__).parents[3] / "shared" / "cases" / "arxiv"
NAMES = sorted({path.name.split(".")[0] for path in CASES.glob("*.rss.xml")})
ADA, BO = "Ada Lovelace", "Bo Abel"


@pytest.fixture
def cases() -> Path:
    if not CASES.is_dir():
        pytest.skip("../shared/cases/arxiv, the folder of pages that arXiv's own code has rendered, is not here")
    return CASES


def listing(cases: Path, name: str, form: str) -> Listing:
    body = (cases / f"{name}.{form}").read_bytes()
    category = "math.NA" if name == "alias_cross" else "cs.LG"
    return arxiv_feed.parse(body, category) if form == "rss.xml" else joined(category, [sheet(body, category)])


def papers(cases: Path, name: str, form: str) -> dict[str, Paper]:
    return {one.paper.id: one.paper for one in listing(cases, name, form).announcements}


def paper(cases: Path, name: str, form: str) -> Paper:
    return papers(cases, name, form)["2611.00002"]


@pytest.mark.parametrize("name", NAMES)
def test_a_listing_has_the_papers_of_its_feed_or_names_them(cases, name):
    page, feed = listing(cases, name, "list.html"), listing(cases, name, "rss.xml")
    ids = [
        {one.paper.id for one in each.announcements} | {one.paper for one in each.unread} for each in (page, feed)
    ]
    beyond = {"alias_cross", "cross_v7", "no_match_type"}  # papers that arXiv has on no listing
    assert ids[0] == ids[1] - ({"2501.00001"} if name in beyond else set())
    assert page.claimed == len(ids[0])


@pytest.mark.parametrize("form", FORMS)
def test_words_that_arxiv_takes_for_addresses_stay_as_they_were_typed(cases, form):
    glued, bare = paper(cases, "glued_sentence", form), paper(cases, "bare_domain", form)
    assert glued.abstract == "We join frequency and spatial fusion.This method is simple."
    assert bare.abstract == "We draw with node.js and sci-draw.example.com, a public service."
    if form != "rss.xml":  # a feed has no comments
        assert bare.comments == "Code: example.org/x/y"
        doi = paper(cases, "doi_in_comments", form)
        assert doi.comments == "Published version: doi:10.1103/PhysRevD.1.2"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("short_names_dropped", (ADA, "Hai", "Li", "IBM", BO)),
        ("lone_short_author", ("Li",)),
        ("lone_acronym", ("CMS",)),
        ("jr_comma", ("John Doe Jr.", ADA)),
    ],
)
def test_names_are_read_whether_they_are_links_or_not(cases, form, name, names):
    assert paper(cases, name, form).authors == names


@pytest.mark.parametrize("form", FORMS)
def test_the_words_of_a_paper_are_not_those_of_its_page(cases, form):
    assert len(papers(cases, "total_in_comments", form)) == 2
    assert paper(cases, "nothing_in_abstract", form).abstract == "No updates today. We mean it."


@pytest.mark.parametrize("form", FORMS)
def test_a_paper_without_an_abstract_costs_only_itself(cases, form):
    found = listing(cases, "no_abstract", form)
    assert [one.paper.id for one in found.announcements] == ["2611.00001"]
    assert [(one.paper, one.reason) for one in found.unread] == [("hep-th/9901001", "it has no abstract")]


def test_an_item_of_no_type_is_left_out_by_name(cases):
    found = listing(cases, "no_match_type", "rss.xml")
    assert [one.paper.id for one in found.announcements] == ["2611.00001"]
    ((name, reason),) = [(one.paper, one.reason) for one in found.unread]
    assert name == "2501.00001"
    assert "no_match" in reason


@pytest.mark.parametrize("form", FORMS)
def test_paragraphs_are_those_of_the_author_in_every_form(cases, form):
    found = paper(cases, "paragraphs", form).abstract
    assert found == "First paragraph.\n  Second paragraph.\n  Third."
    assert readable(found) == "First paragraph.\nSecond paragraph.\nThird."


def test_a_page_of_the_past_shows_versions_that_were_not_announced_on_it(cases):
    monday, tuesday = (papers(cases, "two_revisions", f"{day}.catchup.html") for day in ("mon", "tue"))
    assert [one["2605.00001"].version for one in (monday, tuesday)] == [UNKNOWN, 3]


def test_a_revision_without_an_html_rendering_has_no_version_on_its_page(cases):
    assert papers(cases, "revision_without_html", "list.html")["2601.00012"].version == UNKNOWN
    assert papers(cases, "revision_without_html", "rss.xml")["2601.00012"].version == 4


def test_a_listing_shows_a_hundred_authors_and_the_feed_all(cases):
    shown, told = (paper(cases, "authors_150", form).authors for form in ("list.html", "rss.xml"))
    assert (len(shown), len(told)) == (100, 150)
    assert told[:100] == shown
