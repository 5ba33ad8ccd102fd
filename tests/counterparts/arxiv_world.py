"""arXiv as it lives: mailings at their hour, listing and catch-up pages at once, feeds from midnight on.

Everything goes by the clock that it is given, so that months pass in seconds. What may go wrong is written down in
`troubles`; what was announced is in `mailings`, to be compared with what arrived. Its rules are those of arXiv's
own code: which papers a listing leaves out, which version a page of the past shows, what is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot import taxonomy
from bot.model import AnnounceType, Paper
from bot.sources.calendar import EASTERN, opens
from tests.counterparts.arxiv_feeds import BrokenFeed, feed
from tests.counterparts.arxiv_pages import PER_PAGE, SHOWN, Entry, catchup_page, listing_page
from tests.counterparts.arxiv_site import Answer, Request

_LAST_ANNOUNCED = 5  # versions: later replacements are announced nowhere, later cross-lists only in feeds
_REACH = timedelta(days=91)
_PATH = re.compile(r"/(list|catchup|rss)/([^/]+)(?:/([^/]+))?")
BUSY = Answer(503, b"arXiv is updating its listings. Please try again in a few minutes.", {"Retry-After": "300"})
"""What a listing page says while its counts and its rows do not agree yet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, by the world's clock."""

    at: datetime
    path: str


def mailing_days(first: date, last: date, holidays: Collection[date] = ()) -> Iterator[date]:
    """The dates with a mailing. A holiday is a day whose submissions are not frozen for the mailing that follows:

    that of the same evening from Monday to Thursday, that of Sunday evening on a Friday.
    """
    day = first
    while day <= last:
        evening = day - timedelta(days=1)
        frozen = {evening, day - timedelta(days=3)} if day.isoweekday() == 1 else {evening}
        if day.isoweekday() <= 5 and frozen.isdisjoint(holidays):
            yield day
        day += timedelta(days=1)


