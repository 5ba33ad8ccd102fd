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
    "裡程碑": "里程碑",
    "腦回": "腦迴",
    "扣帶回": "扣帶迴",
    "海馬旁回": "海馬旁迴",
    "齒狀回": "齒狀迴",
    "梭狀回": "梭狀迴",
    "遊離": "游離",
    "幹涉": "干涉",
    "幹擾": "干擾",
}
"""What OpenCC makes of terms and names, and what they are."""

_WRONG = re.compile("|".join(_MENDED))

_SOUNDS = (
    (re.compile("裡(?=[奇德茲曼昂茨佐爾夫耶貝姆]|卡蒂|希(?!望)|格爾)|(?<=[亨伽摩惠泰弗帕埃])裡"), "里"),
    (re.compile("範(?=德|霍夫|弗[萊列]|登|坎)"), "范"),
    (re.compile("鍾(?![愛情馗靈])"), "鐘"),  # of physics, not the family's name
    (re.compile("(?<!宿)舍入"), "捨入"),
    (re.compile("(?<=[額顳][上中下])回|(?<=中央[前後])回"), "迴"),
)
"""Syllables of names, and words of which OpenCC knows another sense, by what stands beside them."""


def traditional(text: str) -> str:
    """A text in traditional characters; math, links and code stay as they are."""
    if not has_han(text):
        return text
    masked = mask(text)
    converted = _WRONG.sub(lambda found: _MENDED[found[0]], str(_converter().convert(masked.text)))
    for pattern, right in _SOUNDS:
        converted = pattern.sub(right, converted)
    return masked.restored(converted)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")
