"""How the work stands: what is overdue, what was read and sent. It only reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema

_delivery, _destination, _batch = schema.delivery.c, schema.destination.c, schema.batch.c
_slot, _listing, _part = schema.slot.c, schema.listing.c, schema.part.c


@dataclass(frozen=True, slots=True)
class Overdue:
    """Deliveries of one channel that should have gone by now."""

    channel: str
    n: int
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReadDay:
    """One announcement date as far as it was read: its categories, the papers in them, and as many as claimed."""

    date: date
    categories: int
    read: int
    claimed: int
    fetched_at: datetime


class Progress:
    """The room of those who watch, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def overdue(self, made_before: datetime, due_before: datetime) -> list[Overdue]:
        """Deliveries that were made and due before these instants, to destinations that take them, by channel."""
        rows = await self._connection.execute(
            select(_delivery.channel, func.count(), func.min(_delivery.created_at), func.max(_delivery.reason))
            .join_from(schema.delivery, schema.destination, _destination.id == _delivery.destination_id)
            .where(
                schema.is_on_its_way,
                _destination.paused == "",
                _delivery.created_at < made_before,
                or_(_delivery.due_at < due_before, _delivery.attempts > 0),
            )
            .group_by(_delivery.channel)
            .order_by(_delivery.channel)
        )
        return [Overdue(*row) for row in rows]

    async def unplanned_since(self) -> datetime | None:
        """The earliest instant at which a destination that is not paused should have been served next."""
        is_used = select(_destination.slot_id).where(_destination.paused == "")
        found = await self._connection.execute(select(func.min(_slot.next_due)).where(_slot.id.in_(is_used)))
        since: datetime | None = found.scalar()
        return since

    async def last_due(self) -> datetime | None:
        """The latest instant for which a slot is planned."""
        last: datetime | None = (await self._connection.execute(select(func.max(_slot.next_due)))).scalar()
        return last

    async def unmatched_since(self) -> datetime | None:
        """When the batch was opened that is not published yet."""
        found = await self._connection.execute(
            select(func.min(_batch.opened_at)).where(_batch.published_at.is_(None))
        )
        since: datetime | None = found.scalar()
        return since

    async def last_written(self) -> datetime | None:
        """The latest instant at which anything was written, by the writer's clock."""
        latest = [
            (await self._connection.execute(select(func.max(one)))).scalar()
            for one in (_delivery.created_at, _listing.fetched_at, _batch.opened_at)
        ]
        return max((one for one in latest if one is not None), default=None)

    async def last_day(self) -> ReadDay | None:
        """The newest announcement date of which anything was read."""
        newest = select(func.max(_listing.date)).scalar_subquery()
        row = (
            await self._connection.execute(
                select(
                    _listing.date,
                    func.count(_listing.category.distinct()),
                    func.sum(_listing.read),
                    func.sum(func.coalesce(_listing.claimed, _listing.read)),
                    func.max(_listing.fetched_at),
                )
                .where(_listing.date == newest)
                .group_by(_listing.date)
            )
        ).first()
        return ReadDay(row[0], int(row[1]), int(row[2]), int(row[3]), row[4]) if row else None

    async def deliveries(self) -> dict[tuple[str, str], int]:
        """How many deliveries are kept, by channel and state."""
        rows = await self._connection.execute(
            select(_delivery.channel, _delivery.state, func.count()).group_by(_delivery.channel, _delivery.state)
        )
        return {(row[0], row[1]): row[2] for row in rows}

    async def due(self, now: datetime) -> dict[str, int]:
        """How many deliveries wait to be sent at this moment, by channel."""
        rows = await self._connection.execute(
            select(_delivery.channel, func.count())
            .join_from(schema.delivery, schema.destination, _destination.id == _delivery.destination_id)
            .where(schema.is_open, _delivery.state == "ready", _delivery.due_at <= now, _destination.paused == "")
            .group_by(_delivery.channel)
        )
        return {row[0]: row[1] for row in rows}

    async def destinations(self) -> dict[str, int]:
        """How many destinations there are, by channel."""
        rows = await self._connection.execute(
            select(_destination.channel, func.count()).group_by(_destination.channel)
        )
        return {row[0]: row[1] for row in rows}

    async def sent_since(self, instant: datetime) -> int:
        """How many digests have been sent since an instant."""
        found = await self._connection.execute(
            select(func.count()).where(_delivery.state == "sent", _delivery.done_at >= instant)
        )
        return int(found.scalar_one())
