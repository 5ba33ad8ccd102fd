"""One word or phrase with its field: a term, a category or an announce type, or what is wrong with it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import NamedTuple

from bot import taxonomy
from bot.errors import QueryError
from bot.query.syntax import Field, InCategory, Leaf, OfType, Term
from bot.text import normal
from bot.text.variants import simplified

PREFIX_MINIMUM = 3  # letters and digits

FIELDS = {
    **dict.fromkeys(("title", "titles", "ti", "intitle", "标题", "题目", "题名", "篇名"), "title"),
    **dict.fromkeys(("abstract", "abs", "ab", "摘要"), "abstract"),
    **dict.fromkeys(("author", "authors", "au", "inauthor", "作者"), "author"),
    **dict.fromkeys(("comment", "comments", "co", "备注", "注释", "评论"), "comment"),
    **dict.fromkeys(("type", "类型"), "type"),
    **dict.fromkeys(("category", "cat", "分类", "类别", "学科"), "cat"),
    **dict.fromkeys(("primary", "主分类", "主类别"), "primary"),
    **dict.fromkeys(("all", "any", "anywhere", "text", "intext", "ts", "topic", "subject"), ""),
    **dict.fromkeys(("keyword", "keywords", "kw"), ""),
    **dict.fromkeys(("主题", "关键词", "关键字", "领域", "方向", "研究方向"), ""),
}
"""What people call the fields, arXiv's API and Google Scholar among them; "" stands for every field of a term."""
FUNCTIONS = {
    "title-abs-key": "", "title-abs": "", "title": "title", "abstract": "abstract", "abs": "abstract",
    "author": "author", "authors": "author", "auth": "author", "cat": "cat", "category": "cat", "type": "type",
}  # fmt: skip
"""Fields as Scopus has them, right before a bracket: `TITLE(a OR b)`; not Ti(IV) and Au(111)."""
_TYPES = {
    "new": "new",
    "新提交": "new",
    "cross": "cross",
    "replace": "replace",
    "revised": "replace",
    "updated": "replace",
    "修订": "replace",
    "更新": "replace",
    "交叉": "cross",
    "交叉列出": "cross",
    "replace-cross": "replace-cross",
}
_CATEGORY_SHAPE = re.compile(r"([a-z-]+)\.[a-z-]+\*?", re.IGNORECASE | re.ASCII)
_OTHER_JOINT = re.compile(r"((?i:[a-z-]+))[-_/:]((?i:[a-z]+))|([a-z-]+)([A-Z]{2})", re.ASCII)
"""`cs-LG` and `csLG` for cs.LG."""
_LONGEST_NAME = 60  # characters; what is longer is no mistyped category
_ANY_WORD = re.compile(r"(?<!\S)\*(?!\S)")
_ANY_ENDING = re.compile(r"(?<=[^\W_]{5})\*(?!\w)")
_EXAMPLES = ("cs.LG", "hep-th", "stat.*")


class Token(NamedTuple):
    """A piece of the normalised text; `kind` is a group of the parser's expression, or an operator."""

    kind: str
    text: str  # without quotes
    start: int


def field_key(token: Token) -> str:
    """What stands before the colon of a field, as tables have it."""
    return simplified(token.text.rstrip(":= ").casefold())


def field_named(token: Token) -> str | None:
    """The full name of a field written as `ti:`, `作者:` or `ti=`; None for `all:`, which is as if not said."""
    typed, key = token.text.rstrip(":= "), field_key(token)
    if typed == token.text and key in FUNCTIONS:
        return FUNCTIONS[key] or None
    if key not in FIELDS:
        names = [name for name in FIELDS if name.isascii() == key.isascii()]
        suggestion = get_close_matches(key, names, n=1, cutoff=0)[0]
        raise QueryError("query.unknown_field", {"field": typed, "suggestion": suggestion}, token.start)
    return FIELDS[key] or None


