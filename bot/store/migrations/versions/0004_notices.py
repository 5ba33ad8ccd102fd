"""What destinations hear when there are no papers, and refusals that nobody was told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("destination", sa.Column("untold", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("destination", sa.Column("notices", sa.String(8), nullable=False, server_default="faults"))
