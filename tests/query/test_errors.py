"""What cannot be read, and what is said about it: what is wrong, and what to type instead."""

from __future__ import annotations

import pytest

from bot.errors import QueryError
from bot.locale import sentences
from bot.query import parse
from tests.work import counted

SENTENCES = {
    key: (sentences("en")[key], sentences("zh")[key]) for key in sentences("en") if key.startswith("query.")
}

FAULTS = [
    ("", "query.empty", {}, 0),
    (" \n　\u200b", "query.empty", {}, 0),
    ("x" * 501, "query.too_long", {"limit": 500, "length": 501}, 500),
    ("ti:(" + " ".join(f"w{n}w{n}w{n}" for n in range(36)) + ")", "query.too_long", None, 0),
    (", ".join(f"t{n}" for n in range(51)), "query.too_many", {"limit": 50, "count": 51}, 0),
    ("(" * 21 + "a" + ")" * 21, "query.too_deep", {"limit": 20}, 20),
    ('cs.LG "kv cache', "query.open_quote", {"text": "kv cache"}, 6),
    ("“kv cache", "query.open_quote", {"text": "kv cache"}, 0),
    ("a (b c", "query.open_bracket", {}, 2),
    ("a (", "query.open_bracket", {}, 2),
    ("a (b", "query.open_bracket", {}, 2),
    ("a b) c", "query.stray_bracket", {}, 3),
    (")", "query.stray_bracket", {}, 0),
    ("a ()", "query.empty_group", {}, 2),
    ("（）", "query.empty_group", {}, 0),
    ("a ti:", "query.empty_field", {"field": "ti:"}, 2),
    ("ti: , b", "query.empty_field", {"field": "ti:"}, 0),
    ("(au:)", "query.empty_field", {"field": "au:"}, 1),
    ("ti: AND b", "query.empty_field", {"field": "ti:"}, 0),
    ("a,", "query.dangling", {"operator": ","}, 1),
    ("a，，b", "query.dangling", {"operator": ","}, 1),
    ("OR a", "query.dangling", {"operator": "OR"}, 0),
    ("a OR OR b", "query.dangling", {"operator": "OR"}, 2),
    ("a AND", "query.dangling", {"operator": "AND"}, 2),
    ("& a", "query.dangling", {"operator": "&"}, 0),
    ("a NOT", "query.dangling", {"operator": "NOT"}, 2),
    ("a |", "query.dangling", {"operator": "|"}, 2),
    ("(, a)", "query.dangling", {"operator": ","}, 1),
    ("(a OR)", "query.dangling", {"operator": "OR"}, 3),
    ("-", "query.dangling", {"operator": "-"}, 0),
    ("a - b", "query.dangling", {"operator": "-"}, 2),
    ("a –", "query.dangling", {"operator": "-"}, 2),
    ("a -(-)", "query.dangling", {"operator": "-"}, 4),
    ("+", "query.dangling", {"operator": "+"}, 0),
    (
        "cs.LG and cs.CL",
        "query.unsure_and",
        {"word": "and", "either": "cs.LG, cs.CL", "both": "cs.LG AND cs.CL"},
        6,
    ),
    ("a, b and c", "query.unsure_and", {"word": "and", "either": "a, b, c", "both": "a, b AND c"}, 5),
    ("cs.LG 和 cs.CL", "query.unsure_and", None, 6),
    ("a b or c", "query.unsure_or", {"word": "or", "near": "a b, c", "whole": "a b OR c"}, 4),
    ("a Not b", "query.unsure_not", {"word": "Not", "meant": "a NOT b"}, 2),
    ("a andnot b", "query.unsure_not", None, 2),
    ("a not", "query.dangling", {"operator": "not"}, 2),
    ("a and", "query.dangling", {"operator": "and"}, 2),
    ("not a b", "query.unsure_not", {"word": "not", "meant": "NOT a b"}, 0),
    ("ab 扩散或流匹配", "query.glued", {"text": "扩散或流匹配", "meant": "ab 扩散 或 流匹配"}, 3),
    ("扩散模型且语言模型", "query.glued", None, 0),
    ("a review[pt]", "query.unknown_tag", {"tag": "[pt]"}, 8),
    ("(a b)[ti]", "query.unknown_tag", {"tag": "[ti]"}, 5),
    ("ti:a[au]", "query.unknown_tag", {"tag": "[au]"}, 4),
    ("roam~", "query.foreign", {"text": "roam~"}, 0),
    ("roam~0.8", "query.foreign", None, 0),
    ('"a b"~5', "query.foreign", {"text": "~5"}, 5),
    ('a "b"^2', "query.foreign", {"text": "^2"}, 5),
    ("(a b)^2", "query.foreign", {"text": "^2"}, 5),
    ("jakarta^4", "query.foreign", None, 0),
    ("te?t", "query.foreign", None, 0),
    ("ti:[a TO b]", "query.foreign", {"text": "[a TO b]"}, 3),
    ("强化学习：综述", "query.unknown_field", None, 0),
    ("a ***", "query.no_letters", {"text": "***"}, 2),
    ("?!", "query.no_letters", {"text": "?!"}, 0),
    ('a ""', "query.no_letters", {"text": ""}, 2),
    ("ti:*", "query.no_letters", {"text": "*"}, 3),
    ("C*-algebra", "query.star_inside", {"text": "C*-algebra"}, 0),
    ("quant**", "query.star_inside", {"text": "quant**"}, 0),
    ("*former", "query.star_inside", {"text": "*former"}, 0),
    ('a "neural network*"', "query.star_quoted", {"text": "neural network*", "meant": "neural-network*"}, 2),
    ('"neural* network"', "query.star_quoted", {"text": "neural* network", "meant": "neural* network"}, 0),
    ('"deep * network"', "query.foreign", {"text": "*"}, 0),
    ("qu*", "query.short_prefix", {"text": "qu*", "minimum": 3}, 0),
    ("au:l-*", "query.short_prefix", {"text": "l-*", "minimum": 3}, 3),
    ("titel:x", "query.unknown_field", {"field": "titel", "suggestion": "title"}, 0),
    ('a foo:"bar"', "query.unknown_field", None, 2),
    ("a (Autor:x)", "query.unknown_field", {"field": "Autor", "suggestion": "author"}, 3),
    ("a cs.XX", "query.unknown_category", None, 2),
    ("cs.LGG", "query.unknown_category", None, 0),
    ("CS.L*", "query.unknown_category", None, 0),
    ("cat:nonsense", "query.unknown_category", None, 4),
    ("primary:cs.XX", "query.unknown_category", None, 8),
    ("cat:zz.*", "query.unknown_category", None, 4),
    ("a type:old", "query.unknown_type", {"type": "old"}, 7),
    ("-a", "query.only_negative", {}, 0),
    ("-a -b", "query.only_negative", {}, 0),
    ("a, -b", "query.only_negative", {}, 1),
    ("a -b, c", "query.only_negative", {}, 4),
    ("a OR -b", "query.only_negative", {}, 0),
    ("-(a b)", "query.only_negative", {}, 0),
    ("type:new", "query.only_type", {}, 0),
    ("type:new -a", "query.only_type", {}, 0),
    ("a, type:new", "query.only_type", {}, 0),
    ("type:new OR type:cross", "query.only_type", {}, 0),
]


