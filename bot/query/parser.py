"""From what people type to a Query, or to one QueryError that says where and what to type instead.

::

    alternatives = sequence { ("OR" | "|" | "||") sequence }
    sequence     = choice { ["AND" | "&"] choice }          a space between two categories means either of them
    choice       = item { ("," | ";") item }
    item         = { "-" | "NOT" | "+" | field ":" } ( word | "phrase" | "(" alternatives ")" )

A field holds for a whole group; the nearest one counts. A bare word is a category when it has the code of one
and a dot or a hyphen in it: `cs` and `math` alone are words, the archives are `cs.*`, `cat:cs` or `astro-ph`.
In small letters, `and` and `or` are operators where that has one meaning; else they are asked back, like `not`.
What other signs mean is known in `tokens`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import replace
from urllib.parse import unquote_plus

from bot.errors import QueryError
from bot.query.leaves import Token, category_named, field_named, read
from bot.query.syntax import (
    And,
    Node,
    Not,
    OfType,
    Or,
    Query,
    Term,
    all_of,
    any_of,
    names_categories,
    negated,
)
from bot.query.tokens import is_sayable, tokens, unsure

LENGTH_LIMIT = 500  # characters, as typed and in the canonical text
TERM_LIMIT = 50
NESTING_LIMIT = 20

_PUNCTUATION = str.maketrans(
    dict.fromkeys("“”„‟«»‹›〝〞〟「」『』《》〈〉", '"')
    | dict.fromkeys("‐‑‒–—―−⁃⸺⸻", "-")
    | {"、": ",", "‘": "'", "’": "'", "。": " ", "∶": ":", "¬": "!"}
    | dict.fromkeys("∧∩", "&&")
    | dict.fromkeys("∨∪", "||")
    | dict.fromkeys("【〔〖", "(")
    | dict.fromkeys("】〕〗", ")")
)
_FULL_STOP = re.compile(r"([A-Za-z-]+)。([A-Za-z-]+|\*)")
_IN_A_LINK = re.compile(r"\+(?:AND|OR|ANDNOT|NOT)\+|%2[0289]")
"""How a query stands in a link to arXiv's API."""
_OPERATORS = frozenset({"comma", "either", "both", "minus", "plus", "and?", "or?", "not?"})
_BEGINNINGS = frozenset({"phrase", "word", "open", "minus", "plus", "field"})


def parse(text: str) -> Query:
    """Read a query; raises QueryError, and nothing else, for a text that is none."""
    if len(text) > LENGTH_LIMIT:
        raise QueryError("query.too_long", {"limit": LENGTH_LIMIT, "length": len(text)}, LENGTH_LIMIT)
    normalised = _normalised(text)
    if len(normalised) > LENGTH_LIMIT:  # ﷺ stands for 18 characters
        raise QueryError("query.too_long", {"limit": LENGTH_LIMIT, "length": len(normalised)})
    try:
        query = Query(_Parser(normalised).whole())
    except QueryError as error:
        error.position = _typed_position(text, error.position)
        raise
    _refuse_everything(query.root)
    _refuse_unreadable(str(query))
    return query


def _normalised(typed: str) -> str:
    """The text as NFKC in ASCII punctuation, without invisible characters."""
    if _IN_A_LINK.search(typed):
        typed = unquote_plus(typed)
    if typed.isascii() and typed.isprintable():
        return typed
    visible = (
        " " if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in typed
        if unicodedata.category(character) != "Cf"
    )
    return _FULL_STOP.sub(_dotted, unicodedata.normalize("NFKC", "".join(visible))).translate(_PUNCTUATION)


def _dotted(found: re.Match[str]) -> str:
    """`cs。LG`, as a Chinese keyboard has it, with a dot."""
    code = f"{found[1]}.{found[2]}"
    return code if category_named(code) else found[0]


def _typed_position(typed: str, position: int) -> int:
    """Where in the typed text a position of the normalised text is."""
    return bisect_left(range(len(typed)), position, key=lambda end: len(_normalised(typed[:end])))


def _refuse_everything(root: Node) -> None:
    reason = _reason_to_refuse(root)
    if reason:
        raise QueryError(reason)


def _reason_to_refuse(node: Node) -> str | None:
    """Why a node would match nearly everything: the key of an error; None when something anchors it."""
    match node:
        case OfType():
            return "query.only_type"
        case Not():
            return "query.only_negative"
        case And(parts):
            reasons = {_reason_to_refuse(part) for part in parts}
            if None in reasons:
                return None
            return "query.only_type" if "query.only_type" in reasons else "query.only_negative"
        case Or(parts):
            return next(filter(None, map(_reason_to_refuse, parts)), None)
        case _:
            return None


