"""The gate: what a Chinese text must keep of the English one before a reader sees it.

Rules look at what can be counted: numbers, formulas, links, names, length. They cannot tell good Chinese from bad,
nor a negation that was lost: passing is necessary, not sufficient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.model import Paper, Summary
from bot.text.latex import readable
from bot.text.masking import mask
from bot.text.normal import HAN

_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-z]")
_LENGTHS = (0.15, 0.60)


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that one text breaks; `detail` is a sentence that tells a translator what to mend."""

    rule: str
    field: str  # of the summary: title, one_line, abstract
    detail: str


def failures(paper: Paper, summary: Summary) -> tuple[Failure, ...]:
    """What is wrong with the Chinese texts that are there; () when a reader may see them all."""
    texts = {"title": summary.title, "one_line": summary.one_line, "abstract": summary.abstract}
    return tuple(failure for field, text in texts.items() if text for failure in _failures(paper, field, text))


def _failures(paper: Paper, field: str, text: str) -> list[Failure]:
    bare = mask(text).text
    han, latin = len(_HAN.findall(bare)), len(_LATIN.findall(bare))
    if not han or 3 * han < latin:
        return [Failure("chinese", field, "Write it in Chinese; most of it is not.")]
    if field == "abstract":
        ratio = len(text) / max(len(readable(paper.abstract)), 1)
        if not _LENGTHS[0] <= ratio <= _LENGTHS[1]:
            side = "short" if ratio < _LENGTHS[0] else "long"
            return [Failure("length", field, f"It is much too {side}: translate every sentence, and add none.")]
    return []
