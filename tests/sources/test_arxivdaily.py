"""A saved page of arXivDaily: every text to the letter, nothing skipped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SourceError
from bot.model import ALL, AnnounceType, Language, Listing, Validator
from bot.settings import Settings
from bot.sources import Unchanged, arxivdaily
from bot.sources.arxivdaily import parse
from tests.counterparts.arxiv_site import ArxivSite
from tests.sources.conftest import ROOT


@pytest.fixture
def page(data: Path) -> str:
    return (data / "arxivdaily.txt").read_text(encoding="utf-8")


def reason(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        parse(text)
    assert caught.value.category == ALL
    return caught.value.reason


def test_a_page_is_read_to_the_letter(page):
    listing = parse(page)
    first, second, third, old = listing.announcements
    assert (listing.source, listing.category, listing.date) == ("arxivdaily", ALL, date(2026, 6, 10))
    assert listing.claimed == 17
    assert first.paper.title == "Comments on Lanterns: a Reply"
    assert first.paper.authors == ("Imogen Fallow", "José Martínez Jr.")
    assert first.paper.comments == "3 pages; a reply, with comments"
    assert first.paper.categories == ("cs.LG", "cs.CL")
    assert first.paper.abstract == (
        "We keep $46.6\\%$ of a cache and call the rest \\textit{drift}.\n  A second line is indented.\n\n"
        "A second paragraph says that ``nothing'' is lost."
    )
    assert second.paper.title == "Tides in Small Networks: Translating 潮汐 into Gradients"
    assert [a.type for a in listing.announcements] == [
        AnnounceType.NEW,
        AnnounceType.CROSS,
        AnnounceType.REPLACE,
        AnnounceType.REPLACE_CROSS,
    ]
    assert [(a.paper.id, a.paper.version) for a in (second, third, old)] == [
        ("2606.95002", 1),
        ("2603.95003", 3),
        ("hep-th/9901951", 4),
    ]
    assert {a.category for a in listing.announcements} == {ALL}


def test_chinese_texts_become_summaries_and_papers_without_them_have_none(page):
    first, third = parse(page).summaries
    assert (first.paper_id, first.version, first.language) == ("2606.95001", 1, Language.ZH)
    assert first.title == "提灯：对若干评论的回应"
    assert first.one_line == "提出 Lantern，只保留 $46.6\\%$ 的缓存。"
    assert first.abstract == "我们只保留 $46.6\\%$ 的缓存。\n\n第二段说明没有丢失任何内容。"
    assert first.provenance == "arxivdaily"
    assert (third.paper_id, third.version, third.title, third.one_line) == ("2603.95003", 3, "旧界的修正", "")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("新提交", "new"),
        ("交叉", "cross"),
        ("交叉提交", "cross"),
        ("更新", "replace"),
        ("交叉替换", "replace-cross"),
    ],
)
def test_the_words_for_the_type_are_known(page, word, kind):
    listing = parse(page.replace("cs.LG cs.CL 新提交", f"cs.LG cs.CL {word}"))
    assert listing.announcements[0].type.value == kind


def test_a_replacement_without_a_version_is_at_least_the_second(page):
    listing = parse(page.replace("2603.95003v3", "2603.95003"))
    assert listing.announcements[2].paper.version == 2
    assert listing.summaries[1].version == 2


def test_line_ends_of_windows_and_a_byte_order_mark_change_nothing(page):
    body = b"\xef\xbb\xbf" + page.replace("\n", "\r\n").encode()
    assert parse(arxivdaily.decode(body)) == parse(page)


def test_a_page_without_its_total_claims_nothing(page):
    assert parse(page.replace("全部学科分类 17\n", "")).claimed is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cs.LG cs.CL 新提交", "cs.LG cs.CL 撤回", "2606.95001 has an unknown type '撤回'"),
        (
            "2606.95002v1 2026-06-10 stat.ML",
            "2606.95002v1 yesterday stat.ML",
            "cannot be read: '2606.95002v1 yesterd",
        ),
        ("2606.95002v1 2026-06-10 stat.ML cs.LG 交叉提交", "2606.95002v1", "cannot be read: '2606.95002v1'"),
        ("2606.95002v1 2026-06-10 stat.ML cs.LG 交叉提交", "", "2606.95001 does not have one '英文摘要'"),
        ("2606.95001 2026-06-10 cs.LG cs.CL 新提交", "", "the first paper has no line with its id"),
        ("2606.95002v1 2026-06-10", "2606.95002v1 2026-06-31", "2606.95002 has a date that does not exist"),
        ("An Old Bound, Mended\n", "", "2603.95003 has no English title"),
        ("Strings That Learn\n", "", "hep-th/9901951 should have a title"),
        ("Mirela Stan, Torğul Avcı\n", "", "2603.95003 has no authors"),
        ("P. Quill\n", "", "hep-th/9901951 should have a title"),
        ("Comments 4 pages\n", "Comments 4 pages\n\nComments 5 pages\n", "hep-th/9901951 should have a title"),
        ("A very old paper with a very new appendix.\n", "", "hep-th/9901951 has no English abstract"),
        ("英文摘要\n\nThe constant", "\n\nThe constant", "2603.95003 does not have one '英文摘要'"),
        (
            "详情\nAI中文摘要\n\n早先",
            "AI中文摘要\n详情\n早先",
            "2603.95003 does not have its abstracts in their order",
        ),
        ("2606.95002v1 ", "2606.95001 ", "the page has 2606.95001 2 times"),
    ],
)
def test_a_damaged_paper_refuses_the_page_with_its_id(page, old, new, words):
    assert old in page
    assert words in reason(page.replace(old, new))


def test_a_page_that_ends_within_a_paper_is_refused_until_its_abstract_begins(page):
    start = page.index("2603.95003v3") + len("2603.95003v3")
    for end in range(start, page.index("The constant")):
        assert "2603.95003" in reason(page[:end])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        "<html><body>全部学科分类 3</body></html>",
        "<?xml version='1.0'?><rss/>",
        "An ordinary text.\n2606.95001 is cited here.\n",
    ],
)
def test_other_texts_are_refused(text):
    assert "not the text of an arXivDaily page" in reason(text)


def test_a_page_without_papers_is_refused():
    assert "no papers" in reason("arXivDaily\n重置\n全部学科分类 2251\n")


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(SourceError, match="UTF-8"):
        arxivdaily.decode("全部学科分类 3".encode("gb18030"))


# -- the source ---------------------------------------------------------------------------------------------------


async def outcomes(client, location: str, known: Mapping[str, Validator] | None = None) -> list[Any]:
    source = arxivdaily.source(Settings(arxivdaily_page=location), client)
    return [outcome async for outcome in source.fetch(["cs.LG", "cs.CL"], known or {})]


async def test_the_source_gives_one_listing_for_all_categories(client, data: Path, page):
    assert await outcomes(client, str(data / "arxivdaily.txt")) == [parse(page)]


async def test_the_source_asks_for_an_unchanged_page_cheaply(client, page):
    async with ArxivSite() as site:
        site.pages["/day.txt"] = page.encode()
        (listing,) = await outcomes(client, f"{site.url}/day.txt")
        (unchanged,) = await outcomes(client, f"{site.url}/day.txt", {ALL: listing.validator})
    assert isinstance(listing, Listing)
    assert unchanged == Unchanged(ALL)


async def test_the_sources_failures_are_outcomes(client, tmp_path: Path):
    (unset,) = await outcomes(client, "")
    (missing,) = await outcomes(client, str(tmp_path / "none.txt"))
    assert "ARXIVDAILY_PAGE" in unset.reason
    assert str(tmp_path / "none.txt") in missing.reason


# -- whole pages --------------------------------------------------------------------------------------------------


def check_against_lines(text: str, listing: Listing) -> None:
    """Every field again, by cutting the page between its labels."""
    blocks = re.split(r"\n(?=\S+ \d{4}-\d\d-\d\d )", text.rstrip("\n"))[1:]
    summaries = {summary.paper_id: summary for summary in listing.summaries}
    assert len(blocks) == len(listing.announcements)
    for block, announcement in zip(blocks, listing.announcements, strict=True):
        paper = announcement.paper
        first, _, rest = block.partition("\n")
        head, _, rest = rest.partition("\n详情\n")
        before, _, english = rest.partition("英文摘要\n")
        id_, day, *categories, _word = first.split(" ")
        lines = [line for line in head.split("\n") if line]
        zh = summaries.get(paper.id)
        assert id_ in (paper.id, f"{paper.id}v{paper.version}")
        assert announcement.date.isoformat() == day
        assert list(paper.categories) == categories
        assert paper.title == lines.pop(0)
        comments = [lines.pop() for line in lines[-1:] if line.startswith("Comments ")]
        one_line = [lines.pop() for line in lines[-1:] if line.startswith("AI总结 ")]
        assert ", ".join(paper.authors) == lines.pop()
        assert [f"Comments {paper.comments}"] * len(comments) == comments
        assert bool(comments) == bool(paper.comments)
        assert english.strip("\n") == paper.abstract
        chinese = before.removeprefix("AI中文摘要\n").strip("\n")
        found = (lines, one_line, chinese)
        if zh is None:
            assert found == ([], [], "")
        else:
            assert found == (
                [zh.title] if zh.title else [],
                [f"AI总结 {zh.one_line}"] if one_line else [],
                zh.abstract,
            )


def test_the_real_page_is_read_whole(samples: Path):
    text = (samples / "arxivdaily_2026-06-10.txt").read_text(encoding="utf-8")
    listing = parse(text)
    assert (listing.claimed, len(listing.announcements), len(listing.summaries)) == (2251, 30, 30)
    assert all(a.type is AnnounceType.NEW for a in listing.announcements)
    check_against_lines(text, listing)


def test_our_own_page_is_read_whole(page):
    check_against_lines(page, parse(page))


def test_the_day_of_the_demo_is_read_whole():
    text = (ROOT / "bot/demo/day/2026-06-10.txt").read_text(encoding="utf-8")
    listing = parse(text)
    assert listing.date == date(2026, 6, 10)
    assert listing.claimed == len(listing.announcements) == 40
    assert 0 < len(listing.summaries) < 40
    check_against_lines(text, listing)
