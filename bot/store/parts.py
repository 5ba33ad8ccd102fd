"""The parts of deliveries: their messages, which of them were begun, and the receipts of those that have arrived.

Receipts are written once and by anybody, because the message did arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, case, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Receipt
from bot.store import schema
from bot.store.each import each

_part = schema.part.c

_OF_DELIVERY = _part.delivery_id == bindparam("of_delivery")
_OF_PART = and_(_OF_DELIVERY, _part.number == bindparam("of_number"))
_PARTS = select(schema.part).where(_OF_DELIVERY).order_by(_part.number)
_ADD = schema.part.insert().returning(_part.number)
_ATTEMPTED = schema.part.update().where(_OF_PART).values(attempted_at=bindparam("at"))
_KEPT = {"reference": bindparam("receipt"), "sent_at": bindparam("at"), "body": literal("")}
"""Receipts are what is kept."""

_HAS_ARRIVED = and_(_part.number == bindparam("of_number"), _part.sent_at.is_(None))
_BEGINS = _part.number == bindparam("following")
_ARRIVED = schema.part.update().where(_OF_DELIVERY, _HAS_ARRIVED).values(_KEPT)
_ARRIVED_AND_BEGUN = (
    schema.part.update()
    .where(_OF_DELIVERY, or_(_HAS_ARRIVED, _BEGINS))
    .values({name: case((_BEGINS, _part[name]), else_=value) for name, value in _KEPT.items()})
    .values(attempted_at=case((_BEGINS, bindparam("begun")), else_=_part.attempted_at))
)


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One message of a delivery; `attempted_at` without `sent_at` means that it may have arrived."""

    number: int
    body: str
    attempted_at: datetime | None = None
    sent_at: datetime | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A part that has arrived; with `begun`, the part of that number is about to be sent at that instant."""

    delivery_id: int
    number: int
    receipt: Receipt
    begun: tuple[int, datetime] | None = None

    @property
    def row(self) -> dict[str, object]:
        """It as parameters, without what is begun."""
        return {
            "of_delivery": self.delivery_id, "of_number": self.number,
            "receipt": self.receipt.reference, "at": self.receipt.at,
        }  # fmt: skip


class Parts:
    """The room of parts, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, delivery_id: int) -> list[StoredPart]:
        """The messages of a delivery, in order; none until it was composed."""
        rows = await self._connection.execute(_PARTS, {"of_delivery": delivery_id})
        return [StoredPart(row.number, row.body, row.attempted_at, row.sent_at, row.reference) for row in rows]

    async def add(self, parts: Mapping[int, Sequence[StoredPart]]) -> None:
        """New messages of deliveries, by the ids of these; nothing has arrived of them."""
        rows = [
            {
                "delivery_id": delivery_id,
                "number": one.number,
                "body": one.body,
                "attempted_at": one.attempted_at,
            }
            for delivery_id, some in parts.items()
            for one in some
        ]
        if rows:
            # Returning makes one statement of them, and no pipeline.
            await self._connection.execute(_ADD, rows)

    async def attempted(self, delivery_id: int, number: int, at: datetime) -> None:
        """A part is about to be sent."""
        of_part = {"of_delivery": delivery_id, "of_number": number}
        await self._connection.execute(_ATTEMPTED, {**of_part, "at": at})

    async def arrived(self, arrivals: Sequence[Arrived]) -> None:
        """Keep receipts, of one part of each delivery; they are not fenced, because the messages did arrive."""
        alone = [one.row for one in arrivals if one.begun is None]
        begun = [one.row | {"following": one.begun[0], "begun": one.begun[1]} for one in arrivals if one.begun]
        await each(self._connection, _ARRIVED, alone)
        await each(self._connection, _ARRIVED_AND_BEGUN, begun)

    async def not_arrived(self, delivery_id: int, number: int) -> None:
        """Note that an attempted part was refused, so that it need not be looked up."""
        await self._connection.execute(
            schema.part.update()
            .where(_part.delivery_id == delivery_id, _part.number == number, _part.sent_at.is_(None))
            .values(attempted_at=None)
        )

    async def unanswered(self, delivery_id: int, number: int) -> int:
        """Count a copy of a part that may have arrived; how many those are."""
        counted = await self._connection.execute(
            schema.part.update()
            .where(_part.delivery_id == delivery_id, _part.number == number)
            .values(unanswered=_part.unanswered + 1)
            .returning(_part.unanswered)
        )
        return int(counted.scalar_one())

    async def forget_copies(self, deliveries: Collection[int]) -> None:
        """Begin to count copies of these deliveries at nothing: an admin has said that they be sent again."""
        left = schema.part.update().where(_part.delivery_id.in_(deliveries), _part.sent_at.is_(None))
        await self._connection.execute(left.values(unanswered=0))
