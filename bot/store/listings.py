"""What is read of the sources: which categories since when, what of each day is there, and what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert_new

_announced, _listing, _watch = schema.announcement.c, schema.listing.c, schema.watch.c


class Listings:
    """The room of what is read, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def watch(self, categories: Collection[str], day: date) -> dict[str, date]:
        """Since which date each of these categories is read: `day` for those that were not read before."""
        known = await self.watched()
        if gone := known.keys() - set(categories):
            await self._connection.execute(schema.watch.delete().where(_watch.category.in_(gone)))
        new = [{"category": code, "since": day} for code in categories if code not in known]
        await insert_new(self._connection, schema.watch, new)
        return {code: known.get(code, day) for code in categories}

    async def watched(self) -> dict[str, date]:
        """Since which date each category is read."""
        return {row.category: row.since for row in await self._connection.execute(select(schema.watch))}

    async def is_watched(self, day: date) -> bool:
        """Whether anything is to be read of the mailing of a day."""
        found = await self._connection.execute(select(_watch.category).where(_watch.since <= day).limit(1))
        return found.first() is not None

    async def listed(self, first: date, category: str | None = None) -> set[tuple[str, str, date]]:
        """Source, category and date of every listing since a date; or only of those of one category."""
        rows = await self._connection.execute(
            select(_listing.source, _listing.category, _listing.date).where(
                _listing.date >= first, true() if category is None else _listing.category == category
            )
        )
        return {(row.source, row.category, row.date) for row in rows}

    async def ids(self, category: str, first: date) -> dict[date, set[str]]:
        """The papers that a category has announced on each date since one."""
        found: dict[date, set[str]] = {}
        rows = await self._connection.execute(
            select(_announced.date, _announced.paper_id).where(
                _announced.category == category, _announced.date >= first
            )
        )
        for row in rows:
            found.setdefault(row.date, set()).add(row.paper_id)
        return found

    async def unread(self, source: str, category: str, day: date) -> set[str]:
        """What the papers are called that a source could not give readably."""
        rows = await self._connection.execute(
            select(_listing.unread).where(
                _listing.source == source, _listing.category == category, _listing.date == day
            )
        )
        return {name for found in rows.scalars() for name in found}

    async def unread_since(self, source: str, first: date) -> set[tuple[str, date]]:
        """The categories and dates since one of which a source could not give some papers readably."""
        rows = await self._connection.execute(
            select(_listing.category, _listing.date, _listing.unread).where(
                _listing.source == source, _listing.date >= first
            )
        )
        return {(row.category, row.date) for row in rows if row.unread}

    async def confirm(self, source: str, category: str, day: date, by: str, now: datetime) -> None:
        """Another source has the same papers for that category and day."""
        await self._connection.execute(
            schema.listing.update()
            .where(_listing.source == source, _listing.category == category, _listing.date == day)
            .values(confirmed_by=by, confirmed_at=now)
        )

    async def mailed(self, category: str, day: date) -> None:
        """arXiv's own mail names no new paper of that category and day beyond those that were read."""
        await self._connection.execute(
            schema.listing.update()
            .where(_listing.category == category, _listing.date == day)
            .values(is_mailed=True)
        )

    async def unmailed(self, papers: Mapping[str, Collection[str]], day: date) -> dict[str, set[str]]:
        """Of each category that was read for a day, which of these papers it lacks."""
        rows = await self._connection.execute(
            select(_listing.category).where(_listing.date == day, _listing.category.in_(papers)).distinct()
        )
        found = {row.category: set(papers[row.category]) for row in rows}
        for code in found:
            found[code] -= (await self.ids(code, day)).get(day, set())
        return found
