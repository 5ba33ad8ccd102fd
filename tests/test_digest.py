"""A digest shows each paper once, best first, and counts what it leaves out."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest import NAMED, PAGE, Card, Report, cards, compose, in_turn, standing
from bot.model import (
    AnnounceType,
    Coverage,
    Destination,
    Language,
    Match,
    Paper,
    Reason,
    Subscription,
    Summary,
)
from tests.fakes import DAY, NINE, paper

NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType
PLACE = Destination(1, "fake", "#tides", Language.BOTH, NINE)
BOTH_IN_TITLE = (Reason("tide", "title"), Reason("moon", "title"), Reason("moon", "title_zh"))
ASKED = {number: Subscription(number, 1, number, f"cs.{number}") for number in range(1, 6)}


def match(
    number: int, *, by: int = 1, version: int = 1, kind: AnnounceType = NEW, field: str = "abstract"
) -> Match:
    return Match(by, paper(number).id, version, DAY, kind, (Reason("tide", field),))


def ranked(*matches: Match, summaries: dict[tuple[str, int], Summary] | None = None) -> list[Card]:
    known: dict[tuple[str, int], Paper] = {
        (one.paper_id, one.version): paper(int(one.paper_id[-4:]), version=one.version) for one in matches
    }
    return cards(matches, known, ASKED, summaries or {})


def order(found: list[Card]) -> list[int]:
    return [int(card.paper.id[-4:]) for card in found]


def test_what_several_subscriptions_found_is_one_card_that_names_them_by_number():
    (card,) = ranked(match(1, by=3), match(1, by=1, field="title"), match(1, by=2))
    assert [one.number for one in card.subscriptions] == [1, 2, 3]
    assert card.reasons == (Reason("tide", "abstract"), Reason("tide", "title"))


def test_a_card_has_the_best_type_that_a_subscription_sees():
    (card,) = ranked(match(1, by=1, kind=CROSS), match(1, by=2, kind=NEW))
    assert card.type is NEW


def test_a_card_shows_the_newest_version():
    (card,) = ranked(match(1, version=2, kind=REPLACE), match(1, by=2, version=3, kind=REPLACE))
    assert card.paper.version == 3


def test_new_papers_come_before_cross_listed_and_those_before_revised_ones():
    found = ranked(match(1, kind=REPLACE_CROSS), match(2, kind=REPLACE), match(3, kind=CROSS), match(4, kind=NEW))
    assert order(found) == [4, 3, 2, 1]


def test_what_more_subscriptions_found_comes_first_then_what_was_found_in_the_title():
    found = ranked(match(1), match(2, field="title"), match(3), match(3, by=2), match(4, field="title_zh"))
    assert order(found) == [3, 2, 4, 1]


def test_chinese_texts_go_with_their_version():
    texts = {(paper(1).id, 2): Summary(paper(1).id, 2, Language.ZH, "潮汐")}
    assert ranked(match(1), summaries=texts)[0].summary is None
    assert ranked(match(1, version=2), summaries=texts)[0].summary == texts[paper(1).id, 2]


@pytest.mark.parametrize(("cap", "shown", "more"), [(1, 1, 4), (5, 5, 0), (50, 5, 0)])
def test_over_the_cap_the_best_are_shown_and_all_are_counted(cap, shown, more):
    found = ranked(*(match(n) for n in range(1, 6)))
    digest = compose("7", PLACE, found, report=Report((Coverage("cs.LG", DAY, 5, 5),)), cap=cap)
    assert (len(digest.cards), digest.matched, len(digest.rest)) == (shown, 5, more)
    assert digest.cards == tuple(found[:cap])
    assert (digest.key, digest.destination, digest.coverage) == ("7", PLACE, (Coverage("cs.LG", DAY, 5, 5),))


def test_the_dates_of_a_digest_are_in_order_and_each_there_once():
    days = [DAY, DAY - timedelta(days=2), DAY]
    digest = compose("1", PLACE, [Card(paper(n), NEW, day) for n, day in enumerate(days)], report=Report(), cap=9)
    assert digest.dates == (DAY - timedelta(days=2), DAY)


def test_a_digest_without_papers_is_a_digest():
    digest = compose("1", PLACE, ranked(), report=Report(), cap=9)
    assert (digest.cards, digest.matched, digest.rest, digest.further, digest.dates) == ((), 0, (), (), ())


@given(
    st.lists(
        st.builds(
            match,
            st.integers(1, 6),
            by=st.integers(1, 5),
            version=st.integers(1, 3),
            kind=st.sampled_from(AnnounceType),
            field=st.sampled_from(["title", "abstract", "category"]),
        ),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_every_matched_paper_is_there_once_and_the_order_of_the_matches_does_not_matter(matches, random):
    found = ranked(*matches)
    assert sorted(order(found)) == sorted({int(one.paper_id[-4:]) for one in matches})
    shuffled = [*matches]
    random.shuffle(shuffled)
    again = ranked(*shuffled)
    assert order(again) == order(found)
    assert [(card.type, card.subscriptions, set(card.reasons)) for card in again] == [
        (card.type, card.subscriptions, set(card.reasons)) for card in found
    ]


def test_what_the_cap_leaves_out_is_kept_to_be_named():
    found = [Card(paper(number), NEW, DAY) for number in range(1, 5)]
    digest = compose("1", PLACE, found, report=Report(), cap=3)
    assert [one.paper.id for one in digest.rest] == [one.paper.id for one in digest.named] == [paper(4).id]
    assert digest.further == ()


DAYS = [DAY - timedelta(days=back) for back in range(5)]


@st.composite
def backlogs(draw: st.DrawFn) -> list[Card]:
    """What several dates hold, the oldest first."""
    counts = draw(st.lists(st.integers(0, 120), min_size=1, max_size=5))
    kinds = draw(st.lists(st.sampled_from(AnnounceType), min_size=1, max_size=9))
    numbers = iter(range(1, 1000))
    return [
        Card(paper(next(numbers)), kinds[destination % len(kinds)], day)
        for day, count in reversed(list(zip(DAYS, counts, strict=False)))
        for destination in range(count)
    ]


@given(backlogs(), st.integers(1, 60))
def test_every_date_has_its_share_of_what_is_shown_and_of_what_is_named(found, cap):
    digest = compose("1", PLACE, in_turn(found, standing), report=Report(), cap=cap)
    total = Counter(card.date for card in found)
    for shown in (digest.cards, (*digest.cards, *digest.named)):
        share = Counter(card.date for card in shown)
        most = max(share.values(), default=0)
        assert all(share[day] == total[day] or share[day] >= most - 1 for day in total)
    for some in (digest.cards, digest.named):
        assert [card.date for card in some] == sorted((card.date for card in some), reverse=True)
    assert {card.paper.id for card in (*digest.cards, *digest.rest)} == {card.paper.id for card in found}


@given(backlogs(), st.integers(1, 60))
def test_what_is_not_even_named_begins_on_the_page_that_is_pointed_at(found, cap):
    digest = compose("1", PLACE, in_turn(found, standing), report=Report(), cap=cap)
    assert sum(one.count for one in digest.further) == max(len(found) - cap - NAMED, 0)
    seen = {card.paper.id for card in (*digest.cards, *digest.named)}
    for one in digest.further:
        on_that_date = in_turn((card for card in found if card.date == one.date), standing)
        on_pages = [card.paper.id for card in on_that_date[(one.page - 1) * PAGE :]]
        assert len(set(on_pages[:PAGE]) - seen) > 0, "a page too early"
        assert len(set(on_pages) - seen) == one.count
        seen |= set(on_pages)
    assert seen == {card.paper.id for card in found}


def test_of_equal_papers_of_five_days_each_day_has_as_many_the_newest_first():
    found = [Card(paper(30 * back + n), NEW, DAY - timedelta(days=back)) for back in range(5) for n in range(30)]
    digest = compose("1", PLACE, in_turn(found, standing), report=Report(), cap=20)
    assert [card.date for card in digest.cards] == [day for day in DAYS for _ in range(4)]


def test_more_terms_in_the_title_come_first():
    found = ranked(match(1), match(2, field="title"), replace(match(3), reasons=BOTH_IN_TITLE))
    assert order(found) == [3, 2, 1]
