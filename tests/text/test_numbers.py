"""A number is the same number in English and in Chinese, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.numbers import chinese, english


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,616 calls", "1616次调用"),
        ("411M reads", "4.11亿次读取"),
        ("31 million", "3100万"),
        ("92.3k tokens", "9.23万个"),
        ("a 7 kW charger", "7千瓦充电器"),
        ("27-billion-parameter", "270亿参数"),
        ("1.5T", "1.5万亿"),
        ("60%", "百分之六十"),
        ("two hundred", "二百"),
        ("thirty-two", "三十二"),
        ("fivefold", "五倍"),
        ("3.50", "3.5"),
        ("in the 1990s", "20 世纪 90 年代"),
        ("the late 1800s", "19 世纪末"),
        ("the early 1900s", "20世纪初"),
        ("10 000 stars", "1 万颗"),
        ("1 200 000 stars", "120 万颗"),
        ("10\u2009000 stars", "10,000 颗"),
        ("10,000 stars", "10 000 颗"),
        ("in table 5 100 of them", "表 5 中有 100 个"),
        (".5", "0.5"),
        ("3.5", "三点五"),
        ("in the 1990s", "20世纪90年代"),
        ("in the 90s", "1990年代"),
        ("in 2023", "二〇二三年"),
        ("1 in 3", "三分之一"),
        ("at 10:30", "10:30"),
        ("version 2.5.1", "2.5.1版"),
        ("95", "９５"),
        ("ten thousand", "一万"),
        ("three million", "三百万"),
    ],
)
def test_the_same_number_is_found(one, other):
    mentions = (*english(one).written, *english(one).spoken)
    assert mentions
    assert all(values & chinese(other).values for _, values in mentions)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("411M", "41.1亿"), ("1.5", "15"), ("27 billion", "27亿"), ("0.05", "0.5"), ("10", "1"), ("2,000", "2")],
        *[("1990s", "19 世纪 80 年代"), ("1800s", "20 世纪末"), ("10 000", "10 万"), ("10 000", "1 000")],
    ],
)
def test_another_number_is_not(one, other):
    assert not english(one).values & chinese(other).values


@pytest.mark.parametrize(
    ("text", "value"), [("both", "2"), ("the third", "3"), ("In May", "5"), ("a pair", "2"), ("(iv)", "4")]
)
def test_some_words_imply_a_number(text, value):
    assert value in english(text).implied


@given(st.integers(1, 10**12))
def test_separators_do_not_matter(number):
    assert english(f"{number:,}").values == english(f"{number}").values == chinese(f"{number:,}").values


@given(st.text())
def test_any_text_has_numbers_or_none(text):
    assert all(written in text or not written.isascii() for written, _ in english(text).spoken)
    chinese(text)
