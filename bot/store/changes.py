"""What destinations are to be told of papers that were sent to them before, and the deliveries that tell it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, exists, literal, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Change, ChangeKind
from bot.store import schema
from bot.store.papers import Papers
from bot.store.upsert import insert

_change, _delivery, _item = schema.change.c, schema.delivery.c, schema.item.c
_match, _subscription, _mute = schema.match.c, schema.subscription.c, schema.mute.c


class Changes:
    """The room of changes, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, changes: Iterable[Change]) -> None:
        """Note for each destination that has a paper, or waits for it, what has become of it: once."""
        for one in changes:
            values = {
                "paper_id": one.paper.id,
                "kind": one.kind.value,
                "after": one.after,
                "before": one.before,
                "version": one.paper.version,
            }
            has_it = select(_item.destination_id).where(
                _item.paper_id == one.paper.id, _item.version <= one.paper.version
            )
            waits_for_it = (
                select(_subscription.destination_id)
                .join(schema.match, _match.subscription_id == _subscription.id)
                .where(_match.paper_id == one.paper.id, _match.version <= one.paper.version)
            )
            places = union(has_it, waits_for_it).subquery()
            rows = select(
                places.c.destination_id, *(literal(each).label(name) for name, each in values.items())
            ).where(places.c.destination_id.is_not(None))  # without any WHERE, SQLite misreads ON CONFLICT
            statement = insert(self._connection, schema.change).from_select(["destination_id", *values], rows)
            await self._connection.execute(statement.on_conflict_do_nothing())

    async def carry(self, destinations: ColumnElement[bool], due: datetime, now: datetime) -> None:
        """Let the deliveries that were made just now tell what is known of papers that were sent.

        Who has the later version knows by its card, and who has muted the paper does not want to.
        """
        is_same = (_item.destination_id == _change.destination_id, _item.paper_id == _change.paper_id)
        delivery = (
            select(_delivery.id)
            .where(
                _delivery.destination_id == _change.destination_id,
                _delivery.slot_due == due,
                _delivery.created_at == now,
            )
            .correlate(schema.change)
        )
        is_muted = exists().where(_mute.destination_id == _change.destination_id, _mute.text == _change.paper_id)
        await self._connection.execute(
            schema.change.update()
            .where(
                _change.delivery_id.is_(None),
                _change.destination_id.in_(select(schema.destination.c.id).where(destinations)),
                delivery.exists(),
                exists().where(*is_same, _item.version <= _change.version),
                ~exists().where(*is_same, _item.version > _change.version),
                ~is_muted,
            )
            .values(delivery_id=delivery.scalar_subquery())
        )

    async def told_by(self, delivery_id: int) -> list[Change]:
        """What a delivery tells, in the order of the papers."""
        rows = await self._connection.execute(
            select(schema.change)
            .where(_change.delivery_id == delivery_id)
            .order_by(_change.paper_id, _change.kind, _change.after)
        )
        found = list(rows)
        papers = await Papers(self._connection).papers({(row.paper_id, row.version) for row in found})
        return [
            Change(papers[row.paper_id, row.version], ChangeKind(row.kind), row.before, row.after) for row in found
        ]
