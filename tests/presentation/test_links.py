"""The ways on from a paper, found in its texts alone."""

from __future__ import annotations

import pytest

from bot.presentation.links import links
from tests.channels.cards import paper


def urls(**changes: object) -> list[str]:
    return [one.url for one in links(paper(1, **changes), "en")]


FILES = ["https://arxiv.org/pdf/2606.90001", "https://arxiv.org/html/2606.90001"]


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://github.com/lab/kv-cache.", "https://github.com/lab/kv-cache"),
        ("http://www.github.com/lab/kv/tree/main)", "https://github.com/lab/kv/tree/main"),
        ("github.com/lab/kv", "https://github.com/lab/kv"),
        (r"\url{https://github.com/lab/kv\_cache}", "https://github.com/lab/kv_cache"),
        (r"\href{https://gitlab.com/lab/group/kv}{here}", "https://gitlab.com/lab/group/kv"),
        ("code（https://gitlab.inria.fr/lab/kv）", "https://gitlab.inria.fr/lab/kv"),
        ("https://huggingface.co/datasets/lab/tides,", "https://huggingface.co/datasets/lab/tides"),
        ("https://codeberg.org/lab/kv;", "https://codeberg.org/lab/kv"),
        ("https://bitbucket.org/lab/kv", "https://bitbucket.org/lab/kv"),
        ("see https://lab.github.io/kv/", "https://lab.github.io/kv"),
        ("see https://lab.github.io.", "https://lab.github.io"),
    ],
)
@pytest.mark.parametrize("where", ["comments", "abstract"])
def test_code_is_linked_where_its_authors_name_it(where: str, typed: str, address: str):
    assert urls(**{"comments": "", "abstract": "", where: typed}) == [*FILES, address]


@pytest.mark.parametrize(
    "typed",
    [
        "https://evil.test/github.com/lab/kv", "https://github.com.evil.test/lab/kv", "me@github.com/lab/kv",
        "javascript:alert(1)", "https://github.com", "https://github.com/lab", "notgithub.com/lab/kv", "github.io",
        "https://user:pass@evil.test/", "https://evil.test@github.com/lab/kv",
    ],
)  # fmt: skip
def test_nothing_else_of_what_they_write_is_a_link(typed: str):
    assert urls(comments=typed, abstract=typed) == FILES


def test_an_old_paper_has_no_html_and_a_withdrawn_one_no_files():
    assert urls(id="hep-th/9901001", comments="") == ["https://arxiv.org/pdf/hep-th/9901001"]
    assert urls(id="1706.03762", comments="", doi="10.1000/1(2)<3>") == [
        "https://arxiv.org/pdf/1706.03762", "https://doi.org/10.1000/1%282%29%3C3%3E",
    ]  # fmt: skip
    assert urls(version=2, comments="This paper has been withdrawn by the author", doi="10.1000/182") == [
        "https://doi.org/10.1000/182"
    ]


def test_what_is_no_doi_is_not_linked():
    assert urls(doi="see the journal", comments="") == FILES


def test_the_ways_on_are_named_in_the_language_of_the_card():
    named = [one.name for one in links(paper(1, comments="github.com/lab/kv lab.github.io/kv"), "zh")]
    assert named == ["PDF", "HTML", "代码", "项目主页"]
