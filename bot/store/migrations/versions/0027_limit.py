"""How many papers a destination wants whole, since when it is paused, and what it has to hear of a restored backup."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("destination", sa.Column("limit", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("destination", sa.Column("paused_at", Instant()))
    op.add_column("destination", sa.Column("restored", sa.String(60), nullable=False, server_default=""))
    op.create_index(op.f("ix_destination_paused_at"), "destination", ["paused_at"])
    is_to_hear = sa.text("restored <> ''")
    op.create_index(
        "ix_destination_restored", "destination", ["id"], sqlite_where=is_to_hear, postgresql_where=is_to_hear
    )
    table = sa.table("destination", sa.column("paused"), sa.column("paused_at", Instant()))
    op.execute(table.update().where(table.c.paused != "").values(paused_at=datetime.now(UTC)))
