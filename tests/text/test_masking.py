"""Math, links and code leave the text and come back exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.masking import looks_like_math, mask, unmask

PARTS = [
    "$",
    "$$",
    "\\",
    "`",
    "[[0]]",
    "[[",
    "]]",
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
        ("see [[3]]", ("[[3]]",)),
        ("plain", ()),
    ],
)
def test_what_nobody_may_touch_is_masked(text, pieces):
    masked, found = mask(text)
    assert found == pieces
    assert all(piece not in masked for piece in pieces if not piece.startswith("[["))


def test_placeholders_are_numbered_in_order():
    assert mask("a $x$ b `c`") == ("a [[0]] b [[1]]", ("$x$", "`c`"))


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)))
def test_unmasking_gives_the_text_back(text):
    assert unmask(*mask(text)) == text


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)))
def test_pieces_may_change_places(text):
    _, pieces = mask(text)
    order = range(len(pieces) - 1, -1, -1)
    assert unmask(" ".join(f"[[{number}]]" for number in order), pieces) == " ".join(reversed(pieces))


@pytest.mark.parametrize("masked", ["", "[[0]]", "[[0]] [[0]] [[1]]", "[[0]] [[1]] [[2]]", "[[0]] [[2]]"])
def test_a_placeholder_that_is_missing_doubled_or_invented_is_an_error(masked):
    with pytest.raises(ValueError, match="2 pieces"):
        unmask(masked, ("$x$", "$y$"))


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
