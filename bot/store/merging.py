"""What is known of a version of a paper when several sources tell of it: each makes up for what others lack. Pure.

A feed has abstracts as they were typed, DOI, licence and all authors, yet takes some names apart; a listing has
names as they are and comments, yet at most a hundred authors, and links put into texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model import Form, Paper
from bot.text.latex import readable

SHOWN_AUTHORS = 100
"""A listing shows at least so many of a paper's authors: a shorter list is whole."""

_SHIFT = 5  # how much two lists may be out of step where one has taken a name apart


def merge(stored: Paper, told: Paper, form: Form) -> Paper:
    """A stored version of a paper with what a source tells of it, whichever of them came first."""
    if form is Form.RETOLD:
        first, second = stored, told
    else:
        first, second = told, stored
    typed, other = (told, stored) if form is Form.TYPED else (stored, told)
    names, more = (told, stored) if form is Form.RENDERED else (stored, told)
    return replace(
        stored,
        title=typed.title or other.title,
        abstract=typed.abstract or other.abstract,
        authors=_united(names.authors, more.authors),
        categories=_joined(stored.categories, told.categories),
        comments=first.comments or second.comments,
        doi=first.doi or second.doi,
        journal_ref=first.journal_ref or second.journal_ref,
        license=first.license or second.license,
    )


def says_more(before: Paper, after: Paper) -> bool:
    """Whether a query may find in it what it did not find before, or the other way round."""
    return (
        (before.authors, before.comments, before.categories) != (after.authors, after.comments, after.categories)
        or _differ(before.title, after.title)
        or _differ(before.abstract, after.abstract)
    )


def _joined(stored: Sequence[str], told: Sequence[str]) -> tuple[str, ...]:
    """All categories, the primary one first: a cross-list of a later day adds one to them."""
    most = max(stored, told, key=len)
    return (*most, *sorted({*stored, *told}.difference(most)))


def _united(names: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    """The names of one list and, if a listing may have cut it, those that follow its last name in the other."""
    if not names:
        return tuple(more)
    if len(names) < SHOWN_AUTHORS:
        return tuple(names)
    last, found = _folded(names[-1]), len(names) - 1
    for destination in sorted(
        range(max(0, found - _SHIFT), min(len(more), found + _SHIFT + 1)), key=lambda n: abs(n - found)
    ):
        if _folded(more[destination]) == last:
            found = destination
            break
    return (*names, *more[found + 1 :])


def _folded(name: str) -> str:
    """A name without what arXiv's feeds write otherwise: `J.R.R. Roe` as `J. R. R. Roe`."""
    return "".join(filter(str.isalnum, name)).casefold()


def _differ(one: str, other: str) -> bool:
    return one != other and readable(one) != readable(other)
