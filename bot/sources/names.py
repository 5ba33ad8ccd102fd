"""The names in an author line as arXiv writes it. Pure.

arXiv splits such lines at commas and colons, and keeps affiliations in parentheses:
https://github.com/arXiv/arxiv-base, `arxiv/authors`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bot.text.latex import readable

_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|II|III|IV")
_NO_NAME = re.compile(r"[\W_]*|et\.? al\.?|for\s+the", re.IGNORECASE)
_TEAM = re.compile(r"\b(?:collaborations?|consortium|group|team)\b", re.IGNORECASE)
_FOR_THE = re.compile(r"(?:for|on\s+behalf\s+of)\s+the\s+(?=\S)|and\s+(?=[A-Z])", re.IGNORECASE)
_BEHIND_A_NAME = re.compile(r"(?<=\w)\s+(?=(?:for|on\s+behalf\s+of)\s+the\s)", re.IGNORECASE)


class Run(NamedTuple):
    """A piece of an author line: one name that is marked as such, or text in which there may be names."""

    text: str
    is_name: bool = False


def authors(line: str) -> tuple[str, ...]:
    """The names in `Jane Doe (Univ. of A, City), Jos\\'e Mart\\'inez, Jr., for the X Team`.

    Without affiliations, `and`, `for the`, `et al.`; accents instead of TeX; a suffix belongs to a name.
    """
    return names_in([Run(line)])


def names_in(runs: Iterable[Run]) -> tuple[str, ...]:
    """The names in an author line of which some are marked."""
    names: list[str] = []
    for number, run in enumerate(runs):
        parts = [run.text] if run.is_name else _parts(_BEHIND_A_NAME.sub(", ", run.text), is_first=not number)
        for name in (readable(_without_joint(" ".join(part.split()))) for part in parts):
            if names and _SUFFIX.fullmatch(name):
                names[-1] += f" {name}"
            elif not _NO_NAME.fullmatch(name):
                names.append(name)
    return tuple(names)


def _without_joint(part: str) -> str:
    """A name without the words that join it to those before it."""
    joint = _FOR_THE.match(part)
    return part[joint.end() :] if joint else part


def _parts(text: str, *, is_first: bool) -> Iterator[str]:
    """What stands between commas and colons, without what is in parentheses; unbalanced ones are mere characters.

    What is in parentheses by itself is a name at the beginning of a line, or when it is that of a team.
    """
    if text.count("(") != text.count(")"):
        yield from re.split("[,:：]", text)
        return
    depth, name, inside = 0, "", ""
    for character in f"{text},":
        if character in ",:：" and depth <= 0:
            yield name.strip() or (inside if is_first or _TEAM.search(inside) else "")
            name, inside, is_first = "", "", False
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif depth > 0:
            inside += character
        else:
            name += character
