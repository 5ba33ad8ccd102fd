"""Texts one by one, each with who made it; what they cost; deliveries that still lack some."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    made = op.create_table(
        "text",
        sa.Column("paper_id", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("field", sa.String(12), nullable=False),
        sa.Column("maker", sa.String(120), nullable=False),
        sa.Column("prompt", sa.String(16), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("flaws", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_matched", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id", "version"],
            ["paper.id", "paper.version"],
            name=op.f("fk_text_paper_id_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "paper_id", "version", "language", "field", "maker", "prompt", "hash", name=op.f("pk_text")
        ),
    )
    old = sa.table(
        "summary",
        *map(sa.column, ("paper_id", "version", "language", "title", "one_line", "abstract", "provenance")),
    )
    for field in ("title", "one_line", "abstract"):
        kept = sa.select(
            old.c.paper_id,
            old.c.version,
            old.c.language,
            sa.literal(field),
            old.c.provenance,
            sa.literal(""),
            sa.literal(""),
            old.c[field],
            sa.literal(""),
            sa.func.current_timestamp(),
            sa.true(),
        ).where(old.c[field] != "")
        op.execute(made.insert().from_select([column.name for column in made.columns], kept))
    op.drop_table("summary")
    op.create_table(
        "spending",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("calls", sa.Integer(), server_default="0", nullable=False),
        sa.Column("known", sa.Integer(), server_default="0", nullable=False),
        sa.Column("flawed", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_spending")),
    )
    op.add_column("delivery", sa.Column("lacks", sa.Boolean(), server_default=sa.false(), nullable=False))