def outcome(text: str) -> str | None:
    """The key of the error that a text ends in, None for a query."""
    try:
        parse(text)
    except QueryError as error:
        return error.key
    return None


@pytest.mark.parametrize(("text", "key", "values", "position"), FAULTS)
def test_a_text_is_refused(text, key, values, position):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert (caught.value.key, caught.value.position) == (key, position)
    if values is not None:
        assert caught.value.values == values


@pytest.mark.parametrize("text", [text for text, *_ in FAULTS])
def test_the_values_of_an_error_fill_its_sentences(text):
    with pytest.raises(QueryError) as caught:
        parse(text)
    for sentence in SENTENCES[caught.value.key]:
        shown = sentence.format(**caught.value.values)
        for name in caught.value.values:
            assert f"{{{name}}}" in sentence
        assert "{" not in shown


def test_every_key_is_raised():
    assert {key for _, key, *_ in FAULTS} == SENTENCES.keys()


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("cs.LGG", "cs.LG"), ("cat:lg", "cs.LG"), ("cat:hepth", "hep-th"), ("cs.XX", "cs.*"), ("cat:zzz", "cs.LG")],
)
def test_an_unknown_category_suggests(text, suggestion):
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert suggestion in str(caught.value.values["suggestions"]).split(", ")


def test_the_position_is_where_it_was_typed_even_when_the_text_was_normalised():
    with pytest.raises(QueryError) as caught:
        parse("ﬃ\u200bﷺ cs.XX")
    assert caught.value.position == 4


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("(" * 5_000, "query.too_long"),
        ("(" * 5_000 + "a" + ")" * 5_000, "query.too_long"),
        (" ".join(f"t{n}" for n in range(10_000)), "query.too_long"),
        ("-" * 5_000 + "a", "query.too_long"),
        ("(" * 500, "query.too_deep"),
        ("-(" * 250, "query.too_deep"),
        ("ti:(" * 125, "query.too_deep"),
        (")" * 500, "query.stray_bracket"),
        ("-" * 499, "query.dangling"),
        ("-" * 498 + "a", "query.only_negative"),
        ("NOT " * 124 + "a", None),
        ("ti:" * 166 + "a", None),
        ("ti:" * 166, "query.empty_field"),
        ("a," * 250, "query.dangling"),
        ("a " * 250, "query.too_many"),
        ('"' * 499, "query.open_quote"),
        ("*" * 500, "query.no_letters"),
        ("a" * 490 + ":b", "query.unknown_field"),
        ("cat:" + "x" * 490, "query.unknown_category"),
        ("㌖" * 250, "query.too_long"),
        ("ﷺ" * 500, "query.too_long"),
        ("\ud800", "query.empty"),
        ("\x00", "query.empty"),
        ("\u202e\u2066", "query.empty"),
        ("\u0301", "query.no_letters"),
    ],
)
def test_hostile_texts_end_in_one_error_or_in_a_query_at_once(text, key):
    with counted() as work:
        assert outcome(text) == key
    assert work.calls < 300_000  # some hundredths of a second
