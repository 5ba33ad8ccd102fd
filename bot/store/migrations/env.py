"""How Alembic runs our migrations: on a connection that is handed in, one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from bot.store.schema import metadata

_ANY_CONSTANT = 7_305_402_261
"""The key of the advisory lock: any number that nobody else uses."""

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ANY_CONSTANT})"))
    context.run_migrations()
