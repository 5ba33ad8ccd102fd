"""A date with all its papers: in order, with every field, filtered as `sudi match` does."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from bot.matching import candidates, match, prepare
from bot.model import AnnounceType, Language
from bot.query import parse
from bot.sources.arxivdaily import read
from bot.text.chinese import typeset
from tests.fakes import DAY, MORNING, ingest, listing, paper
from tests.web.room.conftest import announced, chinese, ids, plain

PATH = f"/papers/{DAY}"


async def test_the_model_page_is_there_whole_and_in_its_order(opened, samples):
    one = await opened()
    page = read((samples / "arxivdaily_2026-06-10.txt").read_bytes())
    await ingest(one.store, [page], one.clock.now)
    status, html = await one.get(f"{PATH}?lang=both")
    assert status == 200
    assert ids((200, html)) == [each.paper.id for each in page.announcements]
    assert len(page.announcements) == 30
    said = plain(html)
    for each, texts in zip(page.announcements, page.summaries, strict=True):
        of = each.paper
        for name in of.authors[:12]:
            assert plain(name) in said
        assert " ".join(of.categories) in said
        assert f"https://arxiv.org/abs/{of.id}" in html
        assert typeset(texts.title).split("：")[0].replace(" ", "")[:6] in said.replace(" ", "")
        if of.comments:
            assert "Comments: " + of.comments.split("$")[0].split("\\")[0].split("http")[0].strip()[:20] in said
    assert html.count("AI 总结") == 30
    assert html.count('<details><summary>Abstracts</summary><div class="pair"><p lang="en">') == 30
    assert len(re.findall(r'</p><p lang="zh-Hans">[^<]{60}', html)) == 30
    assert "30 of 2251 read (counts differ)" in said
    assert "30 of 2251 read (counts differ)" in plain((await one.get("/dates"))[1])


async def test_a_page_says_when_its_date_was_read(opened):
    one = await opened()
    await announced(one.store, paper(1))
    assert f"read 10 June, {MORNING:%H:%M} (UTC)" in plain((await one.get(f"{PATH}?lang=en"))[1])
    assert f"6 月 10 日 {MORNING:%H:%M}（UTC）读取" in plain((await one.get(f"{PATH}?lang=zh"))[1])


async def test_all_categories_have_their_counts_cross_lists_too(reader):
    _, html = await reader.get(PATH)
    counts = dict(re.findall(r">([a-z]+\.[A-Z]{2})</a> ([\d,]+)</li>", html))
    assert counts == {"cs.LG": "60", "cs.AI": "40", "stat.ML": "20"}
    archives = dict(re.findall(r'class="arch"><a[^>]*>([^<]+)</a> ([\d,]+)', html))
    assert archives == {"Computer Science": "60", "Statistics": "20"}
    assert re.search(r">All</a> 60</li>", html)


async def test_the_pages_together_have_every_paper_once(reader):
    first, second = await reader.ids(PATH), await reader.ids(f"{PATH}?page=2")
    assert (len(first), len(second)) == (50, 10)
    assert len({*first, *second}) == 60
    _, html = await reader.get(f"{PATH}?page=2")
    assert "51–60 of 60" in html


QUERIES = ["harbour", '"sparse attention" -60', "au:wen", "stat.ML", "cs.AI tide", "潮汐表", "cs.* -stat.ML"]


@pytest.mark.parametrize("chosen", [(), ("cs.AI",), ("stat.ML", "cs.AI"), ("stat.*",)])
async def test_what_a_page_shows_is_what_match_finds(reader, chosen):
    async with reader.store.read() as tx:
        stored = await tx.papers.announced_on([DAY])
        texts = await tx.texts.best([(each.paper.id, each.paper.version) for each in stored], Language.ZH)
    ready = [prepare(each) for each in candidates(stored, texts)]
    for query in QUERIES:
        asked = [parse(query), *([parse(", ".join(chosen))] if chosen else [])]
        parameters = [("q", query), *(("in", code) for code in chosen)]
        shown = []
        for page in (1, 2):
            shown += await reader.ids(f"{PATH}?{urlencode([*parameters, ('page', page)])}")
        found = [each.candidate.paper.id for each in ready if all(match(one, each) for one in asked)]
        assert sorted(shown) == sorted(found), query


async def test_what_is_too_wide_alone_is_narrowed_by_a_category(reader):
    assert (await reader.get(f"{PATH}?q=-harbour"))[0] == (await reader.get(f"{PATH}?q=type:new"))[0] == 400
    assert len(await reader.ids(f"{PATH}?q=type:new&in=stat.ML")) == 20
    assert len(await reader.ids(f"{PATH}?q=-3&in=stat.ML&in=cs.AI")) == 50
    _, html = await reader.get(f"{PATH}?q=type:new&in=stat.ML")
    assert "/papers subscribe stat.ML type:new" in html
    assert (await reader.get(f"{PATH}?q=type:new&in=cs.XX"))[0] == 400


async def test_reset_leads_to_all_papers(reader):
    _, html = await reader.get(f"{PATH}?q=harbour&in=cs.AI&lang=en")
    (reset,) = re.findall(r'<a href="([^"]+)">Reset</a>', html)
    assert reset == "?lang=en"
    assert len(await reader.ids(PATH + reset)) == 50


async def test_a_category_is_added_and_removed_by_its_link(reader):
    _, html = await reader.get(f"{PATH}?in=cs.AI")
    found = re.findall(r'<a href="([^"]+)"[^>]*>([a-z]+\.[A-Z]{2})</a>', html)
    links = {code: url.replace("&amp;", "&") for url, code in found}
    assert links["stat.ML"] == "?in=cs.AI&in=stat.ML"
    assert links["cs.AI"] == "?"


async def test_new_papers_come_before_cross_listed_and_revised_ones(opened):
    one = await opened()
    kinds = [AnnounceType.REPLACE, AnnounceType.NEW, AnnounceType.CROSS, AnnounceType.NEW]
    papers = [
        (paper(n, version=2 if kind is AnnounceType.REPLACE else 1), kind) for n, kind in enumerate(kinds, 1)
    ]
    await ingest(one.store, [listing("cs.LG", *papers)], one.clock.now)
    assert await one.ids(PATH) == ["2606.90002", "2606.90004", "2606.90003", "2606.90001"]


@pytest.mark.parametrize(
    ("language", "titles", "interface"),
    [
        ("en", ["en"], "en"),
        ("both", ["en", "zh-Hans"], "en"),
        ("zh", ["zh-Hans", "en"], "zh-Hans"),
        ("zh-hant", ["zh-Hant", "en"], "zh-Hant"),
        ("en-hant", ["en", "zh-Hant"], "en"),
    ],
)
async def test_the_readers_first_language_comes_first(reader, language, titles, interface):
    _, html = await reader.get(f"{PATH}?lang={language}")
    assert f'<html lang="{interface}">' in html
    card = html.partition("<article")[2].partition("</article>")[0]
    assert re.findall(r'<(?:h3|p class="second") lang="([^"]+)"', card) == titles
    pair = card.partition('class="pair">')[2]
    assert re.findall(r'<p lang="([^"]+)"', pair) == titles


@pytest.mark.parametrize(
    ("accepted", "lang"), [("", "en"), ("zh-CN,zh;q=0.9", "zh-Hans"), ("zh-TW", "zh-Hant"), ("fr, en", "en")]
)
async def test_a_browser_says_in_which_language_a_page_begins(reader, accepted, lang):
    _, html = await reader.get(PATH, Accept_Language=accepted)
    assert f'<html lang="{lang}">' in html


async def test_a_language_that_was_chosen_stays(reader):
    _, html = await reader.get(f"{PATH}?lang=zh-hant")
    inside = [url for url in re.findall(r'href="([^"]+)"', html) if "papers/2026" in url or url.startswith("?")]
    assert inside
    assert all("lang=" in url for url in inside)


async def test_hostile_texts_stay_texts(opened):
    one = await opened()
    bad = paper(
        1,
        title="<script>alert(1)</script> & ]]> \u202eevil\x07 $\\beta$",
        authors=('"><img src=x onerror=alert(1)>', "Ada"),
        abstract="</details></article><script>x</script> \u2066 {{ 7*7 }}",
        comments='javascript:alert(1) </p> https://github.com/a/b"onclick=x',
        doi='10.1/x"><b>',
        journal_ref="J. <i>Y</i>",
    )
    text = chinese(bad, title="<b>标题</b>", abstract="<script>坏</script>", one_line="</p><p>")
    await announced(one.store, bad, texts=[text])
    for path in (PATH, "/paper/2606.90001", "/search?q=evil", "/feed.atom?q=cs.LG"):
        status, html = await one.get(path)
        assert status == 200
        assert "<script>alert" not in html
        assert "<script>x" not in html
        assert "<img" not in html
        assert "<b>标题" not in html
        assert "\u202e" not in html
        assert "\x07" not in html
        assert "\u2066" not in html
        assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html))
    assert "β" in (await one.get(PATH))[1]


async def test_a_page_is_not_large(reader):
    _, html = await reader.get(PATH)
    async with reader.client.get(PATH) as response:
        assert response.headers["Content-Encoding"] == "gzip"
    assert html.count("<") / 2 < 1500


async def test_texts_and_papers_that_come_later_are_on_the_page_at_once(reader):
    assert (await reader.ids(PATH))[0] == "2606.90001"
    late = paper(70, title="Late Tide")
    await announced(reader.store, late, category="cs.AI", texts=[chinese(late, title="迟到的潮汐")])
    assert "迟到的潮汐" in (await reader.get(f"{PATH}?q=late"))[1]


async def test_everything_is_unfolded_on_demand(reader):
    _, html = await reader.get(f"{PATH}?open=1")
    assert html.count("<details open><summary>") == 50
