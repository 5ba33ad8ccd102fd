"""What a refusal of a mail says of the mailbox: that it is gone, or that things may be better another time. Pure.

Codes alone mislead: large providers answer `550` or `5.0.0` when they are busy, or take us for spam. So a mailbox
is gone when words say so, or a code that is used for nothing else, and when no words speak of anything else.
Codes: https://www.rfc-editor.org/rfc/rfc3463
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
"""An enhanced status code."""

_LATER = re.compile(r"(?<![\d.])4(?:\d\d|\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_FINAL = re.compile(r"(?<![\d.])5(?:\d\d|\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_NO_SUCH_MAILBOX = re.compile(r"5\.(?:1\.(?:1|2|3|6|10)|2\.1)")
_NOBODY_THERE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)  # of Exchange, with 5.4.1

_WORDS = tomllib.loads((Path(__file__).parent / "refusals.toml").read_text("utf-8"))
_GONE, _ANOTHER_TIME = (re.compile("|".join(_WORDS[name]), re.IGNORECASE) for name in ("gone", "another_time"))
_MARK = re.compile(r"(?<![A-Za-z])[A-Z]{2}:[A-Z0-9]{3}(?![A-Za-z0-9])")  # of NetEase: DT:SPM, MI:SFQ, RP:CEL
_NOT_WORDS = re.compile(r"https?://\S+|\S+@\S+|\[[^\]]*\]|\bp=\w+")


def is_gone(refusal: str) -> bool:
    """Whether a refusal, with its codes, says that a mailbox is not there any more."""
    if _LATER.search(refusal) and not _FINAL.search(refusal):
        return False
    words = _NOT_WORDS.sub(" ", " ".join(refusal.split()))
    if _ANOTHER_TIME.search(words) or _MARK.search(words):
        return False
    codes = [found[0] for found in STATUS.finditer(refusal)]
    if any(_NO_SUCH_MAILBOX.fullmatch(code) for code in codes) or _NOBODY_THERE.search(words):
        return True
    return _GONE.search(words) is not None


def says_why(refusal: str) -> bool:
    """Whether a refusal has words of either kind, or a code."""
    return any(pattern.search(refusal) for pattern in (_GONE, _ANOTHER_TIME, _MARK, STATUS))
