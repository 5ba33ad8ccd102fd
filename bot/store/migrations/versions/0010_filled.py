"""When the texts that a digest lacked were filled in last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("filled_at", sa.DateTime(timezone=True)))
