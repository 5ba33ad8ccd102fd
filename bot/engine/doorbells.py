"""Doorbells on PostgreSQL: a job for each, put there in the transaction that makes the work."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.engine.roles import role_of
from bot.store import Transaction

_DEFER = text("""
SELECT procrastinate_defer_jobs_v1(ARRAY[CAST(
    ROW(:queue, 'ring', 0, NULL, :bell, jsonb_build_object('name', CAST(:name AS text)), NULL)
    AS procrastinate_job_to_defer_v1
)])
WHERE NOT EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = :bell AND status = 'todo')
""")


class Doorbells:
    """Rings for the workers; a process that runs one command does no work itself."""

    async def within(self, tx: Transaction, names: Collection[str]) -> None:
        """Put a job there for each name that has none waiting."""
        for name in sorted(names):
            values = {"queue": role_of(name).value, "bell": f"ring {name}", "name": name}
            try:
                # Another transaction may do the same, and one of them is refused: that must not end this one.
                async with tx.connection.begin_nested():
                    await tx.connection.execute(_DEFER, values)
            except IntegrityError:
                continue

    def after(self, names: Collection[str]) -> None:
        """Nothing more."""
