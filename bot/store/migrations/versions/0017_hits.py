"""Batches and hits in place of matches, and what a delivery carries in itself in place of items.

What waited for somebody goes on waiting: for a subscription that is paused as hits of its query, one batch for each
date; for all others as deliveries that carry it already. All that was announced counts as matched.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.store.instant import Instant
from bot.store.packing import pack

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    _tables()
    connection = op.get_bind()
    _keep_deliveries(connection)
    newest = _keep_waiting(connection)
    counted = sa.text(
        "INSERT INTO counter (name, value) SELECT 'batch', :newest WHERE :newest > 0"
        " AND NOT EXISTS (SELECT 1 FROM counter WHERE name = 'batch')"
    )
    connection.execute(counted, {"newest": newest})
    connection.execute(sa.text("UPDATE announcement SET batch = 0 WHERE batch IS NULL"))
    connection.execute(
        sa.text("UPDATE subscription SET since = :newest, through = :newest WHERE since = 0"), {"newest": newest}
    )
    _keep_changes(connection, newest)
    op.drop_table("item")
    op.drop_table("match")


def _tables() -> None:
    op.create_index("ix_paper_stale", "paper", ["n"], **_where("revision > evaluated_revision"))
    op.add_column("announcement", sa.Column("before", Instant()))
    op.add_column("announcement", sa.Column("batch", sa.Integer()))
    op.create_index("ix_announcement_batch", "announcement", ["batch"])
    op.create_index("ix_text_made_at", "text", ["made_at"])
    op.create_index("ix_text_unmatched", "text", ["paper_id"], **_where("is_matched IS false"))
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(4), nullable=False),
        sa.Column("before", Instant()),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("published_at", Instant()),
        sa.Column("papers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "hit",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("query", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("papers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch", "query", name=op.f("pk_hit")),
        sqlite_with_rowid=False,
    )
    for name in ("since", "through"):
        op.add_column("subscription", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("destination", sa.Column("changes_through", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("delivery", sa.Column("papers", sa.LargeBinary()))
    op.add_column("delivery", sa.Column("shown", sa.Integer()))
    op.add_column("delivery", sa.Column("withheld", sa.Integer(), nullable=False, server_default="0"))
    for name in ("found_by", "changes", "awaited"):
        op.add_column("delivery", sa.Column(name, sa.LargeBinary()))
    op.create_index("ix_delivery_lacks", "delivery", ["done_at"], **_where("lacks"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _keep_deliveries(connection: sa.Connection) -> None:
    """Let each delivery carry its papers; those that are written down already are not ranked again."""
    rows = connection.execute(
        sa.text(
            "SELECT item.delivery_id, paper.n FROM item JOIN paper ON paper.id = item.paper_id"
            " AND paper.version = item.version ORDER BY item.delivery_id, paper.n"
        )
    )
    papers: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        papers[row.delivery_id].append(row.n)
    written = set(connection.execute(sa.text("SELECT DISTINCT delivery_id FROM part")).scalars())
    written |= set(
        connection.execute(sa.text("SELECT id FROM delivery WHERE state IN ('sent', 'dead')")).scalars()
    )
    update = sa.text("UPDATE delivery SET papers = :papers, shown = :shown WHERE id = :id")
    for number in sorted({*papers, *written}):
        some = papers.get(number, [])
        shown = len(some) if number in written else None
        connection.execute(update, {"id": number, "papers": pack(some), "shown": shown})


def _keep_waiting(connection: sa.Connection) -> int:
    """Keep what has matched and is in no delivery; the number of the last batch that is made for it."""
    rows = connection.execute(
        sa.text(
            "SELECT match.subscription_id, match.date, paper.n, subscription.paused, subscription.query_id,"
            " subscription.destination_id, match.paper_id FROM match"
            " JOIN paper ON paper.id = match.paper_id AND paper.version = match.version"
            " JOIN subscription ON subscription.id = match.subscription_id"
            " WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.destination_id = subscription.destination_id"
            " AND item.paper_id = match.paper_id AND (item.version >= match.version"
            " OR match.type NOT IN ('replace', 'replace-cross')))"
        )
    ).all()
    _fix(connection, [row for row in rows if not row.paused])
    return _hold(connection, [row for row in rows if row.paused])


def _hold(connection: sa.Connection, rows: list[Any]) -> int:
    """Keep what waits for subscriptions that are paused, as a batch for each date."""
    by_date: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        by_date[row.date].append(row)
    first: dict[int, int] = {}
    now = datetime.now(UTC)
    batch = sa.table("batch", *(sa.column(name) for name in ("id", "kind", "papers")), *_instants())
    hit = sa.table("hit", *(sa.column(name) for name in ("batch", "query", "papers")))
    for number, day in enumerate(sorted(by_date), 1):
        papers = sorted({row.n for row in by_date[day]})
        places = {n: place for place, n in enumerate(papers)}
        found: dict[int, set[int]] = defaultdict(set)
        for row in by_date[day]:
            found[row.query_id].add(places[row.n])
            first.setdefault(row.subscription_id, number)
        values = {"id": number, "kind": "day", "papers": pack(papers), "opened_at": now, "published_at": now}
        connection.execute(batch.insert().values(values))
        for query, some in found.items():
            connection.execute(hit.insert().values(batch=number, query=query, papers=pack(sorted(some))))
        announced = sa.text(
            "UPDATE announcement SET batch = :batch WHERE EXISTS (SELECT 1 FROM paper"
            " WHERE paper.id = announcement.paper_id AND paper.version = announcement.version AND paper.n = :n)"
        )
        connection.execute(announced, [{"batch": number, "n": n} for n in papers])
    began = sa.text("UPDATE subscription SET since = :before, through = :before WHERE id = :id")
    for subscription, number in first.items():
        # 0 would be taken for one that has nothing waiting: batches begin with 1, and all that counts is "below it".
        connection.execute(began, {"id": subscription, "before": number - 1 or -1})
    return len(by_date)


def _instants() -> list[Any]:
    return [sa.column("opened_at", Instant()), sa.column("published_at", Instant())]


def _fix(connection: sa.Connection, rows: list[Any]) -> None:
    """Make a delivery of what waits for each destination, due at its next slot."""
    waiting: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        waiting[row.destination_id].add(row.n)
    delivery = sa.table(
        "delivery",
        *(sa.column(name) for name in ("destination_id", "state", "papers")),
        *(sa.column(name, Instant()) for name in ("slot_due", "due_at", "created_at")),
    )
    now = datetime.now(UTC)
    slot = sa.table("slot", sa.column("id"), sa.column("next_due", Instant()))
    destination = sa.table("destination", sa.column("id"), sa.column("slot_id"))
    slots = connection.execute(
        sa.select(destination.c.id, slot.c.next_due).join_from(
            destination, slot, slot.c.id == destination.c.slot_id
        )
    )
    for row in slots.all():
        if papers := waiting.get(row.id):
            values = {"destination_id": row.id, "state": "ready", "papers": pack(sorted(papers))}
            # A minute before the slot, which has a delivery of its own.
            instants = {"slot_due": row.next_due - timedelta(minutes=1), "due_at": row.next_due, "created_at": now}
            connection.execute(delivery.insert().values(values | instants))


def _keep_changes(connection: sa.Connection, newest: int) -> None:
    """Keep what destinations have yet to be told, as changes of papers."""
    rows = connection.execute(
        sa.text(
            "SELECT paper_id, kind, after, min(before) AS before, min(version) AS version,"
            " max(CASE WHEN delivery_id IS NULL THEN 1 ELSE 0 END) AS untold FROM change"
            " GROUP BY paper_id, kind, after ORDER BY paper_id, kind, after"
        )
    ).all()
    told = connection.execute(
        sa.text("SELECT delivery_id, paper_id, kind, after FROM change WHERE delivery_id IS NOT NULL")
    ).all()
    op.drop_table("change")
    change = op.create_table(
        "change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("after", sa.String(40), nullable=False),
        sa.Column("before", sa.String(40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["paper_id", "version"],
            ["paper.id", "paper.version"],
            name=op.f("fk_change_paper_id_paper"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
        sa.UniqueConstraint("paper_id", "kind", "after", name=op.f("uq_change_paper_id_kind_after")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_batch", "change", ["batch"])
    # What everybody was told is no news; the rest is told with the first batch that comes, to who was not told yet.
    ids = {}
    for number, row in enumerate(rows, 1):
        values = {name: getattr(row, name) for name in ("paper_id", "kind", "after", "before", "version")}
        connection.execute(change.insert().values(**values, batch=None if row.untold else 0))
        ids[row.paper_id, row.kind, row.after] = number
    tells: dict[int, list[int]] = defaultdict(list)
    for row in told:
        tells[row.delivery_id].append(ids[row.paper_id, row.kind, row.after])
    update = sa.text("UPDATE delivery SET changes = :changes WHERE id = :id")
    for delivery, some in tells.items():
        connection.execute(update, {"id": delivery, "changes": pack(some)})
    connection.execute(sa.text("UPDATE destination SET changes_through = :newest"), {"newest": newest})
