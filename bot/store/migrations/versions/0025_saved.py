"""What people have saved, and papers that were asked for by number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "saved",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_saved_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name=op.f("pk_saved")),
    )
    op.create_index(op.f("ix_saved_paper_id"), "saved", ["paper_id"])
    op.create_table(
        "lookup",
        sa.Column("paper_id", sa.String(length=40), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("is_there", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_lookup")),
    )
    op.create_index(op.f("ix_lookup_at"), "lookup", ["at"])
