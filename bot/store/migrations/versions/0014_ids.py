"""Ids and numbers that are never used again, and the first epoch.

SQLite gives the id of the newest row, once that is deleted, to the next one, unless its table says AUTOINCREMENT.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_NEVER_AGAIN = ("destination", "subscription", "delivery", "unconfirmed")
_NAMED_OUTSIDE = ("destination", "delivery", "unconfirmed")


def upgrade() -> None:
    op.add_column("destination", sa.Column("last_number", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE destination SET last_number = (SELECT coalesce(max(number), 0) FROM subscription"
        " WHERE subscription.destination_id = destination.id)"
    )
    if op.get_bind().dialect.name == "sqlite":  # the sequences of PostgreSQL never go back
        for name in _NEVER_AGAIN:
            with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
                pass
    epoch = op.create_table(
        "epoch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _NAMED_OUTSIDE),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
    )
    last = sa.func.coalesce(sa.func.max(sa.column("id", sa.Integer())), 0)
    highest = {name: sa.select(last).select_from(sa.table(name)).scalar_subquery() for name in _NAMED_OUTSIDE}
    op.execute(epoch.insert().values(value=secrets.token_hex(6), **highest))
