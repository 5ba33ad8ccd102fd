"""What a clock that was ahead has left behind: whatever is further away than it can be is void."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Table, and_, bindparam, case, exists, or_, select
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

_skew, _lease, _rest, _mailing = (bindparam(name, type_=Instant) for name in ("skew", "lease", "rest", "mailing"))
_is_to_come = _fault.date > bindparam("today", type_=Date)  # no day is announced before its midnight by UTC
_VOID: dict[Table, ColumnElement[bool]] = {
    schema.pace: _pace.next_at
    > case(
        (or_(_pace.key.in_(LEASES), *map(_pace.key.startswith, RATES)), _lease),
        (_pace.key.startswith(AGAIN), _mailing),
        else_=_rest,
    ),
    schema.delivery: and_(schema.is_on_its_way, _delivery.due_at > _rest),
    schema.fault: and_(_fault.over_at.is_(None), or_(_fault.tried_at > _skew, _is_to_come)),
    schema.watch: _watch.since > bindparam("mailing_day", type_=Date),
    schema.announcement_day: _day.seen_at > _skew,
}
"""Which rows of each table cannot be of a clock that was right."""
_IS_VOID = select(or_(*(exists().where(condition) for condition in _VOID.values())))
_LATE_SLOTS = select(schema.slot).where(_slot.next_due > _rest)


class Ahead:
    """The room of what lies ahead, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_void(self, now: datetime) -> bool:
        """Whether anything is further away than it can be."""
        found = await self._connection.execute(_IS_VOID, _limits(now))
        return bool(found.scalar()) or bool(await self._slots(now))

    async def void(self, now: datetime) -> int:
        """Forget it, or let it be due now; how many rows that were."""
        slots = await self._slots(now)
        for number, due in slots.items():
            await self._connection.execute(schema.slot.update().where(_slot.id == number).values(next_due=due))
        done = [
            await self._connection.execute(statement, _limits(now))
            for statement in (
                schema.pace.update().where(_VOID[schema.pace]).values(next_at=now),
                schema.delivery.update().where(_VOID[schema.delivery]).values(due_at=now),
                schema.fault.delete().where(_is_to_come),
                schema.fault.update().where(_VOID[schema.fault]).values(tried_at=now),
                schema.watch.delete().where(_VOID[schema.watch]),
                schema.announcement_day.delete().where(_VOID[schema.announcement_day]),
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
        rows = await self._connection.execute(_LATE_SLOTS, _limits(now))
        next_times = {row: Slot(row.zone, row.minute, Days(row.days)).next_after(now) for row in rows}
        return {row.id: due for row, due in next_times.items() if row.next_due > due}


def _limits(now: datetime) -> dict[str, Any]:
    """How far away each thing can be."""
    return {
        "skew": now + _SKEW,
        "lease": now + _LEASE,
        "rest": now + _LONGEST,
        "mailing": now + _MAILING,
        "today": now.date(),
        "mailing_day": (now + _MAILING).date(),
    }
