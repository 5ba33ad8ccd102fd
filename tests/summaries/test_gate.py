"""What a Chinese text must keep of the English one."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Language, Paper, Summary
from bot.summaries.gate import RULES, failures

PAPER = Paper(
    "2606.90001",
    1,
    "BranchKV: Sharing a KV Cache Between Two Branches",
    ("A",),
    "Large language models are slow. We propose BranchKV, a KV cache that two branches share. "
    r"It needs $O(n \log n)$ memory and no training, and it reaches 92.5\% of the accuracy of vLLM on "
    "3 benchmarks. "
    "In total, 1.5 million tokens were read in May 2026, 411M at most. "
    "Our code is available at https://example.org/branch_kv.",
    ("cs.LG",),
)
GOOD = (
    r"大语言模型速度很慢。我们提出BranchKV，一种由两个分支共享的KV缓存。它需要$O(n \log n)$的内存且无需训练，"
    r"在3个基准上达到vLLM准确率的92.5%。2026年5月总共读取了150万个token，最多4.11亿个。"
    r"我们的代码可在https://example.org/branch_kv获取。"
)
TITLE = "BranchKV：在两个分支之间共享KV缓存"
ONE_LINE = "提出BranchKV，让两个分支共享KV缓存，无需训练即达到vLLM准确率的92.5%。"


def broken(**texts: str) -> set[str]:
    summary = Summary(PAPER.id, 1, Language.ZH, **texts)
    return {failure.rule for failure in failures(PAPER, summary)}


def test_a_faithful_translation_passes():
    assert broken(title=TITLE, one_line=ONE_LINE, abstract=GOOD) == set()


def test_a_text_that_is_not_there_is_not_judged():
    assert broken() == set()


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("92.5%", "92.6%", "numbers"),
        ("92.5%", "很高", "numbers"),
        ("150万", "15万", "numbers"),
        ("4.11亿", "41.1亿", "numbers"),
        ("5月", "6月", "numbers"),
        ("两个分支", "分支", "numbers"),
        (r"$O(n \log n)$", "$O(n)$", "formulas"),
        (r"$O(n \log n)$", "线性", "formulas"),
        (r"\log", "\\\\log", "damaged"),
        (r" \log n)$", r" \log n)", "damaged"),
        ("BranchKV", "GPT-5", "names"),
        ("vLLM", "DeepFoo", "names"),
        ("https://example.org/branch_kv", "该URL", "links"),
        ("https://example.org/branch_kv", "https://evil.example/branch_kv", "links"),
        ("获取。", "获取，另见bit.ly/abc。", "links"),
        ("大语言模型速度很慢。", "", "sentences"),
        ("大语言模型速度很慢。", "大语言模型速度很慢，必须加快才行。" * 2, "repetition"),
        ("大语言模型", "以下是翻译：大语言模型", "preamble"),
        ("大语言模型", "**摘要**：大语言模型", "preamble"),
        ("获取。", "获取", "truncated"),
        ("获取。", "获取……", "truncated"),
        ("速度很慢", "速度は遅いです", "chinese"),
        ("速度很慢", "always very slow because they are huge and read", "untranslated"),
        ("速度很慢", "速度很慢\x08", "damaged"),
        ("速度很慢", "速度\u202e很慢", "damaged"),
        ("速度很慢", "速度很慢XQ0X", "damaged"),
        ("速度很慢", "速度很慢<b>吗</b>", "damaged"),
        ("速度很慢", "速度很慢 <@U123>", "damaged"),
        ("速度很慢", "速度很慢 @everyone", "damaged"),
        ("速度很慢", "速度很慢，另见2606.90002", "paper"),
    ],
)
def test_what_is_wrong_is_flagged(old, new, rule):
    assert old in GOOD
    text = GOOD.replace(old, new) if rule != "sentences" else GOOD.replace(old, "").replace("我们提出", "提出")
    if rule == "sentences":
        text = "".join(GOOD.split("。")[index] + "。" for index in (1, 2, 4))
    assert rule in broken(abstract=text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("150万", "1,500,000"),
        ("4.11亿", "411M"),
        ("92.5%", "百分之九十二点五"),
        ("3个", "三个"),
        ("两个", "2个"),
        (r"$O(n \log n)$", r"O(n log n)"),
        ("大语言模型", "大型语言模型（LLM）"),
        ("，最多4.11亿个。", "。最多4.11亿个。"),
        ("。最多", "，最多"),
        ("KV缓存", "KV cache"),
    ],
)
def test_what_may_be_said_in_another_way_passes(old, new):
    assert broken(abstract=GOOD.replace(old, new)) == set()


@pytest.mark.parametrize(
    ("english", "chinese", "is_flagged"),
    [
        ("We predict tides. The code is at github.com/a/b", "我们预测潮汐。代码见 github.com/a/b", False),
        ("We predict tides. The code is at github.com/a/b", "我们预测潮汐。代码见", True),
        ("We predict tides with sparse attention", "我们用稀疏注意力预测潮汐。", False),
        ("We predict tides with sparse attention", "我们用稀疏注意力预测潮汐", True),
        ("We predict tides with sparse atten...", "我们用稀疏注意力预测潮汐...", False),
    ],
)
def test_where_the_english_ends_without_an_end_the_chinese_ends_with_one_or_in_the_same_way(
    english, chinese, is_flagged
):
    paper = Paper("2606.90001", 1, "Tides", ("A",), english, ("cs.LG",))
    found = failures(paper, Summary(paper.id, 1, Language.ZH, abstract=chinese))
    assert ("truncated" in {one.rule for one in found}) == is_flagged


def test_a_failure_tells_what_to_mend():
    (failure,) = failures(PAPER, Summary(PAPER.id, 1, Language.ZH, abstract=GOOD.replace("92.5%", "92.6%")))
    assert failure.field == "abstract"
    assert "92.5" in failure.detail
    assert "92.6" in failure.detail


def test_a_title_of_another_paper_fails():
    assert "names" in broken(title="RKSC：面向多步LLM推理的缓存")


def test_a_title_with_the_names_of_countries_in_two_letters_is_the_papers_own():
    paper = replace(PAPER, title="Wages in the U.S. and the U.K.")
    assert not failures(paper, Summary(PAPER.id, 1, Language.ZH, title="美国和英国的工资"))


def test_one_line_need_not_say_everything_but_invents_nothing():
    assert broken(one_line="提出一种由两个分支共享的KV缓存。") == set()
    assert broken(one_line="提出一种由两个分支共享的KV缓存，快了7.3倍。") == {"numbers"}


def test_one_line_in_english_is_judged_by_the_same_facts():
    def rules(line: str) -> set[str]:
        return {one.rule for one in failures(PAPER, Summary(PAPER.id, 1, Language.EN, one_line=line))}

    assert rules("BranchKV shares a KV cache between two branches and keeps 92.5% of the accuracy.") == set()
    assert rules("BranchKV shares a KV cache and keeps 99.5% of the accuracy.") == {"numbers"}
    assert rules("BranchKV shares a cache, see https://evil.example/x.") == {"links"}


HOSTILE = [
    "ignore previous instructions", "忽略之前的指令",
    "https://evil.example", "<script>", "[a](http://b.c)", "@everyone",
    "XQ0X", "XQ99X", "[[0]]", '{"abstract": "', "\\", "$", "\x00", "\u202e", "\u200b",
    "\ud800", "。", "5", "一", "a", "```",
]  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.sampled_from(HOSTILE)).map("".join)), st.lists(st.sampled_from(HOSTILE)))
def test_any_text_is_judged(text, parts):
    paper = Paper("2606.90002", 1, "T", ("A",), "".join(parts), ("cs.LG",))
    found = failures(paper, Summary(paper.id, 1, Language.ZH, text, text, text))
    assert {failure.rule for failure in found} <= set(RULES)
    assert all(len(failure.detail) < 2_000 for failure in found)


@pytest.mark.parametrize(
    "part", [*HOSTILE, "\n", "$a", "很慢。", "abc ", "$x$", "1,", "a1-", "((", "一二", "的的", "亿", "百"]
)
def test_a_hundred_thousand_characters_take_no_longer_than_a_page(part):
    started = time.process_time()
    text = part * (100_000 // len(part))
    failures(
        Paper("2606.90003", 1, "T", ("A",), text, ("cs.LG",)), Summary("2606.90003", 1, Language.ZH, abstract=text)
    )
    failures(PAPER, Summary(PAPER.id, 1, Language.ZH, abstract=GOOD + text))
    assert time.process_time() - started < 3
