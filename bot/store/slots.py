"""Slots: when destinations are due. Any number of schedulers may ask; each due instant is taken once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Days, Slot
from bot.store import schema
from bot.store.upsert import insert

_slot = schema.slot.c


@dataclass(frozen=True, slots=True)
class DueSlot:
    """A slot whose time has come: `due` is the instant that was planned, however late it is now."""

    id: int
    slot: Slot
    due: datetime


class Slots:
    """The room of slots, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def ensure(self, slot: Slot, now: datetime) -> int:
        """The id of a slot, which is made when it is new."""
        values = {"zone": slot.zone, "minute": slot.minute, "days": str(slot.days)}
        statement = insert(self._connection, schema.slot).values(**values, next_due=slot.next_after(now))
        await self._connection.execute(statement.on_conflict_do_nothing())
        found = await self._connection.execute(
            select(_slot.id).where(*(getattr(_slot, name) == value for name, value in values.items()))
        )
        return int(found.scalar_one())

    async def due(self, now: datetime) -> list[DueSlot]:
        """The slots whose time has come, longest overdue first."""
        rows = await self._connection.execute(
            select(schema.slot).where(_slot.next_due <= now).order_by(_slot.next_due)
        )
        return [DueSlot(row.id, Slot(row.zone, row.minute, Days(row.days)), row.next_due) for row in rows]

    async def first(self, after: datetime | None = None) -> datetime | None:
        """When the next slot is due, of all or of those after an instant."""
        asked = select(func.min(_slot.next_due))
        if after is not None:
            asked = asked.where(_slot.next_due > after)
        found: datetime | None = (await self._connection.execute(asked)).scalar()
        return found

    async def take(self, due: DueSlot, now: datetime) -> bool:
        """Move a due slot to its next time after `now`; False when another process has moved it."""
        result = await self._connection.execute(
            schema.slot.update()
            .where(_slot.id == due.id, _slot.next_due == due.due)
            .values(next_due=due.slot.next_after(now))
        )
        return result.rowcount == 1

    async def next_due(self, slot: Slot) -> datetime | None:
        """The planned instant of a slot, None when no destination uses it."""
        found = await self._connection.execute(
            select(_slot.next_due).where(
                _slot.zone == slot.zone, _slot.minute == slot.minute, _slot.days == str(slot.days)
            )
        )
        return found.scalar_one_or_none()
