"""What has matched: subscription x paper, with the reasons. What becomes of it is the outbox's business."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import AnnounceType, Match, Reason
from bot.store import schema
from bot.store.subscribers import asks_in_chinese
from bot.store.texts import Version
from bot.store.upsert import insert

_AT_ONCE = 1000  # rows of one statement: others get their turn in between

_match, _item, _subscription = schema.match.c, schema.item.c, schema.subscription.c


class Matches:
    """The room of matches, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def replace(
        self, versions: Collection[Version], matches: Iterable[Match], until: datetime | None = None
    ) -> None:
        """Replace whatever was known to match these papers: their announcements have changed.

        What subscriptions made since `until` have matched stays.
        """
        is_own = _subscription.id == _match.subscription_id
        older = [] if until is None else [exists().where(is_own, _subscription.created_at < until)]
        await self._delete(versions, *older)
        await self._insert(matches)

    async def replace_chinese(self, versions: Collection[Version], matches: Iterable[Match]) -> None:
        """Replace what Chinese words have to do with: the Chinese texts have come. What is in a delivery stays."""
        is_own = _subscription.id == _match.subscription_id
        is_touched = exists(schema.subscription).where(is_own, asks_in_chinese())
        is_in_delivery = exists().where(is_own, _is_carried())
        await self._delete(versions, is_touched, ~is_in_delivery)
        await self._insert(matches)

    async def _delete(self, versions: Collection[Version], *conditions: ColumnElement[bool]) -> None:
        keys = list(versions)
        for start in range(0, len(keys), 400):
            chunk = tuple_(_match.paper_id, _match.version).in_(keys[start : start + 400])
            await self._connection.execute(schema.match.delete().where(chunk, *conditions))

    async def _insert(self, matches: Iterable[Match]) -> None:
        statement = insert(self._connection, schema.match)
        newer = {name: statement.excluded[name] for name in ("date", "type", "reasons")}
        key = ["subscription_id", "paper_id", "version"]
        statement = statement.on_conflict_do_update(index_elements=key, set_=newer)
        rest = iter(matches)
        while rows := [_to_row(one) for one in islice(rest, _AT_ONCE)]:
            await self._connection.execute(statement, rows)

    async def forget(self, subscription_id: int) -> None:
        """Drop what a subscription matched: its query has changed."""
        await self._connection.execute(schema.match.delete().where(_match.subscription_id == subscription_id))

    async def on(self, destination_id: int, day: date) -> list[Match]:
        """What matched for a destination among the announcements of one date, delivered or not."""
        return await self._found(_subscription.destination_id == destination_id, _match.date == day)

    async def of(self, destination_id: int, paper_id: str) -> list[Match]:
        """How a paper matched for a destination, in any version."""
        return await self._found(_subscription.destination_id == destination_id, _match.paper_id == paper_id)

    async def in_delivery(self, delivery_id: int) -> list[Match]:
        """The matches behind the papers of a delivery."""
        return await self._found(_item.delivery_id == delivery_id, _is_carried())

    async def _found(self, *conditions: ColumnElement[bool]) -> list[Match]:
        rows = await self._connection.execute(
            select(schema.match)
            .join(schema.subscription, _subscription.id == _match.subscription_id)
            .where(*conditions)
            .order_by(_match.paper_id, _match.subscription_id)
        )
        return [_to_match(row) for row in rows]


def _is_carried() -> ColumnElement[bool]:
    """That an item is the paper of a match, at the destination of its subscription."""
    return and_(
        _item.destination_id == _subscription.destination_id,
        _item.paper_id == _match.paper_id,
        _item.version == _match.version,
    )


def _to_row(match: Match) -> dict[str, object]:
    return {
        "subscription_id": match.subscription_id,
        "paper_id": match.paper_id,
        "version": match.version,
        "date": match.date,
        "type": match.type.value,
        "reasons": [list(filter(None, (one.term, one.field, one.via))) for one in match.reasons],
    }


def _to_match(row: Row[Any]) -> Match:
    return Match(
        subscription_id=row.subscription_id,
        paper_id=row.paper_id,
        version=row.version,
        date=row.date,
        type=AnnounceType(row.type),
        reasons=tuple(Reason(*pair) for pair in row.reasons),
    )
