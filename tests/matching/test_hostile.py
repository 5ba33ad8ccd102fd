"""Subscriptions that look for as many beginnings of words as they may cost as much as others, and are right."""

from __future__ import annotations

import random
import tracemalloc
from datetime import date

import pytest

from bot.matching import Candidate, Prepared, match, prepare
from bot.matching.index import Index
from bot.model import AnnounceType, Paper
from bot.query import parse
from tests.bench.newspaper import HOSTILE
from tests.work import counted

QUERIES = 40
ORDINARY = ("cs.LG {} {}", 2)
DICE = random.Random(5)
SYLLABLES = [first + second for first in "bdfgklmprsvz" for second in "aeiou"]
WORDS = ["".join(DICE.choices(SYLLABLES, k=DICE.randint(2, 4))) for _ in range(2_000)]


def queries(form: str, count: int) -> list[str]:
    made = []
    for _ in range(QUERIES):
        stems = sorted({word[: DICE.randint(3, 6)] for word in DICE.sample(WORDS, 2 * count)})
        made.append(str(parse(form.format(*DICE.sample(stems, count)))))
    return made


def found(texts: list[str], day: list[Prepared]) -> tuple[dict[str, list[int]], int, int]:
    """What an index finds for some queries, with how many calls, and how many bytes at the most."""
    index = Index(texts)
    list(index.match([]))
    tracemalloc.start()
    with counted() as work:
        hits = {text: papers for pairs in index.match(day) for text, papers in pairs.by_query()}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return hits, work.calls, peak


@pytest.fixture(scope="module")
def day() -> list[Prepared]:
    papers = [
        Paper(f"2606.{number:05}", 1, " ".join(DICE.choices(WORDS, k=8)), ("Ada Roe",),
              " ".join(DICE.choices(WORDS, k=60)), ("cs.LG",))
        for number in range(40)
    ]  # fmt: skip
    made = [prepare(Candidate(one, {"cs.LG": AnnounceType.NEW}, date(2026, 6, 10))) for one in papers]
    found(queries(*ORDINARY), made)  # texts of papers are brought to their normal form once, for all queries
    return made


@pytest.mark.parametrize("name", HOSTILE)
def test_fifty_beginnings_of_words_cost_no_more_than_two_words_and_find_what_is_there(day, name):
    _, ordinary, least = found(queries(*ORDINARY), day)
    texts = queries(*HOSTILE[name])
    hits, calls, peak = found(texts, day)
    assert calls < 3 * ordinary  # of 25 times as many words
    assert peak < 2 * least
    for text in texts[:2]:
        assert hits.get(text, []) == [place for place, one in enumerate(day) if match(parse(text), one)]
