"""One line without a model is the sentence that says what the paper does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model import Paper
from bot.summaries.extract import LONGEST, one_line

BACKGROUND = "Large models are slow. Caches help, e.g. for long prompts."
RESULT = "Experiments on 3 datasets show a speedup of 2.1x."
CODE = "We present our code at https://github.com/a/b."


def paper(abstract: str, title: str = "Sharing a cache") -> Paper:
    return Paper("2606.90001", 1, title, ("A",), abstract, ("cs.LG",))


@pytest.mark.parametrize(
    "sentence",
    [
        "We propose RKSC, a cache (cf. Smith et al. 2020) that is shared.",
        "In this paper, we study caches.",
        "This paper introduces a cache for $n$ readers.",
        "A cache that readers share is proposed.",
    ],
)
def test_the_sentence_with_the_cue_is_picked(sentence):
    shown = sentence.replace("$n$", "n")
    assert one_line(paper(f"{BACKGROUND} {sentence} {RESULT} {CODE}")) == shown


def test_what_is_proposed_comes_before_what_is_shown():
    assert one_line(paper("We show that caches leak. We propose a cache.")) == "We propose a cache."


def test_without_a_cue_the_title_decides():
    assert (
        one_line(paper("Models are slow. Sharing the cache is faster. Good luck."))
        == "Sharing the cache is faster."
    )


def test_a_long_sentence_is_cut_at_a_word():
    shown = one_line(paper("We propose " + "caches " * 100))
    assert shown.endswith("caches …")
    assert len(shown) <= LONGEST + 2


def test_a_paper_without_an_abstract_has_no_line():
    assert one_line(paper("")) == ""


@given(st.text())
def test_any_text_gives_one_bounded_line(text):
    shown = one_line(paper(text))
    assert "\n" not in shown
    assert len(shown) <= LONGEST + 2
