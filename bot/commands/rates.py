"""About how many papers a day queries bring, by the last stored announcements."""

from __future__ import annotations

from collections.abc import Iterable

from bot.commands.recent_papers import RecentPapers, Stock
from bot.commands.trial import trial_of
from bot.locale import say
from bot.query import Query

_AT_ONCE = 4
"""Queries that are tried for one page: each takes a tenth of a second on full days."""


class Rates:
    """Keeps what was found until other papers are stored."""

    def __init__(self, recent_papers: RecentPapers) -> None:
        self._recent_papers = recent_papers
        self._stock: Stock | None = None
        self._known: dict[str, float | None] = {}

    async def of(self, queries: Iterable[Query]) -> dict[str, float]:
        """Papers a day by canonical query; without those of which nothing can be said now."""
        stock = await self._recent_papers.stock()
        if stock is not self._stock:
            self._stock, self._known = stock, {}
        asked = {str(query): query for query in queries}
        for text in [text for text in asked if text not in self._known][:_AT_ONCE]:
            trial = await trial_of(self._recent_papers, asked[text])
            self._known[text] = trial.per_day if trial.days and not trial.unread else None
        known = ((text, self._known.get(text)) for text in asked)
        return {text: rate for text, rate in known if rate is not None}


def rate_in_words(per_day: float, locale: str) -> str:
    """About how many papers a day: 4, less than one, or none."""
    if 0 < per_day < 1:
        return say("rate.less_than_one", locale)
    return say("rate.about", locale, n=round(per_day))
