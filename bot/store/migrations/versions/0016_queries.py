"""Queries are rows of their own, which subscriptions share; papers have numbers, and revisions of what is stored."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "counter",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    _number_papers()
    op.create_table(
        "query",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_query")),
        sa.UniqueConstraint("text", name=op.f("uq_query_text")),
        sqlite_autoincrement=True,
    )
    op.execute("INSERT INTO query (text) SELECT DISTINCT query FROM subscription")
    op.add_column("subscription", sa.Column("query_id", sa.Integer()))
    op.execute("UPDATE subscription SET query_id = (SELECT id FROM query WHERE text = subscription.query)")
    with op.batch_alter_table("subscription", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint("uq_subscription_destination_id_query", type_="unique")
        table.drop_column("query")
        table.alter_column("query_id", nullable=False)
        table.create_unique_constraint("uq_subscription_destination_id_query_id", ["destination_id", "query_id"])
        table.create_foreign_key("fk_subscription_query_id_query", "query", ["query_id"], ["id"])
    op.create_index("ix_subscription_query_id", "subscription", ["query_id"])


def _number_papers() -> None:
    op.add_column("paper", sa.Column("n", sa.Integer()))
    op.execute(
        "UPDATE paper SET n = numbered.n FROM (SELECT id, version, row_number() OVER (ORDER BY id, version) AS n"
        " FROM paper) AS numbered WHERE numbered.id = paper.id AND numbered.version = paper.version"
    )
    with op.batch_alter_table("paper") as table:
        table.alter_column("n", nullable=False)
        table.create_unique_constraint("uq_paper_n", ["n"])
        for name in ("revision", "evaluated_revision"):
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute("INSERT INTO counter (name, value) SELECT 'paper', max(n) FROM paper HAVING max(n) > 0")
