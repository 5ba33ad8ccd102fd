"""What a query would have matched, in numbers, and what to do when that is too much or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model import AnnounceType
from tests.commands.conftest import AXION, Conversation, listing


@pytest.fixture
async def wide(talk: Conversation) -> Conversation:
    """A place beside a day with 40 more papers about axions, 30 of them with haloscopes."""
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
