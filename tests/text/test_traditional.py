"""Readers of traditional characters get these, and everything that is no Chinese as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.masking import mask
from bot.text.traditional import traditional
from bot.text.variants import simplified


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("机器学习模型的优化", "機器學習模型的優化"),
        ("激活函数与软件", "激活函數與軟件"),
        ("为了发现头发里的后面", "為了發現頭髮裡的後面"),
        (r"令$\\text{损失}$最小，见https://a.b/c和`变量`", r"令$\\text{损失}$最小，見https://a.b/c和`变量`"),
        ("在每个词元后和神经元后", "在每個詞元後和神經元後"),
        ("丰度与里奇流、里德-所罗门码、里卡蒂方程", "豐度與里奇流、里德-所羅門碼、里卡蒂方程"),
        ("范德华力、范德蒙矩阵、范围与脑回", "范德華力、范德蒙矩陣、範圍與腦迴"),
        ("里茨法、里希特、埃里克与帕里西", "里茨法、里希特、埃里克與帕里西"),
        ("范霍夫奇点、范登伯格与范式", "范霍夫奇點、范登伯格與範式"),
        ("这里希望数据里有光钟与钟差", "這裡希望數據裡有光鐘與鐘差"),
        ("宿舍入口的舍入误差与游离态", "宿舍入口的捨入誤差與游離態"),
        ("额下回、扣带回与下回", "額下迴、扣帶迴與下回"),
        ("Only English", "Only English"),
        ("", ""),
    ],
)
def test_text_is_set_in_traditional_characters(text, expected):
    assert traditional(text) == expected


@given(
    st.lists(st.sampled_from([*"机器学习发后面的,。 $`a1", "$x$", "https://a.b/c", "`码`", "XQ0X"])).map("".join)
)
def test_only_characters_change_and_a_search_still_finds_them(text):
    shown = traditional(text)
    assert len(shown) == len(text)
    assert mask(shown).pieces == mask(text).pieces
    assert simplified(shown) == simplified(text)
