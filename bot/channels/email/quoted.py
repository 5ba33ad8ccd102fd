"""Of the lines of a mail, those that its writer wrote: what is quoted, forwarded or signed is left out. Pure.

Mail programs begin a quotation in three ways, each in the language of its user: a rule with words in it, a block
of headers, or a sentence that says who wrote when. What follows is marked with `>`, or is quoted to the end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

from bot.text.harmless import one_line

MARK = ">"
"""What begins a quoted line."""

_MOST_LINES = 100
_MOST_LOOKED_AT = 2_000
_LONGEST_LINE = 2_000
_LONGEST_SHAPE = 300
_LONGEST_ATTRIBUTION = 3  # lines, wrapped at 78 characters

_WORDS = tomllib.loads((Path(__file__).parent / "programs.toml").read_text("utf-8"))


def any_of(name: str) -> str:
    """A pattern of what mail programs write, from the list of that name."""
    return f"(?:{'|'.join(_WORDS[name])})"


_COLON = r"\s*[:：]"
_SENDER = re.compile(rf"{any_of('senders')}{_COLON}.*", re.IGNORECASE)
_HEADER = re.compile(rf"(?:{any_of('senders')}|{any_of('headers')}){_COLON}.*", re.IGNORECASE)
_ALONE = re.compile(rf"{any_of('clear_senders')}{_COLON}.*", re.IGNORECASE)
_PAIR = re.compile(r"[^\s:：,.;!?/0-9][^:：,.;!?/0-9]{0,24}\s?[:：]\s?\S.*")
"""A header in a language that is not known."""
_ROW = re.compile(r"\|\s*([^|]{1,20}?)\s*\|\s*(.*?)\s*\|")
"""How NetEase's program writes a header as text."""
_EMPHASIS = re.compile(r"^\*+(?=\w)|\*+(?=\s?[:：])|(?<=[:：])\*+")
_RULE = re.compile(
    r"-- ?|[_─—=*‐‑–]{5,}|-{10,}|[-_=‐‑–—]{2,}\s*[^\s\-_=‐‑–—].*?\s*[-_=‐‑–—]{2,}"
    r"|-{2,}\s*(?:original|forwarded|replied) message.*"
    rf"|{any_of('forwarded')}{_COLON}?",
    re.IGNORECASE,
)
_SAYS_WROTE = re.compile(rf"(?<!\w){any_of('wrote')}(?!\w)", re.IGNORECASE)
_WROTE_LAST = re.compile(rf"(?:.*(?<!\w))?{any_of('wrote')}{_COLON}", re.IGNORECASE)
_OPENING = re.compile(rf"{any_of('opens')}(?![A-Za-zÀ-ÿ])", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,64}")
_WHEN = re.compile(r"\d{1,4}\s*[-/.:年년日월]\s*\d{1,2}|\b(?:19|20)\d\d\b")
_YEAR = re.compile(r"(?<!\d)(?:19|20|25)\d\d(?!\d)")
_OF_A_DEVICE = re.compile(rf"{any_of('devices')}.{{0,60}}", re.IGNORECASE)


def own_lines(text: str) -> list[str]:
    """The lines that the writer wrote, above what is quoted, or between it."""
    lines = [one_line(line[:_LONGEST_LINE]) for line in text.splitlines()[:_MOST_LOOKED_AT]]
    shapes = [_shape(line) for line in lines]
    own: list[str] = []
    at = 0
    while at < len(lines) and len(own) < _MOST_LINES:
        if _RULE.fullmatch(shapes[at]) or _is_block(shapes, at):
            break
        if length := _attribution(shapes, at):
            at += length
            following = next((line for line in lines[at:] if line), MARK)
            if not following.startswith(MARK):  # what nobody has marked goes on to the end
                break
            continue
        if lines[at] and not lines[at].startswith(MARK) and not _OF_A_DEVICE.fullmatch(shapes[at]):
            own.append(lines[at])
        at += 1
    return own


def _shape(line: str) -> str:
    """A line as far as it may be what mail programs write: short, and without what makes it bold."""
    if len(line) > _LONGEST_SHAPE:
        return ""
    return _EMPHASIS.sub("", _ROW.sub(r"\1: \2", line) if line.startswith("|") else line)


def _is_block(lines: Sequence[str], at: int) -> bool:
    """Whether a line begins the headers of another mail: a sender and one more, or three that say when."""
    if _ALONE.fullmatch(lines[at]):
        return True
    if not _PAIR.fullmatch(lines[at]):
        return False
    block = [lines[at], *[line for line in lines[at + 1 : at + 6] if line][:2]]
    known = sum(_HEADER.fullmatch(line) is not None for line in block)
    if _HEADER.fullmatch(lines[at]) and known >= (2 if any(map(_SENDER.fullmatch, block[:2])) else 3):
        return True
    return len(block) == 3 and all(map(_PAIR.fullmatch, block)) and any(map(_YEAR.search, block))


def _attribution(lines: Sequence[str], at: int) -> int:
    """How many lines say who wrote when, from this one on; 0 when it says something else."""
    if not lines[at] or lines[at].startswith(MARK):
        return 0
    if _is_whole(lines[at]) or _WROTE_LAST.fullmatch(lines[at]):
        return 1
    if not (_OPENING.match(lines[at]) or _ADDRESS.search(lines[at])) or lines[at].endswith((":", "：")):
        return 0
    for length in range(2, _LONGEST_ATTRIBUTION + 1):
        more = lines[at + 1 : at + length]
        if len(more) < length - 1 or not all(more) or any(map(_is_whole, more)):
            return 0
        if _is_whole(" ".join((lines[at], *more))):
            return length
    return 0


def _is_whole(line: str) -> bool:
    """Whether a line says by itself who wrote, or from where and when."""
    if not line.endswith((":", "：")):
        return False
    says_when = _WHEN.search(line) is not None
    if _SAYS_WROTE.search(line):
        return says_when or _OPENING.match(line) is not None
    return says_when and _ADDRESS.search(line) is not None
