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
from bot.query.leaves import FIELDS, FUNCTIONS, Token, category_named, field_key, names_field
from bot.text.normal import HAN
from bot.text.variants import simplified

_TAG = r"\[(?=[^\]]*[A-Za-z])(?:[A-Za-z0-9/:~\x20]|\x20-\x20){2,}\](?=[\s\"(),;|\[]|&&|$)"
_IN_WORD = rf"(?:(?!&&|{_TAG})[^\s\"(),;|])"
_APPLIED = r"\([A-Za-z0-9]{1,3}(?:[-+,|/][A-Za-z0-9]{1,3})*\)"
_SIGNED = r"(?!(?i:and|or|not|no|andnot)\()(?=[a-z]*\(?[a-z+,|/-]*[A-Z0-9])[A-Za-z]{1,4}" + _APPLIED
"""`SU(2)`, `f(R)`, `Au(111)`: no operator, and not all in small letters."""
_TOKEN = re.compile(
    rf"""\s+
    | "(?P<phrase>[^"]*)" | (?<![^\s(,;:+!-])'(?P<single>[^'"]+)'(?![^\s),;])
    | (?P<foreign> (?<=["\)])[~^][0-9.]* | [\[{{][^\[\]{{}}"]*\sTO\s[^\[\]{{}}"]*[\]}}]
        | \{{[^{{}}"]*[\s,;][^{{}}"]*\}} | (?i:around)\s?\([0-9]*\) | (?<=")[:=]+
        | (?:NEAR|ADJ|SRCTITLE|AFFIL|PUBYEAR|LIMIT-TO)(?=\()
      )
    | (?P<tag>{_TAG})
    | (?P<open>\() | (?P<close>\)) | (?P<comma>[,;]) | (?P<either>\|\|?) | (?P<both>&&)
    | (?P<lone>[-+!]+)(?!\S) | (?P<minus>-+|!+|[ー一]+(?=[A-Za-z])) | (?P<plus>\+)
    | (?P<field> (?!(?i:https?):)(?:[A-Za-z_]+|[{HAN}]{{2,8}}):(?!//)
        | (?i:{"|".join(FIELDS)})(?:=|\s+:(?!//)) | (?i:{"|".join(FUNCTIONS)})(?=\()
      )
    | (?P<applied>{_SIGNED}(?:{_IN_WORD}*{_APPLIED})*{_IN_WORD}*) | (?P<word>{_IN_WORD}+)
    """,
    re.VERBOSE,
)
_KEYWORDS = {"AND": "both", "&": "both", "&&": "both", "OR": "either"}
_KEYWORDS |= dict.fromkeys(("NOT", "ANDNOT", "AND-NOT", "AND_NOT"), "minus")
_KEYWORDS |= dict.fromkeys(("且", "并且", "而且"), "both")
_KEYWORDS |= dict.fromkeys(("或", "或者", "或是", "抑或", "亦或"), "either")
_KEYWORDS |= dict.fromkeys(
    ("非", "而非", "不含", "不包含", "不包括", "不要", "不是", "而不是", "排除", "除了", "除去", "去掉", "剔除"),
    "minus",
)
_WITHOUT = re.compile(
    "(?:但是?|并且?|而且?|且)?(?:不包含|不包括|不含|不要|不想要|不需要|不看|除了|除去|去掉|剔除)|而不是|而非"
)
_ALL_BUT = re.compile("除(.{2,}?)(?:之外|以外|外)")
_BESIDES = re.compile("(?:之外|以外|除外)$")
_EXCEPTED = re.compile("(.{2,})除外")
_MAYBE_WITHOUT = re.compile("(?:但是?)?(?:没有|排除|不是)(?=.{2})")
_UNSURE = {
    **dict.fromkeys(("and", *"和与及跟并加", "以及", "同时", "还有", "加上"), "and"),
    **dict.fromkeys(("or", "and/or", "和/或", "与/或", "及/或", "还是"), "or"),
    **dict.fromkeys(
        ("not", "andnot", "and-not", "nor", "neither", "no", "without", "w/o", "sans", "minus"), "not"
    ),
    **dict.fromkeys(("except", "exclude", "excluding", "excl", "excl.", "unless", "没有", "减", "减去"), "not"),
}
"""Words that may be meant as operators, by what they would mean."""
_AROUND_OPERATORS = "<>[]{}_.:"
_RESERVED = frozenset(map(str.casefold, (*_KEYWORDS, *_UNSURE)))
_BUT = frozenset({"but", "yet", "但", "但是"})
_PAIRED = {"either": "or?", "both": "and?"}  # with the joint that follows the word after them
_TRAILING = re.compile(r"(?:[,;]|(?<!\S)(?i:and|or|but|yet)|[和与及跟或且但而]|但是)$")
_ORDINARY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.'-]*[A-Za-z0-9])?")
_JOINTS = {"+": "comma", "/": "comma", "或": "comma", "&": "both", "且": "both"}
_JOINTS |= dict.fromkeys("和与及跟", "and?")
_JOINED = re.compile(r"([+/&或且和与與及跟])")
_GLUED_CATEGORY = re.compile(
    rf"(?P<before>[A-Za-z-]+\.[A-Za-z-]+|\[[A-Za-z.-]+\])(?::|(?=[{HAN}]))(.+)|([{HAN}]+)(?P<after>[A-Za-z-]+\.[A-Za-z-]+)"
)
"""`cs.LG:diffusion`, `cs.LG扩散模型`, 扩散模型cs.LG."""
_HAN_LIST = re.compile(rf"[^/]*[{HAN}](?:/[{HAN}][^/]*)+")
_GLUED = re.compile(
    rf"(?<=[{HAN}]{{2}})(或者|或|并且|並且|且)(?=[{HAN}]{{2}})(?!然|许|許|缺)(?<![抑间間而况況尚姑暂暫][或且])"
    rf"|(?<=[{HAN}])([+&])(?=[{HAN}])|(?<=[{HAN}]{{2}})(?:[但且])?(?:不包含|不包括|不含)(?=[{HAN}]{{2}})"
)
_FOREIGN = re.compile(
    r"~[0-9.]*$|(?<=[A-Za-z]{4})\^[0-9.]+$|(?<=\w)\?(?=\w)|^~|^/.+/$|\d\.\.+\d|^[A-Za-z]{4,}\$|^[A-Za-z]+#[A-Za-z]"
    r"|^#\d+$|^(?:NEAR|ADJ)\d*$|^(?i:w|n|pre|p|near|onear|within)/\d+$|^XOR$"
    r"|^\[(?i:ti|title|tiab|ab|au|author|tw|mh|mesh)\]"
)
"""Words that elsewhere stand for similar words, weights, ranges, any letter, or how near others are."""

