"""Math, links and code leave the text and come back exactly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MaskError
from bot.text.masking import Masked, looks_like_math, mask

PARTS = [
    "$",
    "$$",
    "\\",
    "`",
    "XQ0X",
    "XQ",
    "X",
    "Q1X",
    "1",
    "\\(",
    "\\)",
    "\\[",
    "\\]",
    "https://a.b",
    "www.",
    " ",
    "x",
    "的",
]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (r"令$x_i$为$$y^2$$。", ("$x_i$", "$$y^2$$")),
        (r"\(a\) and \[b\]", (r"\(a\)", r"\[b\]")),
        ("见https://a.b/c_d(e),以及www.x.org。", ("https://a.b/c_d(e)", "www.x.org")),
        ("(https://a.b/c).", ("https://a.b/c",)),
        ("运行`pip install`即可", ("`pip install`",)),
        ("``quoted'' and ``more''", ()),
        ("between $5 and $6", ()),
        ("价格为$5，另一个为$x", ()),
        (r"costs \$5 or $x$", ("$x$",)),
        ("see XQ3X and XQ12", ("XQ3X", "XQ12")),
        ("plain", ()),
    ],
)
def test_what_nobody_may_touch_is_masked(text, pieces):
    masked = mask(text)
    assert masked.pieces == pieces
    assert all(piece not in masked.text for piece in pieces if not piece.startswith("XQ"))


def test_placeholders_are_numbered_in_order():
    assert mask("a $x$ b `c`") == Masked("a XQ0X b XQ1X", ("$x$", "`c`"))


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)))
def test_what_was_masked_comes_back_exactly(text):
    masked = mask(text)
    assert masked.restored(masked.text) == text


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)))
def test_pieces_may_change_places(text):
    masked = mask(text)
    order = range(len(masked.pieces) - 1, -1, -1)
    restored = masked.restored(" ".join(f"XQ{number}X" for number in order))
    assert restored == " ".join(reversed(masked.pieces))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "XQ0X, XQ1X missing"),
        ("XQ0X", "XQ1X missing"),
        ("XQ0X XQ0X XQ1X", "XQ0X doubled"),
        ("XQ0X XQ1X XQ2X", "XQ2X unknown"),
        ("XQ0X XQ 1 X", "XQ1X missing"),
        ("XQ0X XQ2X", "XQ1X missing; XQ2X unknown"),
    ],
)
def test_a_placeholder_that_is_missing_doubled_or_invented_is_an_error_that_says_so(text, fault):
    with pytest.raises(MaskError, match=fault):
        Masked("XQ0X XQ1X", ("$x$", "$y$")).restored(text)


@pytest.mark.parametrize(
    "inside", ["x", r"\alpha", "180K", "5 GHz", "n=3", r"0.5 \text{ cm and more of it}", "[0, 1]"]
)
def test_math_is_recognised(inside):
    assert looks_like_math(inside, " ")


@pytest.mark.parametrize(
    ("inside", "after"), [("", ""), ("5 and ", "6"), ("5-", "6"), ("that of the results ", "x"), ("5美元", "")]
)
def test_money_is_not_math(inside, after):
    assert not looks_like_math(inside, after)


def test_every_real_abstract_comes_back_exactly(samples: Path):
    papers = json.loads((samples / "papers" / "cs.CV_2026-04-21.json").read_text("utf-8"))["papers"]
    page = (samples / "arxivdaily_2026-06-10.txt").read_text("utf-8").splitlines()
    texts = [*(paper["abstract"] for paper in papers), *page]
    assert len(papers) == 501
    masks = [mask(text) for text in texts]
    assert [one.restored(one.text) for one in masks] == texts
    assert sum(bool(one.pieces) for one in masks) > 100
