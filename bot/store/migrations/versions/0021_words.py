"""Tables by the words that the code has for what is in them."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.drop_index("ix_letter_at", "letter")
    op.drop_index("ix_letter_sender", "letter")
    for before, after in (("letter", "incoming_email"), ("mailing", "announcement_day")):
        op.rename_table(before, after)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER INDEX pk_{before} RENAME TO pk_{after}")
    op.create_index("ix_incoming_email_at", "incoming_email", ["at"])
    op.create_index("ix_incoming_email_sender", "incoming_email", ["sender"])