_LISTED = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)?arxiv\.org/(?:list|rss|atom|archive|catchup)/([\w.+-]+).*", re.IGNORECASE
)
_ASKED = re.compile(r".*search_query=|&(?:start|max_results|sortBy|sortOrder|id_list)=.*")
"""Links to lists of categories, and what stands around a query in a link to arXiv's API."""

_TAGS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("ti", "title"), ("title",)),
    **dict.fromkeys(("tiab", "title/abstract"), ("title", "abstract")),
    **dict.fromkeys(("ab", "abstract"), ("abstract",)),
    **dict.fromkeys(("au", "author", "fau", "auth", "full author name"), ("author",)),
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
        elif token.kind == "field" and _excludes(field_key(token)):  # 不含：x, not:x
            found.append(Token("minus", token.text.rstrip(":= "), token.start))
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
    return [*_without_filling(found), *[Token("close", ")", end)] * closing, Token("end", "", end)]


def _excludes(name: str) -> bool:
    """Whether a word in the place of a field's name excludes what follows."""
    return _UNSURE.get(name) == "not" or _KEYWORDS.get(name.upper()) == "minus"


def _without_filling(found: list[Token]) -> list[Token]:
    """Tokens without the joints that say nothing beside an operator that is a word: `a, or b`, `a, but not b`."""
    kept: list[Token] = []
    for place, token in enumerate(found):
        if token.kind == "filling" and any(one.kind == "minus" for one in kept):
            continue
        pair = _PAIRED.get(token.text.casefold()) if token.kind == "word" else None
        if pair and place + 2 < len(found) and found[place + 2].kind == pair:
            continue
        is_said = token.kind in ("and?", "or?") or (
            token.kind in ("either", "both") and token.text[0] in "或抑亦且并而"
        )
        if is_said and kept and kept[-1].kind == "comma":
            kept.pop()
        if token.kind in ("minus", "not?") and token.text[0].isalpha():
            while kept and (kept[-1].kind in ("comma", "and?") or _is_but(kept[-1])):
                kept.pop()
        kept.append(token._replace(kind="word") if token.kind == "filling" else token)
    return kept


def _is_but(token: Token) -> bool:
    return token.kind == "word" and simplified(token.text.casefold()) in _BUT


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
            yield Token("phrase" if kind in ("single", "applied") else kind, found[kind], position)
        position = found.end()


