"""The texts of a page stand before the same gate as those of models: what misleads is left out, the rest stays."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from bot.jobs.ingest import ingest
from bot.model import Language
from bot.sources.arxivdaily import read
from bot.summaries.pages import fit
from tests.fakes import MORNING


@pytest.fixture(scope="module")
def page():
    found = read(resources.files("bot").joinpath("demo", "day", "2026-06-10.txt").read_bytes())
    assert found is not None
    return found


def changed(page, place=0, **texts):
    """The page with other texts of one paper."""
    summaries = list(page.summaries)
    summaries[place] = replace(summaries[place], **texts)
    return replace(page, summaries=tuple(summaries))


def test_a_good_page_keeps_all_of_its_texts(page):
    assert fit(page).summaries == page.summaries


@pytest.mark.parametrize(
    "ending",
    [
        "欢迎关注我们的微信公众号。",
        "准确率提高了 98765 倍。",
        "以上是译文，希望对您有帮助！",
    ],
)
def test_a_text_that_misleads_is_left_out_and_the_others_of_its_paper_stay(page, ending):
    good = page.summaries[0]
    bad = fit(changed(page, abstract=f"{good.abstract}{ending}")).summaries[0]
    assert bad == replace(good, abstract="")


def test_a_text_that_lacks_a_sentence_stays_and_says_that_it_has_a_flaw(page):
    good = page.summaries[0]
    first, *others = good.abstract.split("。")
    assert not any(sign.isdigit() for sign in first)
    short = fit(changed(page, abstract="。".join(others))).summaries[0]
    assert short.flaws == "sentences"
    assert short.abstract == "。".join(others)


def test_a_text_that_two_papers_have_is_that_of_neither(page):
    first, second = page.summaries[:2]
    found = fit(changed(page, 1, title=first.title)).summaries[:2]
    assert [one.title for one in found] == ["", ""]
    assert [one.abstract for one in found] == [first.abstract, second.abstract]


def test_a_page_whose_texts_have_slipped_by_one_paper_has_next_to_none_of_them(page):
    own = page.summaries
    slipped = [
        replace(one, title=other.title, one_line=other.one_line, abstract=other.abstract)
        for one, other in zip(own, [*own[1:], own[0]], strict=True)
    ]
    left = fit(replace(page, summaries=tuple(slipped))).summaries
    assert [one.paper_id for one in left if one.abstract or one.one_line] == []
    assert sum(bool(one.title) for one in left) <= 2


async def test_what_is_left_out_is_not_stored(page, sqlite_store):
    good = page.summaries[0]
    await ingest(sqlite_store, [changed(page, title=f"{good.title} 98765")], MORNING)
    async with sqlite_store.read() as tx:
        made = await tx.texts.best([(one.paper_id, one.version) for one in page.summaries], Language.ZH)
    assert made[good.paper_id, good.version].title == ""
    assert made[good.paper_id, good.version].abstract == good.abstract
    assert sum(bool(one.title) for one in made.values()) == len(page.summaries) - 1
