"""arXiv as it lives: mailings at their hour, listing and catch-up pages at once, feeds from midnight on.

Everything goes by the clock that it is given, so that months pass in seconds. What may go wrong is written down in
`troubles`; what was announced is in `mailings`, to be compared with what arrived.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.model import AnnounceType, Paper
from bot.sources.calendar import EASTERN, opens
from tests.counterparts.arxiv_pages import Entry, catchup_page, feed, listing_page
from tests.counterparts.arxiv_site import Answer, Request

_NEW = re.compile(r"/list/([^/]+)/new\?skip=(\d+)&show=2000")
_CATCHUP = re.compile(r"/catchup/([^/]+)/([0-9-]+)\?abs=True&page=(\d+)")
_FEED = re.compile(r"/rss/([^/]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by the world's clock."""

    at: datetime
    path: str


@dataclass
class World:
    """What arXiv has announced and when, and what it answers."""

    clock: Callable[[], datetime]
    mailings: dict[date, tuple[datetime, list[Entry]]] = field(default_factory=dict)
    frozen: set[tuple[str, date]] = field(default_factory=set)  # feeds that have the batch before, under this date
    asked: list[Asked] = field(default_factory=list)
    _troubles: list[tuple[str, datetime, datetime, Answer]] = field(default_factory=list)
    _number: int = 0

    def announce(self, day: date, entries: Iterable[Entry], at: datetime | None = None) -> None:
        """Announce papers under a date, at 20:00 Eastern of the evening before or when it is said."""
        self.mailings[day] = (at or opens(day), list(entries))

    def trouble(self, path: str, start: datetime, end: datetime, answer: Answer) -> None:
        """Answer requests for paths that have this in them so, for a while."""
        self._troubles.append((path, start, end, answer))

    def entries(self, category: str, day: date) -> list[Entry]:
        """What was announced in a category on a day, in the order of its page."""
        _, found = self.mailings.get(day, (None, []))
        mine = [(one, _relative(one, kind, category)) for one, kind in found if category in one.categories]
        return sorted(mine, key=lambda entry: list(AnnounceType).index(entry[1]))

    def papers(self, count: int, *categories: str, **values: Any) -> list[Entry]:
        """That many new papers of a primary category, with cross-lists."""
        return [(self._paper(categories, **values), AnnounceType.NEW) for _ in range(count)]

    def revised(self, paper: Paper) -> Paper:
        """The next version of a paper."""
        return replace(paper, version=paper.version + 1, comments="revised")

    def withdrawn(self, paper: Paper) -> Paper:
        """The version of a paper that says that there is none any more."""
        return replace(self.revised(paper), comments="This paper has been withdrawn by the authors")

    def _paper(self, categories: Sequence[str], **values: Any) -> Paper:
        self._number += 1
        one = f"26{self._number // 90_000 + 6:02}.{self._number % 90_000 + 10_000:05}"
        fields: dict[str, Any] = {
            "id": one, "version": 1, "title": f"On Tides, Part {self._number}", "authors": ("Ottoline Greaves",),
            "abstract": f"We predict tide {self._number}.", "categories": tuple(categories),
            "comments": f"{self._number} pages",
        }  # fmt: skip
        return Paper(**fields | values)

    def __call__(self, request: Request) -> Answer | None:
        """The answer of the moment."""
        now = self.clock()
        self.asked.append(Asked(now, request.path))
        for part, start, end, answer in self._troubles:
            if part in request.path and start <= now < end:
                return answer
        if found := _NEW.fullmatch(request.path):
            return self._listing(found[1], int(found[2]), now)
        if found := _CATCHUP.fullmatch(request.path):
            return self._catchup(found[1], date.fromisoformat(found[2]), int(found[3]), now)
        if found := _FEED.fullmatch(request.path):
            return self._feed(found[1], now)
        return None

    def _listing(self, category: str, skip: int, now: datetime) -> Answer:
        day = self._newest(now)
        body = listing_page(category, day, self.entries(category, day), skip=skip)
        return Answer(200, body)

    def _catchup(self, category: str, day: date, page: int, now: datetime) -> Answer:
        announced, _ = self.mailings.get(day, (None, []))
        entries = self.entries(category, day) if announced and announced <= now else []
        return Answer(200, catchup_page(category, day, entries, page=page))

    def _feed(self, category: str, now: datetime) -> Answer:
        """Made at midnight, from what was announced by then; empty on Saturdays and Sundays."""
        today = now.astimezone(EASTERN).date()
        made_at = opens(today, timedelta())
        if today.isoweekday() > 5:
            return Answer(200, feed(category, today, []))
        announced, _ = self.mailings.get(today, (None, []))
        if announced is None or announced > made_at or (category, today) in self.frozen:
            before = [day for day, (at, _) in self.mailings.items() if day < today and at <= made_at]
            return Answer(200, feed(category, today, self.entries(category, max(before)) if before else []))
        return Answer(200, feed(category, today, self.entries(category, today)))

    def _newest(self, now: datetime) -> date:
        return max(day for day, (at, _) in self.mailings.items() if at <= now)


def _relative(paper: Paper, kind: AnnounceType, category: str) -> AnnounceType:
    """The type as a listing of that category has it."""
    if paper.primary == category:
        return kind
    return {AnnounceType.NEW: AnnounceType.CROSS, AnnounceType.REPLACE: AnnounceType.REPLACE_CROSS}.get(kind, kind)
