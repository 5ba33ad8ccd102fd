"""The index agrees with the judge, and with the code that explains, on everything."""

from __future__ import annotations

import random
import subprocess
import sys
import tracemalloc
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.matching import Candidate, is_wanted, match, missing, prepare
from bot.matching.index import Index
from bot.matching.stream import Stream, _han
from bot.model import AnnounceType, Language, Paper, Summary
from bot.query import parse
from bot.text.normal import words
from tests.matching.invented import CHINESE, candidate, queries
from tests.matching.oracle import Oracle, pieces


def found(index, candidates):
    """What an index finds, by query."""
    hits = {}
    for pairs in index.match([prepare(one) for one in candidates]):
        for text, papers in pairs.by_query():
            hits.setdefault(text, []).extend(papers)
    return hits


@pytest.fixture(scope="module")
def day():
    dice = random.Random(20260610)
    papers = [candidate(dice, number) for number in range(300)]
    return papers, queries(dice, 2000), Oracle(papers)


def test_the_index_and_the_judge_agree_on_2000_queries_and_300_papers(day):
    papers, texts, judge = day
    expected = {text: sorted(judge.wanted(parse(text))) for text in texts}
    assert found(Index(texts), papers) == {text: numbers for text, numbers in expected.items() if numbers}
    assert 100 < sum(map(bool, expected.values())) < 2000


def test_what_explains_agrees_with_the_judge_and_says_why_or_why_not(day):
    papers, texts, judge = day
    ready = [prepare(one) for one in papers]
    for text in texts[::8]:
        query = parse(text)
        matching, wanted = judge.matching(query), judge.wanted(query)
        for number, prepared in enumerate(ready):
            hit = match(query, prepared)
            assert (hit is not None) == (number in matching) == (not missing(query, prepared)), text
            assert (hit is not None and is_wanted(query, hit.type)) == (number in wanted), text


@given(st.text())
def test_any_text_comes_apart_as_the_judge_says(text):
    assert list(words(text)) == pieces(text)


LETTERS = st.sampled_from(
    [*"*#+.^α∆1ab-_ $\\{}\x00\x01\x02\n\u0301\u200d\u3099éßİŁﬁＡかガ각한注意力擴扩\U00020000𝕒²½", *CHINESE]
)


HOSTILE = st.one_of(LETTERS, LETTERS, st.characters(exclude_categories=["Cs"]))


@given(st.lists(HOSTILE, max_size=12).map("".join), st.lists(HOSTILE, max_size=4).map("".join), st.booleans())
def test_hostile_texts_and_terms_meet_as_the_judge_says(text, term, is_name):
    agree(text, term, is_name=is_name)


@given(st.data(), st.lists(HOSTILE, min_size=1, max_size=12).map("".join), st.booleans())
def test_a_part_of_a_hostile_text_is_found_or_not_as_the_judge_says(data, text, is_name):
    start = data.draw(st.integers(0, len(text) - 1))
    agree(text, text[start : data.draw(st.integers(start + 1, len(text)))], is_name=is_name)


def agree(text, term, *, is_name):
    """Let the index, what explains and the judge look for a term in a text."""
    try:
        query = parse(f'{"au:" * is_name}"{term}"')
    except QueryError:
        return
    paper = Paper("2606.90001", 1, text, (text,), "", ("cs.LG",))
    summary = Summary(paper.id, 1, Language.ZH, title=text)
    one = Candidate(paper, {"cs.LG": AnnounceType.NEW}, date(2026, 6, 10), summary)
    expected = bool(Oracle([one]).wanted(query))
    assert bool(found(Index([str(query)]), [one])) == expected
    assert (match(query, prepare(one)) is not None) == expected


def test_queries_come_and_go_without_the_others_noticing(day):
    papers, texts, _ = day
    index = Index(texts[:400])
    found(index, papers[:9])
    index.update(texts[20:420])  # few: a block of their own
    assert found(index, papers) == found(Index(texts[20:420]), papers)
    index.update(texts[200:600])  # many: all are compiled anew
    assert found(index, papers) == found(Index(texts[200:600]), papers)
    assert len(index) == 400


def test_a_query_that_comes_back_is_there_once(day):
    papers, texts, _ = day
    index = Index(texts[:500])
    expected = found(index, papers)
    index.remove(texts[0])
    index.add(texts[0])
    index.add(texts[0])
    index.remove("never there")
    assert found(index, papers) == expected


def test_more_papers_than_a_day_are_matched_in_batches():
    kinds = [AnnounceType.NEW, AnnounceType.REPLACE]
    papers = [
        Candidate(
            Paper(f"2606.{number}", 1, "model" * (number % 3 == 0), (), "", ("cs.LG",)),
            {"cs.LG": kinds[number % 5 == 0]},
            date(2026, 6, 10),
        )
        for number in range(2400)
    ]
    assert found(Index(["models", "cs.CL"]), papers) == {"models": [n for n in range(0, 2400, 3) if n % 5]}


def test_nothing_is_found_in_nothing():
    one = Candidate(Paper("2606.90001", 1, "", (), "", ()), {"cs.LG": AnnounceType.NEW}, date(2026, 6, 10))
    assert found(Index(), [one]) == {}
    assert found(Index(["rag", "cs.LG"]), []) == {}
    assert found(Index(["rag", "cs.LG", "au:bell"]), [one]) == {}


def test_numpy_is_not_loaded_before_something_is_matched():
    code = "import sys, bot.__main__, bot.app, bot.commands, bot.jobs.match; print('numpy' in sys.modules)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "False"


def test_the_first_paper_that_is_read_takes_a_few_megabytes():
    _han.cache_clear()
    tracemalloc.start()
    Stream([prepare(candidate(random.Random(1), 1))])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * 2**20
