"""What readable text costs: 2,000 abstracts through ours, and a part of them through pylatexenc, whole."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence

from pylatexenc.latex2text import LatexNodes2Text

from bot.text.latex import readable
from bot.text.masking import mask
from tests.bench import workload
from tests.counterparts.needed import SAMPLES

PAPERS = SAMPLES / "papers" / "cs.CV_2026-04-21.json"
FLOOR = 1.5
_WORD = re.compile("[A-Za-z]{4,}")
_COMMAND = re.compile(r"\\[A-Za-z]+")


def bench(count: int = 2000, part: int = 200) -> None:
    """Print seconds of CPU, the ratio, and who loses words; on real abstracts if they are there."""
    if PAPERS.is_file():
        found = [paper["abstract"] for paper in json.loads(PAPERS.read_text("utf-8"))["papers"]]
    else:
        found = [one.paper.abstract for one in workload.listing(500).announcements]
    abstracts = (found * (count // len(found) + 1))[:count]
    ours, masked = _seconds(readable, abstracts), _seconds(mask, abstracts)
    theirs = _seconds(_whole, abstracts[:part]) * count / part
    kind = "real" if PAPERS.is_file() else "invented"
    print(f"{count} {kind} abstracts: readable {ours:.2f} s, mask {masked:.2f} s")
    print(f"pylatexenc on the whole text {theirs:.1f} s (from {part}); pylatexenc / ours {theirs / ours:.0f}")
    losing = f"ours {_losing(readable, found[:part])}, pylatexenc {_losing(_whole, found[:part])}"
    print(f"abstracts that lose words: {losing} of {len(found[:part])}")
    print(f"floor: {FLOOR} s of CPU {'met' if ours + masked <= FLOOR else 'MISSED'}")


def _whole(text: str) -> str:
    try:
        return str(LatexNodes2Text().latex_to_text(text))
    except (IndexError, ValueError):
        return ""


def _seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    before = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - before


def _losing(work: Callable[[str], str], texts: Sequence[str]) -> int:
    losing = 0
    for text in texts:
        shown = work(text)
        losing += any(word not in shown for word in _WORD.findall(_COMMAND.sub(" ", text)))
    return losing
