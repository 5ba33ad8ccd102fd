"""How often a part was sent without an answer, when a refusal is tried again, and whose confirmations wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant

revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("part", sa.Column("unanswered", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("destination", sa.Column("retry_at", Instant()))
    op.create_index(op.f("ix_destination_retry_at"), "destination", ["retry_at"])
    op.add_column("letter", sa.Column("stranger", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("unconfirmed", sa.Column("mailbox", sa.String(320), nullable=False, server_default=""))
    op.execute("UPDATE unconfirmed SET mailbox = address")
    op.create_index(op.f("ix_unconfirmed_mailbox"), "unconfirmed", ["mailbox"])
