"""Sources complement each other, whichever of them comes first; what a query may find now is matched again."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from bot.model import Form, Paper
from bot.store import schema
from bot.store.merging import merge, says_more
from tests.fakes import MORNING, ingest, listing, matches, paper, rows, subscribed

TYPED, RENDERED, RETOLD = Form.TYPED, Form.RENDERED, Form.RETOLD
NAMES = tuple(f"Person{n:04} Number{n:04}" for n in range(1, 3_001))


def together(*told: tuple[Paper, Form]) -> Paper:
    """What is known after all of these have come, in this order."""
    found = told[0][0]
    for one, form in told[1:]:
        found = merge(found, one, form)
    return found


def in_any_order(*told: tuple[Paper, Form]) -> Paper:
    """What is known at the end, which is the same in every order."""
    every = {together(*order) for order in permutations(told)}
    assert len(every) == 1
    return every.pop()


def shown(count: int) -> int:
    """How many authors a listing shows."""
    return count if count <= 101 else 100


@pytest.mark.parametrize("count", [1, 2, 99, 100, 101, 102, 150, 1_000, 3_000])
def test_the_authors_of_a_feed_follow_those_of_the_listing(count):
    page, feed = paper(authors=NAMES[: shown(count)]), paper(authors=NAMES[:count])
    assert in_any_order((page, RENDERED), (feed, TYPED)).authors == NAMES[:count]


def test_a_cross_list_of_a_later_day_adds_its_category_behind_the_primary_one():
    first, later = paper(categories=("cs.LG", "cs.AI")), paper(categories=("cs.LG", "cs.AI", "stat.ML"))
    assert in_any_order((first, RENDERED), (later, RENDERED), (first, TYPED)).categories == later.categories
    other = paper(categories=("cs.LG", "math.ST"))
    assert together((first, RENDERED), (other, RENDERED)).categories == ("cs.LG", "cs.AI", "math.ST")
    assert says_more(first, later)


@pytest.mark.parametrize(
    ("page", "feed", "right"),
    [
        (("Belle-II Collaboration", "Bo Ek"), ("II Collaboration", "Bo Ek"), ("Belle-II Collaboration", "Bo Ek")),
        (("Ada Groupman", "Bo Ek"), ("Ada Group", "Bo Ek"), ("Ada Groupman", "Bo Ek")),
        (("J.R.R. Roe",), ("J. R. R. Roe",), ("J.R.R. Roe",)),
        (("John Doe Jr.", "Ada Roe"), ("John Doe", "Jr.", "Ada Roe"), ("John Doe Jr.", "Ada Roe")),
        ((), ("Ada Roe",), ("Ada Roe",)),
        (NAMES[:100], ("A", "Team", *NAMES[1:150]), NAMES[:150]),
        (("J.R. Roe", *NAMES[1:99], "A.B. Ek"), ("J. R. Roe", *NAMES[1:99], "A. B. Ek", "Bo"),
         ("J.R. Roe", *NAMES[1:99], "A.B. Ek", "Bo")),
    ],
)  # fmt: skip
def test_names_that_a_feed_has_taken_apart_are_those_of_the_listing(page, feed, right):
    found = in_any_order((paper(authors=page), RENDERED), (paper(authors=feed), TYPED))
    assert found.authors == right


def test_texts_are_those_that_were_typed_and_what_only_one_has_is_kept():
    page = paper(title="Ü", abstract="Ü.", comments="9 pages", journal_ref="J. Tides 1")
    feed = paper(
        title=r"\"U", abstract=r"\"U.", doi="10.1/x", journal_ref="J. Tides 1", license="https://l.example"
    )
    found = in_any_order((page, RENDERED), (feed, TYPED))
    assert (found.title, found.abstract, found.comments) == (feed.title, feed.abstract, "9 pages")
    assert (found.doi, found.journal_ref, found.license) == ("10.1/x", "J. Tides 1", "https://l.example")


def test_what_somebody_else_tells_only_fills_in():
    page = paper(title="A", abstract="B.", comments="", authors=("Ada Roe",))
    other = paper(title="C", abstract="D.", comments="9 pages", authors=("A. Roe",))
    assert merge(page, other, RETOLD) == replace(page, comments="9 pages")
    assert merge(replace(page, comments="1 page"), other, RETOLD).comments == "1 page"


def test_later_comments_of_the_same_version_take_the_place_of_earlier_ones():
    assert merge(paper(comments="9 pages"), paper(comments="10 pages"), RENDERED).comments == "10 pages"
    assert merge(paper(comments="9 pages"), paper(comments=""), TYPED).comments == "9 pages"


def test_only_what_a_query_may_find_is_matched_again():
    one = paper(title=r"\"Uber Tides", abstract="A  tide.")
    assert not says_more(
        one, replace(one, title="Über Tides", abstract="A tide.", doi="10.1/x", license="https://l")
    )
    assert says_more(one, replace(one, abstract="A wave."))
    assert says_more(one, replace(one, authors=(*one.authors, "Bo Ek")))
    assert says_more(one, replace(one, comments="9 pages"))


@pytest.mark.parametrize("first", ["arxiv_listing", "arxiv_feed"])
@pytest.mark.parametrize("count", [1, 102, 3_000])
async def test_an_author_is_found_and_muted_wherever_he_stands_whichever_source_comes_first(store, first, count):
    last = NAMES[count - 1]
    await subscribed(store, f'au:"{last}"', "cs.LG", f'cs.LG -au:"{last}"')
    both = {
        "arxiv_listing": listing("cs.LG", paper(1, authors=NAMES[: shown(count)]), source="arxiv_listing"),
        "arxiv_feed": listing("cs.LG", paper(1, authors=NAMES[:count])),
    }
    for name in (first, *both.keys() - {first}):
        await ingest(store, [both[name]], MORNING)
    assert [one.query for one in await matches(store)] == [f'au:"{last}"', "cs.LG"]
    (stored,) = await rows(store, schema.paper)
    assert tuple(stored.authors) == NAMES[:count]
