"""Papers, their announcements, and the listings they came in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Row, Table, bindparam, case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Announcement, AnnounceType, Coverage, Listing, Paper, Validator
from bot.store import schema
from bot.store.among import among
from bot.store.counters import PAPERS, take
from bot.store.merging import says_more
from bot.store.pieces import in_pieces
from bot.store.stored import Amendment, Stored, amendments
from bot.store.texts import Texts
from bot.store.upsert import insert, insert_new
from bot.store.versions import Version, is_one_of

_CHUNK = 400  # versions whose rows are read at once
_paper, _announced, _listing = schema.paper.c, schema.announcement.c, schema.listing.c
_FIELDS = [field.name for field in fields(Paper)]
_EVIDENCE = [name for name in _FIELDS if name not in ("id", "version")]
_T = TypeVar("_T")
_ANNOUNCEMENTS = select(
    _announced.paper_id, _announced.version, _announced.category, _announced.date, _announced.type
).order_by(_announced.paper_id, _announced.version, _announced.category)
_OF_PAPERS = _ANNOUNCEMENTS.where(among(_announced.paper_id, "ids"))
_VERSIONS = select(schema.paper).where(among(_paper.id, "ids")).order_by(_paper.version)
_NUMBERS = select(_paper.id, _paper.version, _paper.n).where(among(_paper.id, "ids"))
_NUMBERED = select(_paper.id, _paper.version, _paper.n).where(among(_paper.n, "numbers"))


class Papers:
    """The room of papers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def stored(self, ids: Collection[str]) -> Stored:
        """All that is stored of some papers: it is read, and judged without the database."""
        found = Stored(await self.versions(ids), ())
        rows = await self._connection.execute(_OF_PAPERS, {"ids": found.papers}) if found.papers else ()
        papers = found.versions
        return replace(found, announcements=[_to_announcement(row, papers) for row in rows])

    async def add(
        self,
        listings: Sequence[Listing],
        new: Sequence[Announcement],
        now: datetime,
        *,
        parts: Sequence[Listing] = (),
        until: datetime | None = None,
        stored: Stored | None = None,
    ) -> list[Amendment]:
        """Store listings, the announcements of them that are new, and the texts they carry; what became of papers.

        `stored` is what there is of their papers, where it was read. Of `parts`, only what they announce: that
        they were read is said when all of them is there. Announcements are not for who has subscribed since
        `until`.
        """
        told = [*parts, *listings]
        if stored is None:
            stored = await self.stored({a.paper.id for one in told for a in one.announcements})
        known = stored.versions
        added = {key: a.paper for a in new if (key := (a.paper.id, a.paper.version)) not in known}
        await self._add(added)
        amended = amendments(told, known | added)
        await self._amend(amended)
        sources = {
            (a.paper.id, a.paper.version, a.category): one.source for one in told for a in one.announcements
        }
        await insert_new(
            self._connection,
            schema.announcement,
            [
                {
                    "paper_id": a.paper.id,
                    "version": a.paper.version,
                    "category": a.category,
                    "date": a.date,
                    "type": a.type.value,
                    "source": sources[a.paper.id, a.paper.version, a.category],
                    "before": until,
                }
                for a in new
            ],
        )
        for one in listings:
            await self._add_listing(one, now)
            await Texts(self._connection).carry(one.summaries, now)
        return amended

    async def ensure(self, papers: Iterable[Paper]) -> None:
        """Store the papers that are not there yet."""
        told = {(paper.id, paper.version): paper for paper in papers}
        known = await self.papers(told)
        await self._add({key: paper for key, paper in told.items() if key not in known})

    async def _add(self, papers: Mapping[Version, Paper]) -> None:
        """Store new papers, each with a number of its own."""
        if papers:
            first = await take(self._connection, PAPERS, len(papers))
            rows = [{**_to_values(paper), "n": n} for n, paper in enumerate(papers.values(), first)]
            await insert_new(self._connection, schema.paper, rows)

    async def _amend(self, amendments: Iterable[Amendment]) -> None:
        """Store papers as they are known by now; what says more is a new revision, to be matched again."""
        rows = [
            {
                **{f"new_{name}": value for name, value in _to_values(one.after).items()},
                "more": int(says_more(one.before, one.after)),
            }
            for one in amendments
        ]
        if rows:
            values = {name: bindparam(f"new_{name}", type_=_paper[name].type) for name in _EVIDENCE}
            await self._connection.execute(
                schema.paper.update()
                .where(_paper.id == bindparam("new_id"), _paper.version == bindparam("new_version"))
                .values(**values, revision=_paper.revision + bindparam("more")),
                rows,
            )

    async def renumber(self, version: Version, right: int) -> None:
        """Give a paper the version that was told later, wherever it is stored: a version that is not there yet."""
        paper_id, number = version
        is_it = (_paper.id == paper_id) & (_paper.version == number)
        if right != number:
            row = (await self._connection.execute(select(schema.paper).where(is_it))).one()
            copy = {**row._mapping, "version": right, "n": -row.n}  # while both are there
            await self._connection.execute(schema.paper.insert().values(copy))
            for table in _of_versions():
                await self._connection.execute(
                    table.update()
                    .where(table.c.paper_id == paper_id, table.c.version == number)
                    .values(version=right)
                )
            await self._connection.execute(schema.paper.delete().where(is_it))
            await self._connection.execute(schema.paper.update().where(_paper.n == -row.n).values(n=row.n))
        await self._connection.execute(
            schema.paper.update()
            .where(_paper.id == paper_id, _paper.version == right)
            .values(is_version_known=True)
        )

    async def _add_listing(self, one: Listing, now: datetime) -> None:
        validator = one.validator or Validator("")
        values = {
            "read": len(one.announcements),
            "claimed": one.claimed,
            "fetched_at": now,
            "unread": sorted({row.paper for row in one.unread}),
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

    async def validators(self, source: str) -> dict[str, Validator]:
        """What the source gave for asking again cheaply, by category, of the newest listing of each."""
        rows = await self._connection.execute(
            select(schema.listing).where(_listing.source == source, _listing.url != "").order_by(_listing.date)
        )
        return {row.category: Validator(row.url, row.etag, row.last_modified) for row in rows}

    async def last_fetch(self, source: str | None = None) -> datetime | None:
        """When a listing was stored last, of one source or of any."""
        asked = select(func.max(_listing.fetched_at))
        if source is not None:
            asked = asked.where(_listing.source == source)
        found: datetime | None = (await self._connection.execute(asked)).scalar()
        return found

    async def coverage(self, dates: Collection[date]) -> list[Coverage]:
        """How much of each category was read on these dates; the best confirmation of each."""
        rows = await self._connection.execute(
            select(schema.listing).where(_listing.date.in_(dates)).order_by(_listing.date, _listing.category)
        )
        return [
            _coverage(category, day, list(group))
            for (category, day), group in groupby(rows, key=lambda row: (row.category, row.date))
        ]

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

    async def counts(self, since: date) -> dict[date, int]:
        """How many papers were announced on each date since one."""
        rows = await self._connection.execute(
            select(_announced.date, func.count(_announced.paper_id.distinct()))
            .where(_announced.date >= since)
            .group_by(_announced.date)
        )
        return {row[0]: row[1] for row in rows}

    async def announced_on(self, dates: Collection[date]) -> list[Announcement]:
        """All announcements of these dates, in all categories that were read; others get their turn in between."""
        is_it = _announced.date.in_(dates)
        versions = select(_announced.paper_id, _announced.version).where(is_it)
        papers: dict[Version, Paper] = {}
        of_papers = select(schema.paper).where(tuple_(_paper.id, _paper.version).in_(versions))
        async for row in in_pieces(self._connection, of_papers):
            papers[row.id, row.version] = _to_paper(row)
        return [
            _to_announcement(row, papers) async for row in in_pieces(self._connection, _ANNOUNCEMENTS.where(is_it))
        ]

    async def announced(self, versions: Collection[Version]) -> list[Announcement]:
        """All announcements of these versions of papers."""
        found: list[Announcement] = []
        for keys in _chunks(list(versions)):
            papers = await self.papers(keys)
            is_it = is_one_of(_announced.paper_id, _announced.version, keys)
            rows = await self._connection.execute(_ANNOUNCEMENTS.where(is_it))
            found += [_to_announcement(row, papers) for row in rows.all()]
        return found

    async def papers(self, versions: Collection[Version]) -> dict[Version, Paper]:
        """These versions of papers, as far as they are stored."""
        found: dict[Version, Paper] = {}
        for keys in _chunks(list(versions)):
            rows = await self._connection.execute(
                select(schema.paper).where(is_one_of(_paper.id, _paper.version, keys))
            )
            found |= {(row.id, row.version): _to_paper(row) for row in rows}
        return found

    async def numbered(self, numbers: Collection[int]) -> dict[int, Version]:
        """The ids and versions of papers by their numbers, as far as they are stored."""
        found: dict[int, Version] = {}
        for row in await self._connection.execute(_NUMBERED, {"numbers": numbers}):
            found[row.n] = (row.id, row.version)
        return found

    async def versions_of(self, ids: Collection[str]) -> dict[str, list[tuple[int, int]]]:
        """The versions of papers that are stored, each with its number."""
        found: dict[str, list[tuple[int, int]]] = {}
        for row in await self._connection.execute(_NUMBERS, {"ids": ids}):
            found.setdefault(row.id, []).append((row.version, row.n))
        return found

    async def versions(self, ids: Collection[str]) -> dict[str, list[Paper]]:
        """Every stored version of these papers, as far as there are any, in order."""
        found: dict[str, list[Paper]] = {}
        for row in await self._connection.execute(_VERSIONS, {"ids": ids}):
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
        is_version_known=row.is_version_known,
    )


def _to_announcement(row: Any, papers: Mapping[Version, Paper]) -> Announcement:
    return Announcement(papers[row.paper_id, row.version], row.category, row.date, AnnounceType(row.type))


def _of_versions() -> Iterator[Table]:
    """The tables that name versions of papers."""
    return (one for one in schema.metadata.tables.values() if {"paper_id", "version"} <= set(one.c.keys()))


def _to_values(paper: Paper) -> dict[str, Any]:
    return {name: getattr(paper, name) for name in _FIELDS}


def _coverage(category: str, day: date, rows: Sequence[Row[Any]]) -> Coverage:
    """What the listings of several sources say together."""
    claims = [row.claimed for row in rows if row.claimed is not None]
    confirmed = [row.confirmed_at for row in rows if row.confirmed_at]
    return Coverage(
        category,
        day,
        max(row.read for row in rows),
        max(claims, default=None),
        max(row.confirmed_by for row in rows),
        max(confirmed or [row.fetched_at for row in rows]),
        is_mailed=any(row.is_mailed for row in rows),
        unread=len(set.intersection(*(set(row.unread) for row in rows))),
    )


def _chunks(keys: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
