"""Deliveries by state on PostgreSQL too: what asks for those that are open does not say that they have not ended."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_delivery_open", "delivery")
        op.create_index("ix_delivery_open", "delivery", ["state", "due_at"])
