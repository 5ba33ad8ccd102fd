"""How large, how full of marks and how deep a page may be before it is read. Pure.

Parsers need hundreds of bytes for a mark of three, and longer for each one the deeper it stands.
"""

from __future__ import annotations

import re

MAX_BYTES = 16 * 2**20
"""Of one page, after decoding: the longest listing of arXiv has a third of this."""
MAX_MARKS = 250_000
"""Opening brackets: 2,000 papers with forty authors each have as many."""
MAX_DEPTH = 100
"""Marks within marks: arXiv's pages have a dozen."""
MAX_TEXT = 50_000
"""Characters of a title, an abstract or comments: arXiv takes abstracts of 1,920."""

_TAG = re.compile(rb"<(/?)([a-z][a-z0-9:]*)[^<>]*?(/?)>", re.IGNORECASE)
_EMPTY = frozenset([b"br", b"hr", b"img", b"input", b"link", b"meta"])


def excess(body: bytes) -> str:
    """What a page has too much of, in words that follow its name; nothing when it can be read."""
    if len(body) > MAX_BYTES:
        return f"is larger than {MAX_BYTES:,} bytes"
    if body.count(b"<") > MAX_MARKS:
        return f"has more than {MAX_MARKS:,} marks"
    depth = 0
    for end, name, is_empty in _TAG.findall(body):
        if end:
            depth -= 1
        elif not is_empty and name.lower() not in _EMPTY:
            depth += 1
        if depth > MAX_DEPTH:
            return f"has more than {MAX_DEPTH} marks within each other"
    return ""
