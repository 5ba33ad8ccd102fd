"""show, why, save and cite of papers that nobody has announced: arXiv is asked once, and its answer is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands import Commands, asked_paper
from bot.errors import SourceError
from bot.model import AnnounceType, Language, Paper
from bot.presentation.cards import cards_lines
from bot.store import schema
from tests.commands.conftest import DEFAULTS, Conversation, listing
from tests.fakes import rows

FAMOUS = Paper(
    "1706.03762", 7, "Attention Is All You Need", ("Ashish Vaswani",), "We propose a network.", ("cs.CL", "cs.LG"),
    doi="10.1000/182", journal_ref="NeurIPS 30",
)  # fmt: skip
OLD = Paper("hep-th/9901001", 1, "An Old Paper", ("Ottoline Greaves",), "Strings.", ("hep-th",))


class Arxiv:
    """An arXiv that has some papers, and may be away."""

    def __init__(self, papers: Mapping[str, Paper]) -> None:
        self.papers = papers
        self.asked: list[str] = []
        self.is_away = False

    async def __call__(self, paper_id: str) -> Paper | None:
        self.asked.append(paper_id)
        if self.is_away:
            raise SourceError(paper_id, "export.arxiv.org answers HTTP 503")
        return self.papers.get(paper_id)


@pytest.fixture
def arxiv(talk: Conversation) -> Arxiv:
    made = Arxiv({FAMOUS.id: FAMOUS, OLD.id: OLD})
    talk.commands = Commands(talk.store, DEFAULTS, lambda: talk.now, look_up=made)
    return made


async def test_a_paper_of_any_number_is_asked_for_once_and_kept(talk: Conversation, arxiv: Arxiv):
    for text in (
        "show 1706.03762",
        "show https://arxiv.org/abs/1706.03762v7",
        "why 1706.03762",
        "cite 1706.03762",
    ):
        reply = await talk.reply(text)
    assert arxiv.asked == [FAMOUS.id]
    (card,) = (await talk.reply("show 1706.03762")).cards
    assert (card.paper, card.is_announced) == (FAMOUS, False)
    assert reply.attachment
    assert "doi = {10.1000/182}" in reply.attachment.text
    assert await talk.says("show 1706.03762v5") == (
        "1706.03762v7: Attention Is All You Need\nI don't have version 5; this is version 7."
    )


async def test_what_is_stored_is_not_asked_for(talk: Conversation, arxiv: Arxiv):
    for text in ("show 2606.90001", "save 2606.90004", "cite 2606.90002", "follow 2606.90002"):
        await talk.says(text)
    assert arxiv.asked == []


async def test_it_comes_in_no_digest_and_on_no_date(talk: Conversation, arxiv: Arxiv):
    await talk.says("subscribe cs.CL")
    await talk.says("show 1706.03762")
    await talk.announce(listing("cs.LG"))
    assert await rows(talk.store, schema.hit) == []
    assert "2017" not in await talk.says("today")


async def test_once_it_is_announced_here_it_is_what_was_announced(talk: Conversation, arxiv: Arxiv):
    await talk.says("show 1706.03762")
    crossed = replace(FAMOUS, version=1, is_version_known=False)
    await talk.announce(listing("cs.LG", (crossed, AnnounceType.CROSS)))
    assert "Announced Wed 10 June 2026: cs.LG (cross-listed)" in await talk.says("why 1706.03762")
    assert (await talk.reply("show 1706.03762")).cards[0].is_announced


async def test_a_number_that_arxiv_does_not_have_is_said_and_not_asked_for_again_for_a_day(
    talk: Conversation, arxiv: Arxiv
):
    for _ in range(3):
        assert await talk.says("show 2606.99999") == "arXiv has no paper 2606.99999. Check the number."
    said = await talk.says("显示 2606.99999", language=Language.ZH)
    assert said == "arXiv 没有编号为 2606.99999 的论文。请检查编号。"
    assert arxiv.asked == ["2606.99999"]
    talk.now += timedelta(days=1, hours=1)
    await talk.says("show 2606.99999")
    assert len(arxiv.asked) == 2


async def test_an_arxiv_that_is_away_is_one_clear_sentence_and_is_asked_again(talk: Conversation, arxiv: Arxiv):
    arxiv.is_away = True
    said = "I don't have 1706.03762, and arXiv isn't answering right now. Try again in a few minutes."
    assert await talk.says("show 1706.03762") == said
    assert await talk.says("save 1706.03762") == said
    arxiv.is_away = False
    assert "Attention Is All You Need" in await talk.says("show 1706.03762")


async def test_nobody_can_have_arxiv_asked_without_end(
    talk: Conversation, arxiv: Arxiv, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(asked_paper, "_IN_AN_HOUR", 3)
    for number in range(6):
        await talk.says(f"show 2501.0000{number}")
    assert len(arxiv.asked) == 3
    talk.now += timedelta(hours=1, minutes=1)
    await talk.says("show 1706.03762")
    assert len(arxiv.asked) == 4


async def test_why_says_that_nothing_here_reads_its_category(talk: Conversation, arxiv: Arxiv):
    await talk.says("subscribe cs.LG attention")
    arxiv.papers = {**arxiv.papers, "1501.00001": Paper("1501.00001", 1, "Markets", ("A B",), "C.", ("econ.TH",))}
    said = await talk.says("why 1501.00001")
    assert "Nobody here subscribes to econ.TH, so I don't read it." in said
    assert "does not match: it lacks cs.LG" in said
    read = await talk.says("why 1706.03762")
    assert "I don't know 1706.03762" in read
    assert "Nobody here subscribes" not in read


async def test_it_is_shown_with_when_it_was_first_submitted_and_never_as_new(talk: Conversation, arxiv: Arxiv):
    (old,) = (await talk.reply("show hep-th/9901001")).cards
    (famous,) = (await talk.reply("show 1706.03762")).cards
    first, second = cards_lines([old, famous], Language.EN)
    assert first.facts == "hep-th · first submitted January 1999"
    assert second.facts == "cs.CL cs.LG · revised, version 7 · first submitted June 2017"


async def test_it_is_saved_and_found_like_any_other(talk: Conversation, arxiv: Arxiv):
    await talk.says("save 1706.03762")
    await talk.says("save 2606.90001")
    assert [card.paper.id for card in (await talk.reply("saved attention")).cards] == ["2606.90001", "1706.03762"]
    assert [card.paper.id for card in (await talk.reply("saved cs.CL vaswani, network")).cards] == ["1706.03762"]
