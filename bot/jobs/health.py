"""Whether an installation works: what the store knows of that, and the signs of life of its processes.

Nothing here asks the network. What a process knows of itself it writes down with its sign of life, so that anybody
who may read the database knows it too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from bot.channels import Channel
from bot.errors import StoreError
from bot.health import Kind, Pulses, Trouble
from bot.metrics import SEND_SECONDS, SENDS, Family, gauge
from bot.presentation.health import trouble_lines
from bot.sources.calendar import GRACE, newest, no_announcement, opens
from bot.store import Store, Transaction
from bot.store.conversations import direct_pauses
from bot.store.heartbeats import Heartbeat
from bot.store.migrate import head
from bot.supervision import supervised

log = logging.getLogger(__name__)

BEAT_SECONDS = 60.0
"""How often a process gives a sign of life."""

ALIVE = timedelta(minutes=4)
"""How long a sign of life is good for: a process that works hard may miss some."""

EXAMINED_SECONDS = 5.0
"""How long an answer to whether all is well is good for, whoever asks."""

_MISSED = timedelta(days=1)  # how long a process that has ended without a word is missed
_LATE = timedelta(hours=2)  # what should have gone, or been planned or matched
_PATIENCE = timedelta(minutes=30)
_UNREAD_AFTER = timedelta(hours=7)  # feeds are there four hours after the listings
_AHEAD = timedelta(minutes=5)
_LONGEST_SLOT = timedelta(days=8)


class Health:
    """How the process stands that runs: what it is asked, and its signs of life."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Callable[[], datetime],
        *,
        process: str,
        holidays: Collection[date] = (),
        configured: Sequence[Trouble] = (),
    ) -> None:
        """`process` names this one among all of the installation; `configured` is wrong with its settings."""
        self._configured = configured
        self.pulses = Pulses()
        self._store = store
        self._channels = channels
        self._clock = clock
        self._process = process
        self._holidays = holidays
        self._examined: tuple[float, list[Trouble]] | None = None

    async def troubles(self) -> list[Trouble]:
        """All that is wrong."""
        if self._examined is None or time.monotonic() - self._examined[0] >= EXAMINED_SECONDS:
            found = await examined(self._store, self._clock(), holidays=self._holidays, own=self._own())
            self._examined = time.monotonic(), found
        return self._examined[1]

    async def report(self) -> tuple[bool, list[str]]:
        """Whether all works, and a sentence for each thing that is wrong."""
        return told(await self.troubles())

    async def measured(self) -> list[Family]:
        """The numbers for monitoring."""
        return await measured(self._store, self._clock(), await self.troubles())

    async def beat_for_ever(self) -> None:
        """Give a sign of life again and again; without one, this process is missed."""
        while True:
            await supervised("beat", self.beat)
            await asyncio.sleep(BEAT_SECONDS)

    async def beat(self) -> None:
        """Give a sign of life, with what this process knows to be wrong with itself."""
        now = self._clock()
        told = tuple({"kind": one.kind.value, "values": dict(one.values)} for one in self._own())
        sign = Heartbeat(self._process, now, tuple(self.pulses.names), told)
        async with self._store.write() as tx:
            await tx.heartbeats.beat(sign, now - _MISSED)
        await _tell_of_the_day(self._store, now)

    async def end(self) -> None:
        """End in good order, so that this process is not reported as missing."""
        async with self._store.write() as tx:
            await tx.heartbeats.end(self._process)

    def _own(self) -> list[Trouble]:
        of_channels = [
            one for name, channel in self._channels.items() for one in channel.connection.troubles(name)
        ]
        return [*self.pulses.troubles(), *of_channels, *self._configured]


def told(troubles: Sequence[Trouble]) -> tuple[bool, list[str]]:
    """Whether all works in spite of these troubles, and a sentence for each, after a word that all is well."""
    is_well = all(one.is_small for one in troubles)
    return is_well, [*(["ok"] if is_well else []), *trouble_lines(troubles, "en")]


async def examined(
    store: Store, now: datetime, *, holidays: Collection[date] = (), own: Sequence[Trouble] | None = None
) -> list[Trouble]:
    """All that is wrong, as far as the store knows; `own` is what the process that asks knows of itself.

    Without `own`, some process has to be alive.
    """
    try:
        revision = await store.revision()
        if revision is None:
            return [*(own or ()), Trouble(Kind.DATABASE_EMPTY)]
        if revision != head():
            return [*(own or ()), Trouble(Kind.DATABASE_OLD)]
        async with store.read() as tx:
            lives = _of_processes(await tx.heartbeats.known(), now) if own is None else own
            found = [*lives, *await _of_work(tx, now), *await _of_reading(tx, now, holidays)]
        space = await store.space()
    except (StoreError, DBAPIError, OSError) as error:
        cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return [*(own or ()), Trouble(Kind.DATABASE_AWAY, {"reason": cause})]
    return [*found, *([Trouble(Kind.SPACE, {"space": str(space)})] if space.is_tight else [])]


