"""What a destination should know beside its papers: what was read for it, what was not, and why there is nothing.

Each of arXiv's dates is told of once, from one digest to the next, and a late one when it has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from bot.digest import NoPapers, Report, Why
from bot.matching import reads
from bot.model import ALL, AnnouncementDay, Coverage, Destination, Fault, NoAnnouncement, Notices
from bot.query import still_read
from bot.sources.calendar import EASTERN, GRACE, no_announcement, opens
from bot.store import Transaction


class _OfCategory(Protocol):
    @property
    def category(self) -> str: ...


_T = TypeVar("_T", bound=_OfCategory)


def concerning(rows: Iterable[_T], queries: Collection[str]) -> list[_T]:
    """Those of the categories that these queries read; all of them where there are none."""
    wanted = reads(still_read(queries)) if queries else None
    return [one for one in rows if wanted is None or one.category == ALL or one.category in wanted]


def dates_between(since: datetime, until: datetime) -> list[date]:
    """The Eastern dates whose announcements came due after one instant and up to another, oldest first."""
    day = since.astimezone(EASTERN).date() + timedelta(days=1)
    found = []
    while (due := opens(day)) <= until:
        if due > since:
            found.append(day)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is to be told: a destination, what it asks for, and when its slot was due."""

    destination: Destination
    queries: Collection[str]
    due: datetime

    @property
    def since(self) -> datetime:
        """When the slot was due before."""
        return self.destination.slot.last_before(self.due)


async def coverage_of(tx: Transaction, dates: Collection[date]) -> list[Coverage]:
    """The coverage of these dates, in their order; most digests of a slot are of the same."""

    async def read(new: Collection[date]) -> dict[date, list[Coverage]]:
        found: dict[date, list[Coverage]] = {}
        for one in await tx.papers.coverage(new):
            found.setdefault(one.date, []).append(one)
        return found

    by_date = await tx.recall.get("coverage", sorted(set(dates)), read)
    return [one for some in by_date.values() for one in some]


async def _news(tx: Transaction, asking: Audience) -> tuple[Fault, ...]:
    """What is missing for somebody since the digest before."""
    return news(await tx.recall.all("faults", tx.faults.missing), asking.queries, asking.since)


async def report_with_papers(tx: Transaction, asking: Audience, coverage: Iterable[Coverage]) -> Report:
    """How much was read on the dates of a digest, of all categories; and what is missing since the one before."""
    return Report(tuple(concerning(coverage, asking.queries)), await _news(tx, asking))


async def report_without_papers(
    tx: Transaction, asking: Audience, now: datetime, holidays: Collection[date]
) -> Report:
    """Why there are no papers for a slot that was due; without a reason where the destination wants no notice."""
    notices, since = asking.destination.notices, asking.since
    if notices is Notices.OFF or not asking.queries:
        return Report()
    faults = await _news(tx, asking)
    if notices is Notices.FAULTS and not faults:
        return Report()
    earlier, current = dates_between(asking.destination.slot.last_before(since), since), dates_between(since, now)
    days = await tx.announcement_days.on([*earlier, *current])
    late = [day for day in earlier if day in days and _came_after(days[day], since)]
    dates = [*late, *current]
    coverage = concerning(await coverage_of(tx, dates), asking.queries)
    return Report(tuple(coverage), faults, why(dates, faults, coverage, days, holidays))


def news(faults: Iterable[Fault], queries: Collection[str], since: datetime) -> tuple[Fault, ...]:
    """The faults that concern these queries and have begun after an instant."""
    return tuple(one for one in concerning(faults, queries) if one.since > since)


def why(
    dates: Sequence[date],
    faults: Sequence[Fault],
    coverage: Sequence[Coverage],
    days: Mapping[date, AnnouncementDay],
    holidays: Collection[date],
) -> NoPapers:
    """Why there are no papers of these dates: the worst of what is true. Pure."""
    if faults:
        return NoPapers(Why.FAULT, tuple(sorted({one.date for one in faults})))
    read = {row.date for row in coverage} | {day for day in dates if day in days and days[day].is_announced}
    expected = [day for day in dates if day not in days and no_announcement(day, holidays) is None]
    if missing := [day for day in expected if day not in read]:
        return NoPapers(Why.NOT_YET, tuple(missing))
    if read:
        return NoPapers(Why.NOTHING_MATCHED, tuple(sorted(read)), read=sum(row.read for row in coverage))
    reasons = {day: days[day].reason if day in days else no_announcement(day, holidays) for day in dates}
    reason = next(
        (one for one in (NoAnnouncement.HOLIDAY, None, NoAnnouncement.WEEKEND) if one in reasons.values()), None
    )
    return NoPapers(Why.NO_ANNOUNCEMENT, tuple(day for day in dates if reasons[day] is reason), reason)


def _came_after(day: AnnouncementDay, instant: datetime) -> bool:
    """Whether it came too late for the digest of an instant, which waits for a day that is due."""
    return day.is_announced and day.seen_at > max(instant, opens(day.date) + GRACE)
