"""What has matched and waits, and the deliveries made of it. How they are sent is the outbox's business."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Label, Select, and_, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import AnnounceType, Notices
from bot.store import schema
from bot.store.changes import Changes
from bot.store.upsert import insert

_delivery, _item, _match = schema.delivery.c, schema.item.c, schema.match.c
_destination, _subscription = schema.destination.c, schema.subscription.c
_CHUNK = 400  # ids in one statement
_REVISIONS = [kind.value for kind in AnnounceType if kind.is_revision]


class Planning:
    """The room of what waits, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def plan(self, slot_id: int, due: datetime, now: datetime) -> int:
        """One delivery for each destination of a slot with papers that wait; how many there are."""
        return await self._plan(_destination.slot_id == slot_id, due, now)

    async def plan_for(self, destination_id: int, now: datetime) -> int:
        """The same for one destination, at once."""
        return await self._plan(_destination.id == destination_id, now, now)

    async def _plan(self, where: ColumnElement[bool], due: datetime, now: datetime) -> int:
        await self._hold(where)
        waiting = self._waiting(and_(where, _destination.paused == "")).subquery()
        deliveries = (
            select(waiting.c.destination_id, *_new_delivery(due, now))
            .distinct()
            .where(waiting.c.destination_id.is_not(None))
        )
        statement = insert(self._connection, schema.delivery).from_select(
            [column.name for column in deliveries.selected_columns], deliveries
        )
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        # A delivery that is claimed or has papers was made before: what waits now goes with the next one.
        is_older = exists().where(_item.delivery_id == _delivery.id)
        items = (
            select(
                waiting.c.destination_id, waiting.c.paper_id, waiting.c.version, _delivery.id.label("delivery_id")
            )
            .join(
                schema.delivery,
                and_(_delivery.destination_id == waiting.c.destination_id, _delivery.slot_due == due),
            )
            .where(_delivery.attempts == 0, ~is_older)
        )
        await self._add_items(items)
        await Changes(self._connection).carry(where, due, now)
        return made.rowcount

    async def _hold(self, where: ColumnElement[bool]) -> None:
        """One planner at a time for each destination, so that the next one sees what is in a delivery by then."""
        await self._connection.execute(
            select(_destination.id).where(where).order_by(_destination.id).with_for_update(key_share=True)
        )

    async def _add_items(self, items: Select[Any]) -> None:
        await self._connection.execute(
            schema.item.insert().from_select([column.name for column in items.selected_columns], items)
        )

    async def silent(self, slot_id: int) -> list[tuple[int, str]]:
        """Who of a slot hears of faults alone: destinations, each with every query that is not paused."""
        rows = await self._connection.execute(
            select(_destination.id, schema.query.c.text.label("query"))
            .join(schema.subscription, _subscription.destination_id == _destination.id)
            .join(schema.query, schema.query.c.id == _subscription.query_id)
            .where(
                _destination.slot_id == slot_id,
                _destination.paused == "",
                _destination.notices == Notices.FAULTS.value,
                _subscription.paused.is_(False),
            )
            .order_by(_destination.id)
        )
        return [(row.id, row.query) for row in rows]

    async def plan_silence(self, slot_id: int, due: datetime, now: datetime, concerned: Collection[int]) -> int:
        """A delivery without papers for who always wants a word, and for these, unless another is on its way."""
        made = await self._plan_silence(_destination.notices == Notices.ALWAYS.value, slot_id, due, now)
        ids = sorted(concerned)
        for start in range(0, len(ids), _CHUNK):
            made += await self._plan_silence(_destination.id.in_(ids[start : start + _CHUNK]), slot_id, due, now)
        await Changes(self._connection).carry(_destination.slot_id == slot_id, due, now)
        return made

    async def _plan_silence(self, where: ColumnElement[bool], slot_id: int, due: datetime, now: datetime) -> int:
        is_asking = exists().where(
            _subscription.destination_id == _destination.id, _subscription.paused.is_(False)
        )
        is_served = exists().where(
            _delivery.destination_id == _destination.id,
            or_(_delivery.slot_due == due, _delivery.state.in_(["ready", "sending"])),
        )
        deliveries = select(_destination.id, *_new_delivery(due, now)).where(
            where, _destination.slot_id == slot_id, _destination.paused == "", is_asking, ~is_served
        )
        statement = insert(self._connection, schema.delivery).from_select(
            ["destination_id", *(column.name for column in _new_delivery(due, now))], deliveries
        )
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        return made.rowcount

    async def fill(self, delivery_id: int, destination_id: int) -> None:
        """Give what waits to a delivery that has no papers; nobody else may plan for the destination meanwhile."""
        await self._hold(_destination.id == destination_id)
        waiting = self._waiting(_destination.id == destination_id).subquery()
        items = select(
            waiting.c.destination_id,
            waiting.c.paper_id,
            waiting.c.version,
            literal(delivery_id).label("delivery_id"),
        )
        await self._add_items(items)

    def _waiting(self, where: ColumnElement[bool]) -> Select[Any]:
        """What has matched and is in no delivery: a paper counts once, its revisions once for each version."""
        delivered = exists().where(
            _item.destination_id == _subscription.destination_id,
            _item.paper_id == _match.paper_id,
            or_(_item.version >= _match.version, _match.type.not_in(_REVISIONS)),
        )
        return (
            select(_subscription.destination_id, _match.paper_id, func.max(_match.version).label("version"))
            .join_from(schema.match, schema.subscription, _subscription.id == _match.subscription_id)
            .join(schema.destination, _destination.id == _subscription.destination_id)
            .where(where, _subscription.paused.is_(False), ~delivered)
            .group_by(_subscription.destination_id, _match.paper_id)
        )

    async def waiting(self, destination_id: int) -> int:
        """How many papers wait for the next digest of a destination, paused or not."""
        found = self._waiting(_destination.id == destination_id).subquery()
        return (await self._connection.execute(select(func.count()).select_from(found))).scalar_one()

    async def hurry(self, channels: Collection[str], now: datetime) -> None:
        """Let everything that waits for another try on these channels be due."""
        mine = select(_destination.id).where(_destination.channel.in_(channels))
        await self._connection.execute(
            schema.delivery.update()
            .where(_delivery.state == "ready", _delivery.due_at > now, _delivery.destination_id.in_(mine))
            .values(due_at=now)
        )


def _new_delivery(due: datetime, now: datetime) -> list[Label[Any]]:
    """What every delivery begins with."""
    return [
        literal(due, schema.Instant).label("slot_due"),
        literal("ready").label("state"),
        literal(now, schema.Instant).label("due_at"),
        literal(now, schema.Instant).label("created_at"),
    ]
