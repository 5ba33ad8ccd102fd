"""A database that was restored from a backup: what may have been sent since then is not sent blindly again.

Nobody knows any more what went out between the backup and now. Messages that the backup has written down are
looked up where the channel can do that, and else wait for a word of an admin. What was announced in between is
either taken for sent or sent, as the admin chooses.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Days, Slot
from bot.store import schema
from bot.store.epochs import Epochs
from bot.store.hits import Hits

_delivery, _destination, _part = schema.delivery.c, schema.destination.c, schema.part.c
_subscription, _slot, _watch, _key = schema.subscription.c, schema.slot.c, schema.watch.c, schema.key.c

TAKEN = "backup"
"""The key under which a backup keeps when it was taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done with deliveries that were under way when the backup was taken."""

    looked_up: int
    held: int


class Restored:
    """The room of a restored database, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def taken_at(self) -> datetime | None:
        """When the backup was taken, None in a database that is none."""
        found = await self._connection.execute(select(_key.value).where(_key.name == TAKEN))
        value = found.scalar()
        return datetime.fromisoformat(value) if value else None

    async def begin(self, taken: datetime, with_lookup: Collection[str]) -> Outcome:
        """Begin a new epoch, and keep what was written down from being sent blindly.

        `with_lookup` are the channels that can tell whether a message has arrived.
        """
        await Epochs(self._connection).begin()
        await self._connection.execute(schema.key.delete().where(_key.name == TAKEN))
        await self._connection.execute(schema.heartbeat.delete())
        is_written = exists().where(_part.delivery_id == _delivery.id)
        is_begun = schema.is_on_its_way & is_written
        under_way = select(_delivery.id).where(is_begun)
        await self._connection.execute(
            schema.part.update()
            .where(_part.delivery_id.in_(under_way), _part.sent_at.is_(None), _part.attempted_at.is_(None))
            .values(attempted_at=taken)
        )
        can_look = select(_destination.id).where(_destination.channel.in_(with_lookup))
        looked_up = await self._connection.execute(
            schema.delivery.update()
            .where(is_begun, _delivery.destination_id.in_(can_look))
            .values(state="ready", lease_until=None, owner="")
        )
        held = await self._connection.execute(
            schema.delivery.update()
            .where(is_begun, _delivery.destination_id.not_in(can_look))
            .values(
                state="unsure", lease_until=None, reason=f"restored from the backup of {taken:%Y-%m-%d %H:%M} UTC"
            )
        )
        return Outcome(looked_up.rowcount, held.rowcount)

    async def note(self, choice: str, taken: datetime) -> None:
        """Note that destinations with subscriptions have to hear of the backup, and what was chosen."""
        has_any = exists().where(_subscription.destination_id == _destination.id)
        await self._connection.execute(
            schema.destination.update()
            .where(_destination.paused == "", has_any)
            .values(restored=f"{choice} {taken:%Y-%m-%d %H:%M} UTC")
        )

    async def to_hear(self, most: int) -> dict[int, tuple[str, str]]:
        """Destinations that have not heard of it: what was chosen, and when the backup was taken."""
        chosen = select(_destination.id, _destination.restored).where(_destination.restored != "").limit(most)
        rows = await self._connection.execute(chosen.order_by(_destination.id))
        return {row.id: tuple(row.restored.split(" ", 1)) for row in rows}

    async def heard(self, destinations: Collection[int]) -> None:
        """These know now, or cannot be told."""
        await self._connection.execute(
            schema.destination.update().where(_destination.id.in_(destinations)).values(restored="")
        )

    async def take_for_sent(self, now: datetime, next_day: date) -> int:
        """Take all that waited, and all that was announced up to now, for sent; how many deliveries that ends.

        What a pause holds stays. The next announcement that is read is that of `next_day`.
        """
        newest = await Hits(self._connection).newest()
        unpaused = select(_destination.id).where(_destination.paused == "")
        await self._connection.execute(
            schema.subscription.update()
            .where(_subscription.destination_id.in_(unpaused), _subscription.paused.is_(False))
            .values(through=newest)
        )
        await self._connection.execute(
            schema.destination.update().where(_destination.paused == "").values(changes_through=newest)
        )
        await self._connection.execute(schema.watch.update().where(_watch.since < next_day).values(since=next_day))
        for row in list(await self._connection.execute(select(schema.slot))):
            following = Slot(row.zone, row.minute, Days(row.days)).next_after(now)
            await self._connection.execute(
                schema.slot.update().where(_slot.id == row.id).values(next_due=following)
            )
        unwritten = ~exists().where(_part.delivery_id == _delivery.id)
        ended = await self._connection.execute(
            schema.delivery.update()
            .where(schema.is_on_its_way, unwritten, _delivery.destination_id.in_(unpaused))
            .values(state="sent", done_at=now, lease_until=None, shown=func.coalesce(_delivery.shown, 0))
        )
        return ended.rowcount
