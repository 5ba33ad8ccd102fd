"""A feed has the same papers as the page, and is read by programs without a complaint."""

from __future__ import annotations

import feedparser

from bot.model import AnnounceType
from tests.fakes import ingest, listing, paper
from tests.web.room.conftest import announced, chinese


async def test_a_feed_has_the_papers_of_its_search(reader):
    status, text, headers = await reader.ask("/feed.atom?q=stat.ML&lang=both")
    assert (status, headers["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    feed = feedparser.parse(text)
    assert not feed.bozo
    shown = await reader.ids("/search?q=stat.ML")
    assert [one.id.removeprefix("https://arxiv.org/abs/") for one in feed.entries] == shown
    assert len(shown) == 20
    first = feed.entries[0]
    assert first.title == "Harbour 3: Sparse Attention for Tide Tables · 潮汐表 2606.90003"
    assert [one.name for one in first.authors] == ["Ottoline Greaves", "Wen Shuyi"]
    assert "我们预测潮汐" in first.content[0].value
    assert [one.term for one in first.tags] == ["stat.ML", "cs.LG"]


async def test_a_revision_is_another_entry_and_hostile_texts_are_well_formed(opened):
    one = await opened()
    odd = paper(
        1, title="]]> & <b> \x07\u202e $\\beta$ \ufffe", authors=("<i>", "", "A & B"), abstract="<script>&amp;"
    )
    await announced(one.store, odd, texts=[chinese(odd, abstract="</p><script>")])
    again = [(paper(2, version=2), AnnounceType.REPLACE)]
    await ingest(one.store, [listing("cs.LG", *again)], one.clock.now)
    _, text, _ = await one.ask("/feed.atom?q=cs.LG&lang=both")
    feed = feedparser.parse(text)
    assert not feed.bozo
    assert [each.id for each in feed.entries] == [
        "https://arxiv.org/abs/2606.90001",
        "https://arxiv.org/abs/2606.90002v2",
    ]
    assert "<script" not in feed.entries[0].content[0].value


async def test_a_feed_of_a_query_that_cannot_be_read_says_so(reader):
    status, text, headers = await reader.ask("/feed.atom?q=(cs.LG")
    assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert "bracket" in text
