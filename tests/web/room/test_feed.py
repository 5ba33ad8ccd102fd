"""A feed has the same papers as the page, and is read by programs without a complaint."""

from __future__ import annotations

from pathlib import Path

import feedparser
import pytest
from lxml import etree

from bot.model import AnnounceType
from tests.fakes import ingest, listing, paper
from tests.web.room.conftest import announced, chinese

GRAMMAR = etree.RelaxNG(file=Path(__file__).with_name("atom.rng"))
ODD = {
    "control characters": "Tide \x00\x07\x0b\x1b\x7f\x85 Tables",
    "the end of a CDATA section": "Tide ]]> <![CDATA[ Tables",
    "direction": "Tide \u202eselbaT\u202c \u2066\u200f",
    "TeX": r"Tide $\mathcal{O}(n^{2}) < \epsilon$ \& \"{o} {\L}",
    "markup": "<b>Tide</b> &amp; &nbsp; &#0; <?xml?> <!-- x",
    "no characters": "Tide \ufffe\uffff \ufdd0",
    "beyond the first plane": "Tide \U0001d4aa \U0001f30a \U0010ffff",
}


def faults(feed: str) -> list[str]:
    """What is wrong with a feed by the grammar of RFC 4287, and to a program that reads it."""
    GRAMMAR.validate(etree.fromstring(feed.encode()))
    read = feedparser.parse(feed)
    return [*map(str, GRAMMAR.error_log), *([str(read.bozo_exception)] if read.bozo else [])]


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


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
@pytest.mark.parametrize("language", ["en", "zh", "both"])
async def test_a_feed_of_odd_papers_is_valid(opened, text, language):
    one = await opened()
    odd = paper(1, title=text, authors=(text, "", " "), abstract=text, comments=text)
    bare = paper(2, abstract="", authors=(), comments="")
    texts = [chinese(odd, title=text, one_line=text, abstract=text)]
    await announced(one.store, odd, bare, texts=texts)
    status, feed, _ = await one.ask(f"/feed.atom?q=cs.LG&lang={language}")
    assert (status, faults(feed)) == (200, [])
    entries = feedparser.parse(feed).entries
    assert [entry.id for entry in entries] == [
        "https://arxiv.org/abs/2606.90001",
        "https://arxiv.org/abs/2606.90002",
    ]
    assert "Tide" in entries[0].title


@pytest.mark.parametrize("query", ["", "?q=cs.LG", "?q=nothing-like-this", "?q=harbour&lang=both"])
async def test_a_feed_is_valid_with_and_without_papers(reader, query):
    status, feed, _ = await reader.ask(f"/feed.atom{query}")
    assert (status, faults(feed)) == (200, [])


async def test_a_feed_of_an_empty_store_is_valid(opened):
    one = await opened()
    status, feed, _ = await one.ask("/feed.atom?q=cs.LG")
    assert (status, faults(feed)) == (200, [])


@pytest.mark.parametrize(
    ("valid", "broken"),
    [
        ("<updated>", "<updated>on "),
        ("<name>Ottoline Greaves</name>", "<name> </name>"),
        ("<id>https://arxiv.org/abs/2606.90003</id>", ""),
        ('<category term="cs.LG"/>', "<category/>"),
        ('type="html"', 'type="htm"'),
        ('rel="alternate" type="text/html" href="https://arxiv', 'rel="related" href="https://arxiv'),
    ],
)
async def test_a_feed_with_a_fault_is_noticed(reader, valid, broken):
    _, feed, _ = await reader.ask("/feed.atom?q=cs.LG&lang=en")
    assert valid in feed
    assert faults(feed.replace(valid, broken))
