"""Batches: what is matched at once, for all queries. One at a time is open; published ones do not change.

A batch takes what is unmatched when it is opened. A process that dies leaves it open with all of its papers, and
the next one matches them again. Nobody sees its hits until it is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.counters import BATCHES, take
from bot.store.packing import of_shorts, pack, unpack
from bot.store.upsert import insert_new
from bot.store.versions import is_one_of
from bot.text.normal import HAN

_batch, _hit, _paper, _announced = schema.batch.c, schema.hit.c, schema.paper.c, schema.announcement.c
_text, _query, _subscription = schema.text_.c, schema.query.c, schema.subscription.c
_change = schema.change.c

DAY, TEXT = "day", "text"
_CHINESE = f"[{HAN}]"
_UNMATCHED = text("text.is_matched IS false")
"""As its index has it: for SQLite, `IS 0` is another condition, and the whole table would be read."""
_IS_UNMATCHED = select(
    or_(
        exists().where(_batch.published_at.is_(None), _batch.kind == DAY),
        exists().where(_announced.batch.is_(None)),
        exists().where(_paper.revision > _paper.evaluated_revision),
    )
)
_IS_LEFT = select(
    or_(exists().where(_batch.published_at.is_(None)), select(schema.text_).where(_UNMATCHED).exists())
)
_MOST_TEXTS = 2_000
_LEFT = 2_000  # hits of an unfinished batch that are deleted at once


@dataclass(frozen=True, slots=True)
class Batch:
    """An open batch; `papers` are their numbers, in order."""

    id: int
    kind: str
    before: datetime | None
    papers: tuple[int, ...]
    is_left: bool = False  # by a process that may have written some of its hits


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a batch, and how many subscriptions to it there are."""

    id: int
    text: str
    subscriptions: int


class Batches:
    """The room of batches, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def is_unmatched(self) -> bool:
        """Whether anything that was announced, or is told of a paper now, has yet to be matched."""
        return bool((await self._connection.execute(_IS_UNMATCHED)).scalar())

    async def is_wanting(self) -> bool:
        """The same, or Chinese texts that have yet to be matched."""
        return bool((await self._connection.execute(_IS_LEFT)).scalar()) or await self.is_unmatched()

    async def open(self, now: datetime) -> Batch | None:
        """The batch that was left open, or a new one of what waits; None when nothing does."""
        left = (await self._connection.execute(select(schema.batch).where(_batch.published_at.is_(None)))).first()
        if left is not None:
            return Batch(left.id, left.kind, left.before, tuple(unpack(left.papers)), is_left=True)
        number = await take(self._connection, BATCHES)
        kind, before = DAY, None
        papers = await self._take_announced(number, None) | await self._take_stale()
        if not papers and (before := await self._first_before()) is not None:
            papers = await self._take_announced(number, before)
        if not papers:
            kind, papers = TEXT, await self._take_texts()
        if not papers:
            return None
        if kind == DAY:
            await self._have_texts(number)
        await self._connection.execute(schema.change.update().where(_change.batch.is_(None)).values(batch=number))
        values = {"id": number, "kind": kind, "before": before, "papers": pack(sorted(papers)), "opened_at": now}
        await self._connection.execute(schema.batch.insert().values(values))
        return Batch(number, kind, before, tuple(sorted(papers)))

    async def _first_before(self) -> datetime | None:
        found = await self._connection.execute(
            select(func.min(_announced.before)).where(_announced.batch.is_(None))
        )
        first: datetime | None = found.scalar()
        return first

    async def _take_announced(self, number: int, before: datetime | None) -> set[int]:
        """Take what was announced and waits, all of it for the same readers."""
        await self._connection.execute(
            schema.announcement.update()
            .where(_announced.batch.is_(None), _announced.before.is_not_distinct_from(before))
            .values(batch=number)
        )
        rows = await self._connection.execute(
            select(_paper.n)
            .distinct()
            .join_from(
                schema.announcement,
                schema.paper,
                (_paper.id == _announced.paper_id) & (_paper.version == _announced.version),
            )
            .where(_announced.batch == number)
        )
        return set(rows.scalars())

    async def _take_stale(self) -> set[int]:
        """Take the papers of which more is told than when they were matched."""
        rows = await self._connection.execute(
            schema.paper.update()
            .where(_paper.revision > _paper.evaluated_revision)
            .values(evaluated_revision=_paper.revision)
            .returning(_paper.n)
        )
        return set(rows.scalars())

    async def _have_texts(self, number: int) -> None:
        """The Chinese texts that papers have when they are taken are matched with them."""
        taken = select(_announced.paper_id, _announced.version).where(_announced.batch == number)
        is_taken = tuple_(_text.paper_id, _text.version).in_(taken)  # asked by text, each would read the batch
        await self._connection.execute(schema.text_.update().where(_UNMATCHED, is_taken).values(is_matched=True))

    async def _take_texts(self) -> set[int]:
        """Take the papers that have Chinese texts by now, or more of them."""
        some = select(_text.paper_id, _text.version).where(_UNMATCHED).distinct().limit(_MOST_TEXTS)
        rows = await self._connection.execute(some)
        versions = [(row.paper_id, row.version) for row in rows]
        found: set[int] = set()
        for start in range(0, len(versions), 400):
            keys = versions[start : start + 400]
            chunk = is_one_of(_text.paper_id, _text.version, keys)
            await self._connection.execute(schema.text_.update().where(chunk).values(is_matched=True))
            named = is_one_of(_paper.id, _paper.version, keys)
            found.update((await self._connection.execute(select(_paper.n).where(named))).scalars())
        return found

    async def asked(self, batch: Batch) -> list[Asked]:
        """The queries that may match papers of the batch for some reader."""
        statement = (
            select(_query.id, _query.text, func.count())
            .join_from(schema.subscription, schema.query, _query.id == _subscription.query_id)
            .group_by(_query.id, _query.text)
        )
        if batch.before is not None:
            statement = statement.where(_subscription.created_at < batch.before)
        if batch.kind == TEXT:
            statement = statement.where(_query.text.regexp_match(_CHINESE))
        return [Asked(*row) for row in await self._connection.execute(statement)]

    async def clear(self, batch: Batch) -> int:
        """Delete some hits of a batch that was not finished; how many."""
        first = select(_hit.query).where(_hit.batch == batch.id).limit(_LEFT)
        gone = await self._connection.execute(
            delete(schema.hit).where(_hit.batch == batch.id, _hit.query.in_(first))
        )
        return gone.rowcount

    async def add_hits(self, batch: Batch, found: Sequence[tuple[int, bytes]]) -> None:
        """Keep which papers some queries match; the destinations of papers in the batch are two bytes each."""
        rows = [
            {"batch": batch.id, "query": query, "papers": of_shorts(destinations)} for query, destinations in found
        ]
        await insert_new(self._connection, schema.hit, rows)

    async def publish(self, batch: Batch, now: datetime) -> None:
        """Let everybody see a batch."""
        await self._connection.execute(schema.batch.update().where(_batch.id == batch.id).values(published_at=now))
