"""What a clock that was ahead has left behind: whatever is further away than it can be is void."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, and_, case, exists, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Days, Slot
from bot.store import schema
from bot.store.instant import Instant
from bot.store.pace import AGAIN, LEASES, RATES

_SKEW = timedelta(minutes=5)  # what was written may be so much later than our clock
_LONGEST = timedelta(hours=26)  # a rest lasts until the next night at most, and so does a retry
_LEASE = timedelta(minutes=15)  # longer than any of these, which nobody gives a rest, and than any queue
_MAILING = timedelta(days=5)  # the next mailing is not further away

_pace, _slot, _delivery = schema.pace.c, schema.slot.c, schema.delivery.c
_WRITTEN = (schema.delivery.c.created_at, schema.listing.c.fetched_at, schema.batch.c.opened_at)
_fault, _watch, _day = schema.fault.c, schema.watch.c, schema.announcement_day.c


class Ahead:
    """The room of what lies ahead, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_void(self, now: datetime) -> bool:
        """Whether anything is further away than it can be."""
        found = select(or_(*(exists().where(condition) for condition in _void(now).values())))
        return bool((await self._connection.execute(found)).scalar()) or bool(await self._slots(now))

    async def void(self, now: datetime) -> int:
        """Forget it, or let it be due now; how many rows that were."""
        slots = await self._slots(now)
        for number, due in slots.items():
            await self._connection.execute(schema.slot.update().where(_slot.id == number).values(next_due=due))
        is_void = _void(now)
        done = [
            await self._connection.execute(statement)
            for statement in (
                schema.pace.update().where(is_void[schema.pace]).values(next_at=now),
                schema.delivery.update().where(is_void[schema.delivery]).values(due_at=now),
                schema.fault.delete().where(_is_to_come(now)),
                schema.fault.update().where(is_void[schema.fault]).values(tried_at=now),
                schema.watch.delete().where(is_void[schema.watch]),
                schema.announcement_day.delete().where(is_void[schema.announcement_day]),
            )
        ]
        return len(slots) + sum(one.rowcount for one in done)

    async def settle(self, now: datetime) -> None:
        """Let what has been written be of now, which ends the word that the clock is or was wrong."""
        for one in _WRITTEN:
            late = one.table.update().where(one > now + _SKEW)
            await self._connection.execute(late.values({one.name: now}))

    async def _slots(self, now: datetime) -> dict[int, datetime]:
        """When slots are due that are planned for later than their next time."""
        rows = await self._connection.execute(select(schema.slot).where(_slot.next_due > now + _LONGEST))
        next_times = {row: Slot(row.zone, row.minute, Days(row.days)).next_after(now) for row in rows}
        return {row.id: due for row, due in next_times.items() if row.next_due > due}


def _is_to_come(now: datetime) -> ColumnElement[bool]:
    """Whether a fault is of a day that is not announced yet: none is before its midnight by UTC."""
    return _fault.date > now.date()


def _void(now: datetime) -> dict[Table, ColumnElement[bool]]:
    """Which rows of each table cannot be of a clock that was right."""
    longest = case(
        (_pace.key.in_(LEASES), literal(now + _LEASE, Instant)),
        (or_(*map(_pace.key.startswith, RATES)), literal(now + _LEASE, Instant)),
        (_pace.key.startswith(AGAIN), literal(now + _MAILING, Instant)),
        else_=literal(now + _LONGEST, Instant),
    )
    return {
        schema.pace: _pace.next_at > longest,
        schema.delivery: and_(_delivery.state == "ready", _delivery.due_at > now + _LONGEST),
        schema.fault: and_(_fault.over_at.is_(None), or_(_fault.tried_at > now + _SKEW, _is_to_come(now))),
        schema.watch: _watch.since > (now + _MAILING).date(),
        schema.announcement_day: _day.seen_at > now + _SKEW,
    }
