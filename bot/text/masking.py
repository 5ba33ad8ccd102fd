"""Spans that no translator and no typographer may touch: math, links and `code`.

They are replaced by placeholders `[[0]]`, `[[1]]` ... and put back exactly. What the math says is the job of
`latex`.
"""

from __future__ import annotations

import re

from bot.text.normal import has_han

_CHARACTER = r"(?:[!#%&'*+,\-./0-9:;=?@A-Z_a-z~]|\\[_%&#~])"
_LAST = r"(?:[#%&+\-/0-9=@A-Z_a-z~]|\\[_%&#~])"
_BRACKETS = rf"\({_CHARACTER}*\)"
URL = rf"(?:(?:https?|ftp)://|(?<![A-Za-z0-9.])www\.)(?:{_CHARACTER}|{_BRACKETS})*(?:{_LAST}|{_BRACKETS})"
"""A link, as the source of a regular expression: TeX escapes belong to it, punctuation at its end does not."""

_SPAN = re.compile(
    rf"(?P<link>{URL})"
    r"|(?P<code>(?<!`)`(?!`)[^`\n]+`(?!`))"
    r"|\$\$(?P<display>[^$]+)\$\$"
    r"|\$(?P<inline>(?:[^$\\]|\\.)+)\$"
    r"|(?P<round>\\\((?:[^\\]|\\[^()])*\\\))"
    r"|(?P<square>\\\[(?:[^\\]|\\[^\[\]])*\\\])"
    r"|(?P<taken>\[\[[0-9]+\]\])"  # text that looks like a placeholder must not be taken for one later
    r"|(?P<escape>\\[\\$`])",
    re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\[\[([0-9]+)\]\]")

_BRACED = re.compile(r"\{[^{}]*\}")
_PROSE = re.compile(r"(?<![\\A-Za-z])[a-z]{2,}(?:[\s,-]+[a-z]{2,}){2}")
_AMOUNT = re.compile(r"\d[\d.,]*[^\\]*\s[A-Za-z]{2,}")
_QUANTITY = re.compile(r"[\d.,]+\s[A-Za-z]+")
_COMMAND = re.compile(r"\\[A-Za-z]")


def looks_like_math(inside: str, after: str) -> bool:
    """Whether what stands between two dollar signs is math rather than money; `after` is what follows the second.

    Three words in a row, Chinese outside of braces, and "$5 and $6" are not math.
    """
    bare = _BRACED.sub("", inside)
    if not inside.strip() or has_han(bare) or _PROSE.search(bare):
        return False
    if not bare[:1].isdigit():
        return True
    if after[:1].isdigit() and not _COMMAND.search(bare):
        return False
    return not _AMOUNT.match(bare) or _QUANTITY.fullmatch(bare) is not None


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace math, links and code by placeholders; return the text and the pieces, in order."""
    out: list[str] = []
    pieces: list[str] = []
    copied = position = 0
    while found := _SPAN.search(text, position):
        if found.lastgroup == "escape":
            position = found.end()
        elif _is_money(found):
            position = found.start() + 1
        else:
            out += text[copied : found.start()], f"[[{len(pieces)}]]"
            pieces.append(found[0])
            copied = position = found.end()
    return "".join((*out, text[copied:])), tuple(pieces)


def unmask(masked: str, pieces: tuple[str, ...]) -> str:
    """Put the pieces back; raise ValueError unless each placeholder is there exactly once."""
    numbers = [int(number) for number in _PLACEHOLDER.findall(masked)]
    if sorted(numbers) != list(range(len(pieces))):
        raise ValueError(f"{len(pieces)} pieces were masked, but the text has the placeholders {numbers}")
    return _PLACEHOLDER.sub(lambda found: pieces[int(found[1])], masked)


def _is_money(found: re.Match[str]) -> bool:
    if found.lastgroup not in {"display", "inline"}:
        return False
    return not looks_like_math(found[found.lastgroup], found.string[found.end() : found.end() + 1])
