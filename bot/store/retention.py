"""What is old enough to be forgotten, a few rows at a time. What is still to be sent stays, however old it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, Table, and_, delete, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import BY_REQUEST
from bot.store import schema
from bot.store.packing import unpack
from bot.store.saved import Saved, lookup, saved

_batch, _hit, _delivery, _paper = schema.batch.c, schema.hit.c, schema.delivery.c, schema.paper.c
_announced, _query = schema.announcement.c, schema.query.c
_saved, _lookup = saved.c, lookup.c
_destination, _identity, _subscriber = schema.destination.c, schema.identity.c, schema.subscriber.c
_conversation = schema.conversation.c


"""The states of deliveries that have not ended."""


class Retention:
    """The room of what is forgotten, inside one transaction; each step says how many rows are gone."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def destinations(self, before: datetime, most: int) -> int:
        """Destinations that have refused their digests since long ago, with all that is known of whoever had them.

        People who are somewhere else, too, or have saved papers, stay.
        """
        is_gone = (_destination.paused.not_in(["", BY_REQUEST]), _destination.paused_at < before)
        rows = await self._connection.execute(
            select(_destination.id, _destination.channel, _destination.address, _destination.identity_id)
            .where(*is_gone)
            .order_by(_destination.paused_at)
            .limit(most)
        )
        gone = list(rows)
        ids, places = [one.id for one in gone], [(one.channel, one.address) for one in gone]
        owners = [one.identity_id for one in gone if one.identity_id is not None]
        named = tuple_(_identity.channel, _identity.address)
        theirs = select(_identity.subscriber_id).where(or_(_identity.id.in_(owners), named.in_(places)))
        people = list((await self._connection.execute(theirs)).scalars())
        count = await self._delete(schema.destination, _destination.id.in_(ids))
        of_places = tuple_(_conversation.channel, _conversation.person).in_(places)
        await self._delete(schema.conversation, of_places)
        is_owner = exists().where(_destination.identity_id == _identity.id)
        has_place = exists().where(
            _destination.channel == _identity.channel, _destination.address == _identity.address
        )
        is_somewhere = select(_identity.subscriber_id).where(or_(is_owner, has_place))
        has_saved = exists().where(_saved.subscriber_id == _subscriber.id)
        of_nothing = (_subscriber.id.in_(people), _subscriber.id.not_in(is_somewhere), ~has_saved)
        await self._delete(schema.subscriber, *of_nothing)
        return count

    async def hits(self, before: datetime, most: int) -> int:
        """Hits of batches that were published long ago, and then the batches."""
        old = select(_batch.id).where(_batch.published_at < before).order_by(_batch.id).limit(1)
        number = (await self._connection.execute(old)).scalar()
        if number is None:
            return 0
        first = select(_hit.query).where(_hit.batch == number).limit(most)
        gone = await self._delete(schema.hit, _hit.batch == number, _hit.query.in_(first))
        return gone or await self._delete(schema.batch, _batch.id == number)

    async def deliveries(self, before: datetime, most: int) -> int:
        """Deliveries that ended long ago, with the receipts of their messages."""
        old = select(_delivery.id).where(_delivery.done_at < before).order_by(_delivery.done_at).limit(most)
        return await self._delete(schema.delivery, _delivery.id.in_(old))

    async def papers(self, before: date, most: int) -> int:
        """Papers that were announced last long ago, with their texts, unless a delivery has yet to be sent.

        Of what somebody has saved, only the announcement is forgotten.
        """
        newer = schema.announcement.alias()
        is_newer = exists().where(
            newer.c.paper_id == _announced.paper_id,
            newer.c.version == _announced.version,
            newer.c.date >= before,
        )
        old = (
            select(_paper.n)
            .distinct()
            .join_from(
                schema.announcement,
                schema.paper,
                and_(_paper.id == _announced.paper_id, _paper.version == _announced.version),
            )
            .where(_announced.date < before, ~is_newer)
        )
        kept = await self._to_be_sent()
        numbers = [n for n in (await self._connection.execute(old)).scalars() if n not in kept][:most]
        kept_on = await self._keep_saved(numbers, before)
        gone = await self._delete(schema.paper, _paper.n.in_(numbers), _paper.n.not_in(kept_on))
        return gone + len(kept_on)

    async def _keep_saved(self, numbers: list[int], before: date) -> list[int]:
        """Keep those of these papers that were saved, as if they had been asked for by number."""
        is_saved = exists().where(_saved.paper_id == _paper.id)
        rows = await self._connection.execute(
            select(_paper.n, _paper.id, _paper.version).where(_paper.n.in_(numbers), is_saved)
        )
        kept = [(row.n, row.id, row.version) for row in rows]
        for _, paper_id, version in kept:
            await self._delete(schema.announcement, _announced.paper_id == paper_id, _announced.version == version)
            await Saved(self._connection).note_lookup(
                paper_id, datetime.combine(before, time(), UTC), is_there=True
            )
        return [n for n, _, _ in kept]

    async def lookups(self, before: datetime, most: int) -> int:
        """Papers that were asked for by number long ago, unless they are announced, saved, or yet to be sent."""
        is_saved = exists().where(_saved.paper_id == _lookup.paper_id)
        old = select(_lookup.paper_id).where(_lookup.at < before, ~is_saved).order_by(_lookup.at).limit(most)
        ids = list((await self._connection.execute(old)).scalars())
        is_announced = exists().where(_announced.paper_id == _paper.id, _announced.version == _paper.version)
        kept = await self._to_be_sent()
        rows = await self._connection.execute(select(_paper.n).where(_paper.id.in_(ids), ~is_announced))
        await self._delete(schema.paper, _paper.n.in_([n for n in rows.scalars() if n not in kept]))
        return await self._delete(lookup, _lookup.paper_id.in_(ids))

    async def _to_be_sent(self) -> set[int]:
        rows = await self._connection.execute(
            select(_delivery.papers).where(schema.is_open, _delivery.papers.is_not(None))
        )
        return {n for packed in rows.scalars() for n in unpack(packed)}

    async def listings(self, before: date, most: int) -> int:
        """Which listings were read on days of long ago, and what was wrong with them."""
        gone = 0
        for table in (schema.listing, schema.fault):
            key = tuple_(*table.primary_key.columns)
            old = select(*table.primary_key.columns).where(table.c.date < before).limit(most)
            gone += await self._delete(table, key.in_(list(map(tuple, await self._connection.execute(old)))))
        return gone

    async def queries(self, before: datetime, most: int) -> int:
        """Queries without subscriptions, except those of digests that may still be edited."""
        is_asked = exists().where(schema.subscription.c.query_id == _query.id)
        recent = await self._connection.execute(
            select(_delivery.found_by).where(_delivery.lacks.is_(True), _delivery.done_at > before)
        )
        kept = {number for packed in recent.scalars() for number in unpack(packed)}
        old = await self._connection.execute(select(_query.id).where(~is_asked))
        numbers = [number for number in old.scalars() if number not in kept]
        return await self._delete(schema.query, _query.id.in_(numbers[:most]))

    async def _delete(self, table: Table, *conditions: ColumnElement[bool]) -> int:
        return (await self._connection.execute(delete(table).where(*conditions))).rowcount
