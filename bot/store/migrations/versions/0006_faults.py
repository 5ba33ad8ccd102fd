"""What could not be read, which days had a mailing, and who has confirmed a listing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("listing", sa.Column("confirmed_by", sa.String(40), nullable=False, server_default=""))
    op.add_column("listing", sa.Column("confirmed_at", Instant()))
    op.create_table(
        "fault",
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=False),
        sa.Column("over_at", Instant()),
        sa.Column("told_at", Instant()),
        sa.Column("over_told_at", Instant()),
        sa.PrimaryKeyConstraint("source", "category", "date", name=op.f("pk_fault")),
    )
    op.create_table(
        "mailing",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False, server_default=""),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("date", name=op.f("pk_mailing")),
    )
