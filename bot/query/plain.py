"""A query in plain words, in English and Chinese: what `subscribe` reads back. No markup and no escaping here.

Leaves of one kind that stand together are named together (`in A or B`), and a clause that could be misread
inside another one stands in brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from bot import taxonomy
from bot.query.syntax import And, Field, InCategory, Leaf, Node, Not, OfType, Or, Query, Term
from bot.text.glossary import english
from bot.text.normal import forms, has_han, words
from bot.text.traditional import traditional


class _Clause(NamedTuple):
    """What is said around the names of one kind of leaf: any of them, all of several, none of them."""

    any: str
    all: str
    none: str


@dataclass(frozen=True, slots=True)
class _Voice:
    """How one language names leaves and joins names and clauses."""

    clauses: Mapping[str, _Clause]  # by the kind of leaf
    name: Callable[[Leaf], str]
    excluded_name: Callable[[Leaf], str]
    any_name: Callable[[Sequence[str]], str]
    all_names: Callable[[Sequence[str]], str]
    any_clauses: Callable[[Sequence[str]], str]
    all_clauses: Callable[[Sequence[str]], str]
    comma: str
    brackets: str
    contrary: str
    papers: str


def in_words(query: Query, language: str) -> str:
    """The papers that are asked for, in a sentence of `en`, `zh` or `zh-hant`: no capital, no full stop."""
    if language == "zh-hant":
        return traditional(in_words(query, "zh"))
    voice = _VOICES[language]
    root = query.root
    clauses = _and_clauses(root.parts, voice, _clause) if isinstance(root, And) else [_clause(root, voice)]
    return voice.papers.format(voice.comma.join(clauses))


def _clause(node: Node, voice: _Voice) -> str:
    match node:
        case And(parts):
            return voice.all_clauses(list(_and_clauses(parts, voice, _nested)))
        case Or(parts):
            return voice.any_clauses(list(_or_clauses(parts, voice)))
        case Not(Or(parts)) if kind := _shared_kind(parts):
            names = [voice.excluded_name(part) for part in parts if isinstance(part, Leaf)]
            return voice.clauses[kind].none.format(voice.any_name(names))
        case Not(Term() | InCategory() | OfType() as leaf):
            return voice.clauses[_kind(leaf)].none.format(voice.excluded_name(leaf))
        case Not(part):
            return voice.contrary.format(_clause(part, voice))
        case leaf:
            return voice.clauses[_kind(leaf)].any.format(voice.name(leaf))


def _nested(node: Node, voice: _Voice) -> str:
    """A nested clause: in brackets when it contains "and" or "or"."""
    match node:
        case And() | Or() | Not(Or()):
            return voice.brackets.format(_clause(node, voice))
        case _:
            return _clause(node, voice)


def _and_clauses(parts: tuple[Node, ...], voice: _Voice, clause: Callable[[Node, _Voice], str]) -> Iterator[str]:
    """What must all hold; leaves of one kind in a row are named together."""
    for kind, run in groupby(parts, _kind):
        same = list(run)
        names = [voice.name(part) for part in same if isinstance(part, Leaf)]
        if len(names) > 1:
            yield voice.clauses[kind].all.format(voice.all_names(names))
        else:
            yield from (clause(part, voice) for part in same)


def _or_clauses(parts: tuple[Node, ...], voice: _Voice) -> Iterator[str]:
    """Of what one must hold; leaves of one kind in a row are named together."""
    for kind, run in groupby(parts, _kind):
        same = list(run)
        names = [voice.name(part) for part in same if isinstance(part, Leaf)]
        if names:
            yield voice.clauses[kind].any.format(voice.any_name(names))
        else:
            yield from (_nested(part, voice) for part in same)


def _shared_kind(parts: tuple[Node, ...]) -> str:
    """The kind of all these leaves; empty when they are of several kinds, or not all leaves."""
    kinds = set(map(_kind, parts))
    return kinds.pop() if len(kinds) == 1 else ""


def _kind(node: Node) -> str:
    """What a leaf looks at: leaves of one kind can be named together. Empty for what is no leaf."""
    match node:
        case InCategory(_, primary):
            return "primary" if primary else "category"
        case OfType():
            return "type"
        case Term(field=field):
            return field or "text"
        case _:
            return ""


def _name_en(leaf: Leaf) -> str:
    match leaf:
        case InCategory(pattern):
            whole = "all of " if pattern.endswith(".*") else ""
            return f"{pattern} ({whole}{taxonomy.name(pattern, 'en')})"
        case OfType(name):
            return _TYPES_EN[name]
        case Term(text, quoted=False, prefix=False) as term if term.field != Field.AUTHOR and not has_han(text):
            remark = "singular or plural" if text.endswith("s") else "also its plural"
            bends = len(forms(words(text)[-1])) > 1
            return f"{_excluded_name_en(term)} ({remark})" if bends else _excluded_name_en(term)
        case _:
            return _excluded_name_en(leaf)


def _excluded_name_en(leaf: Leaf) -> str:
    """Without the remark on plurals: a name that is excluded is understood in all its forms."""
    if not isinstance(leaf, Term):
        return _name_en(leaf)
    text = leaf.text
    if leaf.field == Field.AUTHOR:
        return f"“{text}…”" if leaf.prefix else f"“{text}”"
    if has_han(text):
        translations = " or ".join(f"“{phrase}”" for phrase in english(text))
        return f"“{text}” (also English {translations})" if translations else f"“{text}”"
    if leaf.prefix:
        return f"a word beginning with “{text}”"
    if len(words(text)) > 1:
        return f"the phrase “{text}”"
    return f"exactly the word “{text}”" if leaf.quoted else f"the word “{text}”"


def _name_zh(leaf: Leaf) -> str:
    match leaf:
        case InCategory(pattern):
            whole = "全部" if pattern.endswith(".*") else ""
            return f"{pattern}（{whole}{taxonomy.name(pattern, 'zh')}）"
        case OfType(name):
            return _TYPES_ZH[name]
        case Term(text, prefix=False) as term if term.field != Field.AUTHOR and len(words(text)) > 1:
            return _excluded_name_zh(term) if has_han(text) else f"短语{_excluded_name_zh(term)}"
        case _:
            return _excluded_name_zh(leaf)


def _excluded_name_zh(leaf: Leaf) -> str:
    """Without the noun: 不含“survey”."""
    if not isinstance(leaf, Term):
        return _name_zh(leaf)
    text = leaf.text
    if leaf.field == Field.AUTHOR:
        return f"“{text}…”" if leaf.prefix else f"“{text}”"
    if has_han(text):
        translations = "或".join(f"“{phrase}”" for phrase in english(text))
        return f"“{text}”（也含英文{translations}）" if translations else f"“{text}”"
    if leaf.prefix:
        return f"以“{text}”开头的词"
    exact = "（仅此词形）" if leaf.quoted and len(words(text)) == 1 else ""
    return f"“{text}”{exact}"


def _list_en(word: str) -> Callable[[Sequence[str]], str]:
    def joined(names: Sequence[str]) -> str:
        *first, last = names
        return f"{', '.join(first)} {word} {last}" if first else last

    return joined


def _list_zh(word: str) -> Callable[[Sequence[str]], str]:
    chained = _chain_zh(word)

    def joined(names: Sequence[str]) -> str:
        *first, last = names
        return chained(["、".join(first), last]) if first else last

    return joined


def _chain_zh(word: str) -> Callable[[Sequence[str]], str]:
    """Join by one word, with a space between it and a Latin letter."""

    def joined(clauses: Sequence[str]) -> str:
        first, *rest = clauses
        return first + "".join(f"{word} {one}" if one[0].isascii() else f"{word}{one}" for one in rest)

    return joined


_TYPES_EN = {
    "new": "new",
    "cross": "a cross-listing",
    "replace": "a revision",
    "replace-cross": "a revision of a cross-listing",
}
_TYPES_ZH = {"new": "新提交", "cross": "交叉列出", "replace": "修订", "replace-cross": "交叉列出的修订"}

_VOICES = {
    "en": _Voice(
        clauses={
            "category": _Clause("in {}", "in each of {}", "not in {}"),
            "primary": _Clause(
                "with primary category {}", "with primary category {}", "not with primary category {}"
            ),
            "type": _Clause("announced as {}", "announced as {}", "not announced as {}"),
            "text": _Clause("with {}", "with {}", "without {}"),
            "title": _Clause("with {} in the title", "with {} in the title", "without {} in the title"),
            "abstract": _Clause(
                "with {} in the abstract", "with {} in the abstract", "without {} in the abstract"
            ),
            "comment": _Clause("with {} in the comments", "with {} in the comments", "without {} in the comments"),
            "author": _Clause("by an author named {}", "by authors named {}", "not by an author named {}"),
        },
        name=_name_en,
        excluded_name=_excluded_name_en,
        any_name=_list_en("or"),
        all_names=_list_en("and"),
        any_clauses=" or ".join,
        all_clauses=" and ".join,
        comma=", ",
        brackets="({})",
        contrary="not ({})",
        papers="papers {}",
    ),
    "zh": _Voice(
        clauses={
            "category": _Clause("{}中", "同属 {}", "不在 {}中"),
            "primary": _Clause("主分类为 {}", "主分类为 {}", "主分类不是 {}"),
            "type": _Clause("类型为{}", "类型为{}", "类型不是{}"),
            "text": _Clause("含{}", "含{}", "不含{}"),
            "title": _Clause("标题含{}", "标题含{}", "标题不含{}"),
            "abstract": _Clause("摘要含{}", "摘要含{}", "摘要不含{}"),
            "comment": _Clause("备注含{}", "备注含{}", "备注不含{}"),
            "author": _Clause("作者有{}", "作者有{}", "作者没有{}"),
        },
        name=_name_zh,
        excluded_name=_excluded_name_zh,
        any_name=_list_zh("或"),
        all_names=_list_zh("和"),
        any_clauses=_chain_zh("或"),
        all_clauses=_chain_zh("且"),
        comma="，",
        brackets="（{}）",
        contrary="不符合（{}）",
        papers="{}的论文",
    ),
}
