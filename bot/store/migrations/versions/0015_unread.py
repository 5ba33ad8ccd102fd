"""Papers of a listing that could not be read, and papers of which nobody has told the version yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("listing", sa.Column("unread", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("paper", sa.Column("is_version_known", sa.Boolean(), nullable=False, server_default=sa.true()))
