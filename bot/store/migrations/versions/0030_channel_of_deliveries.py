"""The channel of each delivery, so that who claims those of one channel does not look through all others that wait.

A process of an earlier version cannot plan beside this: its slot stays due until a new one plans it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    is_shared = op.get_bind().dialect.name == "postgresql"
    # SQLite adds none that must have a value, unless it has a default; it has one process, which gives a channel.
    default = None if is_shared else ""
    op.add_column("delivery", sa.Column("channel", sa.String(40), nullable=is_shared, server_default=default))
    delivery = sa.table("delivery", sa.column("destination_id"), sa.column("channel"))
    destination = sa.table("destination", sa.column("id"), sa.column("channel"))
    of_destination = sa.select(destination.c.channel).where(destination.c.id == delivery.c.destination_id)
    op.execute(delivery.update().values(channel=of_destination.scalar_subquery()))
    if is_shared:
        op.alter_column("delivery", "channel", nullable=False)
    op.create_index("ix_delivery_due", "delivery", ["channel", "state", "due_at", "id"])
