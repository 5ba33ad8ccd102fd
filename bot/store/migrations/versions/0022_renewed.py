"""Stored queries and mutes keep their meaning where words of theirs are operators today.

Of two queries of a destination that become the same, the one with the lower number stays.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.query import renewed

revision = "0022"
down_revision = "0021"

_query = sa.table("query", sa.column("id"), sa.column("text"))
_subscription = sa.table(
    "subscription", sa.column("id"), sa.column("destination_id"), sa.column("number"), sa.column("query_id")
)
_unreadable = sa.table("unreadable", sa.column("subscription_id"))
_mute = sa.table("mute", sa.column("destination_id"), sa.column("text"))


def upgrade() -> None:
    connection = op.get_bind()
    for number, text in connection.execute(sa.select(_query.c.id, _query.c.text)).all():
        if (now := renewed(text)) == text:
            continue
        twin = connection.execute(sa.select(_query.c.id).where(_query.c.text == now)).scalar()
        if twin is None:
            connection.execute(_query.update().where(_query.c.id == number).values(text=now))
        else:
            _merge(connection, number, twin)
    for destination, text in connection.execute(sa.select(_mute.c.destination_id, _mute.c.text)).all():
        mine = sa.and_(_mute.c.destination_id == destination, _mute.c.text == text)
        if (now := renewed(text)) == text:
            continue
        is_there = sa.select(_mute.c.text).where(_mute.c.destination_id == destination, _mute.c.text == now)
        if connection.execute(is_there).first():
            connection.execute(_mute.delete().where(mine))
        else:
            connection.execute(_mute.update().where(mine).values(text=now))


def _merge(connection: sa.Connection, former: int, twin: int) -> None:
    both = sa.select(_subscription).where(_subscription.c.query_id.in_([former, twin]))
    kept: dict[int, int] = {}
    for row in connection.execute(both.order_by(_subscription.c.number)).all():
        if kept.setdefault(row.destination_id, row.id) != row.id:
            connection.execute(_unreadable.delete().where(_unreadable.c.subscription_id == row.id))
            connection.execute(_subscription.delete().where(_subscription.c.id == row.id))
    connection.execute(_subscription.update().where(_subscription.c.query_id == former).values(query_id=twin))
    connection.execute(_query.delete().where(_query.c.id == former))
