"""The canonical text of a query is the query: nothing is lost, and a second time changes nothing."""

from __future__ import annotations

import contextlib
import random

from hypothesis import given

from bot.errors import QueryError
from bot.query import Query, in_words, parse
from tests.query.strategies import queries, texts


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


def test_ten_thousand_random_texts_give_a_query_or_one_error():
    dice = random.Random(20260610)
    pieces = [
        *'()",|&-+*: ',
        *"abC",
        "cs.LG ",
        "math.IT",
        "ti:",
        "au:",
        "type:new ",
        " OR ",
        " NOT ",
        "AND ",
        "stat.*",
    ]
    pieces += [
        *"注意力，、（）“”：－｜＊　",
        "\x00",
        "\x1f",
        "\ud800",
        "\u200b",
        "\u0301",
        "ﷺ",
        "´",
        "⑴",
        "🙂",
        "\u2028",
    ]
    texts = ["".join(dice.choices(pieces, k=dice.randrange(16))) for _ in range(10_000)]
    outcomes = [(text, outcome(text)) for text in texts]
    errors = [(text, one) for text, one in outcomes if isinstance(one, QueryError)]
    parsed = [one for _, one in outcomes if isinstance(one, Query)]
    assert len(errors) > 500
    assert len(parsed) > 500
    assert all(error.key.startswith("query.") and 0 <= error.position <= len(text) for text, error in errors)
    assert all(parse(str(query)) == query for query in parsed)
