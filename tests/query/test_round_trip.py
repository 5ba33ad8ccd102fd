"""The canonical text of a query is the query: nothing is lost, and a second time changes nothing."""

from __future__ import annotations

import contextlib
import os
import random

from hypothesis import given

from bot.errors import QueryError
from bot.locale import say
from bot.query import Query, in_words, parse, renewed
from tests.query.strategies import FOREIGN, queries, texts


def outcome(text: str) -> Query | QueryError:
    """What becomes of a text; any other exception fails the test."""
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(queries())
def test_the_canonical_text_of_a_query_parses_back_to_it(query):
    assert parse(str(query)) == query


@given(texts())
def test_whatever_parses_has_a_canonical_text_that_means_the_same(text):
    with contextlib.suppress(QueryError):
        query = parse(text)
        assert parse(str(query)) == query
        assert str(parse(str(query))) == str(query)


@given(queries())
def test_every_query_can_be_said_in_both_languages(query):
    assert in_words(query, "en").startswith("papers ")
    assert in_words(query, "zh").endswith("的论文")


PIECES = [
    *'()",|&-+*: ',
    *"abC",
    *["cs.LG ", "math.IT", "ti:", "au:", "type:new ", " OR ", " NOT ", "AND ", "stat.*", "C++", "A*", "R^2", "γ"],
    *"注意力，、（）“”：－｜＊　",
    *["\x00", "\x1f", "\ud800", "\u200b", "\u0301", "ﷺ", "´", "⑴", "🙂", "\u2028", "http://a.b", "hep-th/9901001"],
    *FOREIGN,
]
FUZZED = 500
"""Of 50,000 texts, which BOT_FUZZ_ALL asks for."""


def test_random_texts_give_a_query_that_can_be_read_back_or_one_error():
    dice = random.Random(20261129)
    count = 50_000 if "BOT_FUZZ_ALL" in os.environ else FUZZED
    parsed = refused = 0
    for _ in range(count):
        text = dice.choice(["", " "]).join(dice.choices(PIECES, k=dice.randrange(14)))
        match outcome(text):
            case QueryError() as error:
                refused += 1
                assert error.key.startswith("query."), text
                assert 0 <= error.position <= len(text), text
                assert say(error.key, "zh", **error.values), text
            case query:
                parsed += 1
                assert parse(str(query)) == query, text
                assert renewed(str(query)) == str(query), text
                assert in_words(query, "zh"), text
    assert min(parsed, refused) > count / 20
