"""Texts that somebody else translated get back what they have lost, and nothing else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import ALL, Announcement, AnnounceType, Language, Listing, Paper, Summary
from bot.summaries.repair import mended, repaired
from bot.text.masking import mask

LINK = "https://example.org/code_1"
PAPER = Paper("2606.90001", 1, "A cache", ("A",), rf"We reach $75.8\%$ with $\beta=1$. Code: {LINK}.", ("cs.LG",))


def abstract(text: str) -> str:
    return repaired(PAPER, Summary(PAPER.id, 1, Language.ZH, abstract=text)).abstract


@pytest.mark.parametrize("lost", ["https://this URL", "此 https URL", "该URL", "此链接", "this https URL"])
def test_a_link_comes_back_where_something_stands_for_it(lost):
    assert abstract(f"代码可在{lost}获取。") == f"代码可在 {LINK} 获取。"


def test_a_link_comes_back_behind_the_text_if_nothing_stands_for_it():
    assert abstract("代码已经公开。") == f"代码已经公开。 {LINK}"


def test_a_link_that_is_there_stays():
    assert abstract(f"代码见{LINK}。") == f"代码见{LINK}。"


def test_links_of_others_go():
    assert abstract(f"代码见{LINK}，另见https://evil.example/x。") == f"代码见{LINK}，另见。"


def test_a_link_that_the_english_does_not_have_is_not_missed():
    paper = Paper("2606.90001", 1, "A", ("A",), "This link prediction works.", ("cs.LG",))
    text = "该链接预测方法有效。"
    assert repaired(paper, Summary(paper.id, 1, Language.ZH, abstract=text)).abstract == text


@pytest.mark.parametrize("eaten", ["$\x08eta=1$", r"$\\beta=1$", r"$\beta=1$"])
def test_formulas_are_those_of_the_english(eaten):
    assert abstract(rf"取{eaten}，达到$75.8\\%$。代码：{LINK}。") == rf"取$\beta=1$，达到$75.8\%$。代码：{LINK}。"


def test_labels_and_unseen_characters_go():
    assert abstract(f"摘要：中文摘要: 很\u200b慢\u202e。代码见{LINK}。") == f"很慢。代码见{LINK}。"


def test_a_text_that_is_not_there_stays_away():
    empty = Summary(PAPER.id, 1, Language.ZH, provenance="arxivdaily")
    assert repaired(PAPER, empty) == empty


def test_the_texts_of_a_listing_are_mended_and_keep_their_provenance():
    announcement = Announcement(PAPER, ALL, date(2026, 6, 10), AnnounceType.NEW)
    summary = Summary(PAPER.id, 1, Language.ZH, "缓存", "很快。", "代码可在该URL获取。", "arxivdaily")
    listing = Listing("arxivdaily", ALL, date(2026, 6, 10), (announcement,), summaries=(summary,))
    (one,) = mended(listing).summaries
    assert one.abstract == f"代码可在 {LINK} 获取。"
    assert (one.title, one.one_line, one.provenance) == ("缓存", "很快。", "arxivdaily")


@given(
    st.lists(
        st.sampled_from(
            ["很慢。", LINK, "https://evil.example/x", "该URL", "this URL", "\x08eta", " ", "$x$", "www.a.bc"]
        )
    )
)
def test_no_link_but_the_papers_is_left(parts):
    text = abstract("".join(parts))
    assert {piece for piece in mask(text).pieces if "/" in piece or "www" in piece} <= {LINK}


@given(st.text(), st.text())
def test_any_text_is_mended(english, text):
    paper = Paper("2606.90001", 1, english, ("A",), english, ("cs.LG",))
    once = repaired(paper, Summary(paper.id, 1, Language.ZH, text, text, text))
    assert len(once.abstract) <= len(text) + len(english) + 100
