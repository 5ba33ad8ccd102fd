"""What people type, made readable: clean text, numbers, paper ids; and text of theirs that is safe to show.

Queries are read in `query`, times in `times`, zones in `zones`.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_LONGEST = 2_000  # characters: far more than any command has
_ECHO = 80  # characters of what was typed, in a reply
_AROUND = 30  # characters on each side of a fault
_NUMBER = re.compile(r"(?:#|no\.?|第)?\s*([0-9]{1,6})[.)]?\s*[个個条條项項号號]?", re.IGNORECASE)
_PAPER = re.compile(
    r"(?:(?<![\w.])|(?<=arxiv\.))(?P<new>[0-9]{4}\.[0-9]{4,5})(?:v(?P<new_version>[0-9]{1,3}))?(?![0-9a-z])"
    r"|(?<![a-z.-])(?P<archive>[a-z]+(?:-[a-z]+)*)(?:\.[a-z]{2})?/(?P<old>[0-9]{7})(?:v(?P<old_version>[0-9]{1,3}))?(?![0-9a-z])",
    re.IGNORECASE | re.ASCII,
)


class PaperId(NamedTuple):
    """A paper as people name it: with or without a version."""

    id: str
    version: int | None


def cleaned(text: str) -> str:
    """A command in plain characters: full-width forms folded, nothing invisible, single spaces."""
    visible = (
        " " if unicodedata.category(character) in ("Cc", "Cs") else character
        for character in text[:_LONGEST]
        if unicodedata.category(character) != "Cf"
    )
    return " ".join(unicodedata.normalize("NFKC", "".join(visible)).split())


def shown(text: str) -> str:
    """Somebody's own text, fit to be said back: one line, not long."""
    text = cleaned(text)
    return text if len(text) <= _ECHO else f"{text[: _ECHO - 1]}…"


def pointed(text: str, position: int) -> str:
    """The part of a text around a position, with a mark there."""
    before, after = text[:position], text[position:]
    start = "…" if len(before) > _AROUND else ""
    end = "…" if len(after) > _AROUND else ""
    return f"{start}{before[-_AROUND:]}▶{after[:_AROUND]}{end}"


def read_number(text: str) -> int | None:
    """The number of a subscription: `2`, `#2`, `第 2 个`; None when it is something else."""
    found = _NUMBER.fullmatch(text)
    return int(found[1]) if found else None


def read_paper(text: str) -> PaperId | None:
    """The first arXiv identifier of a text, old or new, bare or in a link; None when there is none.

    https://info.arxiv.org/help/arxiv_identifier.html
    """
    found = _PAPER.search(text)
    if found is None:
        return None
    version = found["new_version"] or found["old_version"]
    paper = found["new"] or f"{found['archive'].lower()}/{found['old']}"
    return PaperId(paper, int(version) if version else None)
