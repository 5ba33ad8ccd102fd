"""Where a reason stands in a text as it is shown, so that channels can highlight it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from bot.matching.names import author_needles, author_texts, is_named
from bot.matching.terms import AUTHOR, targets
from bot.model import Reason
from bot.query import Field, Term
from bot.text.normal import Aligned, aligned, has_han

Span = tuple[int, int]
"""Start and end of a part of a text, in characters."""


def spans(reasons: Iterable[Reason], field: str, text: str) -> tuple[Span, ...]:
    """The parts of a readable text of that field which are reasons for a match; in order, never overlapping.

    An author's name is one text; a name that is not written as the query has it is marked as a whole.
    """
    mine = tuple(one for one in reasons if one.field == field)
    return _joined(mine, text) if mine else ()  # nothing to find in most texts of most papers


@lru_cache(maxsize=2048)  # many destinations get a paper for the same reason; aligning is half of a digest's work
def _joined(mine: tuple[Reason, ...], text: str) -> tuple[Span, ...]:
    form = aligned(text)
    found = sorted(span for one in mine for span in _of_reason(one, form, text))
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _of_reason(reason: Reason, form: Aligned, text: str) -> Iterator[Span]:
    term = _term(reason)
    if reason.field == AUTHOR:
        if is_named(author_needles(term), author_texts(text)):
            yield 0, len(text)
        return
    for name, needles in targets(term):
        if name == reason.field:
            for needle in needles:
                yield from _places(needle, form)


def _term(reason: Reason) -> Term:
    """The term of a reason, read back from how the query writes it."""
    text = reason.term.strip('"')
    is_quoted = text != reason.term
    is_prefix = not is_quoted and text.endswith("*")
    field = Field.AUTHOR if reason.field == AUTHOR else None
    return Term(text.removesuffix("*") if is_prefix else text, field, quoted=is_quoted, prefix=is_prefix)


def _places(needle: str, form: Aligned) -> Iterator[Span]:
    """Where a needle is; the beginning of a word stands for all of it."""
    bare = needle.strip(" ")
    is_beginning = not (needle.endswith(" ") or has_han(bare[-1]))
    at = form.flat.find(needle)
    while at >= 0:
        first = at + needle.startswith(" ")
        last = form.flat.index(" ", first + len(bare)) if is_beginning else first + len(bare)
        yield form.starts[first], form.ends[last - 1]
        at = form.flat.find(needle, at + 1)
