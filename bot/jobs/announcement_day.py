"""One mailing of one source, category after category: each listing is stored at once and matched at the end.

A paper that is cross-listed from a category that is still to be read waits for that one, because its type is
relative to what one reads: so a digest never calls a paper a cross-list that is new to its reader.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot import taxonomy
from bot.errors import SourceError
from bot.jobs.confirmation import dated, differences, ids, is_never_listed, is_of_before, names, with_missing
from bot.jobs.ingest import Ingested, ingest
from bot.jobs.match import match
from bot.matching import Matcher
from bot.model import ALL, Announcement, AnnounceType, Listing
from bot.sources import Archive, Outcome, Source, Unchanged
from bot.sources.calendar import GRACE, following, no_announcement, opens
from bot.store import Store

log = logging.getLogger(__name__)

_REMEMBERED = timedelta(days=14)  # how far back papers are looked for that would be new once more
_PATIENCE = timedelta(minutes=15)  # how long papers wait to be matched while more are read
_MOST_MISSES = 3  # categories in a row: then the others are not asked now
_PORTION = 300  # announcements that are stored at once: 30 to 50 ms
_CROSS = (AnnounceType.CROSS, AnnounceType.REPLACE_CROSS)


@dataclass(slots=True)
class PollResult:
    """What one round over a source brought."""

    listings: list[Listing] = field(default_factory=list)  # kept only where somebody is to see them
    unchanged: list[str] = field(default_factory=list)
    faults: list[SourceError] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # why a category is not there, faults included
    ingested: Ingested = field(default_factory=Ingested)


@dataclass(frozen=True, slots=True)
class PollContext:
    """What reading needs: where things are kept, who matches, who else can be asked, and the clock."""

    store: Store
    sources: Sequence[Source]  # in the order in which they are due
    clock: Callable[[], datetime]
    matcher: Matcher = field(default_factory=Matcher)
    holidays: Collection[date] = ()

    @property
    def archive(self) -> Archive | None:
        """The source that claims its own counts and has past days, if there is one."""
        return next((one for one in self.sources if isinstance(one, Archive)), None)


Listed = tuple[str, str, date]
"""Source, category and date of a listing that is stored."""

Heard = Callable[[Outcome], Awaitable[bool]]
"""Is told of each outcome; False when the round should end here."""


class DayPoll:
    """The mailing of a date while it is being read from a source."""

    def __init__(
        self,
        context: PollContext,
        source: Source,
        day: date,
        categories: Collection[str],
        *,
        by_hand: bool = False,
    ) -> None:
        self._by_hand = by_hand  # every category is asked for, and nothing is late
        self._context = context
        self._source = source
        self._day = day
        self._pending = list(categories)
        self._held: dict[
            tuple[str, str], tuple[Listing, tuple[Announcement, ...]]
        ] = {}  # with what is not stored of it
        self._errors = False
        self._until: datetime | None = None
        self._matched_at = context.clock()
        self.is_begun = False
        self.reading = PollResult()

    async def read(self, heard: Heard, *, is_begun: bool) -> None:
        """Ask for the categories that are missing; when none was there before, some of them tell for all."""
        self.is_begun = is_begun
        async with self._context.store.read() as tx:
            known = await tx.papers.validators(self._source.name)
        await self._read(self._source.fetch(list(self._pending), known), heard)
        await self._match()
        await self._open_faults()

    async def rebuild(self, archive: Archive, heard: Heard, until: datetime) -> None:
        """Read a day of the past; who has subscribed since `until` gets nothing of it."""
        self.is_begun, self._until = True, until

        async def outcomes() -> AsyncIterator[Outcome]:
            for category in list(self._pending):
                yield await archive.rebuild(category, self._day)

        await self._read(outcomes(), heard)
        await self._match()
        await self._open_faults()

    async def _read(self, outcomes: AsyncIterator[Outcome], heard: Heard) -> None:
        misses = 0
        async with aclosing(outcomes) as asked:  # type: ignore[type-var]  # sources are generators
            async for outcome in asked:
                if await self._take(outcome):
                    misses, self.is_begun = 0, True
                elif not self.is_begun or isinstance(outcome, SourceError):
                    misses += 1
                if not await heard(outcome) or (misses >= _MOST_MISSES and not self._by_hand):
                    break
        missing = self.reading.missing
        for category in self._pending:
            missing[category] = next(reversed(missing.values()), "it was not asked for yet")
        self._pending = []
        await self._store()

    async def _take(self, outcome: Outcome) -> bool:
        """Store a listing; False when there is none, or it is not the expected one."""
        category = outcome.category
        self._pending = [] if category == ALL else [one for one in self._pending if one != category]
        match outcome:
            case SourceError():
                log.warning("listing_failed source=%s reason=%s", self._source.name, outcome)
                self.reading.faults.append(outcome)
                self._errors = True
                why = outcome.reason
            case Unchanged():
                self.reading.unchanged.append(category)
                why = "it still has what it had before"
            case _:
                if self._by_hand:
                    self.reading.listings.append(outcome)
                why = await self._judge(outcome)
        if why:
            self.reading.missing[category] = why
            await self._store()
        return not why

    async def _judge(self, listing: Listing) -> str:
        """Store a listing if it is of the day; else why it is not, in words that follow the name of a source."""
        async with self._context.store.read() as tx:
            stored = await tx.listings.ids(listing.category, self._day - _REMEMBERED)
            listed = await tx.listings.listed(self._day - _REMEMBERED, listing.category)
        if is_of_before(listing, self._day, stored):
            return "it still has the papers of an earlier day"
        archive = self._context.archive
        if archive is None or self._source is archive or not self._source.is_daily:
            return await self._judge_by_date(listing, stored, listed)
        if not listing.announcements and stored.get(self._day):
            return "it is empty, and the listing is not"
        if (archive.name, listing.category, self._day) in listed:
            return await self._compare(dated(listing, self._day), archive, stored.get(self._day, set()))
        return await self._judge_by_date(listing, stored, listed)

    async def _judge_by_date(
        self, listing: Listing, stored: Mapping[date, Collection[str]], listed: Collection[Listed]
    ) -> str:
        """A listing of an earlier day is stored as such, when that day is missing."""
        if self._source.is_daily and not listing.announcements:
            return "it is empty"
        if listing.date < self._day:
            if (self._source.name, listing.category, listing.date) not in listed:
                await self._ingest([listing], [], opens(following(listing.date)))
            return f"it still has the mailing of {listing.date}"
        if self._source is self._context.archive:
            listing = await self._with_confirmation(listing, stored.get(listing.date, ()), listed)
        await self._store(listing)
        return ""

    async def _with_confirmation(
        self, listing: Listing, stored: Collection[str], listed: Collection[Listed]
    ) -> Listing:
        """A listing that claims its own count, beside what another source has given of that day before."""
        found, key = differences(listing, stored), (listing.category, listing.date)
        others = [one.name for one in self._context.sources if one.is_daily and (one.name, *key) in listed]
        lacking = await self._listable(set(found.lacking) - names(listing), listing)
        if lacking:
            reason = f"it has {counted(lacking)} that the listing does not have"
            async with self._context.store.write() as tx:
                for name in others:
                    await tx.faults.open(name, *key, reason, self._context.clock())
        is_other = bool(lacking or found.extra) or not others
        return replace(listing, confirmed_by=self._source.name if is_other else others[0])

    async def _listable(self, papers: Collection[str], listing: Listing) -> list[str]:
        """Those of these stored papers that the listing of their category and day should have."""
        async with self._context.store.read() as tx:
            stored = (await tx.papers.stored(papers)).announcements
        never = {one.paper.id for one in stored if is_never_listed(one) and one.category == listing.category}
        return sorted(set(papers) - never)

    async def _compare(self, listing: Listing, archive: Archive, stored: Collection[str]) -> str:
        """Two confirmations of one day: what the one has and the other lacks is stored, and named.

        What arXiv has on no listing by its own rules is stored, and is no difference; nor is what the listing has
        named as unreadable.
        """
        if never := tuple(one for one in listing.announcements if is_never_listed(one)):
            await self._ingest([], [replace(listing, announcements=never)])
            rest = tuple(one for one in listing.announcements if one not in never)
            listing = replace(listing, announcements=rest)
        async with self._context.store.read() as tx:
            unread = await tx.listings.unread(archive.name, listing.category, self._day)
        known = {*stored, *(unread & ids(listing))}
        found = differences(listing, known)
        if found.extra and (again := await self._asked_again(archive, listing.category)):
            found = differences(listing, ids(again) | names(again) & ids(listing))
            by = archive.name if found.extra or found.lacking else self._source.name  # it may be stored later
            await self._store(replace(again, confirmed_by=by))
            listing = with_missing(listing, again)
        elif found.extra:
            await self._ingest([], [listing])
            return f"it has {counted(found.extra)} that the listing does not have"
        lacking = sorted(set(found.lacking) - names(listing) - {one.paper.id for one in never})
        if lacking and not found.extra:
            return f"it lacks {counted(lacking)} of the listing"
        await self._store(listing)
        async with self._context.store.write() as tx:
            key = (listing.category, self._day)
            if found.extra:
                reason = f"it has {counted(found.extra)} that the listing does not have"
                await tx.faults.open(self._source.name, *key, reason, self._context.clock())
            else:
                await tx.listings.confirm(archive.name, *key, self._source.name, self._context.clock())
            if unread and unread <= ids(listing):
                await tx.faults.close(archive.name, *key, self._context.clock())
        return ""

    async def _asked_again(self, archive: Archive, category: str) -> Listing | None:
        """The listing as it is now: a second mailing of the same evening may have made it longer."""
        async with aclosing(archive.fetch([category], {})) as outcomes:  # type: ignore[type-var]
            async for outcome in outcomes:
                if isinstance(outcome, Listing) and outcome.date == self._day:
                    return outcome
        return None

    async def _store(self, listing: Listing | None = None) -> None:
        """Store what waits for no other category any more."""
        if listing is not None:
            self._held[listing.source, listing.category] = (listing, listing.announcements)
        wholes, parts = [], []
        pending = frozenset(self._pending)
        for key, (one, before) in list(self._held.items()):
            waiting = tuple(a for a in before if _waits(a, pending))
            if not waiting:
                wholes.append(one)
                del self._held[key]
            elif len(waiting) < len(before):
                ready = tuple(a for a in before if not _waits(a, pending))
                parts.append(replace(one, announcements=ready))
                self._held[key] = (one, waiting)
        if wholes or parts:
            await self._ingest(wholes, parts)

    async def _ingest(self, wholes: list[Listing], parts: list[Listing], until: datetime | None = None) -> None:
        now, name = self._context.clock(), self._source.name
        until = until or self._until
        for some, some_parts in portions(wholes, parts):
            done = await ingest(self._context.store, some, now, parts=some_parts, until=until)
            before = self.reading.ingested
            self.reading.ingested = Ingested(
                before.announced + done.announced, before.new + done.new, before.matched
            )
        for one in wholes:
            log.info(
                "read source=%s category=%s date=%s read=%d claimed=%s confirmed_by=%s",
                name, one.category, one.date, len(one.announcements), one.claimed, one.confirmed_by or "nobody",
            )  # fmt: skip
        if wholes:
            await self._note(wholes, now)
        if now - self._matched_at >= _PATIENCE:
            await self._match()

    async def _note(self, wholes: Sequence[Listing], now: datetime) -> None:
        """Whole listings are stored: their days were announced, and what was amiss with them is over."""
        name = self._source.name
        async with self._context.store.write() as tx:
            for day in sorted({one.date for one in wholes if one.announcements}):
                await tx.announcement_days.announced(day, now)
            for day in sorted({one.date for one in wholes}):
                read = [one.category for one in wholes if one.date == day and not one.unread]
                await tx.faults.close_all(name, [ALL, *read], day, now)
            for one in wholes:
                if one.unread:
                    await tx.faults.open(name, one.category, one.date, named_rows(one), now)

    async def _match(self) -> None:
        """Match the listings of this mailing, and whatever else is unmatched."""
        self._matched_at = self._context.clock()
        matched = await match(self._context.store, self._matched_at, self._context.matcher)
        before = self.reading.ingested
        self.reading.ingested = replace(before, matched=before.matched + matched)

    async def _open_faults(self) -> None:
        """Tell what is missing: one by one, or all at once when nothing of the day is there yet."""
        missed = dict(self.reading.missing)
        if self._by_hand:
            missed = {one.category: one.reason for one in self.reading.faults}
        if not missed:
            return
        now, name = self._context.clock(), self._source.name
        late = now - opens(self._day, self._source.due_offset)
        if not self.is_begun:
            if not self._errors and (late <= GRACE or not await self._is_expected()):
                return
            if len(missed) > 1:
                missed = {ALL: next(iter(missed.values()))}
        async with self._context.store.write() as tx:
            for category, reason in missed.items():
                await tx.faults.open(name, category, self._day, reason, now)

    async def _is_expected(self) -> bool:
        """Whether it is this source that is late: no holiday, and no mailing that is late altogether."""
        archive = self._context.archive
        if no_announcement(self._day, self._context.holidays) is not None:
            return False
        if archive is None or self._source is archive:
            return True
        async with self._context.store.read() as tx:
            return any(
                name == archive.name and day == self._day for name, _, day in await tx.listings.listed(self._day)
            )


def named_rows(listing: Listing) -> str:
    """`1 of its 97 papers cannot be read: 2606.00001: it has no title`."""
    shown = "; ".join(f"{row.paper}: {row.reason}" for row in listing.unread[:2])
    more = "; …" if len(listing.unread) > 2 else ""
    total = len(listing.announcements) + len(listing.unread)
    return f"{len(listing.unread)} of its {total} papers cannot be read: {shown}{more}"


def counted(papers: Sequence[str]) -> str:
    """`3 papers (2606.00001, 2606.00002, …)`."""
    shown = ", ".join(papers[:2]) + (", …" if len(papers) > 2 else "")
    return f"{len(papers)} {'paper' if len(papers) == 1 else 'papers'} ({shown})"


def portions(wholes: Sequence[Listing], parts: Sequence[Listing]) -> Iterator[tuple[list[Listing], list[Listing]]]:
    """Listings and parts of some, a few at a time, so that no write is long; none of them is cut.

    The last category of a day lets go of what dozens of others have held back.
    """
    some: tuple[list[Listing], list[Listing]] = ([], [])
    size = 0
    for kind, told in enumerate((wholes, parts)):
        for one in told:
            if size and size + len(one.announcements) > _PORTION:
                yield some
                some, size = ([], []), 0
            some[kind].append(one)
            size += len(one.announcements)
    if any(some):
        yield some


def _waits(announcement: Announcement, pending: Collection[str]) -> bool:
    """Whether the category that the paper is from is still to be read."""
    if announcement.type not in _CROSS or announcement.category == ALL:
        return False
    return taxonomy.resolve(announcement.paper.primary) in pending
