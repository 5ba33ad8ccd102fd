"""Direct conversations with people, so that a restart need not open them again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("person", sa.String(320), nullable=False),
        sa.Column("conversation", sa.String(320), nullable=False),
        sa.PrimaryKeyConstraint("channel", "person"),
    )
