"""Chinese texts for one invented paper, to see whether whoever is set up to make them can."""

from __future__ import annotations

import time

from bot.errors import MakerError
from bot.model import Paper
from bot.settings import Settings
from bot.summaries import CHINESE, Field, Job
from bot.summaries.chain import judge
from bot.summaries.firefox import HOW
from bot.summaries.makers import chain

_PAPER = Paper(
    "0000.00000",
    1,
    "Sparse Attention for Tide Tables",
    ("Ottoline Greaves",),
    "We propose a method that predicts tides with sparse attention. On 3 data sets it reduces the error by 12%, at"
    " a cost of $O(n \\log n)$.",
    ("cs.LG",),
)


async def trial(settings: Settings) -> str:
    """What was made, by whom and how fast. Raises MakerError when that is not good enough, or nothing at all."""
    found = chain(settings)
    try:
        if not found.makers:
            return f"nobody makes Chinese texts: set OPENAI_API_KEY, or {HOW}"
        maker = found.makers[0]
        job = Job(_PAPER, tuple(one for one in CHINESE if maker.makes(one)))
        started = time.monotonic()
        answer = await maker.make(job)
        _, reasons = judge(job, answer)
        if reasons:
            raise MakerError(f"{maker.name} answers, but not well enough: {' '.join(reasons)}")
        seconds = time.monotonic() - started
        return f"{maker.name}: {answer.texts[Field.TITLE]} ({seconds:.1f} s, {answer.usage.tokens} tokens)"
    finally:
        await found.close()