def _refuse_unreadable(canonical: str) -> None:
    """Refuse what fits as typed but does not when written in full: it could not be read back."""
    if len(canonical) > LENGTH_LIMIT:
        raise QueryError("query.too_long", {"limit": LENGTH_LIMIT, "length": len(canonical)})


class _Parser:
    """Recursive descent; every loop and every level of recursion uses up a token."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._index = 0
        self._depth = 0
        self._leaves = 0

    def whole(self) -> Node:
        root = self._alternatives(None)
        if self._kind == "close":
            raise QueryError("query.stray_bracket", position=self._tokens[self._index].start)
        if self._leaves > TERM_LIMIT:
            raise QueryError("query.too_many", {"limit": TERM_LIMIT, "count": self._leaves})
        return root

    @property
    def _kind(self) -> str:
        return self._tokens[self._index].kind

    def _advance(self) -> Token:
        self._index += 1
        return self._tokens[self._index - 1]

    def _alternatives(self, field: str | None) -> Node:
        parts = [self._sequence(field)]
        while self._kind in ("either", "or?"):
            joint = self._advance()
            parts.append(self._sequence(field))
            if joint.kind == "or?" and any(isinstance(part, And) for part in parts[-2:]):
                raise unsure(joint, self._text)  # a b or c: a (b, c), or (a b) OR c?
        return any_of(parts)

    def _sequence(self, field: str | None) -> Node:
        parts = [self._choice(field)]
        while self._kind in ("both", "and?") or self._kind in _BEGINNINGS:
            joint = self._advance() if self._kind not in _BEGINNINGS else None
            part = self._choice(field)
            are_categories = names_categories(parts[-1]) and names_categories(part)
            if (
                joint
                and joint.kind == "and?"
                and (are_categories or isinstance(part, Or) or isinstance(parts[-1], Or))
            ):
                raise unsure(joint, self._text)  # a, b and c: all of them are listed, or c is required?
            if joint is None and are_categories:
                parts[-1] = any_of((parts[-1], part))
            else:
                parts.append(part)
        if self._kind == "not?":
            raise self._unsure_not() or self._missing()
        return all_of(parts)

    def _choice(self, field: str | None) -> Node:
        parts = [self._item(field)]
        while self._kind == "comma":
            comma = self._advance()
            parts.append(self._item(field))
            if any(isinstance(part, Not) for part in parts):  # a, -b is nearly everything, and nobody means it
                raise QueryError("query.only_negative", position=comma.start)
        return any_of(parts)

    def _item(self, field: str | None) -> Node:
        negative = False
        while self._kind in ("minus", "plus", "field"):
            token = self._advance()
            if token.kind == "field":
                field = field_named(token)
            elif token.kind == "minus":
                negative = not negative
        node = self._group(field) if self._kind == "open" else self._leaf(field)
        return negated(node) if negative else node

    def _unsure_not(self) -> QueryError | None:
        """What to say of a word that may exclude what follows, if anything does."""
        token, *more = self._tokens[self._index : self._index + 2]
        is_unsure = token.kind == "not?" and more and more[0].kind not in ("end", "close")
        return unsure(token, self._text) if is_unsure else None

    def _group(self, field: str | None) -> Node:
        opening = self._advance()
        if self._depth == NESTING_LIMIT:
            raise QueryError("query.too_deep", {"limit": NESTING_LIMIT}, opening.start)
        self._depth += 1
        node = self._alternatives(field)
        if self._kind == "end":
            raise QueryError("query.open_bracket", position=opening.start)
        self._advance()
        self._depth -= 1
        return node

    def _leaf(self, field: str | None) -> Node:
        if self._kind not in ("word", "phrase"):
            raise self._unsure_not() or self._missing()
        self._leaves += 1
        token = self._advance()
        leaf = read(token, field)
        if not isinstance(leaf, Term) or leaf.quoted:
            return leaf
        if is_sayable(leaf.text + "*" * leaf.prefix, in_field=field is not None):
            return leaf
        if leaf.prefix:
            raise QueryError("query.foreign", {"text": token.text}, token.start)
        return replace(leaf, quoted=True)

    def _missing(self) -> QueryError:
        """What to say where a term should stand and does not."""
        here = self._tokens[self._index]
        before = self._tokens[self._index - 1] if self._index else None
        if before and before.kind == "field":
            return QueryError("query.empty_field", {"field": before.text}, before.start)
        if before and before.kind in _OPERATORS:
            return QueryError("query.dangling", {"operator": before.text}, before.start)
        if here.kind == "close":
            return (
                QueryError("query.empty_group", position=before.start)
                if before and before.kind == "open"
                else QueryError("query.stray_bracket", position=here.start)
            )
        if here.kind != "end":
            return QueryError("query.dangling", {"operator": here.text}, here.start)
        return QueryError("query.open_bracket", position=before.start) if before else QueryError("query.empty")
