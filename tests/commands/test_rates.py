"""How many papers a day queries bring: said by what is stored, tried once until other papers are."""

from __future__ import annotations

import pytest

from bot.commands.rates import Rates, rate_in_words
from bot.commands.recent_papers import RecentPapers
from bot.query import parse
from tests.fakes import MORNING, ingest, listing, paper


async def test_a_rate_is_that_of_the_stored_dates_and_nothing_is_said_of_what_is_not_read(sqlite_store):
    rates = Rates(RecentPapers(sqlite_store))
    queries = [parse("cs.LG"), parse("hep-th"), parse("cs.LG axion")]
    assert await rates.of(queries) == {}
    await ingest(sqlite_store, [listing("cs.LG", paper(1), paper(2))], MORNING)
    assert await rates.of(queries) == {"cs.LG": 2, "cs.LG axion": 0}
    await ingest(sqlite_store, [listing("cs.LG", paper(1), paper(2), paper(3))], MORNING)
    assert (await rates.of(queries))["cs.LG"] == 3


async def test_a_page_with_many_queries_tries_some_and_the_next_look_the_others(sqlite_store):
    await ingest(sqlite_store, [listing("cs.LG", paper(1))], MORNING)
    rates, queries = Rates(RecentPapers(sqlite_store)), [parse(f"cs.LG -{n}0") for n in range(1, 12)]
    assert [len(await rates.of(queries)) for _ in range(3)] == [4, 8, 11]


@pytest.mark.parametrize(
    ("per_day", "english", "chinese"),
    [
        (0, "No paper in the last days", "最近几天没有匹配的论文"),
        (0.4, "Less than one paper a day", "每天不到 1 篇"),
        (1, "About 1 paper a day", "每天约 1 篇"),
        (12.6, "About 13 papers a day", "每天约 13 篇"),
    ],
)
def test_a_rate_is_said_in_words(per_day, english, chinese):
    assert (rate_in_words(per_day, "en"), rate_in_words(per_day, "zh")) == (english, chinese)
