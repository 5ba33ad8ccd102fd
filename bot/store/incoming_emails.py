"""Mails that came in, each to be answered once; and what waits for proof that a mailbox is somebody's.

Everything here is forgotten after two days.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.upsert import insert

_email, _unconfirmed = schema.incoming_email.c, schema.unconfirmed.c
_REMEMBERED = timedelta(days=2)  # longer than any token for what is here
_HOUR = timedelta(hours=1)
_FIRST_LEASE = timedelta(minutes=5)
_LONGEST_LEASE = timedelta(hours=1)
_MOST_ATTEMPTS = 20  # most of a day


class Taken(enum.Enum):
    """What is to be done about a mail."""

    OURS = enum.auto()  # answer it, then `finish`
    DONE = enum.auto()  # answered before
    BUSY = enum.auto()  # another process is at it, or it failed not long ago
    FLOOD = enum.auto()  # its sender has had enough answers in this hour
    HOPELESS = enum.auto()  # it failed too often


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """What was asked for: commands, one a line; or, with a person, that the mailbox is linked to them."""

    id: int
    address: str
    text: str
    channel: str = ""
    person: str = ""


class IncomingEmails:
    """The room of mails that came in, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(
        self, key: str, sender: str, now: datetime, limit: int, *, of_strangers: int | None = None
    ) -> Taken:
        """Whether a mail is ours to answer now; `limit` is how many of one sender are answered in an hour.

        `key` names the mail, `sender` a mailbox; both are hashes. `of_strangers` says that nobody here knows the
        sender, and how many mails of all such senders are answered in an hour.
        """
        await self._forget(now)
        is_stranger = of_strangers is not None
        made = {
            "key": key,
            "sender": sender,
            "at": now,
            "attempts": 0,
            "lease_until": now,
            "stranger": is_stranger,
        }
        await self._connection.execute(
            insert(self._connection, schema.incoming_email).values(made).on_conflict_do_nothing()
        )
        chosen = select(schema.incoming_email).where(_email.key == key).with_for_update()
        row = (await self._connection.execute(chosen)).one()
        if row.done:
            return Taken.DONE
        if row.lease_until > now:
            return Taken.BUSY
        fresh = await self._count(schema.incoming_email, _email.sender == sender, _email.at > now - _HOUR)
        taken = Taken.HOPELESS if row.attempts >= _MOST_ATTEMPTS else Taken.OURS
        if row.attempts == 0 and (fresh > limit or await self._are_many(of_strangers, now)):
            taken = Taken.FLOOD
        lease = min(_FIRST_LEASE * 2**row.attempts, _LONGEST_LEASE)
        await self._connection.execute(
            schema.incoming_email.update()
            .where(_email.key == key)
            .values(
                attempts=row.attempts + 1,
                lease_until=now + lease,
                done=taken is not Taken.OURS,
                stranger=is_stranger and taken is Taken.OURS,  # those who get no answer keep nobody else from one
            )
        )
        return taken

    async def _are_many(self, of_strangers: int | None, now: datetime) -> bool:
        if of_strangers is None:
            return False
        return (
            await self._count(schema.incoming_email, _email.stranger.is_(True), _email.at > now - _HOUR)
            > of_strangers
        )

    async def finish(self, key: str) -> None:
        """The mail is answered, or will not be."""
        await self._connection.execute(schema.incoming_email.update().where(_email.key == key).values(done=True))

    async def ask(
        self, key: str, wish: Unconfirmed, now: datetime, *, mailbox: str, limit: int, of_all: int
    ) -> Unconfirmed | None:
        """Keep what was asked for until it is confirmed; the same for the same key.

        None when the mailbox, or the person, has asked for more than `limit` within an hour, or all for `of_all`.
        """
        await self._forget(now)
        known = select(schema.unconfirmed).where(_unconfirmed.key == key)
        if (row := (await self._connection.execute(known)).first()) is not None:
            return _to_unconfirmed(row)
        is_fresh = _unconfirmed.at > now - _HOUR
        counted = [_unconfirmed.mailbox == mailbox]
        if wish.person:
            counted.append((_unconfirmed.channel == wish.channel) & (_unconfirmed.person == wish.person))
        for condition in counted:
            if await self._count(schema.unconfirmed, condition, is_fresh) >= limit:
                return None
        if await self._count(schema.unconfirmed, is_fresh) >= of_all:
            return None
        values = {"address": wish.address, "text": wish.text, "channel": wish.channel, "person": wish.person}
        values["mailbox"] = mailbox
        await self._connection.execute(
            insert(self._connection, schema.unconfirmed).values(key=key, at=now, **values).on_conflict_do_nothing()
        )
        return _to_unconfirmed((await self._connection.execute(known)).one())

    async def unconfirmed(self, number: int) -> Unconfirmed | None:
        """What waits under a number, None when it was done or has been forgotten."""
        chosen = select(schema.unconfirmed).where(_unconfirmed.id == number, _unconfirmed.used_by == "")
        row = (await self._connection.execute(chosen)).first()
        return None if row is None else _to_unconfirmed(row)

    async def use(self, number: int, by: str) -> Unconfirmed | None:
        """What waits under a number, for the one who confirms it first; None for everybody after `by`."""
        done = await self._connection.execute(
            schema.unconfirmed.update()
            .where(_unconfirmed.id == number, _unconfirmed.used_by.in_(("", by)))
            .values(used_by=by)
            .returning(schema.unconfirmed)
        )
        row = done.first()
        return None if row is None else _to_unconfirmed(row)

    async def _forget(self, now: datetime) -> None:
        for table in (schema.incoming_email, schema.unconfirmed):
            await self._connection.execute(table.delete().where(table.c.at < now - _REMEMBERED))

    async def _count(self, table: Any, *conditions: ColumnElement[bool]) -> int:
        counted = select(func.count()).select_from(table).where(*conditions)
        return int((await self._connection.execute(counted)).scalar_one())


def _to_unconfirmed(row: Any) -> Unconfirmed:
    return Unconfirmed(row.id, row.address, row.text, row.channel, row.person)
