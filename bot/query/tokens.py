"""From the normalised text of a query to tokens: our own signs, and those that people bring along.

The operators of arXiv's API, Lucene, Google Scholar, PubMed and Chinese keyboards become ours where their meaning
is certain; others are refused, with what to type instead. No operator ends up as a word to look for.

https://info.arxiv.org/help/api/user-manual.html#query_details
https://pubmed.ncbi.nlm.nih.gov/help/#using-search-field-tags
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from bot.errors import QueryError
from bot.query.leaves import FIELDS, Token, category_named, names_field
from bot.text.normal import HAN
from bot.text.variants import simplified

_TAG = r"\[[A-Za-z][A-Za-z/: ]+\](?=[\s\"(),;|\[]|&&|$)"
_TOKEN = re.compile(
    rf"""\s+
    | "(?P<phrase>[^"]*)" | (?<![^\s(,;:])'(?P<single>[^'"]*\s[^'"]*)'(?![^\s),;])
    | (?P<foreign>(?<=["\)])[~^][0-9.]*|[\[{{][^\[\]{{}}"]*\sTO\s[^\[\]{{}}"]*[\]}}]) | (?P<tag>{_TAG})
    | (?P<open>\() | (?P<close>\)) | (?P<comma>[,;]) | (?P<either>\|\|?) | (?P<both>&&)
    | (?P<lone>[-+!]+)(?!\S) | (?P<minus>-+|!+) | (?P<plus>\+)
    | (?P<field>(?!(?i:https?):)(?:[A-Za-z]+|[{HAN}]{{2,8}}):|(?i:{"|".join(FIELDS)})=)(?!//)
    | (?P<word>(?:(?!&&|{_TAG})[^\s"(),;|])+)
    """,
    re.VERBOSE,
)
_KEYWORDS = {"AND": "both", "&": "both", "&&": "both", "OR": "either", "NOT": "minus", "ANDNOT": "minus"}
_KEYWORDS |= dict.fromkeys(("且", "并且", "而且"), "both") | dict.fromkeys(("或", "或者", "或是"), "either")
_KEYWORDS |= dict.fromkeys(("非", "不含", "不包含", "不包括", "不要", "排除", "除了", "除去"), "minus")
_WITHOUT = ("不包含", "不包括", "不含")
_UNSURE = (
    {"and": "and", "or": "or", "not": "not", "andnot": "not"} | dict.fromkeys("和与及跟", "and") | {"以及": "and"}
)
"""Words that may be meant as operators, by what they would mean."""
_RESERVED = frozenset(map(str.casefold, (*_KEYWORDS, *_UNSURE)))
_ORDINARY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.'-]*[A-Za-z0-9])?")
_JOINTS = {"+": "comma", "/": "comma", "或": "comma", "&": "both", "且": "both"}
_JOINED = re.compile(r"([+/&或且])")
_HAN_LIST = re.compile(rf"[^/]*[{HAN}](?:/[{HAN}][^/]*)+")
_GLUED = re.compile(
    rf"(?<=[{HAN}]{{2}})(或者|或|并且|並且|且)(?=[{HAN}]{{2}})(?!然|许|許|缺)(?<![抑间間而况況尚姑暂暫][或且])"
)
_FUZZY = re.compile(r"~[0-9.]*$|(?<=[A-Za-z]{4})\^[0-9.]+$")
_ANY_LETTER = re.compile(r"(?<=\w)\?(?=\w)")

_TAGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ti", "title"), ("title",)),
    **dict.fromkeys(("tiab", "title/abstract"), ("title", "abstract")),
    **dict.fromkeys(("ab", "abstract"), ("abstract",)),
    **dict.fromkeys(("au", "author", "fau", "auth", "full author name", "author - first"), ("author",)),
    **dict.fromkeys(("all", "all fields", "tw", "text word", "text words"), ()),
}
"""PubMed's field tags that have a meaning here, by the fields that they name."""
_ALL_BEHIND = {"allintitle:": "title:", "allinauthor:": "author:"}


def tokens(text: str) -> list[Token]:
    """The tokens of a normalised text, the last one of kind `end`."""
    found: list[Token] = []
    closing = 0
    for token in _scanned(text):
        after_field = bool(found) and found[-1].kind == "field" and names_field(found[-1])
        if token.kind == "tag":
            found = _tagged(found, token)
        elif token.kind == "field" and token.text.casefold() in _ALL_BEHIND:
            found += (
                Token("field", _ALL_BEHIND[token.text.casefold()], token.start),
                Token("open", "(", token.start),
            )
            closing += 1
        elif token.kind == "word":
            found += _read(token, text, after_field=after_field)
        else:
            found.append(token)
    end = len(text)
    return [*found, *[Token("close", ")", end)] * closing, Token("end", "", end)]


def is_sayable(text: str, *, in_field: bool) -> bool:
    """Whether a word, when it is typed so, is that word: no operator, no category, no list of several."""
    if _ORDINARY.fullmatch(text):
        return in_field or text.casefold() not in _RESERVED
    if text[0] == "'" or (text[0] in "[{" and not {"]", "}"} & {*text}):  # a phrase or a range may begin so
        return False
    try:
        first, *rest = tokens(f"title:{text}" if in_field else text)
    except QueryError:
        return False
    word = rest.pop(0) if in_field and rest else first
    return word.kind == "word" and word.text == text and len(rest) == 1


def _scanned(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise QueryError("query.open_quote", {"text": text[position + 1 :].strip()}, position)
        kind = found.lastgroup
        if kind == "lone":
            raise QueryError("query.dangling", {"operator": found[0]}, position)
        if kind == "foreign":
            raise QueryError("query.foreign", {"text": found[0].strip()}, position)
        if kind:
            yield Token("phrase" if kind == "single" else kind, found[kind], position)
        position = found.end()


def _read(token: Token, text: str, *, after_field: bool) -> list[Token]:
    """What a word stands for: itself, an operator, or several terms that were typed without a space."""
    word = token.text
    plain = simplified(word)
    if kind := _KEYWORDS.get(plain):
        return [token._replace(kind=kind)]
    if plain.casefold() in _UNSURE and not after_field:
        return [token._replace(kind=f"{_UNSURE[plain.casefold()]}?")]
    if _FUZZY.search(word) or _ANY_LETTER.search(word):
        raise QueryError("query.foreign", {"text": word}, token.start)
    if glued := _GLUED.search(word):
        before, after = token.start + glued.start(), token.start + glued.end()
        meant = f"{text[:before]} {glued[0]} {text[after:]}"
        raise QueryError("query.glued", {"text": word, "meant": meant}, token.start)
    for prefix in _WITHOUT:
        if plain.startswith(prefix):
            rest = tokens(word[len(prefix) :])[:-1]
            start = token.start + len(prefix)
            return [Token("minus", word[: len(prefix)], token.start), *(one._replace(start=start) for one in rest)]
    return [token] if after_field else _apart(token)


def _apart(token: Token) -> list[Token]:
    """`cs.LG+cs.CL`, `cs.LG/cs.CL`, 扩散模型/语言模型 as lists; `hep-th/9901001`, `C++`, `R&D` as one word."""
    if _HAN_LIST.fullmatch(token.text):
        pieces = re.split("(/)", token.text)
    else:
        pieces = _JOINED.split(token.text)
        are_categories = [category_named(piece) is not None for piece in pieces[::2]]
        is_list = all(are_categories) or (any(are_categories) and not {*pieces[1::2]} & {"/", "&"})
        if len(pieces) == 1 or not is_list or not all(pieces):
            return [token]
        if not all(are_categories):  # a `+` between a category and a word requires both
            spaced = " ".join(piece for piece in pieces if piece != "+")
            return [one._replace(start=token.start) for one in tokens(spaced)[:-1]]
    found, start = [], token.start
    for place, piece in enumerate(pieces):
        kind = _JOINTS.get(piece, "") if place % 2 else "word"
        if kind:
            found.append(Token(kind, piece, start))
        start += len(piece)
    return found


def _tagged(found: list[Token], tag: Token) -> list[Token]:
    """The tokens with PubMed's tag put as our field: it holds for the phrase, or all the words, before it."""
    fields = _TAGS.get(tag.text[1:-1].strip().casefold().split(":")[0])
    first = len(found)
    while first and _takes_tag(found[first - 1]) and (first == len(found) or found[first].kind == "word"):
        first -= 1
    if fields is None or first == len(found) or (first and found[first - 1].kind == "field"):
        raise QueryError("query.unknown_tag", {"tag": tag.text}, tag.start)
    words = found[first:]
    start = words[0].start
    term = words[0] if len(words) == 1 else Token("phrase", " ".join(one.text for one in words), start)
    before = found[:first]
    match fields:
        case ():
            return [*before, term]
        case (field,):
            return [*before, Token("field", f"{field}:", start), term]
        case _:
            choices = [[Token("field", f"{one}:", start), term, Token("comma", ",", start)] for one in fields]
            return [
                *before,
                Token("open", "(", start),
                *list(chain.from_iterable(choices))[:-1],
                Token("close", ")", tag.start),
            ]


def _takes_tag(token: Token) -> bool:
    return token.kind == "phrase" or (token.kind == "word" and category_named(token.text) is None)


def unsure(token: Token, text: str) -> QueryError:
    """Why a word that may be an operator is not taken for one here, with what to type instead."""
    before, after = text[: token.start].rstrip(), text[token.start + len(token.text) :].lstrip()
    match token.kind:
        case "and?":
            lines = {"either": f"{before}, {after}", "both": f"{before} AND {after}"}
        case "or?":
            lines = {"near": f"{before}, {after}", "whole": f"{before} OR {after}"}
        case _:
            lines = {"meant": f"{before} NOT {after}"}
    return QueryError(f"query.unsure_{token.kind[:-1]}", {"word": token.text, **lines}, token.start)
