"""What has become of papers, and which delivery tells it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paper_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("after", sa.String(40), nullable=False),
        sa.Column("before", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["destination_id"],
            ["destination.id"],
            name=op.f("fk_change_destination_id_destination"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_change_delivery_id_delivery"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["paper_id", "version"],
            ["paper.id", "paper.version"],
            name=op.f("fk_change_paper_id_paper"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("destination_id", "paper_id", "kind", "after", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_delivery_id"), "change", ["delivery_id"])
    op.create_index("ix_item_paper", "item", ["paper_id"])
