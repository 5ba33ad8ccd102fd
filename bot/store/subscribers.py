"""People, the destinations where they read, and what they asked for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Days, Destination, Language, Notices, Slot, Subscription
from bot.store import schema
from bot.store.counters import BATCHES, last
from bot.store.pieces import in_pieces
from bot.store.saved import Saved
from bot.store.slots import Slots
from bot.store.upsert import insert

_identity, _destination, _subscription = schema.identity.c, schema.destination.c, schema.subscription.c
_query = schema.query.c
_REMEMBERED = timedelta(days=30)  # how long a second refusal is known as one
_BETWEEN_BOUNCES = 2  # digests: bounces come days later, and not at the same hour


class Subscribers:
    """The room of subscribers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def destination(self, channel: str, address: str) -> Destination | None:
        """The destination at an address, None when there is none yet."""
        rows = await self._connection.execute(
            _destinations().where(_destination.channel == channel, _destination.address == address)
        )
        row = rows.first()
        return None if row is None else _to_destination(row)

    async def destinations_by_id(self, ids: Collection[int]) -> dict[int, Destination]:
        """The destinations with these ids."""
        rows = await self._connection.execute(_destinations().where(_destination.id.in_(ids)))
        return {row.id: _to_destination(row) for row in rows}

    async def destinations(self) -> list[Destination]:
        """All destinations."""
        return [
            _to_destination(row)
            for row in await self._connection.execute(_destinations().order_by(_destination.id))
        ]

    async def find_destination(self, destination_id: int) -> Destination | None:
        """The destination with that id, if there is one."""
        return (await self.destinations_by_id([destination_id])).get(destination_id)

    async def add_destination(
        self, channel: str, address: str, *, owner: str, language: Language, slot: Slot, now: datetime
    ) -> Destination:
        """The destination at an address, made with these preferences when it is new; an empty owner is nobody."""
        values = {
            "channel": channel,
            "address": address,
            "identity_id": await self._identity(channel, owner, now) if owner else None,
            "slot_id": await Slots(self._connection).ensure(slot, now),
            "language": language.value,
        }
        statement = insert(self._connection, schema.destination).values(values)
        await self._connection.execute(statement.on_conflict_do_nothing())
        found = await self.destination(channel, address)
        assert found is not None  # noqa: S101  # just inserted, in this transaction
        return found

    async def _identity(self, channel: str, address: str, now: datetime) -> int:
        known = select(_identity.id).where(_identity.channel == channel, _identity.address == address)
        if (found := (await self._connection.execute(known)).scalar()) is not None:
            return int(found)
        made = await self._connection.execute(
            schema.subscriber.insert().values(created_at=now).returning(schema.subscriber.c.id)
        )
        subscriber_id = made.scalar_one()
        statement = insert(self._connection, schema.identity).values(
            subscriber_id=subscriber_id, channel=channel, address=address
        )
        inserted = await self._connection.execute(statement.on_conflict_do_nothing().returning(_identity.id))
        if inserted.first() is None:  # somebody else made the same person at the same moment
            of_nobody = schema.subscriber.c.id == subscriber_id
            await self._connection.execute(schema.subscriber.delete().where(of_nobody))
        return int((await self._connection.execute(known)).scalar_one())

    async def person(self, channel: str, address: str, now: datetime) -> int:
        """The person with an identity, who is made when it is new."""
        await self._identity(channel, address, now)
        found = await self.known_person(channel, address)
        assert found is not None  # noqa: S101  # just made, in this transaction
        return found

    async def known_person(self, channel: str, address: str) -> int | None:
        """The person who has an identity, if anybody has."""
        chosen = select(_identity.subscriber_id).where(_identity.channel == channel, _identity.address == address)
        found: int | None = (await self._connection.execute(chosen)).scalar()
        return found

    async def identities(self, person: int) -> list[tuple[str, str]]:
        """Who a person is, channel and address."""
        chosen = select(_identity.channel, _identity.address).where(_identity.subscriber_id == person)
        return [
            (row.channel, row.address) for row in await self._connection.execute(chosen.order_by(_identity.id))
        ]

    async def of_several_identities(self) -> list[int]:
        """The people who have linked themselves on several channels."""
        chosen = select(_identity.subscriber_id).group_by(_identity.subscriber_id).having(func.count() > 1)
        return list((await self._connection.execute(chosen)).scalars())

    async def link(self, one: tuple[str, str], other: tuple[str, str], now: datetime) -> None:
        """Let the identity `one`, channel and address, be another of the person who is `other`."""
        moved, kept = await self._identity(*one, now), await self._identity(*other, now)
        person = select(_identity.subscriber_id)
        old = (await self._connection.execute(person.where(_identity.id == moved))).scalar_one()
        new = (await self._connection.execute(person.where(_identity.id == kept))).scalar_one()
        await self._connection.execute(
            schema.identity.update().where(_identity.id == moved).values(subscriber_id=new)
        )
        left = exists().where(_identity.subscriber_id == old)
        await Saved(self._connection).hand_over(old, new, unless=left)
        await self._connection.execute(schema.subscriber.delete().where(schema.subscriber.c.id == old, ~left))

    async def linked(self, channel: str, address: str) -> list[tuple[str, str]]:
        """The other identities of a person, channel and address."""
        person = select(_identity.subscriber_id).where(_identity.channel == channel, _identity.address == address)
        rows = await self._connection.execute(
            select(_identity.channel, _identity.address)
            .where(_identity.subscriber_id == person.scalar_subquery())
            .order_by(_identity.id)
        )
        return [(row.channel, row.address) for row in rows if (row.channel, row.address) != (channel, address)]

    async def set_language(self, destination_id: int, language: Language) -> None:
        """Change what a destination reads its cards in."""
        await self._set(destination_id, language=language.value)

    async def set_slot(self, destination_id: int, slot: Slot, now: datetime) -> None:
        """Change when a destination gets its digest."""
        await self._set(destination_id, slot_id=await Slots(self._connection).ensure(slot, now))

    async def set_notices(self, destination_id: int, notices: Notices) -> None:
        """Change of what a destination hears when there are no papers."""
        await self._set(destination_id, notices=notices.value)

    async def set_limit(self, destination_id: int, limit: int) -> None:
        """Change how many papers a destination wants whole in a digest."""
        await self._set(destination_id, limit=limit)

    async def pause(self, destination_id: int, why: str, now: datetime) -> None:
        """Send nothing there until it is resumed; what matches in the meantime waits."""
        await self._set(destination_id, paused=why, paused_at=now, untold=False, retry_at=None)

    async def pause_some(self, channel: str, beginning: str, why: str, most: int, now: datetime) -> int:
        """Pause destinations of a channel whose address begins so, unless they are paused already; how many."""
        served = select(_destination.id).where(
            _destination.channel == channel,
            _destination.address.startswith(beginning, autoescape=True),
            _destination.paused == "",
        )
        done = await self._connection.execute(
            schema.destination.update()
            .where(_destination.id.in_(served.limit(most)))
            .values(paused=why, paused_at=now, untold=False, retry_at=None)
        )
        return done.rowcount

    async def move(self, channel: str, before: str, after: str) -> bool:
        """Give a destination another address; False when there is none, or one has that address already."""
        other = schema.destination.alias().c
        is_taken = exists().where(other.channel == channel, other.address == after)
        of_channel = schema.destination.update().where(
            _destination.channel == channel, _destination.address == before, ~is_taken
        )
        done = await self._connection.execute(of_channel.values(address=after))
        return done.rowcount > 0

    async def refuse(self, destination_id: int, why: str, now: datetime, rest: timedelta | None = None) -> None:
        """Pause a destination that takes nothing any more; its owner or an admin is told later.

        After `rest` it is tried once more, unless that was done not long ago.
        """
        chosen = select(_destination.retry_at, _destination.paused_at).where(_destination.id == destination_id)
        known = (await self._connection.execute(chosen)).first()
        is_last = bool(known and known.retry_at and now - _REMEMBERED < known.retry_at <= now)
        again = now + rest if rest and not is_last else None
        since = (known and known.paused_at) or now
        await self._set(destination_id, paused=why, paused_at=since, untold=True, retry_at=again)

    async def retry_refused(self, channel: str, now: datetime) -> list[int]:
        """Try once more where a refusal has rested for long enough; which destinations that are."""
        is_due = (_destination.channel == channel, _destination.paused != "", _destination.retry_at <= now)
        done = await self._connection.execute(
            schema.destination.update()
            .where(*is_due)
            .values(paused="", paused_at=None, untold=False, bounces=0)
            .returning(_destination.id)
        )
        return [row.id for row in done]

    async def has_rested(self, channel: str, now: datetime) -> bool:
        """Whether there is a destination that `retry_refused` would try."""
        chosen = select(_destination.id).where(
            _destination.channel == channel, _destination.paused != "", _destination.retry_at <= now
        )
        return (await self._connection.execute(chosen.limit(1))).first() is not None

    async def resume(self, destination_id: int) -> None:
        """Send again."""
        await self._set(destination_id, paused="", paused_at=None, untold=False, bounces=0, retry_at=None)

    async def count_bounce(self, destination_id: int, now: datetime) -> int:
        """Note that a digest did not arrive; how many in a row that makes.

        Two messages about one digest are one bounce; two digests that arrived in between end the row.
        """
        chosen = select(_destination.bounces, _destination.bounced_at).where(_destination.id == destination_id)
        row = (await self._connection.execute(chosen.with_for_update())).one()
        count = 1
        if row.bounced_at is not None:
            delivery = schema.delivery.c
            sent = select(func.count()).where(
                delivery.destination_id == destination_id,
                delivery.done_at > row.bounced_at,
                delivery.state == "sent",
            )
            digests = int((await self._connection.execute(sent)).scalar_one())
            count = row.bounces + min(digests, 1) if digests <= _BETWEEN_BOUNCES else 1
        await self._set(destination_id, bounces=count, bounced_at=now)
        return count

    async def untold(self) -> list[Destination]:
        """The destinations that have refused a digest and whose owner was not told yet."""
        rows = await self._connection.execute(
            _destinations().where(_destination.untold.is_(True)).order_by(_destination.id)
        )
        return [_to_destination(row) for row in rows]

    async def told(self, destination_id: int, why: str) -> None:
        """Somebody knows of this refusal now."""
        await self._connection.execute(
            schema.destination.update()
            .where(_destination.id == destination_id, _destination.paused == why)
            .values(untold=False)
        )

    async def _set(self, destination_id: int, **values: object) -> None:
        await self._connection.execute(
            schema.destination.update().where(_destination.id == destination_id).values(**values)
        )

    async def hold(self, destination_id: int) -> None:
        """Lock what a destination asks for until this transaction ends."""
        if self._connection.dialect.name == "sqlite":
            return  # one writer
        await self._connection.execute(
            select(_destination.id).where(_destination.id == destination_id).with_for_update(key_share=True)
        )

    async def subscriptions(self, destination_id: int) -> list[Subscription]:
        """What a destination asked for, by number."""
        return await self.subscriptions_where(_subscription.destination_id == destination_id)

    async def queries(self) -> set[str]:
        """What all subscriptions ask for, also the paused ones."""
        is_asked = exists().where(_subscription.query_id == _query.id)
        return {row.text async for row in in_pieces(self._connection, select(_query.text).where(is_asked))}

    async def subscriptions_where(self, condition: ColumnElement[bool]) -> list[Subscription]:
        """Those of which a condition holds, by destination and number."""
        statement = (
            select(
                _subscription.id,
                _subscription.destination_id,
                _subscription.number,
                _query.text.label("query"),
                _subscription.paused,
            )
            .join_from(schema.subscription, schema.query, _query.id == _subscription.query_id)
            .where(condition)
            .order_by(_subscription.destination_id, _subscription.number)
        )
        return [
            Subscription(row.id, row.destination_id, row.number, row.query, row.paused)
            async for row in in_pieces(self._connection, statement)
        ]

    async def subscribe(
        self, destination_id: int, query: str, now: datetime, *, number: int = 0
    ) -> tuple[Subscription, bool]:
        """The subscription to a canonical query, and whether it is new.

        Its number was never used there: the one that is wished for, if it is above all of them, or the next one.
        """
        await self.hold(destination_id)
        for one in await self.subscriptions(destination_id):
            if one.query == query:
                return one, False
        next_number = (
            schema.destination.update()
            .where(_destination.id == destination_id)
            .values(
                last_number=case((_destination.last_number < number, number), else_=_destination.last_number + 1)
            )
            .returning(_destination.last_number)
        )
        number = (await self._connection.execute(next_number)).scalar_one()
        await self._connection.execute(
            schema.subscription.insert().values(
                destination_id=destination_id,
                number=number,
                query_id=await self._query(query),
                created_at=now,
                **await self._from_now_on(),
            )
        )
        return next(one for one in await self.subscriptions(destination_id) if one.number == number), True

    async def last_numbers(self) -> dict[int, int]:
        """The highest number of a subscription that was ever used at each destination."""
        rows = await self._connection.execute(select(_destination.id, _destination.last_number))
        return {row.id: row.last_number for row in rows}

    async def use_numbers(self, destination_id: int, number: int) -> None:
        """Count all numbers up to this one as used at a destination."""
        await self._connection.execute(
            schema.destination.update()
            .where(_destination.id == destination_id, _destination.last_number < number)
            .values(last_number=number)
        )

    async def _query(self, text: str) -> int:
        """The id of a canonical query, which is made when it is new."""
        statement = insert(self._connection, schema.query).values(text=text)
        await self._connection.execute(statement.on_conflict_do_nothing())
        found = await self._connection.execute(select(_query.id).where(_query.text == text))
        return int(found.scalar_one())

    async def _from_now_on(self) -> dict[str, int]:
        """Where a subscription begins: after every batch so far, open ones included."""
        opened = await last(self._connection, BATCHES)
        return {"since": opened, "through": opened}

    async def set_query(self, subscription_id: int, query: str) -> None:
        """Change what a subscription asks for, to another canonical query; what the old one found is dropped."""
        await self._connection.execute(
            schema.subscription.update()
            .where(_subscription.id == subscription_id)
            .values(query_id=await self._query(query), **await self._from_now_on())
        )
        await self._connection.execute(
            schema.unreadable.delete().where(schema.unreadable.c.subscription_id == subscription_id)
        )

    async def unsubscribe(self, subscription_id: int) -> None:
        """Forget a subscription."""
        await self._connection.execute(schema.subscription.delete().where(_subscription.id == subscription_id))

    async def set_paused(self, subscription_id: int, *, paused: bool) -> None:
        """Hold back, or let go, what one subscription finds."""
        await self._connection.execute(
            schema.subscription.update().where(_subscription.id == subscription_id).values(paused=paused)
        )


def _destinations() -> Select[Any]:
    slot = schema.slot.c
    return (
        select(schema.destination, slot.zone, slot.minute, slot.days, _identity.address.label("owner"))
        .join_from(schema.destination, schema.slot, slot.id == _destination.slot_id)
        .outerjoin(schema.identity, _identity.id == _destination.identity_id)
    )


def _to_destination(row: Row[Any]) -> Destination:
    return Destination(
        id=row.id,
        channel=row.channel,
        address=row.address,
        language=Language(row.language),
        slot=Slot(row.zone, row.minute, Days(row.days)),
        owner=row.owner or "",
        paused=row.paused,
        notices=Notices(row.notices),
        limit=row.limit,
    )
