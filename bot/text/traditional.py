"""Simplified Chinese in traditional characters, for readers: stored is simplified, and set when shown.

The characters are those of Taiwan's standard, the words stay those of the text: OpenCC's exchange of words turns
established terms of a field into others. How variants are matched is the job of `variants`.
"""

from __future__ import annotations

from functools import cache

import opencc

from bot.text.masking import mask
from bot.text.normal import has_han

_AFTER_A_UNIT = ("元后", "元後")
"""Where OpenCC sees an empress, papers speak of what comes after a token, a neuron or a unit."""


def traditional(text: str) -> str:
    """A text in traditional characters; math, links and code stay as they are."""
    if not has_han(text):
        return text
    masked = mask(text)
    return masked.restored(str(_converter().convert(masked.text)).replace(*_AFTER_A_UNIT))


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")
