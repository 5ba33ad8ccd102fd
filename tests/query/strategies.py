"""Queries of all shapes for hypothesis, built as the parser builds them."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Query, Term
from bot.query.syntax import all_of, any_of, negated

_LETTERS = "abcxyzéλ注意力"
# No archive can be spelled with these letters, so no text is a category by accident.
_LISTS = re.compile("&&|[注意力][/+&][注意力]")  # what no word can have in it
_WORDS = st.from_regex(rf"[{_LETTERS}][{_LETTERS}019'.+&/-]{{0,8}}", fullmatch=True).filter(
    lambda text: not _LISTS.search(text)
)
_PIECES = st.sampled_from(
    [
        "kv",
        "AND",
        "OR",
        "NOT",
        "cs.LG",
        "stat.*",
        "title:x",
        "-y",
        "+z",
        "(",
        ")",
        ",",
        "|",
        "&",
        "A*",
        "注意力",
        "'",
        "a:b",
    ]
)
_PHRASES = st.lists(_PIECES, min_size=1, max_size=5).map(" ".join).filter(lambda text: re.search(r"\w", text))
_FIELDS = st.sampled_from([None, *Field])
_PATTERNS = st.sampled_from(
    ["cs.LG", "cs.CL", "cs.IT", "hep-th", "quant-ph", "stat.*", "astro-ph.*", "cond-mat.str-el"]
)


def _terms() -> st.SearchStrategy[Term]:
    return st.one_of(
        st.builds(Term, _WORDS, _FIELDS, quoted=st.just(False), prefix=st.just(False)),
        st.builds(Term, _PHRASES, _FIELDS, quoted=st.just(True), prefix=st.just(False)),
        st.builds(
            Term,
            st.from_regex(r"[a-zé]{3}([.-]?[a-z0-9]){0,4}", fullmatch=True),
            _FIELDS,
            quoted=st.just(False),
            prefix=st.just(True),
        ),
    )


def _nodes() -> st.SearchStrategy[Node]:
    leaves = st.one_of(
        _terms(),
        st.builds(InCategory, _PATTERNS, primary=st.booleans()),
        st.builds(OfType, st.sampled_from(["new", "cross", "replace", "replace-cross"])),
    )
    return st.recursive(
        leaves,
        lambda nodes: st.one_of(
            st.lists(nodes, min_size=2, max_size=4).map(all_of),
            st.lists(nodes, min_size=2, max_size=4).map(any_of),
            nodes.map(negated),
        ),
        max_leaves=12,
    )


def _is_anchored(node: Node) -> bool:
    match node:
        case And(parts):
            return any(map(_is_anchored, parts))
        case Or(parts):
            return all(map(_is_anchored, parts))
        case _:
            return not isinstance(node, OfType | Not)


def queries() -> st.SearchStrategy[Query]:
    """Queries that the language can say: anchored, and short enough."""
    return _nodes().filter(_is_anchored).map(Query).filter(lambda query: len(str(query)) <= 500)


FOREIGN = [
    *["and", "or", "not", "ANDNOT", "andnot", "&&", "||", "!", "+", "--", "—", "；", "。", "或", "且", "非", "和"],
    *["不含", "[ti]", "[au]", "[tiab]", "[pt]", "~2", "^2", "all:", "作者：", "標題:", "intitle:", "allintitle:"],
    *[
        "「",
        "」",
        "'",
        "ti=",
        "cs.LG+cs.CL",
        "+AND+",
        "%22",
        "[a TO b]",
        "?",
        "without",
        "but",
        "no",
        "either",
        "both",
    ],
    *[
        "w/o",
        "AROUND(3)",
        "SU(2)",
        "TITLE(",
        "NEAR/5",
        "~x",
        "/x/",
        "{a b}",
        '"neural network*"',
        '"a * b"',
        "cs-LG",
    ],
    *[
        "，不含综述",
        "综述除外",
        "或者综述",
        "排除综述",
        "cs.LG:x",
        "cs.LG扩散",
        "扩散+语言",
        "【",
        "】",
        "∪",
        "ー",
        "ti :",
    ],
    *[
        "search_query=all:x&start=0",
        "https://arxiv.org/list/cs.LG/new",
        "2020..2024",
        "AND-NOT",
        "而不是",
        "和/或",
    ],
]
"""What people bring along from elsewhere."""


def texts() -> st.SearchStrategy[str]:
    """What might be typed: pieces of the language in any order."""
    pieces = st.one_of(
        _PIECES,
        _WORDS,
        _PATTERNS,
        st.sampled_from(
            [
                '"',
                "“",
                "”",
                "（",
                "）",
                "，",
                "、",
                "｜",
                " ",
                "　",
                "－",
                "ti:",
                "au：",
                "type:new",
                "cs.",
                "quan*",
                *FOREIGN,
            ]
        ),
        st.text(max_size=3),
    )
    return st.lists(pieces, max_size=12).map("".join) | st.lists(pieces, max_size=12).map(" ".join)