def _read(token: Token, text: str, *, after_field: bool) -> list[Token]:
    """What a word stands for: itself, an operator, or several terms that were typed without a space."""
    word = token.text
    plain = simplified(word)
    if not after_field and (bare := plain.strip(_AROUND_OPERATORS)).casefold() in _RESERVED:
        plain = bare  # <OR>, not.
    if kind := _KEYWORDS.get(plain):
        return [token._replace(kind=kind)]
    if plain.casefold() in _UNSURE and not after_field:
        return [token._replace(kind=f"{_UNSURE[plain.casefold()]}?")]
    if not after_field and (meant := _in_a_link(word)) != word:
        return _tokens_at(meant, token.start)
    if _FOREIGN.search(word):
        raise QueryError("query.foreign", {"text": word}, token.start)
    if glued := _GLUED.search(word):
        before, after = token.start + glued.start(), token.start + glued.end()
        meant = f"{text[:before]} {glued[0].replace('+', '')} {text[after:]}".replace("  ", " ")
        raise QueryError("query.glued", {"text": word, "meant": meant}, token.start)
    if after_field or plain.isascii():
        return [token] if after_field else _apart(token)
    return _said_in_chinese(token, plain, text) or _apart(token)


def _in_a_link(word: str) -> str:
    """The categories or the query that a link to arXiv has in it; another word as it is."""
    if link := _LISTED.fullmatch(word):
        return ", ".join(f"cat:{code}" for code in link[1].split("+"))
    return _ASKED.sub("", word) if "=" in word else word


def _said_in_chinese(token: Token, plain: str, text: str) -> list[Token]:
    """The operator and the word of 不含综述, 综述除外, 或者综述, which are written in one; nothing for another."""
    if plain in ("以外", "之外"):  # of 除了
        return [token._replace(kind="filling")]
    if plain == "除外":  # of what stands before it
        raise QueryError("query.dangling", {"operator": token.text}, token.start)
    if maybe := _MAYBE_WITHOUT.match(plain):
        said = Token("not?", token.text[: maybe.end()], token.start)
        raise unsure(said, text)
    if without := _WITHOUT.match(plain):
        rest = _BESIDES.sub("", token.text[without.end() :])
        return [
            Token("minus", token.text[: without.end()], token.start),
            *_tokens_at(rest, token.start + without.end()),
        ]
    if all_but := _ALL_BUT.fullmatch(plain):
        return [
            Token("minus", "除", token.start),
            *_tokens_at(token.text[all_but.start(1) : all_but.end(1)], token.start),
        ]
    if excepted := _EXCEPTED.fullmatch(plain):
        return [Token("minus", "除外", token.start), *_tokens_at(token.text[: excepted.end(1)], token.start)]
    if plain.startswith("或者"):
        return [Token("either", token.text[:2], token.start), *_tokens_at(token.text[2:], token.start + 2)]
    return []


def _tokens_at(text: str, start: int) -> list[Token]:
    """The tokens of a piece of a word."""
    return [one._replace(start=start) for one in tokens(text)[:-1]]


def _apart(token: Token) -> list[Token]:
    """`cs.LG+cs.CL`, `cs.LG/cs.CL`, 扩散模型/语言模型 as lists; `hep-th/9901001`, `C++`, `R&D` as one word."""
    if _HAN_LIST.fullmatch(token.text):
        pieces = re.split("(/)", token.text)
    else:
        pieces = _JOINED.split(token.text)
        are_categories = [category_named(piece) is not None for piece in pieces[::2]]
        is_list = all(are_categories) or (any(are_categories) and not {*pieces[1::2]} & {"/", "&"})
        if len(pieces) == 1 or not is_list or not all(pieces):
            return _with_category_apart(token)
        if not all(are_categories):  # a `+` between a category and a word requires both
            return _tokens_at(" ".join(piece for piece in pieces if piece != "+"), token.start)
    found, start = [], token.start
    for place, piece in enumerate(pieces):
        kind = _JOINTS.get(simplified(piece), "") if place % 2 else "word"
        if kind:
            found.append(Token(kind, piece, start))
        start += len(piece)
    return found


def _with_category_apart(token: Token) -> list[Token]:
    """A category and what is glued to it, or the word as it is."""
    glued = _GLUED_CATEGORY.fullmatch(token.text)
    if glued and category_named(glued["before"] or glued["after"]):
        return _tokens_at(" ".join(filter(None, glued.groups())), token.start)
    return [token]


def _tagged(found: list[Token], tag: Token) -> list[Token]:
    """The tokens with PubMed's tag put as our field: it holds for the phrase, or all the words, before it."""
    fields = _TAGS.get(tag.text[1:-1].strip().casefold())
    first = len(found)
    while first and _takes_tag(found[first - 1]) and (first == len(found) or found[first].kind == "word"):
        if first > 1 and found[first - 2].kind == "field":
            break
        first -= 1
    if fields is None or first == len(found):
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
    while (shorter := _TRAILING.sub("", before).rstrip()) != before:
        before = shorter
    match token.kind:
        case "and?":
            lines = {"either": f"{before}, {after}", "both": f"{before} AND {after}"}
        case "or?":
            lines = {"near": f"{before}, {after}", "whole": f"{before} OR {after}"}
        case _:
            lines = {"meant": f"{before} NOT {after}".replace("( ", "(").lstrip()}
    return QueryError(f"query.unsure_{token.kind[:-1]}", {"word": token.text, **lines}, token.start)