@dataclass
class World:
    """What arXiv has announced and when, and what it answers."""

    clock: Callable[[], datetime]
    mailings: dict[date, tuple[datetime, list[Entry]]] = field(default_factory=dict)
    frozen: set[tuple[str, date]] = field(default_factory=set)  # feeds that have the batch before, under this date
    asked: list[Asked] = field(default_factory=list)
    _troubles: list[tuple[str, datetime, datetime, Answer]] = field(default_factory=list)
    _feeds: dict[tuple[str, date], Answer] = field(default_factory=dict)  # kept until the next midnight
    _number: int = 0

    def announce(self, day: date, entries: Iterable[Entry], at: datetime | None = None) -> None:
        """Announce papers under a date, at 20:00 Eastern of the evening before or when it is said."""
        self.mailings[day] = (at or opens(day), list(entries))

    def trouble(self, path: str, start: datetime, end: datetime, answer: Answer) -> None:
        """Answer requests for paths that have this in them so, for a while."""
        self._troubles.append((path, start, end, answer))

    def entries(self, category: str, day: date) -> list[Entry]:
        """What the listing of a category has of a day, in the order of its page."""
        return [(one, kind) for one, kind in self.fed(category, day) if not _is_left_out(one, kind, category)]

    def fed(self, category: str, day: date) -> list[Entry]:
        """What its feed has."""
        _, found = self.mailings.get(day, (None, []))
        mine = [
            (one, _relative(one, kind, category))
            for one, kind in found
            if category in map(taxonomy.resolve, one.categories)
            and not (kind.is_revision and one.version > _LAST_ANNOUNCED)
        ]
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
        url = urlsplit(request.path)
        found = _PATH.fullmatch(url.path)
        if found is None:
            return None
        kind, code, rest = found.groups()
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        category = taxonomy.resolve(code)
        if category is None:
            return None if kind == "rss" else Answer(400, b"Invalid subject")
        if category != code and kind == "catchup":
            return Answer(301, headers={"Location": request.path.replace(f"/{code}/", f"/{category}/", 1)})
        if kind == "list":
            return self._listing(code, category, asked, now)
        return self._catchup(category, rest, asked, now) if kind == "catchup" else self._feed(code, category, now)

    def _listing(self, code: str, category: str, asked: dict[str, str], now: datetime) -> Answer:
        if category != code:
            return Answer(301, headers={"Location": f"/list/{category}/new"})
        skip, show = asked.get("skip", "0"), asked.get("show", str(PER_PAGE))
        if not skip.isdecimal() or not show.isdecimal() or int(show) not in SHOWN:
            return Answer(400, b"Invalid show value. Valid values are: " + repr(SHOWN).encode())
        day = self._newest(now)
        entries = self.entries(category, day)
        if int(skip) >= len(entries) and entries:
            return BUSY
        return Answer(200, listing_page(category, day, entries, skip=int(skip), show=int(show)))

    def _catchup(self, category: str, day_asked: str | None, asked: dict[str, str], now: datetime) -> Answer:
        """A day of the past: what was announced then, in the version of today."""
        try:
            day = date.fromisoformat(day_asked or "")
        except ValueError:
            return Answer(400, b"Invalid date format. Use format: YYYY-MM-DD")
        today = now.astimezone(EASTERN).date()
        if day > today + timedelta(days=1) or day < today - _REACH:
            return Answer(400, f"Invalid date: {day}. Catchup only allowed for past 90 days".encode())
        page = asked.get("page", "1")
        if asked.keys() - {"abs", "page"} or asked.get("abs") != "True" or not page.isdecimal() or page == "0":
            return Answer(400, b"Unexpected parameters.")
        entries = [(self._current(one, now), kind) for one, kind in self._announced(category, day, now)]
        later = min((one for one, (at, _) in self.mailings.items() if one > day and at <= now), default=None)
        return Answer(200, catchup_page(category, day, entries, page=int(page), next_day=later))

    def _announced(self, category: str, day: date, now: datetime) -> list[Entry]:
        at, _ = self.mailings.get(day, (None, []))
        return self.entries(category, day) if at and at <= now else []

    def _current(self, paper: Paper, now: datetime) -> Paper:
        """The newest version of a paper that has been announced."""
        every = (
            one for at, found in self.mailings.values() if at <= now for one, _ in found if one.id == paper.id
        )
        return max(every, key=lambda one: one.version)

    def _feed(self, code: str, category: str, now: datetime) -> Answer:
        """Made when it is asked for first after midnight, of what was announced by midnight; empty on weekends."""
        today = now.astimezone(EASTERN).date()
        midnight = opens(today, timedelta())
        day = max((one for one, (at, _) in self.mailings.items() if at <= midnight), default=None)
        if (category, today) in self.frozen:
            day = max((one for one in self.mailings if one < today), default=None)
        elif day != today:
            day = None
        entries = self.fed(category, day) if day else []
        key = (code, today)
        if key not in self._feeds:
            try:
                self._feeds[key] = Answer(200, feed(code, today, entries, made_at=now))
            except BrokenFeed:
                self._feeds[key] = Answer(500, b"Internal Server Error")
        return self._feeds[key]

    def _newest(self, now: datetime) -> date:
        return max(day for day, (at, _) in self.mailings.items() if at <= now)


def _relative(paper: Paper, kind: AnnounceType, category: str) -> AnnounceType:
    """The type as a listing of that category has it; a cross-list into a second name of its own is none of new."""
    if taxonomy.resolve(paper.primary) == category:
        return kind
    return {AnnounceType.NEW: AnnounceType.CROSS, AnnounceType.REPLACE: AnnounceType.REPLACE_CROSS}.get(kind, kind)


def _is_left_out(paper: Paper, kind: AnnounceType, category: str) -> bool:
    """What feeds have and listings never: late cross-lists, and those into a second name of its category."""
    is_own = taxonomy.resolve(paper.primary) == category
    return kind is AnnounceType.CROSS and (is_own or paper.version > _LAST_ANNOUNCED)
