"""A small installation as it looks in the database, for every revision that there has been.

A row names the columns of all revisions: those that a revision does not know are left out. Who adds a table or
a column adds what is typical of it here, and says in `tests/store/test_history.py` what must become of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, DateTime, MetaData, Table, func, select

from bot.store import Store, migrations
from bot.store.packing import pack

FOLDER = Path(migrations.__path__[0])
"""Where the migrations are."""

DAY = date(2026, 6, 9)
THEN = datetime(2026, 6, 9, 6, 0, tzinfo=UTC)
"""When the installation was left; its readers are due again at nine on the day after."""

_SENT, _WAITING, _HALF_SENT, _PAUSED, _REFUSED = (f"2606.9000{number}" for number in range(1, 6))

_Rows = list[dict[str, Any]]


def _category(of: str) -> str:
    return "cs.CC" if of in (_PAUSED, _REFUSED) else "cs.LG"


def _number(of: str) -> int:
    return int(of[-1])


def _papers() -> _Rows:
    def paper(of: str, version: int = 1, **more: str) -> dict[str, Any]:
        return {
            "id": of,
            "version": version,
            "title": f"Tides of {of}, version {version}",
            "authors": ["Ottoline Greaves", "Wén Shūyí 文淑仪"],
            "abstract": "We predict the tide with $\\beta$.",
            "categories": [_category(of), "cs.AI"],
            "comments": "12 pages",
            "doi": "10.1000/182",
            "journal_ref": "J. Tides 1",
            "is_version_known": True,
            "license": "http://creativecommons.org/licenses/by/4.0/",
            "n": _number(of) if version == 1 else 6,
            "revision": 0,
            "evaluated_revision": 0,
            **more,
        }

    every = (_SENT, _WAITING, _HALF_SENT, _PAUSED, _REFUSED)
    return [*map(paper, every), paper(_WAITING, 2, comments="", doi="", journal_ref="", license="")]


def _announcements() -> _Rows:
    return [
        {
            "paper_id": one["id"],
            "version": one["version"],
            "category": _category(one["id"]),
            "date": DAY,
            "type": "new" if one["version"] == 1 else "replace",
            "source": "arxiv_listing",
            "before": None,
            "batch": int(one["id"] in (_WAITING, _PAUSED)),
        }
        for one in _papers()
    ]


def _matches() -> _Rows:
    found = [(21, _SENT), (21, _WAITING), (21, _HALF_SENT), (22, _WAITING), (23, _PAUSED), (23, _REFUSED)]
    return [
        {
            "subscription_id": subscription,
            "paper_id": paper_id,
            "version": 1,
            "date": DAY,
            "type": "new",
            "reasons": [["tide", "title"]],
        }
        for subscription, paper_id in found
    ]


def _deliveries() -> _Rows:
    def delivery(number: int, destination: int, state: str, days: int, **more: Any) -> dict[str, Any]:
        due = THEN - timedelta(days=days)
        return {
            "id": number,
            "destination_id": destination,
            "channel": "fake",
            "slot_due": due,
            "state": state,
            "due_at": due,
            "owner": "old/fake",
            "lease_until": None,
            "attempts": 1,
            "reason": "",
            "created_at": due,
            "done_at": None if state == "ready" else due + timedelta(minutes=1),
            "lacks": False,
            "filled_at": None,
            "shown": 1,
            "withheld": 0,
            "found_by": None,
            "changes": None,
            "awaited": None,
            **more,
        }

    return [
        delivery(
            31, 11, "sent", 2, lacks=True, filled_at=THEN - timedelta(days=2),
            papers=pack([_number(_SENT)]), found_by=pack([1, 1, 1, 1, 0]), changes=pack([1]),
        ),
        delivery(32, 11, "ready", 1, reason="busy", papers=pack([_number(_HALF_SENT)])),
        delivery(33, 12, "dead", 1, reason="channel_not_found", papers=pack([_number(_REFUSED)])),
    ]  # fmt: skip


def _parts() -> _Rows:
    def part(delivery: int, number: int, body: str, reference: str | None) -> dict[str, Any]:
        at = None if reference is None else THEN - timedelta(days=1)
        row = {"delivery_id": delivery, "number": number, "body": body, "unanswered": 0}
        return {**row, "attempted_at": at, "reference": reference, "sent_at": at}

    return [
        part(31, 1, "", "ref-31-1"),
        part(32, 1, "the first half", "ref-32-1"),
        part(32, 2, "the second half", None),
        part(33, 1, "what was refused", None),
    ]


def _items() -> _Rows:
    carried = [(11, _SENT, 31), (11, _HALF_SENT, 32), (12, _REFUSED, 33)]
    names = ("destination_id", "paper_id", "version", "delivery_id")
    return [
        dict(zip(names, (destination, paper_id, 1, delivery), strict=True))
        for destination, paper_id, delivery in carried
    ]


def _destination(number: int, address: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "channel": "fake",
        "address": address,
        "identity_id": 6,
        "slot_id": 8,
        "language": "both",
        "paused": "",
        "retry_at": None,
        "untold": False,
        "notices": "off",
        "bounces": 0,
        "bounced_at": None,
        "last_number": 3,
        "changes_through": 0,
        "limit": 0,
        "paused_at": None,
        "restored": "",
        **more,
    }


def _subscription(number: int, destination: int, shown: int, query: str) -> dict[str, Any]:
    row = {"id": number, "destination_id": destination, "number": shown, "query": query, "query_id": number - 20}
    return {**row, "paused": False, "created_at": THEN - timedelta(days=3), "since": 0, "through": 0}


TYPICAL: dict[str, _Rows] = {
    "paper": _papers(),
    "announcement": _announcements(),
    "listing": [
        {
            "source": "arxiv_listing",
            "category": "cs.LG",
            "date": DAY,
            "read": 5,
            "claimed": 5,
            "fetched_at": THEN,
            "url": "https://arxiv.org/list/cs.LG/new",
            "etag": '"old"',
            "last_modified": "Tue, 09 Jun 2026 00:00:00 GMT",
            "confirmed_by": "arxiv_feed",
            "confirmed_at": THEN,
            "is_mailed": True,
            "unread": ["2606.90009"],
        }
    ],
    "counter": [{"name": "paper", "value": 6}, {"name": "batch", "value": 1}],
    "batch": [
        {
            "id": 1,
            "kind": "day",
            "before": None,
            "opened_at": THEN,
            "published_at": THEN,
            "papers": pack([_number(_WAITING), _number(_PAUSED)]),
        }
    ],
    "hit": [{"batch": 1, "query": query, "papers": pack([int(query == 3)])} for query in (1, 2, 3)],
    "query": [
        {"id": number, "text": text}
        for number, text in enumerate(("cs.LG", "title:tides author:greaves", "cs.CC", "cat:cs.GONE"), 1)
    ],
    "fault": [
        {
            "source": "arxiv_listing",
            "category": "cs.CV",
            "date": DAY,
            "reason": "HTTP 503",
            "since": THEN,
            "tried_at": THEN,
            "over_at": THEN,
            "told_at": None,
            "over_told_at": None,
        }
    ],
    "watch": [{"category": "cs.LG", "since": DAY}],
    "mailing": [{"date": DAY, "kind": "mailing", "reason": "", "seen_at": THEN}],
    "summary": [
        {
            "paper_id": _SENT,
            "version": 1,
            "language": "zh",
            "title": "潮汐",
            "one_line": "预测潮汐。",
            "abstract": "我们预测潮汐。",
            "provenance": "arxivdaily",
        }
    ],
    "text": [
        {
            "paper_id": _SENT,
            "version": 1,
            "language": "zh",
            "field": field,
            "maker": "arxivdaily",
            "prompt": "",
            "hash": "",
            "body": body,
            "flaws": "",
            "made_at": THEN - timedelta(days=3),
            "is_matched": True,
        }
        for field, body in (("title", "潮汐"), ("one_line", "预测潮汐。"), ("abstract", "我们预测潮汐。"))
    ],
    "spending": [{"day": DAY, "tokens": 5_000_000_000, "cost": 1_200, "calls": 3, "known": 2, "flawed": 1}],
    "subscriber": [{"id": 5, "created_at": THEN}],
    "identity": [
        {"id": 6, "subscriber_id": 5, "channel": "fake", "address": "ottoline"},
        {"id": 7, "subscriber_id": 5, "channel": "email", "address": "ottoline@reader.test"},
    ],
    "slot": [
        {"id": 8, "zone": "UTC", "minute": 540, "days": "daily", "next_due": THEN + timedelta(hours=27)},
        {"id": 9, "zone": "Asia/Shanghai", "minute": 0, "days": "weekly", "next_due": THEN + timedelta(days=9)},
    ],
    "conversation": [{"channel": "discord", "person": "42", "conversation": "4242"}],
    "destination": [
        _destination(11, "#tides", bounces=1, bounced_at=THEN),
        _destination(12, "#refused", paused="channel_not_found", untold=True, language="zh", identity_id=None),
    ],
    "subscription": [
        _subscription(21, 11, 1, "cs.LG"),
        _subscription(22, 11, 3, "title:tides author:greaves"),
        _subscription(23, 12, 1, "cs.CC"),
        {**_subscription(24, 12, 2, "cat:cs.GONE"), "paused": True},
    ],
    "saved": [{"subscriber_id": 5, "paper_id": _SENT, "at": THEN}],
    "lookup": [{"paper_id": "1706.03762", "at": THEN, "is_there": False}],
    "unreadable": [{"subscription_id": 24, "told_at": THEN}],
    "mute": [{"destination_id": 11, "text": "cs.CV", "created_at": THEN}],
    "match": _matches(),
    "delivery": _deliveries(),
    "item": _items(),
    "change": [
        {
            "id": 1,
            "batch": 0,
            "destination_id": 11,
            "paper_id": _SENT,
            "kind": "moved",
            "after": "cs.AI",
            "before": "cs.LG",
            "version": 1,
            "delivery_id": 31,
        }
    ],
    "part": _parts(),
    "pace": [{"key": "fake", "next_at": THEN}],
    "seen": [{"key": "fake:event", "at": THEN}],
    "heartbeat": [{"process": "host:1:abcd", "at": THEN, "loops": ["read"], "troubles": []}],
    "key": [{"name": "links", "value": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I"}],
    "epoch": [{"id": 2, "value": "0123456789ab", "destination": 0, "delivery": 0, "unconfirmed": 0}],
    "letter": [
        {
            "key": "a" * 64,
            "sender": "b" * 64,
            "at": THEN,
            "attempts": 1,
            "lease_until": THEN,
            "done": True,
            "stranger": False,
        }
    ],
    "unconfirmed": [
        {
            "id": 41,
            "key": "c" * 64,
            "address": "stranger@reader.test",
            "mailbox": "stranger@reader.test",
            "text": "subscribe cs.LG",
            "channel": "",
            "person": "",
            "at": THEN,
            "used_by": "",
        }
    ],
}

RENAMED = {"letter": "incoming_email", "mailing": "announcement_day"}
"""Tables that have another name since."""

TYPICAL |= {after: TYPICAL[before] for before, after in RENAMED.items()}


async def make_old(store: Store, revision: str) -> None:
    """Let an empty database be one of a revision, with the typical rows."""

    def made(connection: Connection) -> None:
        upgrade(connection, revision)
        fill(connection)

    async with store.connect() as connection:
        await connection.run_sync(made)
        await connection.commit()


def upgrade(connection: Connection, revision: str) -> None:
    """Bring a database to a revision."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill(connection: Connection) -> None:
    """Put the typical rows into every table of a database, as far as its revision knows them."""
    for table in _tables(connection):
        assert table.name in TYPICAL, f"no typical rows of {table.name}"
        for row in TYPICAL[table.name]:
            unknown = {column.name for column in table.columns} - set(row)
            assert not unknown, f"no typical value of {table.name}: {unknown}"
            values = {name: value for name, value in row.items() if name in table.columns}
            connection.execute(table.insert().values(_stored(connection, table, values)))
        if connection.dialect.name == "postgresql" and table.name in _NUMBERED and "id" in table.columns:
            # What the database would have counted, had it given these ids itself.
            last = select(func.max(table.c.id)).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))


def contents(connection: Connection) -> dict[str, dict[str, list[Any]]]:
    """What every table has in each of its columns, in the order of its key."""
    found: dict[str, dict[str, list[Any]]] = {}
    for table in _tables(connection):
        rows = list(connection.execute(select(table).order_by(*table.primary_key.columns)))
        found[table.name] = {
            column.name: [row[position] for row in rows] for position, column in enumerate(table.columns)
        }
    return found


_NUMBERED = {name for name, rows in TYPICAL.items() if isinstance(rows[0].get("id"), int)}


def _tables(connection: Connection) -> Iterator[Table]:
    """Our tables of a database, each after those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: not name.startswith("procrastinate_"))
    return (table for table in metadata.sorted_tables if table.name != "alembic_version")


def _stored(connection: Connection, table: Table, values: dict[str, Any]) -> dict[str, Any]:
    """Instants as the database keeps them: SQLite knows no zones."""
    if connection.dialect.name != "sqlite":
        return values
    return {
        name: value.replace(tzinfo=None) if isinstance(table.c[name].type, DateTime) and value else value
        for name, value in values.items()
    }
