"""Where sentences end, in English and in Chinese. It takes readable text, whose links it leaves whole."""

from __future__ import annotations

import re

from bot.text.masking import URL

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"])(?:e\.g|i\.e|cf|vs|al|etc|approx|resp|incl|esp|ca|viz|w\.r\.t|a\.k\.a|s\.t|i\.i\.d|St|Dr|Mr|Ms|Mrs|Prof"
    r"|Fig|Figs|Eq|Eqs|Sec|Ref|Refs|Thm|Prop|Def|No|Nos|Vol|[A-Z])\.$"
)
_ENGLISH = re.compile(rf"{URL}|[.!?]+[\"”’')\]]*(?=\s+[\"“‘'(\[]*[A-Z0-9$\\α-ωΑ-Ω])|\n+")
_CHINESE = re.compile(rf"{URL}|(?:[。！？!?]|(?<=[\u3400-\u9fff）)”])\.(?=\s|$))+[”’）)\]]*|\n+")


def english(text: str) -> list[str]:
    """The sentences of an English text; "e.g. Smith et al. 2020" ends none."""
    return _split(text, _ENGLISH)


def chinese(text: str) -> list[str]:
    """The sentences of a Chinese text; a semicolon ends none."""
    return _split(text, _CHINESE)


def _split(text: str, ends: re.Pattern[str]) -> list[str]:
    sentences: list[str] = []
    start = 0
    for end in ends.finditer(text):
        is_link = end[0][-1:].isalnum() or "://" in end[0] or end[0].startswith("www.")
        before = text[max(start, end.end() - 12) : end.end()]
        if is_link or (end[0] == "." and _ABBREVIATION.search(before)):
            continue
        sentences.append(text[start : end.end()].strip())
        start = end.end()
    sentences.append(text[start:].strip())
    return [sentence for sentence in sentences if sentence]
