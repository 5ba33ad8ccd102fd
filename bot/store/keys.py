"""The key of this installation, made once. Every process that shares the database signs with the same one."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from bot.store import Store, schema
from bot.store.upsert import insert

_SIGNING = "signing"
_BYTES = 32


async def signing_key(store: Store) -> bytes:
    """The key for signed links."""
    row = schema.key.c
    known = select(row.value).where(row.name == _SIGNING)
    async with store.read() as tx:
        found = (await tx.connection.execute(known)).scalar()
    if found is None:
        async with store.write() as tx:
            made = {"name": _SIGNING, "value": secrets.token_hex(_BYTES)}
            await tx.connection.execute(insert(tx.connection, schema.key).values(made).on_conflict_do_nothing())
            found = (await tx.connection.execute(known)).scalar_one()
    return bytes.fromhex(found)
