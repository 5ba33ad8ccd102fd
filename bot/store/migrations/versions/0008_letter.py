"""Mails that come in, what waits for a confirmation, and bounces of destinations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_letter")),
    )
    op.create_index(op.f("ix_letter_at"), "letter", ["at"])
    op.create_index(op.f("ix_letter_sender"), "letter", ["sender"])
    op.create_table(
        "unconfirmed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("person", sa.String(length=320), nullable=False, server_default=""),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("used_by", sa.String(length=64), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unconfirmed")),
        sa.UniqueConstraint("key", name=op.f("uq_unconfirmed_key")),
    )
    op.create_index(op.f("ix_unconfirmed_at"), "unconfirmed", ["at"])
    op.create_index(op.f("ix_unconfirmed_address"), "unconfirmed", ["address"])
    op.add_column("destination", sa.Column("bounces", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("destination", sa.Column("bounced_at", Instant()))
