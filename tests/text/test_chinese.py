"""Chinese is set with full-width punctuation and air around Latin words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.text.chinese import typeset
from bot.text.masking import mask

PARTS = [*"中文，。：（）《》 ,:;?!()a1%+.$`[]\n\\“”'", "https://a.b/c", "$x$", "`d e`", "XQ0X", "  "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("特征间的交互:一个视角", "特征间的交互：一个视角"),
        ("首先,模型;然后?好!", "首先，模型；然后？好！"),
        ("自编码器(SAEs)和MLP层", "自编码器（SAEs）和 MLP 层"),
        ("机制:(1)当生成;(2)当熵稳定", "机制：（1）当生成；（2）当熵稳定"),
        ("MLP(多层感知器) , RKSC", "MLP（多层感知器），RKSC"),
        ("RKSC:面向LLM推理", "RKSC：面向 LLM 推理"),
        ("保留60 %,而非10%的", "保留 60%，而非 10% 的"),
        ("调用1,616次,在10:30", "调用 1,616 次，在 10:30"),
        ("Transformer (ViT) 的 f(x)的值", "Transformer（ViT）的 f(x) 的值"),
        ("GPT-4的C++代码", "GPT-4 的 C++ 代码"),
        ("令$f(x,y)$,其中$O(n)$的", "令 $f(x,y)$，其中 $O(n)$ 的"),
        ("见https://a.b/c?d=e,f(g)的代码", "见 https://a.b/c?d=e,f(g) 的代码"),
        ("运行`a,中(b)`即可", "运行 `a,中(b)` 即可"),
        ("模型  ，  RKSC。 好", "模型，RKSC。好"),
        ("价格$5和$6的", "价格 $5 和 $6 的"),
        ("第一段:\nLLM的", "第一段：\nLLM 的"),
        ("复杂度L²的ℝ空间", "复杂度 L² 的 ℝ 空间"),
        ("我们提出方法. 它很好.", "我们提出方法。它很好。"),
        ("用v2.0版(很好).", "用 v2.0 版（很好）。"),
        ('他说"你好"，用"GPT"和"BERT Large"', "他说“你好”，用“GPT”和“BERT Large”"),
        ("他称之为'涌现',见Smith's law与'grokking'", "他称之为‘涌现’，见 Smith's law 与'grokking'"),
        ("GPT-4o-mini(OpenAI)模型与O(n)复杂度", "GPT-4o-mini（OpenAI）模型与 O(n) 复杂度"),
        ("在BERT,GPT上为92.5,93.1和1,000个", "在 BERT，GPT 上为 92.5，93.1 和 1,000 个"),
        ("函数f(x,y)在[0,1]上，SU(2,1)与{a,b}", "函数 f(x,y) 在[0,1]上，SU(2,1) 与{a,b}"),
        ("加入1,2-二氯乙烷，α,β两个参数", "加入 1,2-二氯乙烷，α，β 两个参数"),
        (
            "我们用BERT.它在$x$.其精度为92.5%.而GPT (很好).",
            "我们用 BERT。它在 $x$。其精度为 92.5%。而 GPT（很好）。",
        ),
        ("Smith et al.提出e.g.方法，见 Fig.三", "Smith et al.提出 e.g.方法，见 Fig.三"),
        ("新方法--它用Navier--Stokes方程", "新方法——它用 Navier–Stokes 方程"),
        ("Only English, (here) : 5 %", "Only English, (here) : 5 %"),
        ("", ""),
    ],
)
def test_text_is_set(text, expected):
    assert typeset(text) == expected


@given(st.one_of(st.text(), st.lists(st.sampled_from(PARTS)).map("".join)))
def test_twice_is_the_same_as_once(text):
    once = typeset(text)
    assert typeset(once) == once


WORDS = [
    *'中文方法，。：（）《》 ,:;?!()."-',
    "GPT",
    "f(x)",
    "v2.0",
    "12",
    "3.5",
    "1,000",
    "[0,1]",
    "$x$",
    "(a)",
    "--",
    "a b",
]


@example('中",,GPT')
@given(st.lists(st.sampled_from(WORDS)).map(lambda parts: "中" + "".join(parts)))
def test_chinese_has_no_narrow_marks_beside_it(text):
    shown = typeset(text)
    assert not re.search(r"[中文方法] ?\.(?![.A-Za-z0-9])", shown), "no ASCII stop behind it"
    assert not re.search(r"[A-Z]{2}\. ?[中文方法]", shown), "nor between Latin and it"
    assert not re.search(r"[中文方法] ?[,;:?!]|[,;:?!] ?[中文方法]", shown), "no narrow mark"
    assert not re.search(r"[A-Za-z),][,][A-Za-z]", shown.replace("1,000", "")), "no bare comma"
    assert not re.search(r"[中文方法]\(|\)[中文方法]|\([中文方法]|[中文方法]\)", shown), "no narrow bracket"
    assert typeset(shown) == shown


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_math_links_and_code_are_untouched(text):
    assert mask(typeset("中" + text)).pieces == mask("中" + text).pieces


def test_real_translations_are_set_without_loss(samples: Path):
    lines = (samples / "zh" / "cn-chat-arxiv_200papers.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["translated_abstract"] for line in lines]
    wide = str.maketrans("，：；？！（）。“”‘’", ",:;?!().\"\"''")
    for text in texts:
        shown = typeset(text)
        assert typeset(shown) == shown
        said = [re.sub("-{2,3}|[—–]+", "-", "".join(one.translate(wide).split())) for one in (shown, text)]
        assert said[0] == said[1]
