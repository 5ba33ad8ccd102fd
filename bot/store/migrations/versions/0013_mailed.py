"""Whether arXiv's announcement mail has no more than a listing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("listing", sa.Column("is_mailed", sa.Boolean(), nullable=False, server_default=sa.false()))
