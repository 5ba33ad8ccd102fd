"""What is read when: the day's mailings by the clock, past days from the archive, or what somebody asks for.

Over all processes one reads at a time: the lease is in the store, and so is when to ask again. Nothing of it is
needed to be right: a process that dies in between leaves rows that say what is there, and the next one goes on.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.errors import SettingsError, SourceError
from bot.jobs.announcement_day import DayPoll, Heard, PollContext, PollResult, counted
from bot.jobs.gaps import OLDEST, Gaps, Owed, again, again_past, owed
from bot.jobs.ingest import Ingested, categories_to_read, ingest
from bot.jobs.match import match
from bot.model import ALL, Listing
from bot.sources import Archive, FirstReading, Outcome, Source
from bot.sources.arxiv_mail import announcement_in
from bot.sources.calendar import (
    GRACE,
    following,
    newest,
    no_announcement,
    opens,
    pause,
    pause_without_listing,
    weekdays,
)
from bot.store import Store
from bot.store.pace import READING

log = logging.getLogger(__name__)

FIRST_SECONDS = 6.0
"""How long somebody who has subscribed waits for papers that nobody had: a page of ours is given up after ten."""

BUSY_SECONDS = 3.0
"""How long a first reading waits for the lease of another one."""

LOOK_AGAIN = timedelta(minutes=5)
"""How long it takes until somebody who asks for a category that nobody has asked for is noticed."""

_SOON = 0.2
_LEASE_TIME = timedelta(minutes=10)  # longer than one page may take, with all its waiting
_PAST_AGAIN = timedelta(minutes=30)

Told = Callable[[Outcome], None]


@dataclass(slots=True)
class Day:
    """What one pass over all sources did."""

    readings: dict[str, PollResult] = field(default_factory=dict)
    ingested: Ingested = field(default_factory=Ingested)
    seconds: float = 0.0


class Poller:
    """Reads the sources of one process, in turns with other processes."""

    def __init__(
        self,
        context: PollContext,
        *,
        also: Collection[str] = (),
        is_reading: bool = True,
    ) -> None:
        """`also` is read whether somebody has subscribed to it or not; without `is_reading`, others read."""
        self._context = context
        self._store = context.store
        self._clock = context.clock
        self._also = frozenset(also)
        self._is_reading = is_reading
        self._gaps = Gaps(context)
        self._look_at: datetime | None = None
        self._busy_since: datetime | None = None
        self._firsts: dict[str, asyncio.Task[FirstReading]] = {}

    async def wanted(self) -> list[str]:
        """The categories that subscriptions want, and those that are read in any case."""
        return sorted({*await categories_to_read(self._store, self._context.matcher), *self._also})

    async def read(self, categories: Iterable[str] | None = None, told: Told = lambda _outcome: None) -> Day:
        """Read now from all sources: these categories, or those that subscriptions want."""
        started = time.monotonic()
        codes = sorted(categories) if categories is not None else await self.wanted()
        day = Day()
        for source in self._context.sources if codes else ():
            poll = DayPoll(self._context, source, newest(self._clock(), source.due_offset), codes, by_hand=True)
            await poll.read(_telling(told), is_begun=True)
            day.readings[source.name] = poll.reading
        done = [one.ingested for one in day.readings.values()]
        day.ingested = Ingested(
            sum(one.announced for one in done), sum(one.new for one in done), sum(one.matched for one in done)
        )
        day.seconds = time.monotonic() - started
        return day

    async def read_first(self, category: str, patience: float = FIRST_SECONDS) -> FirstReading:
        """Read the current listing of a new category, for no digest: one request, in its turn.

        What takes longer than `patience` goes on without who waits for it.
        """
        task = self._firsts.get(category)
        if task is None:
            task = self._firsts[category] = asyncio.create_task(self._read_first(category))
            task.add_done_callback(lambda _task: self._firsts.pop(category, None))
        done, _ = await asyncio.wait([task], timeout=patience)
        return task.result() if done else FirstReading.PENDING

    async def _read_first(self, category: str) -> FirstReading:
        source = self._context.archive or next((one for one in self._context.sources if one.is_daily), None)
        if source is None:
            return FirstReading.NOTHING
        if category in self._also | self._context.matcher.named():  # others wait for it, whose digests it is for
            return FirstReading.PENDING
        until = time.monotonic() + BUSY_SECONDS  # a look at what is missing is over in a moment
        while await self._store.held(READING, self._clock()) > self._clock():
            if time.monotonic() >= until:
                return FirstReading.BUSY
            await asyncio.sleep(_SOON)
        async with self._lease() as lease:
            if lease is None:
                return FirstReading.BUSY
            async with aclosing(source.fetch([category], {})) as outcomes:  # type: ignore[type-var]
                found = [outcome async for outcome in outcomes]
            for outcome in found:
                if isinstance(outcome, SourceError):
                    log.warning("first_reading_failed source=%s reason=%s", source.name, outcome)
                    return FirstReading.AWAY
                if isinstance(outcome, Listing) and outcome.announcements:
                    log.info("first_reading category=%s date=%s", outcome.category, outcome.date)
                    await ingest(self._store, [outcome], self._clock(), until=opens(outcome.date))
                    await match(self._store, self._clock(), self._context.matcher)
                    return FirstReading.READ
        return FirstReading.NOTHING

    async def stop(self) -> None:
        """Give up what is being read for those who have just subscribed."""
        for task in (tasks := list(self._firsts.values())):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def is_under_way(self, most: timedelta = OLDEST) -> bool:
        """Whether any process is reading or about to, or has not yet looked what is missing.

        What has been seen under way for longer than `most` is not waited for.
        """
        now = self._clock()
        is_busy = (self._is_reading and self._look_at is None) or await self._store.held(READING, now) > now
        if not (is_busy or await self._is_awaited(now)):
            self._busy_since = None
            return False
        self._busy_since = self._busy_since or now
        return now - self._busy_since < most

    async def _is_awaited(self, now: datetime) -> bool:
        """Whether a mailing is due, is wanted, is read as soon as it is there, and has not been seen yet.

        In winter it is announced at nine in Beijing, when many want their digest.
        """
        day = newest(now)
        until = opens(day) + GRACE
        is_read_soon = any(opens(day, source.due_offset) < until for source in self._context.sources)
        if now >= until or not is_read_soon or no_announcement(day, self._context.holidays) is not None:
            return False
        async with self._store.read() as tx:
            return await tx.listings.is_watched(day) and not await tx.listings.listed(day)

    async def read_missing(self) -> None:
        """Read what should be there by now and is not, unless another process does.

        Where there is nothing to read, nothing is written either.
        """
        now = self._clock()
        if self._look_at is not None and now < self._look_at <= now + LOOK_AGAIN:  # the clock may have gone back
            return
        await self._void_what_is_too_far_ahead(now)
        codes = await self.wanted()
        is_idle = await self._gaps.is_nothing(codes)
        async with nullcontext() if is_idle else self._lease() as lease:
            self._look_at = now + LOOK_AGAIN
            if lease is not None:
                await self._read_missing(lease, codes)

    async def _void_what_is_too_far_ahead(self, now: datetime) -> None:
        """Where a clock was ahead, nothing waits until it is that late again."""
        async with self._store.read() as tx:
            if not await tx.ahead.is_void(now):
                return
        async with self._store.write() as tx:
            log.warning("clock_was_ahead rows=%d", await tx.ahead.void(now))

    async def _read_missing(self, lease: _Lease, codes: Sequence[str]) -> None:
        now = self._clock()
        async with self._store.write() as tx:
            since = await tx.listings.watch(codes, following(newest(now - 2 * LOOK_AGAIN)))
            await tx.unreadable.found(self._context.matcher.unreadable)
            for one in await self._gaps.hopeless(tx, codes):
                await tx.faults.close(one.source, one.category, one.date, now)
        for source in self._context.sources:
            await self._read_newest(source, since, lease)
        if (archive := self._context.archive) is not None:
            await self._catch_up(archive, since, lease)

    async def _read_newest(self, source: Source, since: dict[str, date], lease: _Lease) -> None:
        """The mailing that a source should have by now, as far as it is missing."""
        now = self._clock()
        day = newest(now, source.due_offset)
        async with self._store.read() as tx:
            missing = await self._gaps.newest(tx, source, since)
            every = await tx.listings.listed(day)
        if not missing or not lease.is_ours:
            return
        first = int(now.timestamp() // 60) % len(missing)  # whichever is frozen holds up the others only once
        named = (
            self._context.matcher.named()
        )  # what somebody names comes before what is read for queries without any
        in_order = sorted(missing[first:] + missing[:first], key=lambda code: code not in named)
        poll = DayPoll(self._context, source, day, in_order)
        await poll.read(lease.keep, is_begun=any(name == source.name for name, _, _ in every))
        now, late = self._clock(), self._clock() - opens(day, source.due_offset)
        archive = self._context.archive
        is_unlisted = archive not in (None, source) and not any(name == archive.name for name, _, _ in every)
        is_unlikely = no_announcement(day, self._context.holidays) is not None and not poll.is_begun
        rest = pause(late, is_begun=poll.is_begun, is_unlikely=is_unlikely)
        if is_unlisted and not poll.is_begun:
            rest = pause_without_listing(late)
        asked = [one.retry_after for one in poll.reading.faults if one.retry_after]
        until = now + max([rest, *asked])
        await self._store.hold(again(source), min(until, opens(following(day), source.due_offset)))

    async def _catch_up(self, archive: Archive, since: dict[str, date], lease: _Lease) -> None:
        """Every day that was missed, oldest first; the next mailing does not have to wait for it."""
        enough = opens(following(newest(self._clock(), archive.due_offset)), archive.due_offset)
        async with self._store.read() as tx:
            owed = await self._gaps.past(tx, archive, since)
        for day, missing in owed:
            if lease.is_ours and self._clock() < enough:
                readings = await self._rebuild(archive, day, missing, lease.keep)
                if any(one.missing for one in readings):
                    await self._store.hold(again_past(archive), self._clock() + _PAST_AGAIN)

    async def _rebuild(self, archive: Archive, day: date, codes: list[str], heard: Heard) -> list[PollResult]:
        """One past day. On one that should have no mailing, the first category tells for all."""
        async with self._store.read() as tx:
            faults = {(one.source, one.category, one.date) for one in await tx.faults.current()}
            is_begun = any(listed == day for _, _, listed in await tx.listings.listed(day))
        hint = no_announcement(day, self._context.holidays)
        never_came = not is_begun and any((archive.name, code, day) in faults for code in (*codes, ALL))
        readings = []
        for some in [codes] if hint is None else [codes[:1], codes[1:]]:
            poll = DayPoll(self._context, archive, day, some)
            await poll.rebuild(archive, heard, opens(following(day)))
            readings.append(poll.reading)
            is_nothing = poll.reading.ingested.announced == 0
            if is_nothing and not poll.reading.missing and (hint is not None or never_came):
                async with self._store.write() as tx:
                    await tx.announcement_days.none(day, hint, self._clock())
                break
        return readings

    async def hear(self, text: str) -> None:
        """Hear a mail of arXiv's: what it announces and was not read is asked for again, and else is a fault."""
        archive, email, now = self._context.archive, announcement_in(text), self._clock()
        if archive is None or email is None or not now.date() - OLDEST < email.date <= newest(now):
            log.info("mail_left reason=it is no whole announcement, or there are no listings to compare it with")
            return
        papers = {code: email.of(code) for code in email.categories}
        async with self._store.read() as tx:
            lacking = await tx.listings.unmailed(papers, email.date)
        if again := sorted(code for code, ids in lacking.items() if ids):
            await self._read_again(archive, email.date, again)
        async with self._store.write() as tx:
            for code, ids in (await tx.listings.unmailed(papers, email.date)).items():
                log.info("mail_compared category=%s date=%s lacking=%d", code, email.date, len(ids))
                if ids:
                    reason = f"it lacks {counted(sorted(ids))} of the announcement mail"
                    await tx.faults.open(archive.name, code, email.date, reason, now)
                else:
                    await tx.listings.mailed(code, email.date)

    async def _read_again(self, archive: Archive, day: date, codes: list[str]) -> None:
        """Ask for categories of a day that were read before, unless another process reads now."""
        async with self._lease() as lease:
            if lease is None:
                return
            if day == newest(self._clock(), archive.due_offset):
                await DayPoll(self._context, archive, day, codes).read(lease.keep, is_begun=True)
            else:
                await self._rebuild(archive, day, codes, lease.keep)

    async def to_backfill(self, first: date, last: date, codes: Sequence[str]) -> list[Owed]:
        """The past days between two dates that are missing, each with its categories."""
        archive = self._archive_or_refuse()
        last = min(last, newest(self._clock(), archive.due_offset))
        async with self._store.read() as tx:
            return await owed(tx, archive, weekdays(first, last), dict.fromkeys(codes, first))

    async def backfill(self, days: Iterable[Owed], told: Told) -> list[PollResult]:
        """Read past days; what has been read stays when this is interrupted."""
        archive = self._archive_or_refuse()
        return [one for day, codes in days for one in await self._rebuild(archive, day, codes, _telling(told))]

    def _archive_or_refuse(self) -> Archive:
        if (archive := self._context.archive) is None:
            raise SettingsError(["BOT_SOURCES: past days come from the listing pages; add arxiv_listing"])
        return archive

    @asynccontextmanager
    async def _lease(self) -> AsyncIterator[_Lease | None]:
        """The lease to read; None when another process has it."""
        is_ours, until = await self._store.take_lease(READING, _LEASE_TIME, self._clock())
        if not is_ours:
            yield None
            return
        lease = _Lease(self._store, self._clock, until)
        try:
            yield lease
        finally:
            await self._store.release_lease(READING, lease.until, self._clock())


@dataclass(slots=True)
class _Lease:
    """The lease to read, as long as it is ours."""

    store: Store
    clock: Callable[[], datetime]
    until: datetime
    is_ours: bool = True

    async def keep(self, _outcome: Outcome) -> bool:
        """Make it last for one more page; False when another process has taken it."""
        longer = self.clock() + _LEASE_TIME
        self.is_ours = await self.store.renew_lease(READING, self.until, longer)
        if self.is_ours:
            self.until = longer
        return self.is_ours


def _telling(told: Told) -> Heard:
    async def heard(outcome: Outcome) -> bool:
        told(outcome)
        return True

    return heard
