"""What has become of a paper since an earlier version of it: withdrawn, or moved to another category. Pure.

Listings and feeds have no mark for a withdrawn paper: it is announced as a replacement whose comments, and often
whose abstract, say so in the words of the author or of an admin. https://info.arxiv.org/help/withdraw.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot import taxonomy
from bot.model import Change, ChangeKind, Paper

_NOT_FROM_ELSEWHERE = r"(?!\s+from\s+(?!(?:the\s+)?arxiv))"  # a conference it was withdrawn from is no news here
_KINDS = r"(?:paper|submission|article|manuscript|work|preprint)"
_SENTENCE = (
    rf"(?:(?:this|the|our|my|arxiv)\s+)*{_KINDS}\s+(?:(?:has\s+been|is|was|is\s+being)\s+)?"
    rf"withdrawn\b{_NOT_FROM_ELSEWHERE}"
)
_AUTHORS = rf"\b(?:we|i|authors?)\s+(?:\w+\s+){{0,4}}?withdr(?:aw|ew|awn)\s+(?:this|the|our|my)\s+{_KINDS}\b"
_FIRST = rf"withdrawn\b{_NOT_FROM_ELSEWHERE}|withdrawal\s+(?:of\s+this|due|because|by\s+the\s+author)\b"

_COMMENTS = re.compile(rf"^\W*(?:{_FIRST})|(?:^|[.,:;!(]\s*)\W*{_SENTENCE}|{_AUTHORS}", re.IGNORECASE)
_ABSTRACT = re.compile(
    rf"^\W*(?:{_SENTENCE}|withdrawn\s*(?:[.:]|$|by\b|due\b|because\b)|{_AUTHORS})", re.IGNORECASE
)
_TITLE = re.compile(r"^\W*withdrawn\s*[:\])]|[(\[]withdrawn[)\]]\W*$", re.IGNORECASE)


def is_withdrawn(paper: Paper) -> bool:
    """Whether this version only says that the paper is withdrawn."""
    return paper.version > 1 and any(
        form.search(text) is not None
        for form, text in ((_COMMENTS, paper.comments), (_ABSTRACT, paper.abstract), (_TITLE, paper.title))
    )


def changes(before: Paper, now: Paper) -> Iterator[Change]:
    """What has become of a paper between two announcements of it; of a withdrawn one, nothing else matters."""
    if is_withdrawn(now):
        if not is_withdrawn(before):
            yield Change(before, ChangeKind.WITHDRAWN)
        return
    old, new = (taxonomy.resolve(one.primary) for one in (before, now))
    if old and new and old != new:
        yield Change(before, ChangeKind.MOVED, old, new)
