"""What a query would have matched, in numbers, and what to do when that is too much or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import AnnounceType
from tests.commands.conftest import AXION, Conversation, listing


@pytest.fixture
async def wide(talk: Conversation) -> Conversation:
    """A destination beside a day with 40 more papers about axions, 30 of them with haloscopes."""
    many = [
        replace(AXION, id=f"2606.91{number:03}", abstract="A haloscope." if number < 30 else "A review.")
        for number in range(40)
    ]
    await talk.announce(listing("hep-th", *((paper, AnnounceType.NEW) for paper in many)))
    return talk


async def test_the_leading_term_is_named(wide: Conversation):
    text = await wide.says("preview hep-th haloscope, review")
    assert "About 41 a day (100%).\nMost have “haloscope”: 30." in text


async def test_a_single_term_leads_nothing(wide: Conversation):
    assert "Most have" not in await wide.says("preview hep-th haloscope")


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("axion*", "add a category, for example: cs.LG"),
        ("hep-th axion*", "search titles only: title:axion*"),
        ("hep-th", "add a word, for example: diffusion"),
    ],
)
async def test_a_wide_query_gets_advice(wide: Conversation, query: str, advice: str):
    assert f"⚠ That's a lot for one day. To get fewer, {advice}" in await wide.says(f"subscribe {query}")


async def test_30_a_day_are_not_wide(wide: Conversation):
    text = await wide.says("preview hep-th haloscope")
    assert "About 30 a day (73%" in text
    assert "⚠" not in text


async def test_what_never_occurs_is_named(talk: Conversation):
    text = await talk.says("subscribe hep-th axions, axion -tears haloscope")
    assert "⚠ -tears, haloscope haven't appeared recently. Check the spelling." in text


async def test_what_never_occurs_together_is_told_from_what_never_occurs(talk: Conversation):
    assert "⚠ Each term occurs, but never together in one paper." in await talk.says("preview tidal axions")


async def test_nothing_is_said_about_papers_that_were_not_read(talk: Conversation):
    assert "⚠" not in await talk.says("preview cs.RO grasping")


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("math", "“math” is searched as a word. For all of Mathematics, type: math.*"),
        ("CS learning", "“CS” is searched as a word. For all of Computer Science, type: cs.*"),
        ("physics", "“physics” is searched as a word. For all of Physics, type: physics.*"),
        ("computer science", "“computer science” is searched as a word. For all of Computer Science, type: cs.*"),
        ("Mathematics", "“Mathematics” is searched as a word. For all of Mathematics, type: math.*"),
        ("統計學", "“統計學” is searched as a word. For all of Statistics, type: stat.*"),
        ("hep-th stat", "For all of Statistics, type: stat.*"),
    ],
)
async def test_an_archive_that_is_typed_as_a_word_gets_a_hint(talk: Conversation, query: str, line: str):
    assert line in await talk.says(f"subscribe {query}")
    assert line in await talk.says(f"preview {query}")


@pytest.mark.parametrize(
    "query", ['hep-th "math"', "ti:math cs.LG", "math.*", "cat:math", "hep-th -math", "bayesian statistics"]
)
async def test_what_is_no_archive_typed_as_a_word_gets_no_hint(talk: Conversation, query: str):
    assert "is searched as a word" not in await talk.says(f"subscribe {query}")


async def test_a_query_without_a_category_says_what_it_reads_and_offers_the_categories_of_what_it_found(wide):
    text = await wide.says("subscribe haloscope")
    assert "Without a category I have to read all of arXiv for this: 149 pages, about 37 minutes" in text
    assert "To search only there, type: hep-th haloscope" in text
    assert "To search only there, type: cs.LG (a b OR c)" in await wide.says("subscribe a b OR c")
    assert "Without a category" not in await wide.says("subscribe hep-th haloscope")


async def test_a_sentence_is_questioned(talk: Conversation):
    text = await talk.says("subscribe hep-th how axion haloscopes hunt dark matter at night")
    assert "All 8 words must occur in one paper. For the whole phrase, type:" in text
    assert '"how axion haloscopes hunt dark matter at night" For any of them: how, axion, haloscopes,' in text
    assert "words must occur" not in await talk.says("subscribe hep-th axion haloscopes dark matter")