def names_field(token: Token) -> bool:
    """Whether a field's name stands for one field, unlike `all:`."""
    key = field_key(token)
    return FIELDS.get(key, FUNCTIONS.get(key)) != ""


def read(token: Token, field: str | None) -> Leaf:
    """What a word or a phrase means in a field, or in none."""
    match field:
        case None if token.kind == "word":
            return _bare_category(token) or _term(token, None)
        case None:
            return _term(token, None)
        case "type":
            return _type(token)
        case "cat" | "primary":
            pattern = _pattern(token.text.strip())
            if pattern is None:
                raise _unknown_category(token)
            return InCategory(pattern, primary=field == "primary")
        case name:
            return _term(token, Field(name))


def category_named(word: str) -> str | None:
    """The pattern of a category that stands as a bare word, with a dot or a hyphen in it: `cs.LG`, `[hep-th]`."""
    code = _code(word)
    return _pattern(code) if "." in code or "-" in code else None


def _bare_category(token: Token) -> InCategory | None:
    if pattern := category_named(token.text):
        return InCategory(pattern, primary=False)
    code = _code(token.text)
    shape = _CATEGORY_SHAPE.fullmatch(code)
    if shape and shape[1].lower() in taxonomy.archives():
        raise _unknown_category(token)
    if (other := _OTHER_JOINT.fullmatch(code)) and _pattern(".".join(filter(None, other.groups()))):
        raise _unknown_category(token)
    return None


def _code(word: str) -> str:
    """A word without what a sentence, or arXiv's mails, put around a category."""
    return word.lstrip("[#@").rstrip("].:!?")


def _pattern(code: str) -> str | None:
    """The canonical way to write a category or an archive; an archive that is a category is written as that."""
    archive = code.lower().removesuffix(".*")
    if archive in taxonomy.archives() and archive not in taxonomy.categories():
        return f"{archive}.*"
    return taxonomy.resolve(archive)


def _unknown_category(token: Token) -> QueryError:
    code = token.text.strip()
    archive = code.partition(".")[0][:_LONGEST_NAME]
    found = taxonomy.suggest(code[:_LONGEST_NAME]) or taxonomy.suggest(archive) or _EXAMPLES
    return QueryError("query.unknown_category", {"code": code, "suggestions": ", ".join(found)}, token.start)


def _type(token: Token) -> OfType:
    typed = token.text.strip()
    known = _TYPES.get(simplified(typed.lower()))
    if known is None:
        raise QueryError("query.unknown_type", {"type": typed}, token.start)
    return OfType(known)


def _term(token: Token, field: Field | None) -> Term:
    text = " ".join(token.text.split())
    if not normal.words(text):
        raise QueryError("query.no_letters", {"text": text}, token.start)
    if token.kind == "phrase":
        _refuse_stars(text, token.start)
        return Term(text, field, quoted=True, prefix=False)
    body = text.removesuffix("*")
    if "*" in body:
        raise QueryError("query.star_inside", {"text": text}, token.start)
    prefix = body != text and not normal.has_han(body[-1])  # Chinese is found inside words anyway
    if prefix and sum(map(str.isalnum, body)) < PREFIX_MINIMUM:
        raise QueryError("query.short_prefix", {"text": text, "minimum": PREFIX_MINIMUM}, token.start)
    return Term(body, field, quoted=False, prefix=prefix)


def _refuse_stars(phrase: str, start: int) -> None:
    """Refuse a star for any word or any ending, which quotes have elsewhere; `A*` and `C*-algebra` are terms."""
    if _ANY_WORD.search(phrase):
        raise QueryError("query.foreign", {"text": "*"}, start)
    if _ANY_ENDING.search(phrase):
        meant = "-".join(phrase.split()) if phrase.index("*") == len(phrase) - 1 else phrase
        raise QueryError("query.star_quoted", {"text": phrase, "meant": meant}, start)
