"""What people type, made readable: clean text, numbers, paper ids; and how to quote it safely.

Queries are read in `query`, times in `times`, zones in `zones`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

_LONGEST = 2_000  # characters: far more than any command has
_ECHO = 80  # characters of what was typed, in a reply
_AROUND = 30  # characters on each side of a fault
_NUMBER = re.compile(r"(?:#|no\.?|第)?\s*([0-9]{1,6})[.)]?\s*[个個条條项項号號]?", re.IGNORECASE)
_REFERENCE = re.compile(r"id:([0-9]{1,18})")
_PAPER = re.compile(
    r"(?:(?<![\w.])|(?<=arxiv\.))(?P<new>[0-9]{4}\.[0-9]{4,5})(?:v(?P<new_version>[0-9]{1,3}))?(?![0-9a-z])"
    r"|(?<![a-z.-])(?P<archive>[a-z]+(?:-[a-z]+)*)(?:\.[a-z]{2})?/(?P<old>[0-9]{7})(?:v(?P<old_version>[0-9]{1,3}))?(?![0-9a-z])",
    re.IGNORECASE | re.ASCII,
)


_NUMERAL = r"[0-9]{2}|(?<=[^0-9])[0-9]"
_DAY = rf"(?P<year>[0-9]{{4}})[-/.年]?(?P<month>{_NUMERAL})[-/.月]?(?P<day>{_NUMERAL})日?"
_PAGE = r"(?:page|p|第)?[\s:]*(?P<page>[0-9]{1,6})\s*[页頁]?"
_DAY_AND_PAGE = re.compile(rf"(?:{_DAY}(?![0-9]))?[\s,，]*(?:{_PAGE})?", re.IGNORECASE | re.ASCII)


class DayAndPage(NamedTuple):
    """A date, and a page of what there is on it."""

    day: date | None
    page: int


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


def read_day_and_page(text: str) -> DayAndPage | None:
    """The date and the page of a text, either of which may be left out: `2026-06-10 2`, `2026年6月10日`, `2`.

    None when it is something else, or a date that no calendar has.
    """
    found = _DAY_AND_PAGE.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(*(int(found[name]) for name in ("year", "month", "day"))) if found["year"] else None
    except ValueError:
        return None
    return DayAndPage(day, int(found["page"] or 1))


class Chosen(NamedTuple):
    """A subscription as people name it, by its number, or as buttons do, by its id."""

    value: int
    is_id: bool = False


def read_chosen(text: str) -> Chosen | None:
    """The number of a subscription, or the reference on a button; None when it is something else."""
    if found := _REFERENCE.fullmatch(text):
        return Chosen(int(found[1]), is_id=True)
    number = read_number(text)
    return None if number is None else Chosen(number)


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
