"""Chinese texts for one invented paper, to see whether those who are set up to make them can."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from bot.errors import MakerError
from bot.model import Paper
from bot.settings import Settings
from bot.summaries import Job, Maker, TextField
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


async def trial(settings: Settings) -> AsyncIterator[str | MakerError]:
    """For each maker what it made and how fast, or what is wrong with it; a word when there is none.

    Raises SettingsError for settings that do not fit together.
    """
    found = chain(settings)
    try:
        for maker in found.makers:
            try:
                yield await _made(maker)
            except MakerError as error:
                yield error
        if not found.makers:
            yield f"nobody makes Chinese texts: set OPENAI_API_KEY, or {HOW}"
    finally:
        await found.close()


async def _made(maker: Maker) -> str:
    job = Job(_PAPER, tuple(one for one in TextField if maker.makes(one)))
    started = time.monotonic()
    answer = await maker.make(job)
    seconds = time.monotonic() - started
    _, reasons = judge(job, answer)
    if reasons:
        raise MakerError(f"{maker.name} answers, but not well enough: {' '.join(reasons)}")
    return f"{maker.name}: {answer.texts[TextField.TITLE]} ({seconds:.1f} s, {answer.usage.tokens} tokens)"
