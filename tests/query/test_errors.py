"""What cannot be read, and what is said about it.

SENTENCES is the list of all keys with the values that each carries, and a wording for the locale files:
what is wrong, and what to type instead.
"""

from __future__ import annotations

import time

import pytest

from bot.errors import QueryError
from bot.query import parse

SENTENCES = {
    "query.empty": (
        "There is nothing to look for. Type words or categories, for example: cs.LG diffusion",
        "没有要查找的内容。请输入词语或分类，例如：cs.LG diffusion",
    ),
    "query.too_long": (
        "The query has {length} characters when written in full; {limit} is the most."
        " Split it into two subscriptions.",
        "查询写全后有 {length} 个字符，最多 {limit} 个。请分成两个订阅。",
    ),
    "query.too_many": (
        "The query has {count} terms; {limit} is the most."
        " Split it into two subscriptions, or name a whole archive as cs.*.",
        "查询有 {count} 个检索项，最多 {limit} 个。请分成两个订阅，或用 cs.* 表示整个大类。",
    ),
    "query.too_deep": (
        "Brackets are nested more than {limit} deep. Take some of them out: a, b c means (a or b) and c.",
        "括号嵌套超过 {limit} 层。请减少括号：a, b c 就表示（a 或 b）且 c。",
    ),
    "query.open_quote": (
        "A quotation mark is opened before “{text}” and not closed. Type one at each end of the phrase:"
        ' "score matching"',
        '“{text}”前的引号没有闭合。请在短语两端都加引号，例如："score matching"',
    ),
    "query.open_bracket": (
        "A bracket is opened and not closed. Add the missing ) or take the ( out.",
        "有左括号没有闭合。请补上 )，或去掉 (。",
    ),
    "query.stray_bracket": (
        "There is a ) without a ( before it. Add the missing ( or take the ) out.",
        "有多余的右括号。请补上前面的 (，或去掉 )。",
    ),
    "query.empty_group": (
        "There is nothing between the brackets (). Type words in them, or take them out.",
        "括号 () 里没有内容。请在括号里输入词语，或去掉括号。",
    ),
    "query.empty_field": (
        "There is nothing after {field} Type a word or a phrase right after it, for example: ti:diffusion",
        "{field} 后面没有内容。请紧接着输入词语或短语，例如：ti:diffusion",
    ),
    "query.dangling": (
        "Something is missing beside “{operator}”. Type a term on each side, as in: a, b or a OR b"
        " (to leave something out: -survey, without a space). A sign to be taken as text goes in quotes.",
        "“{operator}”旁边缺少检索项。请补全，例如：a, b 或 a OR b；排除时写 -survey，减号后不加空格。"
        "如果它是文字，请放在引号里。",
    ),
    "query.no_letters": (
        "“{text}” has no letter or digit to look for. Type a word, or take it out.",
        "“{text}”里没有可查找的字母、数字或汉字。请换成词语，或去掉它。",
    ),
    "query.star_inside": (
        "In “{text}” the star is not at the end. A star ends the beginning of a word: quantiz*"
        ' To take it as text, use quotes: "C*-algebra"',
        '“{text}”里的星号不在末尾。星号只能放在词的开头部分之后，例如：quantiz*；如果它是文字，请加引号："C*-algebra"',
    ),
    "query.short_prefix": (
        "“{text}” would match too many words. Type at least {minimum} letters before the star: qua*",
        "“{text}”会匹配太多的词。星号前请至少输入 {minimum} 个字母，例如：qua*",
    ),
    "query.unknown_field": (
        "There is no field “{field}:”. Did you mean {suggestion}: ?"
        ' Fields are title: abstract: author: comment: type: cat: primary: (as text: "a:b" in quotes)',
        "没有“{field}:”这个字段。是否指 {suggestion}: ？"
        '可用字段：title: abstract: author: comment: type: cat: primary:（如果是文字，请加引号："a:b"）',
    ),
    "query.unknown_category": (
        "arXiv has no category “{code}”. Try: {suggestions} (to find it as a word, put it in quotes)",
        "arXiv 没有分类“{code}”。可以试试：{suggestions}（如果要当作词语查找，请加引号）",
    ),
    "query.unknown_type": (
        "There is no type “{type}”. Type one of: type:new type:cross type:replace type:replace-cross",
        "没有“{type}”这个类型。可用：type:new type:cross type:replace type:replace-cross",
    ),
    "query.only_negative": (
        "This would match nearly every paper: at least one alternative says only what to leave out."
        " Say also what you want, for example: cs.LG -survey",
        "这几乎会匹配所有论文：至少有一部分只说明了要排除什么。请同时说明想要什么，例如：cs.LG -survey",
    ),
    "query.only_type": (
        "This would match nearly every paper: a type alone does not narrow it down."
        " Add a category or a word, for example: cs.LG type:new",
        "这几乎会匹配所有论文：仅有类型不足以缩小范围。请加上分类或词语，例如：cs.LG type:new",
    ),
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
    ("a ***", "query.no_letters", {"text": "***"}, 2),
    ("?!", "query.no_letters", {"text": "?!"}, 0),
    ('a ""', "query.no_letters", {"text": ""}, 2),
    ("ti:*", "query.no_letters", {"text": "*"}, 3),
    ("C*-algebra", "query.star_inside", {"text": "C*-algebra"}, 0),
    ("quant**", "query.star_inside", {"text": "quant**"}, 0),
    ("*former", "query.star_inside", {"text": "*former"}, 0),
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
    ("a, -b", "query.only_negative", {}, 0),
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
        ("-" * 498 + "a", None),
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
    taken = []
    for _ in range(5):
        before = time.process_time()
        assert outcome(text) == key
        taken.append(time.process_time() - before)
    assert min(taken) < 0.010


def test_brackets_that_only_the_canonical_text_needs_count_too():
    with pytest.raises(QueryError, match=r"query\.too_deep"):
        parse("b a, (" * 20 + "x -y, z" + ")" * 20)
    assert parse("b a, (" * 20 + "x y, z" + ")" * 20)
