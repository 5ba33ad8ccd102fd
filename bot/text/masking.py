"""Spans that no translator and no typographer may touch: math, links and `code`.

They are replaced by placeholders `XQ0X`, `XQ1X` ... and put back exactly: a translator takes these for names and
carries them over, which it does less well with brackets. What the math says is the job of `latex`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from bot.errors import MaskError
from bot.text.normal import has_han

_CHARACTER = r"(?:[!#%&'*+,\-./0-9:;=?@A-Z_a-z~]|\\[_%&#~])"
_LAST = r"(?:[#%&+\-/0-9=@A-Z_a-z~]|\\[_%&#~])"
_BRACKETS = rf"\({_CHARACTER}*\)"
_SCHEME = r"(?:https?://|ftp://|www\.(?<![A-Za-z0-9.]www\.))"  # a search looks for their first letters
URL = rf"{_SCHEME}(?:{_CHARACTER}|{_BRACKETS})*(?:{_LAST}|{_BRACKETS})"
"""A link, as the source of a regular expression: TeX escapes belong to it, punctuation at its end does not."""

_BEGINS = re.compile(r"https?://|ftp://|www\.|[`$\\]|XQ[0-9]")  # any of the following; quickly searched for

_SPAN = re.compile(
    rf"(?P<link>{URL})"
    r"|(?P<code>(?<!`)`(?!`)[^`\n]+`(?!`))"
    r"|\$\$(?P<display>[^$]+)\$\$"
    r"|\$(?P<inline>(?:[^$\\]|\\.)+)\$"
    r"|(?P<round>\\\((?:[^\\]|\\[^()])*\\\))"
    r"|(?P<square>\\\[(?:[^\\]|\\[^\[\]])*\\\])"
    r"|(?P<taken>XQ[0-9]+X?)"  # text that looks like a placeholder must not be taken for one later
    r"|(?P<escape>\\[\\$`])",
    re.DOTALL,
)
PLACEHOLDER = re.compile(r"XQ([0-9]{1,9})X")
"""What stands for a piece, by its number."""

_BRACED = re.compile(r"\{[^{}]*\}")
_PROSE = re.compile(r"(?<![\\A-Za-z])[a-z]{2,}(?:[\s,-]+[a-z]{2,}){2}")
_AMOUNT = re.compile(r"\d[\d.,]*[^\\]*\s[A-Za-z]{2,}")
_QUANTITY = re.compile(r"[\d.,]+\s[A-Za-z]+")
_COMMAND = re.compile(r"\\[A-Za-z]")
_NAMED = 5


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


@dataclass(frozen=True, slots=True)
class Masked:
    """A text whose math, links and code are placeholders, and what they stand for, numbered from `first` on."""

    text: str
    pieces: tuple[str, ...]
    first: int = 0

    def restored(self, text: str, *, whole: bool = True) -> str:
        """`text`, made from this one, with the pieces back, in whatever order.

        Raises MaskError unless each placeholder is there exactly once, and no other; a text that is not `whole`
        may leave some out.
        """
        seen = Counter(int(number) for number in PLACEHOLDER.findall(text))
        mine = range(self.first, self.first + len(self.pieces))
        wrong = {
            "missing": [number for number in mine if whole and not seen[number]],
            "doubled": [number for number, times in seen.items() if times > 1],
            "unknown": [number for number in seen if number not in mine],
        }
        faults = [f"{_named(numbers)} {kind}" for kind, numbers in wrong.items() if numbers]
        if faults:
            raise MaskError(f"placeholders must stay exactly once each: {'; '.join(faults)}")
        return PLACEHOLDER.sub(lambda found: self.pieces[int(found[1]) - self.first], text)


def mask(text: str, first: int = 0) -> Masked:
    """Replace math, links, code, and what looks like a placeholder already; by placeholders from `first` on."""
    out: list[str] = []
    pieces: list[str] = []
    copied = position = 0
    while begins := _BEGINS.search(text, position):
        found = _SPAN.match(text, begins.start())
        if found is None or _is_money(found):
            position = begins.start() + 1
        elif found.lastgroup == "escape":
            position = found.end()
        else:
            out += text[copied : found.start()], _placeholder(first + len(pieces))
            pieces.append(found[0])
            copied = position = found.end()
    return Masked("".join((*out, text[copied:])), tuple(pieces), first)


def _placeholder(number: int) -> str:
    return f"XQ{number}X"


def _named(numbers: list[int]) -> str:
    names = [_placeholder(number) for number in numbers]
    return ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")


def _is_money(found: re.Match[str]) -> bool:
    if found.lastgroup not in {"display", "inline"}:
        return False
    return not looks_like_math(found[found.lastgroup], found.string[found.end() : found.end() + 1])
