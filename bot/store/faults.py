"""What could not be read, since when, and who was told; and which days had a mailing at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import ALL, AnnouncementDay, Fault, NoAnnouncement
from bot.store import schema
from bot.store.upsert import insert

_fault, _listing, _announcement_day = schema.fault.c, schema.listing.c, schema.announcement_day.c
_COLUMNS = [_fault[field.name] for field in fields(Fault)]
_IS_OPEN = _fault.over_at.is_(None)
_IN_ORDER = select(*_COLUMNS).order_by(_fault.date, _fault.category, _fault.source)
_IS_GIVEN = exists().where(
    _listing.date == _fault.date,
    or_(_listing.category == _fault.category, _listing.category == ALL, _fault.category == ALL),
)
_MISSING = _IN_ORDER.where(_IS_OPEN, ~_IS_GIVEN)


class Faults:
    """The room of faults, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, source: str, category: str, day: date, reason: str, now: datetime) -> None:
        """Note that a source could not give a category of a day; a closed one is opened and told again."""
        key = {"source": source, "category": category, "date": day}
        statement = insert(self._connection, schema.fault).values(**key, reason=reason, since=now, tried_at=now)
        again = {"reason": reason, "tried_at": now}
        await self._connection.execute(
            schema.fault.delete().where(*(_fault[name] == value for name, value in key.items()), ~_IS_OPEN)
        )
        await self._connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=again))

    async def close(self, source: str, category: str, day: date, now: datetime) -> None:
        """It has been given after all, or is not needed any more."""
        await self.close_all(source, [category], day, now)

    async def close_all(self, source: str, categories: Collection[str], day: date, now: datetime) -> None:
        """The same of several categories."""
        where = (_fault.source == source, _fault.category.in_(categories), _fault.date == day, _IS_OPEN)
        await self._connection.execute(schema.fault.update().where(*where).values(over_at=now))

    async def current(self) -> list[Fault]:
        """The faults that are not over, oldest day first."""
        return await self._found(_IS_OPEN)

    async def missing(self) -> list[Fault]:
        """The current faults whose category and date no other source has given either."""
        return [Fault(*row) for row in await self._connection.execute(_MISSING)]

    async def untold(self, before: datetime) -> list[Fault]:
        """The open faults that began before an instant and were not told yet."""
        return await self._found(and_(_IS_OPEN, _fault.told_at.is_(None), _fault.since <= before))

    async def over_untold(self) -> list[Fault]:
        """The closed faults that were told, but whose end was not."""
        is_told = _fault.told_at.is_not(None)
        return await self._found(and_(~_IS_OPEN, is_told, _fault.over_told_at.is_(None)))

    async def told(self, faults: Iterable[Fault], now: datetime) -> None:
        """Note that these were told: that they began, or that they ended."""
        for one in faults:
            column = "told_at" if one.over_at is None else "over_told_at"
            same = (_fault.source == one.source, _fault.category == one.category, _fault.date == one.date)
            await self._connection.execute(
                schema.fault.update().where(*same, _fault.since == one.since).values({column: now})
            )

    async def _found(self, condition: ColumnElement[bool]) -> list[Fault]:
        return [Fault(*row) for row in await self._connection.execute(_IN_ORDER.where(condition))]


class AnnouncementDays:
    """The room of mailings, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def announced(self, day: date, now: datetime) -> None:
        """A listing of that day was seen, whatever was thought of it before."""
        values: dict[str, Any] = {"kind": "announced", "reason": "", "seen_at": now}
        statement = insert(self._connection, schema.announcement_day).values(date=day, **values)
        await self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["date"], set_=values, where=_announcement_day.kind != values["kind"]
            )
        )

    async def none(self, day: date, reason: NoAnnouncement | None, now: datetime) -> None:
        """Note that there was no mailing that day, unless one was seen."""
        statement = insert(self._connection, schema.announcement_day).values(
            date=day, kind="none", reason=reason or "", seen_at=now
        )
        await self._connection.execute(statement.on_conflict_do_nothing())

    async def on(self, dates: Collection[date]) -> dict[date, AnnouncementDay]:
        """What was learnt about these dates, as far as anything was."""
        rows = await self._connection.execute(
            select(schema.announcement_day).where(_announcement_day.date.in_(dates))
        )
        return {
            row.date: AnnouncementDay(
                row.date, row.kind == "announced", NoAnnouncement(row.reason) if row.reason else None, row.seen_at
            )
            for row in rows
        }
