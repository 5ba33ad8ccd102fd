"""Who writes of papers counts it: a process that does not stops at a new revision. Nothing else changes here."""

from __future__ import annotations

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    pass
