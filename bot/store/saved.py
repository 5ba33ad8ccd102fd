"""What people have saved, and papers that were asked for by number: both tables, and their room.

A saved paper belongs to a person, on whichever channel it was saved; it is kept, with its texts, as long as
somebody has saved it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Boolean, Column, ColumnElement, ForeignKey, Integer, String, Table, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.instant import Instant
from bot.store.upsert import insert

MOST = 2_000
"""Papers that one person may have saved."""

saved = Table(
    "saved",
    schema.metadata,
    Column("subscriber_id", Integer, ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("paper_id", String(40), primary_key=True, index=True),
    Column("at", Instant, nullable=False),
)

lookup = Table(  # a paper that nobody has announced to us: when arXiv was asked for it, and whether it has it
    "lookup",
    schema.metadata,
    Column("paper_id", String(40), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("is_there", Boolean, nullable=False),
)

_saved, _lookup = saved.c, lookup.c


class Saved:
    """The room of saved papers, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, person: int, paper_id: str, now: datetime) -> bool:
        """Save a paper for a person; False when it is saved already."""
        statement = insert(self._connection, saved).values(subscriber_id=person, paper_id=paper_id, at=now)
        made = await self._connection.execute(
            statement.on_conflict_do_nothing(), execution_options={"preserve_rowcount": True}
        )
        return made.rowcount == 1

    async def hold(self, person: int) -> None:
        """Lock what a person has saved until this transaction ends."""
        row = schema.subscriber.c.id
        await self._connection.execute(select(row).where(row == person).with_for_update(key_share=True))

    async def remove(self, person: int, paper_id: str) -> bool:
        """Forget that it was saved; False when it was not."""
        is_it = (_saved.subscriber_id == person, _saved.paper_id == paper_id)
        return (await self._connection.execute(saved.delete().where(*is_it))).rowcount == 1

    async def hand_over(self, old: int, new: int, *, unless: ColumnElement[bool]) -> None:
        """Give what one person has saved to another, who is the same; the last MOST of it."""
        theirs = select(literal(new), _saved.paper_id, _saved.at).where(_saved.subscriber_id == old, ~unless)
        statement = insert(self._connection, saved).from_select(["subscriber_id", "paper_id", "at"], theirs)
        await self._connection.execute(statement.on_conflict_do_nothing())
        last = select(_saved.paper_id).where(_saved.subscriber_id == new).order_by(_saved.at.desc()).limit(MOST)
        await self._connection.execute(
            saved.delete().where(_saved.subscriber_id == new, _saved.paper_id.not_in(last))
        )

    async def count(self, people: Collection[int]) -> int:
        """How many papers these people have saved."""
        found = await self._connection.execute(select(func.count()).where(_saved.subscriber_id.in_(people)))
        return int(found.scalar_one())

    async def of(self, person: int) -> dict[str, datetime]:
        """The ids of what a person has saved, the last one first, and when that was."""
        rows = await self._connection.execute(
            select(_saved.paper_id, _saved.at)
            .where(_saved.subscriber_id == person)
            .order_by(_saved.at.desc(), _saved.paper_id.desc())
        )
        return {row.paper_id: row.at for row in rows}

    async def people(self) -> list[int]:
        """Those who have saved something."""
        rows = await self._connection.execute(
            select(_saved.subscriber_id).distinct().order_by(_saved.subscriber_id)
        )
        return list(rows.scalars())

    async def looked_up(self, paper_id: str) -> tuple[datetime, bool] | None:
        """When arXiv was asked for a paper, and whether it has it; None when it was not."""
        row = (await self._connection.execute(select(lookup).where(_lookup.paper_id == paper_id))).first()
        return None if row is None else (row.at, row.is_there)

    async def lookups(self, since: datetime) -> int:
        """How many papers arXiv was asked for since an instant."""
        found = await self._connection.execute(select(func.count()).where(_lookup.at > since))
        return int(found.scalar_one())

    async def note_lookup(self, paper_id: str, now: datetime, *, is_there: bool) -> None:
        """Note what arXiv has answered."""
        values = {"at": now, "is_there": is_there}
        statement = insert(self._connection, lookup).values(paper_id=paper_id, **values)
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["paper_id"], set_=values))
