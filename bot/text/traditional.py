"""Simplified Chinese in traditional characters, for readers: stored is simplified, and set when shown.

The characters are those of Taiwan's standard, the words stay those of the text: OpenCC's exchange of words turns
established terms of a field into others. How variants are matched is the job of `variants`.
"""

from __future__ import annotations

import re
from functools import cache

import opencc

from bot.text.masking import mask
from bot.text.normal import has_han

_MENDED = {
    "元后": "元後",  # OpenCC sees an empress; papers speak of what comes after a token, a neuron or a unit
    "丰度": "豐度",
    "裡奇": "里奇",
    "裡德": "里德",
    "裡卡蒂": "里卡蒂",
    "裡茲": "里茲",
    "裡曼": "里曼",
    "裡昂": "里昂",
    "裡程碑": "里程碑",
    "範德華": "范德華",
    "範德瓦": "范德瓦",
    "範德蒙": "范德蒙",
    "範德波": "范德波",
    "範德": "范德",
    "腦回": "腦迴",
    "幹涉": "干涉",
    "幹擾": "干擾",
}
"""What OpenCC makes of terms and names, and what they are."""

_WRONG = re.compile("|".join(_MENDED))


def traditional(text: str) -> str:
    """A text in traditional characters; math, links and code stay as they are."""
    if not has_han(text):
        return text
    masked = mask(text)
    converted = _WRONG.sub(lambda found: _MENDED[found[0]], str(_converter().convert(masked.text)))
    return masked.restored(converted)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")
