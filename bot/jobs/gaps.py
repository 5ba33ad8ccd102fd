"""What should have been read by now and was not, as one look at the store tells; nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from bot.jobs.announcement_day import PollContext
from bot.model import ALL, Fault
from bot.sources import Archive, Source
from bot.sources.calendar import EASTERN, is_due_again, newest, weekdays
from bot.store import Transaction
from bot.store.pace import AGAIN

OLDEST = timedelta(days=90)
"""How far back arXiv's catch-up pages reach."""

Owed = tuple[date, list[str]]
"""A day, and the categories of which it is missing."""

Since = Mapping[str, date]
"""The first date of which each category is wanted."""


class Gaps:
    """What the sources of one process still have to give."""

    def __init__(self, context: PollContext) -> None:
        self._context = context

    async def is_nothing(self, codes: Collection[str]) -> bool:
        """Whether there is nothing to read, and nothing to note of the categories that are wanted."""
        async with self._context.store.read() as tx:
            since = await tx.listings.watched()
            unreadable = {one.query for one in await tx.unreadable.known()}
            is_noted = since.keys() == set(codes) and unreadable == set(self._context.matcher.unreadable)
            if not is_noted or await self.hopeless(tx, codes):
                return False
            if any([await self.newest(tx, source, since) for source in self._context.sources]):
                return False
            archive = self._context.archive
            return archive is None or not await self.past(tx, archive, since)

    async def newest(self, tx: Transaction, source: Source, since: Since) -> list[str]:
        """The categories of which a source should have the newest mailing by now, as far as it may be asked."""
        now = self._context.clock()
        day = newest(now, source.due_offset)
        if source.is_daily and now.astimezone(EASTERN).date() != day:
            return []
        listed = {code for name, code, when in await tx.listings.listed(day) if name == source.name}
        missing = [code for code, first in since.items() if first <= day and not listed & {code, ALL}]
        return missing if missing and await tx.pace.held(again(source), now) <= now else []

    async def past(self, tx: Transaction, archive: Archive, since: Since) -> list[Owed]:
        """The days that were missed, oldest first, as far as they may be asked for."""
        now = self._context.clock()
        if await tx.pace.held(again_past(archive), now) > now:
            return []
        last = newest(now, archive.due_offset)
        first = max(min(since.values(), default=last), last - OLDEST)
        return await owed(tx, archive, weekdays(first, last - timedelta(days=1)), since, now)

    async def hopeless(self, tx: Transaction, codes: Collection[str]) -> list[Fault]:
        """The faults that cannot be mended any more, and those of categories that are not wanted."""
        today = self._context.clock().astimezone(EASTERN).date()
        daily = {one.name: one.is_daily for one in self._context.sources}
        wanted = {*codes, ALL}
        return [
            one
            for one in await tx.faults.current()
            if one.source not in daily
            or one.category not in wanted
            or one.date < (today if daily[one.source] else today - OLDEST)
        ]


def again(source: Source) -> str:
    """The name under which it is kept when a source may be asked again for the newest mailing."""
    return f"{AGAIN}{source.name}"


def again_past(archive: Archive) -> str:
    """The same of past days."""
    return f"{AGAIN}past:{archive.name}"


async def owed(
    tx: Transaction, archive: Archive, days: Sequence[date], since: Since, now: datetime | None = None
) -> list[Owed]:
    """What no source has given of past days, or what the archive itself still owes: days with categories.

    With `now`, only what is to be asked for again by then.
    """
    if not days:
        return []
    listed = {(code, day) for _, code, day in await tx.listings.listed(days[0])}
    faults = {(one.category, one.date): one for one in await tx.faults.current() if one.source == archive.name}
    named = await tx.listings.unread_since(archive.name, days[0])
    known = await tx.announcement_days.on(days)
    came = await tx.papers.last_fetch(archive.name)

    def is_owed(code: str, day: date) -> bool:
        fault = faults.get((code, day)) or faults.get((ALL, day))
        if fault is None:
            return not listed & {(code, day), (ALL, day)}
        if (code, day) in named:  # its bad rows are the fault, and asking again does not mend them
            return False
        return now is None or is_due_again(fault.since, fault.tried_at, now, came)

    announced = [day for day in days if day not in known or known[day].is_announced]
    found = {
        day: [code for code, first in since.items() if first <= day and is_owed(code, day)] for day in announced
    }
    return [(day, codes) for day, codes in found.items() if codes]
