"""What is asked and what is read of an answer, for papers and answers of every kind."""

from __future__ import annotations

import contextlib
import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MaskError
from bot.summaries import LONGEST, TextField
from bot.summaries.answers import texts
from bot.summaries.prompt import AnswerForm, messages, original, restored
from tests.fakes import paper

PARTS = [
    "$x_1$",
    "$",
    "\\(a\\)",
    "\\",
    "XQ0X",
    "XQ7X",
    "[[0]]",
    "https://a.test/b",
    "</paper>",
    "< / PAPER >",
    "<abstract>",
    "</title>",
    "<mend>",
    "<one_line>",
    "</terms>",
    '{"title": "a"}',
    "\u202e",
    "\u200b",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "\U0001f600",
    "word ",
    "中文",
    "\n\n",
]
HOSTILE = st.one_of(st.text(), st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
FRAME = ["<paper>", "<title>", "</title>", "<abstract>", "</abstract>", "</paper>"]


@settings(deadline=None)  # the first one reads the glossary
@given(HOSTILE, HOSTILE, st.sampled_from(AnswerForm))
def test_a_paper_stays_in_its_frame_and_can_be_sent(title, abstract, form):
    one = paper(1, title=title, abstract=abstract)
    sent = messages(one, original(one), tuple(TextField), form, "")
    said = sent[1]["content"]
    framed = said[said.index("<paper>") : said.index("</paper>") + len("</paper>")]
    assert (
        re.findall(r"<\s*/?\s*(?:paper|title|abstract|one_line|english_line|terms|mend)\b[^>]*>", framed, re.I)
        == FRAME
    )
    assert said.count("</paper>") == 1
    json.dumps(sent, ensure_ascii=False).encode()
    assert not re.search(r"[\x00-\x08\x1b\u200b\u202e\ud800]", said)


@given(HOSTILE, HOSTILE)
def test_what_stands_for_a_formula_is_unlike_all_others_and_comes_back(title, abstract):
    seen = original(paper(1, title=title, abstract=abstract))
    numbers = re.findall(r"XQ\d+X", f"{seen.title.text} {seen.abstract.text}")
    assert sorted(numbers) == sorted(f"XQ{number}X" for number in range(len(numbers)))
    for field, masked in ((TextField.TITLE, seen.title), (TextField.ABSTRACT, seen.abstract)):
        back = restored(seen, field, masked.text)
        assert all(" ".join(piece.split()) in back for piece in masked.pieces)


@given(HOSTILE, st.integers(0, 20))
def test_a_formula_of_another_text_never_comes_in(abstract, number):
    seen = original(paper(1, title="$a$ and $b$", abstract=abstract))
    mine = len(seen.abstract.pieces)
    if number >= mine:
        with pytest.raises(MaskError):
            restored(seen, TextField.ONE_LINE, f"见 XQ{number}X")
    if number not in range(mine, mine + 2):
        with pytest.raises(MaskError):
            restored(seen, TextField.TITLE, f"XQ{mine}X XQ{mine + 1}X XQ{number}X")


@given(
    st.one_of(HOSTILE, st.recursive(st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(json.dumps))
)
def test_reading_an_answer_never_fails_and_gives_only_what_was_asked_for(content):
    found = texts(content, (TextField.TITLE, TextField.ABSTRACT))
    assert set(found) <= {TextField.TITLE, TextField.ABSTRACT}
    assert all(isinstance(text, str) and text.strip() for text in found.values())


@given(st.dictionaries(st.sampled_from([one.value for one in TextField]), st.text(), min_size=1), st.text())
def test_an_answer_is_read_as_it_was_written(said, around):
    noise = re.sub(r"[{}<>]", "", around)
    wanted = {TextField(name): text for name, text in said.items() if text.strip()}
    assert texts(noise + json.dumps(said) + noise, tuple(TextField)) == wanted


@given(HOSTILE, st.text())
def test_a_text_as_it_is_kept_is_one_line_that_can_be_stored(abstract, answer):
    seen = original(paper(1, abstract=abstract))
    try:
        kept = restored(seen, TextField.ONE_LINE, answer)
    except MaskError:
        return
    kept.encode()
    assert kept == " ".join(kept.split())


@pytest.mark.parametrize("part", ["<think>", "</think>", "<title>", "{", '{"title":', "XQ0X", "\n"])
def test_an_answer_of_a_hundred_thousand_characters_is_read_in_no_time(part):
    started = time.process_time()
    seen = original(paper(1, abstract=part * 20_000))
    assert texts(part * 20_000, (TextField.ONE_LINE,)) == {}
    with contextlib.suppress(MaskError):
        restored(seen, TextField.ONE_LINE, part * 20_000)
    assert time.process_time() - started < 2


def test_a_model_that_writes_traditional_characters_is_kept_in_simplified_ones_but_for_the_papers_own():
    seen = original(paper(1, title="On $\\text{學}$", abstract="We cite 學習. It costs $\\text{習}$."))
    assert (
        restored(seen, TextField.ABSTRACT, "我們提出學習方法。代價為 XQ0X。")
        == "我们提出学习方法。代价为 $\\text{習}$。"
    )
    assert restored(seen, TextField.ENGLISH_LINE, "It cites 學習.") == "It cites 學習."


def test_what_is_very_long_is_sent_as_far_as_arxiv_takes_it():
    seen = original(paper(1, title="x" * 100_000, abstract="$x$ " * 25_000))
    assert len(seen.title.text) == LONGEST
    assert len(seen.abstract.pieces) <= LONGEST / 4


def test_a_model_is_told_the_field_its_terms_and_what_each_block_is():
    one = paper(1, title="Fine-tuning of the Higgs mass", abstract="We study inflation.", categories=("hep-ph",))
    system, asked = (
        said["content"] for said in messages(one, original(one), (TextField.TITLE,), AnswerForm.TAGGED, "no")
    )
    assert "<categories>hep-ph</categories>" in asked
    assert "<terms>\nfine-tuning = 精细调节\ninflation = 暴胀\n</terms>" in asked
    for block in ("categories", "terms", "paper", "mend"):
        assert f"<{block}>" in asked
        assert f"<{block}>" in system
