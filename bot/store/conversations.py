"""Direct conversations that a channel has opened with people, and its turns at opening more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from bot.store import Store, Transaction, schema
from bot.store.upsert import insert

_PATIENCE = timedelta(seconds=10)
_row = schema.conversation.c


_DIRECT = "direct:"  # before the channel in the key of its pause


async def direct_pauses(tx: Transaction, now: datetime) -> list[tuple[str, datetime]]:
    """The channels that take no direct messages now, and until when."""
    row = schema.pace.c
    rows = await tx.connection.execute(
        select(row.key, row.next_at).where(row.key.startswith(_DIRECT), row.next_at > now).order_by(row.key)
    )
    return [(key.removeprefix(_DIRECT), until) for key, until in rows]


class StoredConversations:
    """Those of one channel."""

    def __init__(self, store: Store, channel: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._channel = channel
        self._clock = clock
        self._opening, self._pause = f"open:{channel}", f"{_DIRECT}{channel}"

    async def known(self, person: str) -> str:
        """The conversation with a person, empty when none is open."""
        async with self._store.read() as tx:
            found = await tx.connection.execute(select(_row.conversation).where(*self._with(person)))
            return found.scalar() or ""

    async def keep(self, person: str, conversation: str) -> None:
        """Keep a conversation that was opened; an empty one forgets it."""
        values = {"channel": self._channel, "person": person, "conversation": conversation}
        async with self._store.write() as tx:
            if not conversation:
                await tx.connection.execute(schema.conversation.delete().where(*self._with(person)))
                return
            statement = insert(tx.connection, schema.conversation).values(values)
            newer = {"conversation": conversation}
            await tx.connection.execute(
                statement.on_conflict_do_update(index_elements=["channel", "person"], set_=newer)
            )

    async def held(self) -> timedelta:
        """How much longer the channel's pause of all direct messages lasts."""
        now = self._clock()
        return await self._store.held(self._pause, now) - now

    async def take_lease(self, every: timedelta) -> timedelta:
        """How long until one more may be opened, which is booked unless it takes more than some seconds."""
        now = self._clock()
        async with self._store.write() as tx:
            return await tx.pace.book(self._opening, self._pause, every, now, now + _PATIENCE) - now

    async def pause(self, much: timedelta) -> None:
        """Send no direct messages for that long."""
        await self._store.hold(self._pause, self._clock() + much)

    def _with(self, person: str) -> tuple[ColumnElement[bool], ...]:
        return _row.channel == self._channel, _row.person == person
