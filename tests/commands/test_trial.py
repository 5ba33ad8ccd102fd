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
    assert "That is about 41 a day, 100% of what it looks at.\nMost come from haloscope: 30." in text


async def test_a_single_term_leads_nothing(wide: Conversation):
    assert "Most come" not in await wide.says("preview hep-th haloscope")


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("axion*", "add a category, for example: cs.LG"),
        ("hep-th axion*", "ask for it in titles only: title:axion*"),
        ("hep-th", "add a word, for example: diffusion"),
    ],
)
async def test_a_wide_query_gets_advice(wide: Conversation, query: str, advice: str):
    assert f"⚠ That is a lot for a day. To get fewer, {advice}" in await wide.says(f"subscribe {query}")


async def test_30_a_day_are_not_wide(wide: Conversation):
    text = await wide.says("preview hep-th haloscope")
    assert "about 30 a day, 73%" in text
    assert "⚠" not in text


async def test_what_never_occurs_is_named(talk: Conversation):
    text = await talk.says("subscribe hep-th axions, axion -tears haloscope")
    assert "⚠ No stored paper has: -tears, haloscope. Is it written right?" in text


async def test_what_never_occurs_together_is_told_from_what_never_occurs(talk: Conversation):
    assert "⚠ Everything occurs, but never in one paper." in await talk.says("preview tidal axions")


async def test_nothing_is_said_about_papers_that_were_not_read(talk: Conversation):
    assert "⚠" not in await talk.says("preview cs.RO grasping")


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("math", "“math” is a word to look for. For all of Mathematics, type: math.*"),
        ("CS learning", "“CS” is a word to look for. For all of Computer Science, type: cs.*"),
        ("physics", "“physics” is a word to look for. For all of Physics, type: physics.*"),
        ("hep-th stat", "For all of Statistics, type: stat.*"),
    ],
)
async def test_an_archive_that_is_typed_as_a_word_gets_a_hint(talk: Conversation, query: str, line: str):
    assert line in await talk.says(f"subscribe {query}")
    assert line in await talk.says(f"preview {query}")


@pytest.mark.parametrize("query", ['hep-th "math"', "ti:math cs.LG", "math.*", "cat:math", "hep-th -math"])
async def test_what_is_no_archive_typed_as_a_word_gets_no_hint(talk: Conversation, query: str):
    assert "is a word to look for" not in await talk.says(f"subscribe {query}")


async def test_a_query_without_a_category_says_what_it_reads_and_offers_the_categories_of_what_it_found(wide):
    text = await wide.says("subscribe haloscope")
    assert "No category is named, so all of arXiv is read for this: 149 pages, about 37 minutes" in text
    assert "To look only there, type: hep-th haloscope" in text
    assert "To look only there, type: cs.LG (a b OR c)" in await wide.says("subscribe a b OR c")
    assert "No category" not in await wide.says("subscribe hep-th haloscope")


async def test_a_sentence_is_questioned(talk: Conversation):
    text = await talk.says("subscribe hep-th how axion haloscopes hunt dark matter at night")
    assert "All 8 words must be in one paper. If you mean the whole phrase, type:" in text
    assert (
        '"how axion haloscopes hunt dark matter at night" If any of them will do: how, axion, haloscopes,' in text
    )
    assert "words must be" not in await talk.says("subscribe hep-th axion haloscopes dark matter")
