"""Listing and catch-up pages: the real one with all its fields, ours at full size, and what is refused."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from datetime import date
from html import escape

import pytest

from bot.errors import SourceError
from bot.model import UNKNOWN, AnnounceType, Listing
from bot.sources import Outcome, arxiv_listing
from bot.sources.arxiv_listing import ArxivListing, joined
from bot.sources.arxiv_listing.page import sheet
from bot.text.latex import readable
from tests.counterparts.arxiv_pages import catchup_page, listing_page
from tests.counterparts.arxiv_site import Answer, ArxivSite
from tests.fakes import DAY, paper
from tests.sources.test_damage import DAMAGES

NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType
REAL = "listing/cs.AI_new_2026-08-12_trimmed.html"
ENTRIES = [
    (paper(1, comments="12 pages, 3 figures"), NEW),
    (paper(2), NEW),
    (paper(3, version=2, categories=("cs.CL", "cs.LG")), CROSS),
    (paper(4, version=3), REPLACE),
    (paper(5, version=2, categories=("stat.ML", "cs.LG"), journal_ref="J. Tides 3 (2026)"), REPLACE_CROSS),
]


def parsed(body: bytes, category: str = "cs.LG") -> Listing:
    return joined(category, [sheet(body, category)])


def rows(listing: Listing) -> list[tuple[str, str]]:
    return [(one.paper.id, one.type.value) for one in listing.announcements]


def sections(listing: Listing) -> list[tuple[str, str]]:
    """Ids with their sections: which revision is a cross-list, only its own subjects tell."""
    return [(one, kind.removesuffix("-cross")) for one, kind in rows(listing)]


def refusal(body: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        parsed(body)
    assert caught.value.category == "cs.LG"
    return caught.value.reason


def test_the_real_page_is_read_with_all_its_fields(samples):
    listing = parsed((samples / REAL).read_bytes(), "cs.AI")
    assert (listing.source, listing.category, listing.date) == ("arxiv_listing", "cs.AI", date(2026, 8, 12))
    assert listing.claimed == 6
    assert rows(listing) == [
        ("2608.09949", "new"),
        ("2608.09967", "new"),
        ("2505.11635", "cross"),
        ("2607.28646", "cross"),
        ("2112.07752", "replace"),
        ("2505.23399", "replace"),
    ]
    first, _, third, fourth, fifth, sixth = (one.paper for one in listing.announcements)
    assert first.title == "Closed-Loop LLM Co-Pilots for Digital Agriculture"
    assert first.authors == ("Serge Kernbach",)
    assert first.categories == ("cs.AI", "physics.bio-ph")
    assert first.abstract.startswith("This study evaluates")
    assert first.abstract.endswith("expert-labor constraints.")
    assert third.comments == "11 pages, 3 figures (1 figure has 2 subfigures), conference"
    assert fourth.title.startswith('"YES! YES! I absolutely love this insight!"')
    assert fourth.journal_ref == "2026 Narrative Inquiry 23 (2)"
    assert [one.version for one in (first, third, fourth, fifth, sixth)] == [1, 2, UNKNOWN, 5, 2]
    assert sixth.comments.endswith("Code available at https://github.com/jushengzhang/Gam-Agent")


@pytest.mark.parametrize("render", [listing_page, catchup_page])
def test_a_page_gives_back_what_was_announced(render):
    listing = parsed(render("cs.LG", DAY, ENTRIES))
    assert (listing.date, listing.claimed) == (DAY, 5)
    assert [(one.paper, one.type) for one in listing.announcements] == ENTRIES


@pytest.mark.parametrize("render", [listing_page, catchup_page])
def test_a_day_without_papers_says_so_and_is_no_fault(render):
    listing = parsed(render("cs.LG", DAY, []))
    assert (listing.date, listing.claimed, listing.announcements) == (DAY, 0, ())


def test_the_time_of_reading_grows_as_the_number_of_entries_and_no_faster():
    def seconds(count: int) -> float:
        papers = [(paper(number, abstract="A tide table. " * 100), NEW) for number in range(count)]
        body = listing_page("cs.LG", DAY, papers)
        started = time.process_time()
        assert len(parsed(body).announcements) == count
        return time.process_time() - started

    long, short = (min(seconds(count) for _ in range(3)) for count in (2_000, 500))
    assert long < 9 * short, "what grows with the square takes sixteen times as long"


def test_text_that_looks_like_markup_stays_text():
    odd = paper(
        1, title="Loss < 3 & more <SEG>", abstract="We let $a<b$ & <b>win</b>.", comments="<i>10</i> pages"
    )
    (one,) = parsed(listing_page("cs.LG", DAY, [(odd, NEW)])).announcements
    assert one.paper == odd


LINK = '<a href="{}" rel="external noopener nofollow" class="link-external link-http">this http URL</a>'
DOI = '<a href="https://doi.org/{0}" data-doi="{0}" class="link-https link-external">https://doi.org/{0}</a>'


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("features for " + LINK.format("http://alignment.To") + " close it", "features for alignment.To close it"),
        ("(" + LINK.format("http://PRIMEarxiv.sty") + ")", "(PRIMEarxiv.sty)"),
        ("a gain of " + LINK.format("http://0.612.Different") + " from it", "a gain of 0.612.Different from it"),
        (
            "see " + LINK.format("http://example.org:8080/a/b?c=d&amp;e#f") + ".",
            "see example.org:8080/a/b?c=d&e#f.",
        ),
        ('at <a href="https://example.org/http://x">this https URL</a>', "at https://example.org/http://x"),
        ('from <a href="ftp://example.org/x">this ftp URL</a>', "from ftp://example.org/x"),
        ('<a href="http://arxiv.org/help" class="link-internal">arxiv.org/help</a>', "arxiv.org/help"),
        ('cf. <a href="https://arxiv.org/abs/2606.1" data-arxiv-id="2606.1">arXiv:2606.1</a>', "cf. arXiv:2606.1"),
        ("(" + DOI.format("10.1000/x.(y)") + ")", "(10.1000/x.(y))"),
        ("DOI: " + DOI.format("10.12345/a_b"), "DOI: 10.12345/a_b"),
        ("doi:" + DOI.format("10.1/x") + " and doi:" + DOI.format("10.2/y"), "doi:10.1/x and doi:10.2/y"),
        ("this http URL, in words", "this http URL, in words"),
    ],
)
def test_what_arxiv_takes_for_an_address_stays_as_it_was_typed(shown, typed):
    odd = paper(1, abstract="@abstract", comments="@comments")
    body = listing_page("cs.LG", DAY, [(odd, NEW)])
    for field in (b"@abstract", b"@comments"):
        body = body.replace(field, shown.encode())
    (one,) = parsed(body).announcements
    assert (one.paper.abstract, one.paper.comments) == (typed, typed)


@pytest.mark.parametrize(
    "words",
    [
        "Total of 35 entries",
        "A corpus. Total of 0 entries in it, a Total of 7 entries without it",
        "No updates today. Or are there?",
        "No updates for Wed, 10 Jun 2026. There was either no announcement",
        "New submissions (showing 9 of 9 entries)",
        "Showing new listings for Thursday, 11 June 2026",
        "Continue to the next day",
        "(replaced)",
        "(cross-list from cs.CV)",
        "(author list is unavailable)",
    ],
)
@pytest.mark.parametrize("render", [listing_page, catchup_page])
def test_the_words_of_a_paper_are_not_those_of_its_page(render, words):
    odd = paper(3, version=2, title=words, abstract=words, comments=words, journal_ref=words)
    listing = parsed(render("cs.LG", DAY, [(paper(1), NEW), (odd, REPLACE)]))
    assert listing.announcements[1].paper == odd


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("Xu", ("Xu",)),
        ("A B, C D", ("A B", "C D")),
        ("李明", ("李明",)),
        ("(Ada Lovelace)", ("Ada Lovelace",)),
        ("@Ada Roe@ (Univ. of A, B), Wu, @Bo Ek@", ("Ada Roe", "Wu", "Bo Ek")),
        ("for the @X Collaboration@: @Ada Roe@, CMS", ("X Collaboration", "Ada Roe", "CMS")),
        ("@Ada Roe@ (<a href='http://a.org'>this http URL</a>, B)", ("Ada Roe",)),
        ("(author list is unavailable)", ()),
    ],
)
def test_names_are_read_whether_they_are_links_or_not(shown, names):
    link = '<a href="https://arxiv.org/search/cs?searchtype=author&amp;query=X">\\1</a>'
    people = re.sub("@(.+?)@", link, shown)
    body = re.sub(
        b"<div class='list-authors'>.*?</div>",
        lambda _found: f"<div class='list-authors'>{people}</div>".encode(),
        listing_page("cs.LG", DAY, [(paper(1), NEW)]),
    )
    (one,) = parsed(body).announcements
    assert one.paper.authors == names


@pytest.mark.parametrize(
    "typed",
    ["One.\n  Two.", "One.\n  Two.\n  Three, $a<b$.", "A line\nthat goes on.\n  Another."],
)
def test_the_paragraphs_of_an_abstract_are_kept(typed):
    shown = escape(typed).replace("\n  ", "\n<br>")
    body = listing_page("cs.LG", DAY, [(paper(1, abstract="@"), NEW)]).replace(b"          @", shown.encode())
    (one,) = parsed(body).announcements
    assert readable(one.paper.abstract) == readable(typed)


@pytest.mark.parametrize(
    ("what", "before", "after", "word"),
    [
        ("a section that lost a row", rb"<dt>.*?</dd>", b"", "rows under"),
        ("a heading that claims more", rb"showing 2 of 2", b"showing 3 of 3", "rows under"),
        ("a total that is larger", rb"Total of 5", b"Total of 6", "claims 6"),
        ("a total that is smaller", rb"Total of 5", b"Total of 4", "total of 4"),
        ("no date", rb"Showing new listings for", b"Listings for", "section|which day"),
        ("a date that does not exist", rb"10 June 2026", b"31 June 2026", "31 June"),
        ("a date of another weekday", rb"Wednesday", b"Thursday", "weekday"),
        ("an unknown section", rb"Cross submissions", b"Some submissions", "do not know"),
        ("a paper twice", rb"2606\.90002", b"2606.90001", "twice"),
        ("no end", rb"</html>", b"", "cut off"),
        ("a row without its description", rb"<dd>.*?</dd>", b"", "description"),
    ],
)
def test_a_page_that_does_not_add_up_is_refused(what, before, after, word):
    body = re.sub(
        before, after, listing_page("cs.LG", DAY, ENTRIES), count=0 if "total" in what else 1, flags=re.S
    )
    if "twice" in word:
        body = re.sub(before, after, body)
    assert re.search(word, refusal(body)), refusal(body)


@pytest.mark.parametrize(
    ("number", "before", "after", "word"),
    [
        (4, rb"\(replaced\)", b"", "wrong heading"),
        (2, rb'id="2606.90002"', b'id="2606.90009"', "damaged"),
        (2, rb'href ="/abs/2606.90002"', b'href ="/abs/2606.9000x"', "damaged"),
        (2, rb"/pdf/2606.90002", b"/pdf/2606.90001", "files of 2606.90001"),
        (2, rb'title="Abstract" id="2606.90002"', b'id="2606.90002"', "links 0 papers"),
        (1, rb"\(cs.LG\)", b"", "subject"),
        (1, rb"<div class='list-subjects'>.*?</div>", b"", "subject"),
        (1, rb"<span class=.primary-subject.>.*?</span>; ", b"", "no primary subject"),
        (1, rb"Machine Learning \(cs.LG\)</span>; ", b"", "yet its primary subject is cs.AI"),
        (2, rb"We predict tide 2.*?</p>", b"</p>", "no abstract"),
        (2, rb"Harbour 2[^<]*", b"", "no title"),
        (1, rb"<div class='list-authors'>.*?</div>", b"", "no authors"),
        (1, rb"<div class='list-authors'>.*?</div>", b"<div class='list-authors'> , </div>", "no authors"),
        (3, rb"cross-list from cs.CL", b"cross-list from cs.CV", "primary"),
    ],
)
def test_a_bad_row_costs_only_itself_and_is_named(number, before, after, word):
    body = listing_page("cs.LG", DAY, ENTRIES)
    changed = re.sub(before, after, body, count=1, flags=re.S)
    assert changed != body
    listing = parsed(changed)
    assert [one.paper for one in listing.announcements] == [
        one for place, (one, _) in enumerate(ENTRIES, 1) if place != number
    ]
    ((name, reason),) = [(one.paper, one.reason) for one in listing.unread]
    assert name == f"2606.9000{number}"
    assert word in reason
    assert listing.claimed == 5


def test_a_page_of_which_most_rows_cannot_be_read_is_refused():
    body = listing_page("cs.LG", DAY, ENTRIES).replace(b"list-subjects", b"list-topics")
    assert "5 papers that cannot be read, like 2606.90001: it has no primary subject" in refusal(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"Rate exceeded.",
        b"<html></html>",
        b"<html><body><h1>503 Service Unavailable</h1></body></html>",
        b"<html><body><h3>Showing new listings for Wednesday, 10 June 2026</h3></body></html>",
        b"\xff\xfe<html></html>",
    ],
)
def test_a_throttled_or_foreign_page_is_never_an_empty_day(body):
    assert "listing page" in refusal(body)


def test_a_page_with_half_its_body_is_refused_wherever_it_is_cut():
    body = listing_page("cs.LG", DAY, ENTRIES)
    for end in range(0, len(body) - len(b"</html>\n"), 97):
        refusal(body[:end])


@pytest.mark.parametrize("name", ["real", "ours"])
def test_damaged_pages_give_the_right_rows_or_name_the_bad_ones_or_are_refused(request, name):
    if name == "real":
        whole, category = (request.getfixturevalue("samples") / REAL).read_bytes(), "cs.AI"
    else:
        whole, category = listing_page("cs.LG", DAY, ENTRIES), "cs.LG"
    right, outcomes = sections(parsed(whole, category)), Counter[str]()
    for seed in range(300):
        chance = random.Random(seed)
        body = whole
        for _ in range(chance.randint(1, 2)):
            body = chance.choice(DAMAGES)(body, chance)
        try:
            listing = parsed(body, category)
        except SourceError:
            outcomes["refused"] += 1
            continue
        outcomes["unread" if listing.unread else "right"] += 1
        found = sections(listing)
        assert [row for row in right if row in found] == found, seed
        assert len(found) + len(listing.unread) == len(right), seed
        assert all(one.paper.title and one.paper.abstract for one in listing.announcements)
    assert all(outcomes[each] for each in ("refused", "unread", "right")), outcomes


def many(count: int):
    return [(paper(number), NEW if number < 1_500 else CROSS) for number in range(count)]


@pytest.fixture
async def site():
    async with ArxivSite() as site:
        yield site


async def only(source: ArxivListing, category: str = "cs.LG") -> Outcome:
    (outcome,) = [one async for one in source.fetch([category], {})]
    return outcome


async def test_a_listing_of_several_pages_is_one_listing_fifteen_seconds_apart(client, site, clock):
    entries = many(2_300)
    for skip in (0, 2_000):
        body = listing_page("cs.LG", DAY, entries, skip=skip)
        site.pages[f"/list/cs.LG/new?skip={skip}&show=2000"] = body
    started = clock.time
    listing = await only(ArxivListing(client, site.url))
    assert isinstance(listing, Listing)
    assert rows(listing) == [(one.id, kind.value) for one, kind in entries]
    assert (clock.time - started).total_seconds() == 15
    assert site.most_at_once == 1


async def test_pages_of_different_states_are_no_listing(client, site):
    site.pages["/list/cs.LG/new?skip=0&show=2000"] = listing_page("cs.LG", DAY, many(2_300))
    site.pages["/list/cs.LG/new?skip=2000&show=2000"] = listing_page("cs.LG", DAY, many(2_301), skip=2_000)
    outcome = await only(ArxivListing(client, site.url))
    assert isinstance(outcome, SourceError)
    assert "several" in outcome.reason


async def test_a_past_day_is_rebuilt_from_its_catch_up_page(client, site):
    path = f"/catchup/cs.LG/{DAY}?abs=True&page=1"
    site.pages[path] = catchup_page("cs.LG", DAY, ENTRIES)
    listing = await ArxivListing(client, site.url).rebuild("cs.LG", DAY)
    assert isinstance(listing, Listing)
    assert rows(listing) == [(one.id, kind.value) for one, kind in ENTRIES]
    site.pages[path] = catchup_page("cs.LG", date(2026, 6, 11), ENTRIES)
    outcome = await ArxivListing(client, site.url).rebuild("cs.LG", DAY)
    assert isinstance(outcome, SourceError)
    assert "2026-06-11" in outcome.reason


async def test_an_unknown_category_and_a_page_out_of_reach_are_faults_of_that_category(client, site):
    site.next("/list/cs.LG/new?skip=0&show=2000", Answer(503, headers={"Retry-After": "300"}))
    outcome = await only(ArxivListing(client, site.url))
    assert isinstance(outcome, SourceError)
    assert outcome.retry_after is not None
    outcome = await only(ArxivListing(client, site.url), "cs.XX")
    assert isinstance(outcome, SourceError)


def test_a_saved_page_is_recognised(samples):
    listing = arxiv_listing.read((samples / REAL).read_bytes())
    assert listing is not None
    assert len(listing.announcements) == 6
    assert arxiv_listing.read(b"<rss/>") is None