def _of_processes(lives: Sequence[Heartbeat], now: datetime) -> list[Trouble]:
    """What living processes say of themselves, and which loops have ended with theirs."""
    living = [one for one in lives if now - one.at < ALIVE]
    if not living:
        return [Trouble(Kind.NOT_RUNNING)]
    served = {loop for one in living for loop in one.loops}
    gone = {loop: int((now - one.at).total_seconds() // 60) for one in lives for loop in one.loops}
    told = [Trouble(Kind(one["kind"]), one["values"]) for life in living for one in life.troubles]
    return [*told, *(Trouble(Kind.LOOP_DEAD, {"loop": k, "n": n}) for k, n in gone.items() if k not in served)]


async def _of_work(tx: Transaction, now: datetime) -> list[Trouble]:
    found = []
    last, furthest = await tx.progress.last_written(), await tx.progress.last_due()
    if (last and last > now + _AHEAD) or (furthest and furthest > now + _LONGEST_SLOT):
        found.append(Trouble(Kind.CLOCK, {"now": f"{now:%Y-%m-%d %H:%M} UTC"}))
    if (since := await tx.progress.unmatched_since()) and since < now - _LATE:
        found.append(Trouble(Kind.UNMATCHED, {"since": f"{since:%Y-%m-%d %H:%M} UTC"}))
    if (since := await tx.progress.unplanned_since()) and since < now - _LATE:
        found.append(Trouble(Kind.UNPLANNED, {"since": f"{since:%Y-%m-%d %H:%M} UTC"}))
    for one in await tx.progress.overdue(now - _LATE, now - _PATIENCE):
        values = {"channel": one.channel, "n": one.n, "since": f"{one.since:%Y-%m-%d %H:%M} UTC"}
        found.append(Trouble(Kind.STUCK, values | {"reason": one.reason or "?"}))
    for channel, until in await direct_pauses(tx, now):
        found.append(Trouble(Kind.DIRECT_PAUSED, {"channel": channel, "until": f"{until:%Y-%m-%d %H:%M} UTC"}))
    if held := await tx.outbox.held():
        found.append(Trouble(Kind.HELD, {"n": len(held)}))
    return found


async def _of_reading(tx: Transaction, now: datetime, holidays: Collection[date]) -> list[Trouble]:
    """What could not be read for half an hour, and a day that is missing without a reason."""
    faults = tuple(one for one in await tx.faults.missing() if one.since <= now - _PATIENCE)
    if faults:
        return [Trouble(Kind.MISSING, faults=faults)]
    day = newest(now)
    is_expected = now >= opens(day) + _UNREAD_AFTER + GRACE and no_announcement(day, holidays) is None
    if not is_expected or not await tx.listings.is_watched(day) or await tx.listings.listed(day):
        return []
    known = await tx.announcement_days.on([day])
    return [] if day in known and not known[day].is_announced else [Trouble(Kind.DAY_UNREAD, {"date": str(day)})]


async def _tell_of_the_day(store: Store, now: datetime) -> None:
    """One line a day, for an admin who would see nothing else."""
    if not await store.first_time(f"daily line {now:%Y-%m-%d}", now):
        return
    async with store.read() as tx:
        day, sent = await tx.progress.last_day(), await tx.progress.sent_since(now - timedelta(days=1))
        served = sum((await tx.progress.destinations()).values())
    space = await store.space()
    log.info(
        "day read=%s announcements=%d claimed=%d destinations=%d sent=%d space=%s",
        day.date if day else "nothing", day.read if day else 0, day.claimed if day else 0, served, sent, space,
    )  # fmt: skip


async def measured(store: Store, now: datetime, troubles: Sequence[Trouble]) -> list[Family]:
    """What monitoring may know: the state of the store, and what this process has counted."""
    async with store.read() as tx:
        day, spent = await tx.progress.last_day(), await tx.spending.on(now.date())
        deliveries, due = await tx.progress.deliveries(), await tx.progress.due(now)
        places = await tx.progress.destinations()
    space, kinds = await store.space(), Counter(one.kind.value for one in troubles)
    dated = (("date", str(day.date)),) if day else ()
    return [
        gauge("sudi_healthy", "Whether /healthz says ok.", float(told(troubles)[0])),
        gauge("sudi_troubles", "What /healthz names.", {(("kind", kind),): n for kind, n in kinds.items()}),
        gauge("sudi_announcements_read", "Announcements in the listings of the newest date.",
              {dated: day.read} if day else {}),
        gauge("sudi_announcements_claimed", "As many as these listings claim.",
              {dated: day.claimed} if day else {}),
        gauge("sudi_read_lag_seconds", "Time since a listing of the newest date was read.",
              (now - day.fetched_at).total_seconds() if day else None),
        gauge("sudi_deliveries", "Digests that are kept, by channel and state.",
              {(("channel", name), ("state", state)): n for (name, state), n in deliveries.items()}),
        gauge("sudi_deliveries_due", "Digests that wait to be sent now.",
              {(("channel", name),): n for name, n in due.items()}),
        gauge("sudi_destinations", "Destinations.", {(("channel", name),): n for name, n in places.items()}),
        gauge("sudi_tokens_today", "Tokens that models have used today (UTC).", spent.tokens),
        gauge("sudi_calls_today", "How often models were asked today (UTC).", spent.calls),
        gauge("sudi_cost_today", "What that has cost, in the currency of LLM_PRICES.", spent.cost / 1_000_000),
        gauge("sudi_database_bytes", "Room that the database takes.", space.used),
        SENDS.family(),
        SEND_SECONDS.family(),
    ]  # fmt: skip
