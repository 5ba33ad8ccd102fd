"""Deliveries for destinations that have something coming. How they are composed and sent is not decided here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Language, Notices
from bot.store import schema
from bot.store.among import among
from bot.store.hits import Hits
from bot.store.instant import Instant
from bot.store.looked_up import looked_up
from bot.store.packing import pack, unpack
from bot.store.texts import Texts
from bot.store.upsert import insert

_delivery, _destination, _subscription = schema.delivery.c, schema.destination.c, schema.subscription.c
_batch, _query = schema.batch.c, schema.query.c


def _has_no_delivery(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a destination has none of this kind."""
    return looked_up(_delivery.id, _delivery.destination_id == _destination.id, *conditions).is_(None)


class Planning:
    """The room of what is planned, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def served(self, slot_id: int | None, after: int, most: int) -> list[int]:
        """The next destinations of a slot, or of all, that are not paused: their ids, in order."""
        conditions = [_destination.paused == "", _destination.id > after]
        if slot_id is not None:
            conditions.append(_destination.slot_id == slot_id)
        rows = await self._connection.execute(
            select(_destination.id).where(*conditions).order_by(_destination.id).limit(most)
        )
        return list(rows.scalars())

    async def plan(
        self,
        destinations: Sequence[int],
        due: datetime,
        now: datetime,
        *,
        concerned: Collection[int] | None = None,
        until: datetime | None = None,
    ) -> int:
        """One delivery for each of these destinations that has something coming; how many are new.

        There is none where another one has yet to be composed: that will carry it. With `concerned`, there is also
        one for each that always wants a word, and for these, unless another is on its way. Deliveries that lack
        Chinese texts wait `until` then, if that is given. Batches in which a subscription has found nothing are
        behind it from now on.
        """
        await self._look_up_one_by_one()
        await self._hold(destinations)
        finding = await self._finding(destinations)
        made = await self._insert(finding, due, now)
        if until is not None and finding:
            await self._wait(finding, due, until)
        if concerned is not None:
            made += await self._insert(
                await self._quiet(set(destinations) - set(finding), due, concerned), due, now
            )
        return made

    async def send_now(self, destination_id: int, papers: Sequence[int], key: datetime, now: datetime) -> bool:
        """One delivery of these papers at once, ranked when it is composed; False when there was one of that key.

        `key` is an instant that no slot has.
        """
        values = {
            "destination_id": destination_id,
            "channel": select(_destination.channel).where(_destination.id == destination_id).scalar_subquery(),
            "slot_due": key,
            "state": "ready",
            "due_at": now,
            "created_at": now,
            "papers": pack(papers),
        }
        statement = insert(self._connection, schema.delivery).values(values)
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        return made.rowcount == 1

    async def _look_up_one_by_one(self) -> None:
        """PostgreSQL has no statistics after a restore, and would read all subscriptions for each chunk."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SET LOCAL enable_seqscan = off"))

    async def _hold(self, destinations: Sequence[int]) -> None:
        """One planner, or composer, at a time for each destination."""
        await self._connection.execute(
            select(_destination.id)
            .where(among(_destination.id, destinations))
            .order_by(_destination.id)
            .with_for_update(key_share=True)
        )

    async def _finding(self, destinations: Sequence[int]) -> list[int]:
        """Which destinations have a subscription that has found something new."""
        rows = list(
            await self._connection.execute(
                select(
                    _subscription.id,
                    _subscription.destination_id,
                    _subscription.query_id,
                    _subscription.through,
                ).where(among(_subscription.destination_id, destinations), _subscription.paused.is_(False))
            )
        )
        hits = Hits(self._connection)
        newest = await hits.newest()
        oldest = min((row.through for row in rows), default=newest)
        batches = await self._connection.execute(
            select(_batch.id).where(_batch.id > oldest, _batch.id <= newest).order_by(_batch.id)
        )
        last = await hits.last(list(batches.scalars()), {row.query_id for row in rows})
        idle = [row.id for row in rows if last.get(row.query_id, 0) <= row.through < newest]
        if idle:
            await self._connection.execute(
                schema.subscription.update().where(among(_subscription.id, idle)).values(through=newest)
            )
        return sorted({row.destination_id for row in rows if last.get(row.query_id, 0) > row.through})

    async def _insert(self, destinations: Sequence[int], due: datetime, now: datetime) -> int:
        if not destinations:
            return 0
        values = {
            "channel": _destination.channel,
            "slot_due": literal(due, Instant),
            "state": literal("ready"),
            "due_at": literal(now, Instant),
            "created_at": literal(now, Instant),
        }
        deliveries = select(_destination.id, *values.values()).where(
            among(_destination.id, destinations), _has_no_delivery(schema.is_on_its_way, _delivery.shown.is_(None))
        )
        statement = insert(self._connection, schema.delivery).from_select(["destination_id", *values], deliveries)
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        return made.rowcount

    async def _quiet(self, destinations: Collection[int], due: datetime, concerned: Collection[int]) -> list[int]:
        """Of destinations without anything new, those that are to hear why."""
        is_asking = exists().where(
            _subscription.destination_id == _destination.id, _subscription.paused.is_(False)
        )
        rows = await self._connection.execute(
            select(_destination.id).where(
                among(_destination.id, destinations),
                or_(_destination.notices == Notices.ALWAYS.value, among(_destination.id, concerned)),
                is_asking,
                _has_no_delivery(_delivery.slot_due == due),
                _has_no_delivery(schema.is_on_its_way),
            )
        )
        return list(rows.scalars())

    async def _wait(self, destinations: Sequence[int], due: datetime, until: datetime) -> None:
        """Let the deliveries of these that lack a Chinese abstract for a reader of Chinese wait for it."""
        rows = await self._connection.execute(
            select(_delivery.id, _delivery.destination_id)
            .join(schema.destination, _destination.id == _delivery.destination_id)
            .where(
                among(_delivery.destination_id, destinations),
                _delivery.slot_due == due,
                _delivery.due_at < until,
                _delivery.state == "ready",
                _delivery.attempts == 0,
                _destination.language != Language.EN.value,
            )
        )
        deliveries = {row.destination_id: row.id for row in rows}
        hits = Hits(self._connection)
        newest = await hits.newest()
        found: dict[int, set[int]] = {}
        asking = [
            (destination, one) for destination, some in (await hits.asking(deliveries)).items() for one in some
        ]
        unpaused = [(destination, one) for destination, one in asking if not one.paused]
        new = await hits.new([one for _, one in unpaused], newest)
        for (destination, _), numbers in zip(unpaused, new, strict=True):
            found.setdefault(destination, set()).update(numbers)
        lacking = await Texts(self._connection).lacking({n for some in found.values() for n in some})
        for destination, papers in found.items():
            if awaited := papers & lacking:
                await self._connection.execute(
                    schema.delivery.update()
                    .where(_delivery.id == deliveries[destination])
                    .values(due_at=until, awaited=pack(sorted(awaited)))
                )

    async def go(self, now: datetime, *, complete: bool = True, is_over: bool = False) -> int:
        """Let deliveries go that waited for texts: the complete ones, or all; how many that are.

        While texts are being made, one that was refused may still be mended, so that a delivery is not complete
        without it; when the work `is_over`, it is.
        """
        waits = and_(schema.is_open, _delivery.state == "ready", _delivery.attempts == 0, _delivery.due_at > now)
        rows = list(
            await self._connection.execute(
                select(_delivery.id, _delivery.awaited).where(waits, _delivery.awaited.is_not(None))
            )
        )
        awaited = {row.id: set(unpack(row.awaited)) for row in rows}
        if complete:
            every = {n for some in awaited.values() for n in some}
            lacking = await Texts(self._connection).lacking(every, is_over=is_over)
            awaited = {number: some for number, some in awaited.items() if not some & lacking}
        gone = sorted(awaited)
        for start in range(0, len(gone), 400):
            await self._connection.execute(
                schema.delivery.update()
                .where(waits, _delivery.id.in_(gone[start : start + 400]))
                .values(due_at=now)
            )
        return len(gone)

    async def silent(self, destinations: Sequence[int]) -> list[tuple[int, str]]:
        """Who of some destinations hears of faults alone, each with every query that is not paused."""
        rows = await self._connection.execute(
            select(_destination.id, _query.text.label("query"))
            .join(schema.subscription, _subscription.destination_id == _destination.id)
            .join(schema.query, _query.id == _subscription.query_id)
            .where(
                among(_destination.id, destinations),
                _destination.paused == "",
                _destination.notices == Notices.FAULTS.value,
                _subscription.paused.is_(False),
            )
            .order_by(_destination.id)
        )
        return [(row.id, row.query) for row in rows]

    async def hurry(self, channels: Collection[str], now: datetime) -> None:
        """Let everything that waits for another try on these channels be due."""
        await self._connection.execute(
            schema.delivery.update()
            .where(schema.is_open, _delivery.channel.in_(channels))
            .where(_delivery.state == "ready", _delivery.due_at > now)
            .values(due_at=now)
        )
