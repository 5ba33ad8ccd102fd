"""The epochs of this database. The first one begins with its migration, each later one with a restored backup."""

from __future__ import annotations

import secrets

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.epochs import Epoch, Kind
from bot.store import schema

_KNOWN = select(schema.epoch).order_by(schema.epoch.c.id)
_BYTES = 6
_SKIPPED = 1_000_000
"""Ids of subscriptions: more than can have been given out since any backup."""


class Epochs:
    """The room of epochs, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self) -> list[Epoch]:
        """All epochs, the present one last."""
        rows = await self._connection.execute(_KNOWN)
        return [Epoch(row.value, {kind: getattr(row, kind) for kind in Kind}) for row in rows]

    async def begin(self) -> None:
        """Begin a new epoch: for a database that was restored, before anything else is done with it.

        Buttons name a subscription by its id alone, so those ids go on beyond all that may have been given out.
        """
        before = {
            kind.value: select(func.coalesce(func.max(schema.metadata.tables[kind].c.id), 0)).scalar_subquery()
            for kind in Kind
        }
        await self._connection.execute(schema.epoch.insert().values(value=secrets.token_hex(_BYTES), **before))
        steps = _SKIP_SQLITE if self._connection.dialect.name == "sqlite" else _SKIP_POSTGRESQL
        for step in steps:
            await self._connection.execute(text(step), {"skipped": _SKIPPED})


_SKIP_SQLITE = (
    "INSERT INTO sqlite_sequence (name, seq) SELECT 'subscription', 0"
    " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'subscription') AND :skipped > 0",
    "UPDATE sqlite_sequence SET seq = seq + :skipped WHERE name = 'subscription'",
)
_SKIP_POSTGRESQL = (
    "SELECT setval(sequence, nextval(sequence) + :skipped)"
    " FROM CAST(pg_get_serial_sequence('subscription', 'id') AS regclass) AS sequence",
)
