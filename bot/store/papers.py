"""Papers, their announcements, and the listings they came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Row, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Announcement, AnnounceType, Coverage, Listing, Paper, Validator
from bot.store import schema
from bot.store.pieces import in_pieces
from bot.store.texts import Texts, Version
from bot.store.upsert import insert

_CHUNK = 400  # rows of keys in one statement: SQLite allows 32,766 variables, older builds 999
_paper, _announced, _listing = schema.paper.c, schema.announcement.c, schema.listing.c
_T = TypeVar("_T")


class Papers:
    """The room of papers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def unknown(self, listings: Iterable[Listing]) -> list[Announcement]:
        """The announcements that are not stored yet; nothing is written."""
        found = {(a.paper.id, a.paper.version, a.category): a for one in listings for a in one.announcements}
        for keys in _chunks(list(found)):
            rows = await self._connection.execute(
                select(_announced.paper_id, _announced.version, _announced.category).where(
                    tuple_(_announced.paper_id, _announced.version, _announced.category).in_(keys)
                )
            )
            for row in rows:
                found.pop((row.paper_id, row.version, row.category), None)
        return list(found.values())

    async def add(
        self,
        listings: Sequence[Listing],
        new: Sequence[Announcement],
        now: datetime,
        *,
        parts: Sequence[Listing] = (),
    ) -> None:
        """Store listings, the announcements of them that are new, and the texts they carry.

        Of `parts`, only what they announce: that they were read is said when all of them is there.
        """
        told = [a for one in (*parts, *listings) for a in one.announcements]
        await self._add_papers([a.paper for a in told if a.paper.comments], [a.paper for a in new])
        sources = {
            (a.paper.id, a.paper.version, a.category): one.source
            for one in (*parts, *listings)
            for a in one.announcements
        }
        await self._insert(
            schema.announcement,
            [
                {
                    "paper_id": a.paper.id,
                    "version": a.paper.version,
                    "category": a.category,
                    "date": a.date,
                    "type": a.type.value,
                    "source": sources[a.paper.id, a.paper.version, a.category],
                }
                for a in new
            ],
        )
        for one in listings:
            await self._add_listing(one, now)
            await Texts(self._connection).carry(one.summaries, now)

    async def _add_papers(self, commented: Iterable[Paper], new: Iterable[Paper]) -> None:
        """Store papers that are new, and comments that have come later."""
        papers = {(paper.id, paper.version): paper for paper in (*commented, *new)}
        rows = [
            {**asdict(paper), "authors": list(paper.authors), "categories": list(paper.categories)}
            for paper in papers.values()
        ]
        if rows:
            statement = insert(self._connection, schema.paper)
            statement = statement.on_conflict_do_update(
                index_elements=["id", "version"],
                set_={"comments": func.coalesce(func.nullif(statement.excluded.comments, ""), _paper.comments)},
            )
            await self._connection.execute(statement, rows)

    async def _add_listing(self, one: Listing, now: datetime) -> None:
        validator = one.validator or Validator("")
        values = {
            "read": len(one.announcements),
            "claimed": one.claimed,
            "fetched_at": now,
            **asdict(validator),
        }
        if one.confirmed_by:
            values |= {"confirmed_by": one.confirmed_by, "confirmed_at": now}
        key = {"source": one.source, "category": one.category, "date": one.date}
        statement = insert(self._connection, schema.listing).values(**key, **values)
        # A later, emptier answer does not undo what was read before.
        most = case((_listing.read > statement.excluded.read, _listing.read), else_=statement.excluded.read)
        await self._connection.execute(
            statement.on_conflict_do_update(index_elements=list(key), set_={**values, "read": most})
        )

    async def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            await self._connection.execute(insert(self._connection, table).on_conflict_do_nothing(), rows)

    async def validators(self, source: str) -> dict[str, Validator]:
        """What the source gave for asking again cheaply, by category, of the newest listing of each."""
        rows = await self._connection.execute(
            select(schema.listing).where(_listing.source == source, _listing.url != "").order_by(_listing.date)
        )
        return {row.category: Validator(row.url, row.etag, row.last_modified) for row in rows}

    async def last_fetch(self) -> datetime | None:
        """When a listing was stored last."""
        found: datetime | None = (await self._connection.execute(select(func.max(_listing.fetched_at)))).scalar()
        return found

    async def coverage(self, dates: Collection[date]) -> list[Coverage]:
        """How much of each category was read on these dates; the best witness of each."""
        rows = await self._connection.execute(
            select(
                _listing.category,
                _listing.date,
                func.max(_listing.read),
                func.max(_listing.claimed),
                func.max(_listing.confirmed_by),
                func.coalesce(func.max(_listing.confirmed_at), func.max(_listing.fetched_at)),
                func.max(case((_listing.is_mailed, 1), else_=0)),
            )
            .where(_listing.date.in_(dates))
            .group_by(_listing.category, _listing.date)
            .order_by(_listing.date, _listing.category)
        )
        return [Coverage(*row[:-1], is_mailed=bool(row[-1])) for row in rows]

    async def days(self, most: int) -> list[date]:
        """The last announcement dates that are stored, newest first."""
        rows = await self._connection.execute(
            select(_listing.date).distinct().order_by(_listing.date.desc()).limit(most)
        )
        return list(rows.scalars())

    async def states(self, dates: Collection[date]) -> dict[date, tuple[int, datetime | None]]:
        """Of each date, how many announcements it has and when a listing was stored last."""
        counts = await self._connection.execute(
            select(_announced.date, func.count()).where(_announced.date.in_(dates)).group_by(_announced.date)
        )
        fetched = await self._connection.execute(
            select(_listing.date, func.max(_listing.fetched_at))
            .where(_listing.date.in_(dates))
            .group_by(_listing.date)
        )
        last = {row[0]: row[1] for row in fetched}
        found = {row[0]: row[1] for row in counts}
        return {day: (found.get(day, 0), last.get(day)) for day in dates}

    async def announced_on(self, dates: Collection[date]) -> list[Announcement]:
        """All announcements of these dates, in all categories that were read."""
        return await self._announcements(_announced.date.in_(dates))

    async def announced(self, versions: Collection[Version]) -> list[Announcement]:
        """All announcements of these versions of papers."""
        found: list[Announcement] = []
        for keys in _chunks(list(versions)):
            found += await self._announcements(tuple_(_announced.paper_id, _announced.version).in_(keys))
        return found

    async def _announcements(self, condition: Any) -> list[Announcement]:
        """Read in pieces, so that others get their turn in between."""
        versions = select(_announced.paper_id, _announced.version).where(condition)
        papers: dict[Version, Paper] = {}
        of_these = select(schema.paper).where(tuple_(_paper.id, _paper.version).in_(versions))
        async for row in in_pieces(self._connection, of_these):
            papers[row.id, row.version] = _to_paper(row)
        announced = (
            select(schema.announcement)
            .where(condition)
            .order_by(_announced.paper_id, _announced.version, _announced.category)
        )
        return [
            Announcement(papers[row.paper_id, row.version], row.category, row.date, AnnounceType(row.type))
            async for row in in_pieces(self._connection, announced)
        ]

    async def papers(self, versions: Collection[Version]) -> dict[Version, Paper]:
        """These versions of papers, as far as they are stored."""
        found: dict[Version, Paper] = {}
        for keys in _chunks(list(versions)):
            rows = await self._connection.execute(
                select(schema.paper).where(tuple_(_paper.id, _paper.version).in_(keys))
            )
            found |= {(row.id, row.version): _to_paper(row) for row in rows}
        return found

    async def versions(self, ids: Collection[str]) -> dict[str, list[Paper]]:
        """Every stored version of these papers, as far as there are any, in order."""
        found: dict[str, list[Paper]] = {}
        for keys in _chunks(list(ids)):
            rows = await self._connection.execute(
                select(schema.paper).where(_paper.id.in_(keys)).order_by(_paper.version)
            )
            for row in rows:
                found.setdefault(row.id, []).append(_to_paper(row))
        return found

    async def newest(self, paper_id: str) -> Paper | None:
        """The newest stored version of a paper."""
        rows = await self._connection.execute(
            select(schema.paper).where(_paper.id == paper_id).order_by(_paper.version.desc()).limit(1)
        )
        row = rows.first()
        return None if row is None else _to_paper(row)


def _to_paper(row: Row[Any]) -> Paper:
    return Paper(
        id=row.id,
        version=row.version,
        title=row.title,
        authors=tuple(row.authors),
        abstract=row.abstract,
        categories=tuple(row.categories),
        comments=row.comments,
        doi=row.doi,
        journal_ref=row.journal_ref,
        license=row.license,
    )


def _chunks(keys: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
