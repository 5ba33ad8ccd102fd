"""What destinations do not want to see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "mute",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name=op.f("fk_mute_destination_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("destination_id", "text", name=op.f("pk_mute")),
    )
