"""What a Chinese text must keep of the English one."""

from __future__ import annotations

from bot.model import Language, Paper, Summary
from bot.summaries.gate import failures

PAPER = Paper(
    "2606.90001", 1, "Sharing a cache", ("A",),
    "We propose a cache that all branches of a model share. It is simple and needs no training at all.",
    ("cs.LG",),
)  # fmt: skip
GOOD = "我们提出一种由模型的所有分支共享的缓存。它很简单，完全不需要训练。"


def rules(**texts: str) -> set[tuple[str, str]]:
    summary = Summary(PAPER.id, 1, Language.ZH, **texts)
    return {(failure.rule, failure.field) for failure in failures(PAPER, summary)}


def test_a_faithful_translation_passes():
    assert rules(title="共享缓存", abstract=GOOD) == set()


def test_a_text_that_is_not_there_is_not_judged():
    assert rules() == set()


def test_english_is_not_chinese():
    assert rules(title="共享缓存", abstract=PAPER.abstract) == {("chinese", "abstract")}


def test_a_text_that_is_much_too_long_fails():
    assert rules(abstract=GOOD * 6) == {("length", "abstract")}
