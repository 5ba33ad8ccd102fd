"""The tables, for both databases. Instants are aware UTC; announcement dates are Eastern dates."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    text,
)

from bot.store.instant import Instant

_NAMES = {kind: f"{kind}_%(table_name)s_%(column_0_N_name)s" for kind in ("ix", "uq", "fk")}
metadata = MetaData(naming_convention={**_NAMES, "pk": "pk_%(table_name)s"})


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def _index_of(which: ColumnElement[bool], name: str, *columns: Column[Any]) -> None:
    """An index of some rows alone."""
    Index(name, *columns, sqlite_where=which, postgresql_where=which)


def _refers(name: str, target: str, **options: Any) -> Column[int]:
    return Column(name, Integer, ForeignKey(target, ondelete="CASCADE"), nullable=False, **options)


paper = Table(
    "paper",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("comments", Text, nullable=False, server_default=""),
    Column("doi", Text, nullable=False, server_default=""),
    Column("journal_ref", Text, nullable=False, server_default=""),
    Column("license", Text, nullable=False, server_default=""),
    Column("is_version_known", Boolean, nullable=False, server_default=text("true")),
    Column("n", Integer, nullable=False, unique=True),  # small, where many papers are named at once
    Column("revision", Integer, nullable=False, server_default=text("0")),  # grows when more is told of it
    Column("evaluated_revision", Integer, nullable=False, server_default=text("0")),
)
_index_of(paper.c.revision > paper.c.evaluated_revision, "ix_paper_stale", paper.c.n)

counter = Table(
    "counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", Integer, nullable=False),
)

announcement = Table(
    "announcement",
    metadata,
    Column("paper_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("category", String(40), primary_key=True),
    Column("date", Date, nullable=False, index=True),
    Column("type", String(20), nullable=False),
    Column("source", String(40), nullable=False),
    Column("before", Instant),  # who has subscribed since gets nothing of it
    Column("batch", Integer, index=True),  # in which it is matched, NULL before that
    ForeignKeyConstraint(["paper_id", "version"], ["paper.id", "paper.version"], ondelete="CASCADE"),
)

batch = Table(  # what is matched at once, for all queries; one at a time is open
    "batch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the counter says which is next
    Column("kind", String(4), nullable=False),  # day: announced, or more is told of it; text: Chinese has come
    Column("before", Instant),  # as its announcements have it
    Column("opened_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("papers", LargeBinary, nullable=False),  # their numbers, packed
)

hit = Table(  # one query on one batch; only read when the batch is published
    "hit",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("query", Integer, primary_key=True, autoincrement=False),
    Column("papers", LargeBinary, nullable=False),  # their places in the batch, packed
    sqlite_with_rowid=False,
)

listing = Table(
    "listing",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("read", Integer, nullable=False),
    Column("claimed", Integer),
    Column("fetched_at", Instant, nullable=False),
    Column("url", Text, nullable=False, server_default=""),
    Column("etag", Text, nullable=False, server_default=""),
    Column("last_modified", Text, nullable=False, server_default=""),
    Column("confirmed_by", String(40), nullable=False, server_default=""),
    Column("confirmed_at", Instant),
    Column("is_mailed", Boolean, nullable=False, server_default=text("false")),  # arXiv's mail has no more
    Column("unread", JSON, nullable=False, server_default="[]"),  # what papers that could not be read are called
)

fault = Table(
    "fault",
    metadata,
    Column("source", String(40), primary_key=True),
    Column("category", String(40), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("tried_at", Instant, nullable=False),
    Column("over_at", Instant),
    Column("told_at", Instant),
    Column("over_told_at", Instant),
)

watch = Table(
    "watch",
    metadata,
    Column("category", String(40), primary_key=True),
    Column("since", Date, nullable=False),
)

announcement_day = Table(
    "announcement_day",
    metadata,
    Column("date", Date, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("reason", String(12), nullable=False, server_default=""),
    Column("seen_at", Instant, nullable=False),
)

text_ = Table(
    "text",
    metadata,
    Column("paper_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("language", String(8), primary_key=True),
    Column("field", String(12), primary_key=True),
    Column("maker", String(120), primary_key=True),
    Column("prompt", String(16), primary_key=True),
    Column("hash", String(64), primary_key=True),  # of what it was made from
    Column("body", Text, nullable=False),  # empty: the answer was of no use, and is not asked for again
    Column("flaws", Text, nullable=False, server_default=""),
    Column("made_at", Instant, nullable=False, index=True),
    Column("is_matched", Boolean, nullable=False, server_default=text("false")),
    ForeignKeyConstraint(["paper_id", "version"], ["paper.id", "paper.version"], ondelete="CASCADE"),
)
_index_of(text_.c.is_matched.is_(False), "ix_text_unmatched", text_.c.paper_id)

spending = Table(
    "spending",
    metadata,
    Column("day", Date, primary_key=True),  # UTC
    Column("tokens", BigInteger, nullable=False, server_default=text("0")),  # booked and used
    Column("cost", BigInteger, nullable=False, server_default=text("0")),  # the same, in millionths
    Column("calls", Integer, nullable=False, server_default=text("0")),
    Column("known", Integer, nullable=False, server_default=text("0")),  # texts that were there already
    Column("flawed", Integer, nullable=False, server_default=text("0")),  # answers that the gate refused
)

subscriber = Table("subscriber", metadata, _id(), Column("created_at", Instant, nullable=False))

identity = Table(
    "identity",
    metadata,
    _id(),
    _refers("subscriber_id", "subscriber.id"),
    Column("channel", String(40), nullable=False),
    Column("address", String(320), nullable=False),
    UniqueConstraint("channel", "address"),
)

conversation = Table(  # direct ones that a channel has opened with people, where opening them is limited
    "conversation",
    metadata,
    Column("channel", String(40), primary_key=True),
    Column("person", String(320), primary_key=True),
    Column("conversation", String(320), nullable=False),
)

slot = Table(
    "slot",
    metadata,
    _id(),
    Column("zone", String(64), nullable=False),
    Column("minute", Integer, nullable=False),
    Column("days", String(16), nullable=False),
    Column("next_due", Instant, nullable=False, index=True),
    UniqueConstraint("zone", "minute", "days"),
)

destination = Table(
    "destination",
    metadata,
    _id(),
    Column("channel", String(40), nullable=False),
    Column("address", String(320), nullable=False),
    Column("identity_id", Integer, ForeignKey("identity.id", ondelete="SET NULL")),
    _refers("slot_id", "slot.id", index=True),
    Column("language", String(8), nullable=False),
    Column("paused", Text, nullable=False, server_default=""),
    Column("untold", Boolean, nullable=False, server_default=text("false")),  # a refusal that nobody knows of
    Column("notices", String(8), nullable=False, server_default="faults"),
    Column("bounces", Integer, nullable=False, server_default=text("0")),  # soft ones in a row
    Column("bounced_at", Instant),
    Column("last_number", Integer, nullable=False, server_default=text("0")),  # of its subscriptions, ever
    Column("retry_at", Instant, index=True),  # when a refusal is tried once more; past: when that was done
    Column("changes_through", Integer, nullable=False, server_default=text("0")),  # the last batch it was told of
    Column("limit", Integer, nullable=False, server_default=text("0")),  # papers shown whole; 0: all that may be
    Column("paused_at", Instant, index=True),
    Column("restored", String(60), nullable=False, server_default=""),  # what it has to hear of a restored backup
    UniqueConstraint("channel", "address"),
    sqlite_autoincrement=True,  # of what is named outside of the database, no id is given out again
)
_index_of(destination.c.restored != "", "ix_destination_restored", destination.c.id)

query = Table(  # what is asked for, in its canonical form; subscriptions share it
    "query",
    metadata,
    _id(),
    Column("text", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

subscription = Table(
    "subscription",
    metadata,
    _id(),
    _refers("destination_id", "destination.id"),
    Column("number", Integer, nullable=False),
    Column("query_id", Integer, ForeignKey(query.c.id), nullable=False, index=True),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("created_at", Instant, nullable=False),
    Column("since", Integer, nullable=False, server_default=text("0")),  # the last batch that was open before it
    Column("through", Integer, nullable=False, server_default=text("0")),  # the last batch that it has had
    UniqueConstraint("destination_id", "number"),
    UniqueConstraint("destination_id", "query_id"),
    sqlite_autoincrement=True,
)

unreadable = Table(  # subscriptions whose queries are none any more
    "unreadable",
    metadata,
    _refers("subscription_id", "subscription.id", primary_key=True, autoincrement=False),
    Column("told_at", Instant),
)

mute = Table(
    "mute",
    metadata,
    _refers("destination_id", "destination.id", primary_key=True, autoincrement=False),
    Column("text", String(500), primary_key=True),
    Column("created_at", Instant, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    _id(),
    _refers("destination_id", "destination.id"),
    Column("channel", String(40), nullable=False),  # that of the destination
    Column("slot_due", Instant, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("owner", String(80), nullable=False, server_default=""),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("done_at", Instant),
    Column("lacks", Boolean, nullable=False, server_default=text("false")),  # texts that may be filled in later
    Column("filled_at", Instant),  # when its texts were looked at last
    Column("papers", LargeBinary),  # their numbers in order, packed; NULL until they are fixed
    Column("shown", Integer),  # how many of them are shown whole; NULL while nobody has ranked them
    Column("withheld", Integer, nullable=False, server_default=text("0")),  # how many, the last ones, are muted
    Column("found_by", LargeBinary),  # which subscriptions have found them, packed
    Column("changes", LargeBinary),  # that it tells of, packed
    Column("awaited", LargeBinary),  # papers for whose Chinese texts it waits, packed
    UniqueConstraint("destination_id", "slot_due"),
    sqlite_autoincrement=True,
)
is_open = delivery.c.done_at.is_(None)
is_on_its_way = and_(is_open, delivery.c.state.in_(["ready", "sending"]))
"""Whether a delivery has yet to end, or to be sent: whoever asks for that is served by an index of no others."""

_index_of(delivery.c.lacks, "ix_delivery_lacks", delivery.c.done_at)
_index_of(is_open, "ix_delivery_due", delivery.c.channel, delivery.c.due_at, delivery.c.id)
_index_of(and_(is_open, delivery.c.shown.is_(None)), "ix_delivery_uncomposed", delivery.c.destination_id)

change = Table(  # what has become of papers
    "change",
    metadata,
    _id(),
    Column("paper_id", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("after", String(40), nullable=False),  # a category, or empty
    Column("before", String(40), nullable=False),
    Column("version", Integer, nullable=False),  # the last one of which it was not so
    Column("batch", Integer, index=True),  # NULL until one is opened
    UniqueConstraint("paper_id", "kind", "after"),
    ForeignKeyConstraint(["paper_id", "version"], ["paper.id", "paper.version"], ondelete="CASCADE"),
    sqlite_autoincrement=True,
)

part = Table(
    "part",
    metadata,
    _refers("delivery_id", "delivery.id", primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("attempted_at", Instant),
    Column("reference", Text),
    Column("sent_at", Instant),
    Column("unanswered", Integer, nullable=False, server_default=text("0")),  # copies that may have arrived
)

pace = Table(
    "pace", metadata, Column("key", String(80), primary_key=True), Column("next_at", Instant, nullable=False)
)

seen = Table(
    "seen",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("at", Instant, nullable=False, index=True),
)

key = Table("key", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

epoch = Table(  # with the highest ids that were there when it began
    "epoch",
    metadata,
    _id(),
    Column("value", String(16), nullable=False),
    Column("destination", Integer, nullable=False),
    Column("delivery", Integer, nullable=False),
    Column("unconfirmed", Integer, nullable=False),
)

heartbeat = Table(  # the last sign of life of each process
    "heartbeat",
    metadata,
    Column("process", String(120), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("loops", JSON, nullable=False),
    Column("troubles", JSON, nullable=False),  # what it knows to be wrong with itself
)

incoming_email = Table(  # a mail that came in; forgotten after two days
    "incoming_email",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("sender", String(64), nullable=False, index=True),  # hashed
    Column("at", Instant, nullable=False, index=True),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("done", Boolean, nullable=False, server_default=text("false")),
    Column("stranger", Boolean, nullable=False, server_default=text("false")),
)

unconfirmed = Table(  # what somebody asked for who has yet to prove that a mailbox is theirs; the same
    "unconfirmed",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, unique=True),
    Column("address", String(320), nullable=False, index=True),
    Column("mailbox", String(320), nullable=False, server_default="", index=True),  # without a tag
    Column("text", Text, nullable=False),
    Column("channel", String(40), nullable=False, server_default=""),  # with `person`: who wants it linked
    Column("person", String(320), nullable=False, server_default=""),
    Column("at", Instant, nullable=False, index=True),
    Column("used_by", String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
