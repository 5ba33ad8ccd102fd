"""Traditional and simplified Chinese as one: every character in its simplified form.

By character and never by phrase, unlike a conversion for readers: so that a part of a text stays a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import opencc

_RARE = 0x10000  # a set of characters below is a table in `re`; above, a list
_BLOCKS = (range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x33480))


def simplified(text: str) -> str:
    """Write each Chinese character in its simplified form; as many characters as before."""
    return text.translate(_table()) if _traditional().search(text) else text


@cache
def _traditional() -> re.Pattern[str]:
    """What may have another form: the characters that do, and all rare ones."""
    common = "".join(chr(code) for code in _table() if code < _RARE)
    return re.compile(f"[{common}{chr(_RARE)}-\U0010ffff]")


@cache
def _table() -> Mapping[int, str]:
    """The 5,000 characters that have another simplified form, from OpenCC's table of characters."""
    characters = [chr(code) for block in _BLOCKS for code in block]
    converter = opencc.OpenCC("t2s")
    once = converter.convert("\n".join(characters))
    twice = converter.convert(once).split("\n")  # a few forms lead to a third one
    return {ord(old): new for old, new in zip(characters, twice, strict=True) if new != old}
