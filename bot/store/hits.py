"""What comes to one destination: the hits of its queries, without what it has had or is not entitled to.

It is worked out when a digest is composed, or when somebody asks. A paper may go to a subscription if it was
announced in a category that the query reads, in a batch that was opened after the subscription was made. Whether
the query finds it is what the last batch says that has looked at it. Mutes and reasons are not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import taxonomy
from bot.matching import reads, type_among
from bot.model import ALL, AnnounceType, Paper
from bot.query import Query, stored
from bot.store import schema
from bot.store.among import among
from bot.store.batches import TEXT
from bot.store.carried import Earlier
from bot.store.looked_up import looked_up
from bot.store.memory import Recall
from bot.store.packing import unpack
from bot.text.normal import has_han

_batch, _hit, _paper, _announced = schema.batch.c, schema.hit.c, schema.paper.c, schema.announcement.c
_subscription, _query, _destination = schema.subscription.c, schema.query.c, schema.destination.c


@dataclass(frozen=True, slots=True)
class Asking:
    """A subscription, as far as it matters for what comes to it."""

    id: int
    number: int
    query_id: int
    query: str
    paused: bool
    created_at: datetime
    since: int
    through: int
    told_through: int  # the last batch whose changes the destination was told of
    is_muted: bool  # whether the destination mutes anything


class Coming(NamedTuple):
    """A paper that comes to a destination, with its type for each subscription, by id, that has found it."""

    n: int
    paper: Paper  # no more of it than its title
    date: date
    types: dict[int, AnnounceType]
    type: AnnounceType  # the best of these
    is_sure: bool = True  # nothing was told of it since its queries have found it

    @property
    def paper_id(self) -> str:
        """Its id."""
        return self.paper.id

    @property
    def version(self) -> int:
        """Which version of it comes."""
        return self.paper.version


_ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}
_TYPES = {kind.value: kind for kind in AnnounceType}


class _Opened(NamedTuple):
    """A batch; `before` is until when one had to subscribe, where it is not for everybody."""

    id: int
    kind: str
    before: datetime | None
    is_published: bool
    papers: list[int]


_Reading = frozenset[str] | None  # the categories that a query reads; None: all


@dataclass(slots=True)
class _Told:
    """A version of a paper and its announcements."""

    paper: Paper  # no more of it than its title
    primary: str  # canonical
    is_stale: bool  # it has yet to be matched as it is now
    date: date  # the last of its announcements
    types: dict[str, AnnounceType] = field(default_factory=dict)  # by category
    batches: dict[str, int | None] = field(default_factory=dict)  # by category
    _read: dict[_Reading, tuple[AnnounceType, tuple[int, ...]]] = field(default_factory=dict)

    def read_as(self, reading: _Reading) -> tuple[AnnounceType, tuple[int, ...]]:
        """Its type where a query reads, and the batches of its announcements there: many queries read the same."""
        found = self._read.get(reading)
        if found is None:
            here = {
                batch
                for category, batch in self.batches.items()
                if batch is not None and (reading is None or category == ALL or category in reading)
            }
            found = self._read[reading] = type_among(self.types, self.primary, reading), tuple(here)
        return found

    def type_for(
        self, one: Asking, reading: _Reading, before: Mapping[int, datetime], newest: int, *, is_fixed: bool
    ) -> AnnounceType | None:
        """Its type for a subscription; None where no announcement is for it: since it was made, where it reads.

        What `is_fixed` has been promised to it.
        """
        kind, batches = self.read_as(reading)
        for batch in batches:
            if one.since < batch <= newest and (batch not in before or one.created_at < before[batch]):
                return kind
        return kind if is_fixed else None


_IS_NEW = and_(_batch.id > bindparam("oldest"), _batch.id <= bindparam("newest"))
_IS_OPEN = _batch.published_at.is_(None)
_OPENED = (
    select(_batch.id, _batch.kind, _batch.before, _IS_OPEN, or_(_IS_NEW, _IS_OPEN))
    .where(or_(_IS_NEW, _IS_OPEN, _batch.before.is_not(None)))
    .order_by(_batch.id)
)
_PAPERS = select(_batch.id, _batch.papers).where(among(_batch.id, "batches"))
_NEWEST = select(func.coalesce(func.max(_batch.id), 0)).where(_batch.published_at.is_not(None))
_IS_MUTING = schema.mute.c.destination_id == _subscription.destination_id
_ASKING = (
    select(
        _subscription.destination_id,
        _subscription.id,
        _subscription.number,
        _subscription.query_id,
        looked_up(_query.text, _query.id == _subscription.query_id).label("text"),
        _subscription.paused,
        _subscription.created_at,
        _subscription.since,
        _subscription.through,
        looked_up(_destination.changes_through, _destination.id == _subscription.destination_id).label("told"),
        looked_up(schema.mute.c.destination_id, _IS_MUTING).is_not(None),
    )
    .where(among(_subscription.destination_id, "destinations"))
    .order_by(_subscription.destination_id, _subscription.number)
)
_ADVANCE = (
    schema.subscription.update()
    .where(among(_subscription.id, "subscriptions"), _subscription.through < bindparam("to"))
    .values(through=bindparam("to"))
)
_LAST = (
    select(_hit.query, func.max(_hit.batch))
    .where(among(_hit.batch, "batches"), among(_hit.query, "queries"))
    .group_by(_hit.query)
)
_PACKED = select(schema.hit).where(among(_hit.batch, "batches"), among(_hit.query, "queries"))
_TOLD = (
    select(
        _announced.category,
        _announced.date,
        _announced.type,
        _announced.batch,
        _paper.n,
        _paper.id,
        _paper.version,
        _paper.title,
        _paper.is_version_known,
        _paper.categories,
        _paper.revision > _paper.evaluated_revision,
    )
    .join_from(
        schema.paper,
        schema.announcement,
        (_paper.id == _announced.paper_id) & (_paper.version == _announced.version),
    )
    .where(_paper.id.in_(select(_paper.id).where(among(_paper.n, "papers"))))
)


class Hits:
    """The room of hits, inside one transaction."""

    def __init__(self, connection: AsyncConnection, recall: Recall | None = None) -> None:
        self._connection = connection
        self._recall = recall or Recall(connection, None)

    async def newest(self) -> int:
        """The last batch that is published."""
        return await self._recall.all("newest batch", self._read_newest)

    async def _read_newest(self) -> int:
        return int((await self._connection.execute(_NEWEST)).scalar_one())

    async def asking(self, destinations: Collection[int]) -> dict[int, list[Asking]]:
        """The subscriptions of some destinations, by number."""
        rows = await self._connection.execute(_ASKING, {"destinations": destinations})
        found: dict[int, list[Asking]] = {}
        for row in rows:
            found.setdefault(row.destination_id, []).append(Asking(*row[1:]))
        return found

    async def coming(self, asking: Sequence[Asking], earlier: Earlier, newest: int) -> list[Coming]:
        """The papers that come to these subscriptions of a destination; also those that a delivery is to carry.

        Of several versions of a paper it is the last one. A version that was sent keeps others away, but for later
        ones that come to a query which asks for revisions.
        """
        fixed = earlier.fixed()
        opened = await self._opened(asking, newest)
        found: dict[int, list[Asking]] = {n: list(asking) for n in fixed}
        for one, numbers in zip(asking, await self._new(asking, opened), strict=True):
            for n in numbers:
                if n not in fixed:
                    found.setdefault(n, []).append(one)
        had = earlier.had(found)
        told = await self._told(found.keys() - had)
        had |= earlier.had(told.keys() - found.keys())
        before = {one.id: one.before for one in opened if one.before}
        unsure = fixed.union(*(one.papers for one in opened if not one.is_published))
        readings = {one.id: _reading(one.query) for one in asking}
        sent: dict[str, int] = {}
        for n in had & told.keys():
            paper = told[n].paper
            sent[paper.id] = max(paper.version, sent.get(paper.id, paper.version))
        coming: dict[str, Coming] = {}
        for n in sorted(found.keys() & told.keys() - had):
            here, paper = told[n], told[n].paper
            types = {
                one.id: kind
                for one in found[n]
                if (kind := here.type_for(one, readings[one.id], before, newest, is_fixed=n in fixed))
                and _is_new(kind, paper.version, sent.get(paper.id))
            }
            if types and (paper.id not in coming or coming[paper.id].version < paper.version):
                is_sure = n not in unsure and not here.is_stale
                best = min(types.values(), key=_ORDER.__getitem__)
                coming[paper.id] = Coming(n, paper, here.date, types, best, is_sure)
        return list(coming.values())

    async def _opened(self, asking: Sequence[Asking], newest: int) -> list[_Opened]:
        """The batches that are new to any of these, those with a limited audience, and an open one."""
        oldest = min((one.through for one in asking), default=newest)
        rows = (await self._recall.get("batches", [(oldest, newest)], self._read_opened))[oldest, newest]
        papers = await self._recall.get(
            "papers of batches", [row[0] for row in rows if row[-1]], self._read_papers
        )
        return [
            _Opened(number, kind, before, not is_left, papers.get(number, []))
            for number, kind, before, is_left, _ in rows
        ]

    async def _read_opened(self, ranges: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Sequence[Any]]:
        ((oldest, newest),) = ranges
        rows = await self._connection.execute(_OPENED, {"oldest": oldest, "newest": newest})
        return {(oldest, newest): rows.all()}

    async def _read_papers(self, batches: Collection[int]) -> dict[int, list[int]]:
        rows = await self._connection.execute(_PAPERS, {"batches": batches})
        return {number: unpack(packed) for number, packed in rows}

    async def new(self, asking: Sequence[Asking], newest: int) -> list[list[int]]:
        """The papers that each subscription has found in the batches that are new to it."""
        return await self._new(asking, await self._opened(asking, newest))

    async def _new(self, asking: Sequence[Asking], opened: Sequence[_Opened]) -> list[list[int]]:
        """The same; where several batches have looked at a paper, the last one counts."""
        batches = [one for one in opened if one.is_published and one.papers]
        packed = await self._packed([one.id for one in batches], {one.query_id for one in asking})
        found = []
        for one in asking:
            is_chinese = has_han(one.query)
            papers: set[int] = set()
            for batch in batches:
                if batch.id > one.through and (batch.kind != TEXT or is_chinese):
                    if papers:
                        papers.difference_update(batch.papers)
                    places = unpack(packed.get((batch.id, one.query_id)))
                    papers.update(batch.papers[place] for place in places)
            found.append(sorted(papers))
        return found

    async def _packed(self, batches: Sequence[int], queries: Collection[int]) -> dict[tuple[int, int], bytes]:
        """Of batches and queries that have hits, the packed destinations of the papers."""
        return await self._recall.get("hits", [*product(batches, queries)], self._read_packed)

    async def _read_packed(self, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        asked = {"batches": {batch for batch, _ in keys}, "queries": {query for _, query in keys}}
        rows = await self._connection.execute(_PACKED, asked)
        return {(batch, query): papers for batch, query, papers in rows}

    async def last(self, batches: Sequence[int], queries: Collection[int]) -> dict[int, int]:
        """The last of some batches in which each of these queries has found anything."""
        rows = await self._connection.execute(_LAST, {"batches": batches, "queries": queries})
        return dict(map(tuple, rows))

    async def advance(self, subscriptions: Collection[int], batch: int) -> None:
        """What these subscriptions have found up to a batch comes no more: it has come."""
        await self._connection.execute(_ADVANCE, {"subscriptions": subscriptions, "to": batch})

    async def queries(self, ids: Collection[int]) -> dict[int, str]:
        """The texts of queries, as far as they are still there."""
        rows = await self._connection.execute(select(schema.query).where(_query.id.in_(ids)))
        return {row.id: row.text for row in rows}

    async def _told(self, numbers: Collection[int]) -> dict[int, _Told]:
        """What was announced of these papers, and of all other versions of the same ones."""
        found = await self._recall.get("announced", numbers, self._read_told)
        return {n: told for some in found.values() for n, told in some.items()}

    async def _read_told(self, numbers: Collection[int]) -> dict[int, dict[int, _Told]]:
        """The versions of the paper that each number names, by their numbers."""
        found: dict[str, dict[int, _Told]] = {}
        rows = await self._connection.execute(_TOLD, {"papers": numbers})
        for category, day, kind, batch, n, paper_id, *others in rows.all():
            versions = found.setdefault(paper_id, {})
            one = versions.get(n)
            if one is None:
                version, title, is_known, categories, is_more_told = others
                primary = next(iter(categories), "")
                primary = taxonomy.resolve(primary) or primary
                paper = Paper(paper_id, version, title, (), "", (), is_version_known=is_known)
                one = versions[n] = _Told(paper, primary, is_more_told, day)
            one.date = max(one.date, day)
            one.is_stale |= batch is None
            one.types[category] = _TYPES[kind]
            one.batches[category] = batch
        return {n: versions for versions in found.values() for n in versions}


@lru_cache(maxsize=2048)
def _reading(text: str) -> _Reading:
    """The categories that a query reads; none when it cannot be read any more."""
    query = stored(text)
    return reads([query]) if isinstance(query, Query) else frozenset()


def _is_new(kind: AnnounceType, version: int, sent: int | None) -> bool:
    """Whether a version may come when another one was sent: a revision may, after an earlier version."""
    return sent is None or (kind.is_revision and version > sent)
