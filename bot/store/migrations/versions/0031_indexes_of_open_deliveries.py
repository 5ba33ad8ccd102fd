"""Indexes that hold only the deliveries that have not ended: to claim or to end one changes fewer indexes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    delivery = sa.table(
        "delivery",
        sa.column("state"),
        sa.column("done_at", sa.DateTime(timezone=True)),
        sa.column("shown", sa.Integer()),
    )
    has_begun_again = delivery.c.state.in_(["ready", "sending", "unsure", "held"])  # to send what was added to it
    op.execute(delivery.update().where(has_begun_again, delivery.c.done_at.is_not(None)).values(done_at=None))
    op.drop_index("ix_delivery_open", "delivery")
    op.drop_index("ix_delivery_due", "delivery")
    is_open = delivery.c.done_at.is_(None)
    is_uncomposed = sa.and_(is_open, delivery.c.shown.is_(None))
    for name, columns, which in (
        ("due", ["channel", "due_at", "id"], is_open),
        ("uncomposed", ["destination_id"], is_uncomposed),
    ):
        op.create_index(f"ix_delivery_{name}", "delivery", columns, sqlite_where=which, postgresql_where=which)
