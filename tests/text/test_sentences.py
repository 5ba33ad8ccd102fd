"""Sentences end where readers see an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.sentences import chinese, english


@pytest.mark.parametrize(
    "text",
    [
        "We test e.g. Smith et al. 2020 and Dr. GRPO.",
        "See https://a.b/C.D. Thanks",
        "It reaches 3.5 of 4.0 points.",
    ],
)
def test_what_is_one_sentence_stays_one(text):
    assert len(english(text.replace(". Thanks", ""))) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four", 4),
        ('He said "No." Then he left.', 2),
        (r"We have $x$. $y$ is small.", 2),
        ("First line\nSecond line", 2),
        ("", 0),
    ],
)
def test_english_sentences_are_counted(text, count):
    assert len(english(text)) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("第一句。第二句！第三句？第四", 4),
        ("他说“不行。”然后走了。", 2),
        ("见https://a.b/c。完", 2),
        ("达到3.5分；很好。", 1),
        ("用了半角句点. 第二句.", 2),
        ("", 0),
    ],
)
def test_chinese_sentences_are_counted(text, count):
    assert len(chinese(text)) == count


@given(st.text())
def test_nothing_but_white_space_is_lost(text):
    for split in (english, chinese):
        assert "".join("".join(split(text)).split()) == "".join(text.split())
