"""The database: SQLite for one process, PostgreSQL for many; the same code on both.

`Store` opens, locks and closes; a `Transaction` groups what must happen together and offers the rooms
`papers`, `changes`, `subscribers`, `mutes`, `saved`, `letters`, `batches`, `hits`, `reading`, `faults`,
`mailings`, `planning`, `carried`, `outbox`, `slots`, `unreadable`, `epochs`, `heartbeats`, `progress`, `restored`.
No network inside a transaction.
Nothing here decides what a paper is worth or how a message looks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TextIO

from sqlalchemy import false, func, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StoreError
from bot.store import postgresql, schema, sqlite
from bot.store.ahead import Ahead
from bot.store.batches import Batches
from bot.store.carried import Carried
from bot.store.changes import Changes
from bot.store.epochs import Epochs
from bot.store.erasure import Erasure
from bot.store.faults import AnnouncementDays, Faults
from bot.store.heartbeats import Heartbeats
from bot.store.hits import Hits
from bot.store.incoming_emails import IncomingEmails
from bot.store.insist import unusable
from bot.store.listings import Listings
from bot.store.memory import Memory, Recall, move
from bot.store.mutes import Mutes
from bot.store.outbox import Outbox
from bot.store.pace import MATCHING, SUMMARIES, Pace
from bot.store.papers import Papers
from bot.store.parts import Parts
from bot.store.planning import Planning
from bot.store.progress import Progress
from bot.store.restored import Restored
from bot.store.retention import Retention
from bot.store.ring import Ring, Silence
from bot.store.saved import Saved
from bot.store.slots import Slots
from bot.store.space import Space, space_of
from bot.store.spending import Spending
from bot.store.subscribers import Subscribers
from bot.store.texts import Texts
from bot.store.turns import Turns
from bot.store.unreadable import Unreadable
from bot.store.upsert import insert

_REMEMBERED = timedelta(days=1)
"""How long an event that was answered is known again: longer than any channel repeats one."""


class Transaction:
    """One transaction and its rooms; committed when its block ends, rolled back when it raises."""

    def __init__(
        self, connection: AsyncConnection, *, has_clock: bool = False, memory: Memory | None = None
    ) -> None:
        self.connection = connection
        self.recall = Recall(connection, memory)
        self.rung: set[str] = set()
        self._has_clock = has_clock

    def ring(self, *names: str) -> None:
        """Wake these works of all processes, if this is committed."""
        self.rung.update(names)

    @cached_property
    def papers(self) -> Papers:
        """Papers, announcements and listings."""
        return Papers(self.connection)

    @cached_property
    def changes(self) -> Changes:
        """What has become of papers."""
        return Changes(self.connection, self.recall)

    @cached_property
    def texts(self) -> Texts:
        """Texts made for papers."""
        return Texts(self.connection)

    @cached_property
    def spending(self) -> Spending:
        """What models have cost."""
        return Spending(self.connection)

    @cached_property
    def subscribers(self) -> Subscribers:
        """People, destinations and subscriptions."""
        return Subscribers(self.connection)

    @cached_property
    def unreadable(self) -> Unreadable:
        """Subscriptions that cannot be read any more."""
        return Unreadable(self.connection)

    @cached_property
    def mutes(self) -> Mutes:
        """What destinations do not want to see."""
        return Mutes(self.connection)

    @cached_property
    def saved(self) -> Saved:
        """What people have saved, and what was asked for by number."""
        return Saved(self.connection)

    @cached_property
    def incoming_emails(self) -> IncomingEmails:
        """Mails that came in, and what waits for a confirmation."""
        return IncomingEmails(self.connection)

    @cached_property
    def batches(self) -> Batches:
        """What is matched at once."""
        return Batches(self.connection)

    @cached_property
    def hits(self) -> Hits:
        """What destinations have coming."""
        return Hits(self.connection, self.recall)

    @cached_property
    def carried(self) -> Carried:
        """What deliveries carry."""
        return Carried(self.connection, self.recall)

    @cached_property
    def retention(self) -> Retention:
        """What is old enough to be forgotten."""
        return Retention(self.connection)

    @cached_property
    def outbox(self) -> Outbox:
        """Deliveries on their way."""
        return Outbox(self.connection, self.recall, has_clock=self._has_clock)

    @cached_property
    def parts(self) -> Parts:
        """The messages of deliveries."""
        return Parts(self.connection)

    @cached_property
    def planning(self) -> Planning:
        """Deliveries for those who have something coming."""
        return Planning(self.connection)

    @cached_property
    def faults(self) -> Faults:
        """What could not be read."""
        return Faults(self.connection)

    @cached_property
    def announcement_days(self) -> AnnouncementDays:
        """Which days had a mailing."""
        return AnnouncementDays(self.connection)

    @cached_property
    def listings(self) -> Listings:
        """What is read of the sources."""
        return Listings(self.connection)

    @cached_property
    def slots(self) -> Slots:
        """When destinations are due."""
        return Slots(self.connection)

    @cached_property
    def heartbeats(self) -> Heartbeats:
        """The signs of life of processes."""
        return Heartbeats(self.connection)

    @cached_property
    def progress(self) -> Progress:
        """How the work stands."""
        return Progress(self.connection)

    @cached_property
    def erasure(self) -> Erasure:
        """Who wants to be forgotten."""
        return Erasure(self.connection)

    @cached_property
    def restored(self) -> Restored:
        """A database that was restored from a backup."""
        return Restored(self.connection)

    @cached_property
    def epochs(self) -> Epochs:
        """What tells an id from the same id before a backup was restored."""
        return Epochs(self.connection)

    @cached_property
    def ahead(self) -> Ahead:
        """What lies further ahead than it can."""
        return Ahead(self.connection)

    @cached_property
    def pace(self) -> Pace:
        """The next turns of what has a rate or a lease."""
        return Pace(self.connection)


class Store(Turns):
    """One database. Open with :meth:`open`; every instant that it is given must be aware."""

    def __init__(
        self,
        writer: AsyncEngine,
        reader: AsyncEngine,
        lock: TextIO | None,
        compiled: Path,
        *,
        has_clock: bool = False,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._lock = lock
        self.has_clock = has_clock
        self.compiled = compiled
        """The file for compiled queries; it may be lost."""
        self.bells: Ring = Silence()
        """Whom to tell of work that is made; set by whoever runs an engine."""
        self._version: int | None = None
        self._memory = Memory()

    @classmethod
    def open(cls, url: str, *, exclusive: bool = True, has_clock: bool = False) -> Self:
        """Open the database at a URL, `sqlite:///path` or `postgresql://...`, which hosts call `postgres://`.

        `exclusive` takes SQLite's file lock: StoreError when another process has it. Without it one command may
        read and write beside the process that has the lock, but it must not migrate and not claim deliveries.
        PostgreSQL needs no lock: its rows are claimed; with `has_clock`, its clock says until when.
        """
        address = make_url(url)
        if address.get_backend_name() != "sqlite":
            compiled = postgresql.cache() / f"{address.database}.compiled"
            engines = postgresql.writer(address), postgresql.reader(address)
            return cls(*engines, None, compiled, has_clock=has_clock)
        if not address.database or address.database == ":memory:":
            raise StoreError("DATABASE_URL: a database in memory forgets; write sqlite:///sudi.db")
        path = Path(address.database)
        if not path.parent.is_dir():
            raise StoreError(f"DATABASE_URL: there is no folder {path.parent}; create it first")
        lock = sqlite.locked(path) if exclusive else None
        sqlite.keep_private(path)
        return cls(sqlite.writer(path), sqlite.reader(path), lock, path.with_name(f"{path.name}.compiled"))

    @staticmethod
    def is_there(url: str) -> bool:
        """Whether there may be a database at a URL; to look makes none, and finds no fault with the URL."""
        path = Path(make_url(url).database or "")
        return make_url(url).get_backend_name() != "sqlite" or path.exists() or not path.parent.is_dir()

    async def recover(self, now: datetime) -> None:
        """Give back what a dead process has claimed. Only who holds the lock alone can know that it is dead."""
        if self._lock is not None:
            async with self.write() as tx:
                await tx.outbox.release(None, now)
                row = schema.pace.c
                await tx.connection.execute(
                    schema.pace.update()
                    .where(row.key.in_([SUMMARIES, MATCHING]), row.next_at > now)
                    .values(next_at=now)
                )

    @property
    def url(self) -> str:
        """Where it is, with its password."""
        return self._writer.url.set(drivername=self._writer.dialect.name).render_as_string(hide_password=False)

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it."""
        return self._writer.dialect.name != "sqlite"

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction that may write; on SQLite there is one at a time."""
        async with self._writer.begin() as connection:
            tx = Transaction(connection, has_clock=self.has_clock)
            yield tx
            await self.bells.within(tx, tx.rung)
            await move(connection)
        self.bells.after(tx.rung)

    async def ring(self, *names: str) -> None:
        """Wake these works of all processes."""
        async with self.write() as tx:
            tx.ring(*names)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads, and sees one moment, beside any number of others."""
        async with self._reader.connect() as connection:
            yield Transaction(connection, memory=self._memory)

    async def revision(self) -> str | None:
        """The migration that the database stands at, None when it is empty. StoreError when it cannot be read."""
        try:
            async with self._reader.connect() as connection:
                if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
                    return None
                found = await connection.execute(text("SELECT version_num FROM alembic_version"))
                return found.scalar()
        except (DBAPIError, OSError) as error:
            raise unusable(error) from error

    async def ensure_writable(self) -> None:
        """Raise StoreError where the database can only be read, as on a disk mounted so after an error."""
        try:
            async with self.write() as tx:
                await tx.connection.execute(schema.pace.update().where(false()).values(key=""))
        except (DBAPIError, OSError) as error:
            raise unusable(error) from error

    async def has_changed(self) -> bool:
        """Whether another process has written to SQLite since this was asked before; PostgreSQL rings instead.

        https://www.sqlite.org/pragma.html#pragma_data_version: what the asking connection has committed does not
        count, and here all that we commit is of the one that writes.
        """
        if self.is_shared:
            return False
        async with self._writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            ((version,),) = await driver.execute_fetchall("PRAGMA data_version")
        before, self._version = self._version, version
        return before not in (None, version)

    async def clock_skew(self, clock: Callable[[], datetime]) -> timedelta:
        """How far our clock is ahead of the database's; nothing where that is the same clock."""
        if not self.has_clock:
            return timedelta()
        async with self._reader.connect() as connection:
            await connection.execute(text("SELECT 1"))  # the connection is made before the time is taken
            before = clock()
            found = await connection.execute(select(func.clock_timestamp()))
            after = clock()
        theirs: datetime = found.scalar_one()
        return max(before - theirs, min(after - theirs, timedelta()))

    async def space(self) -> Space:
        """How much room the database takes, and how much is left for it."""
        return await space_of(self._reader)

    async def vacuum(self) -> None:
        """Give back the room of rows that are gone; on SQLite nothing else is done meanwhile."""
        async with self._writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            if connection.dialect.name == "sqlite":
                for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):  # not inside a transaction
                    await driver.execute_fetchall(statement)
                return
            await driver.set_autocommit(True)
            await driver.execute("VACUUM (ANALYZE)")
            await driver.set_autocommit(False)

    def connect(self) -> Any:
        """A bare connection for migrations, outside of any transaction of ours."""
        return self._writer.connect()

    async def first_time(self, key: str, now: datetime) -> bool:
        """Whether an event is told for the first time, over all processes; it is remembered for a day."""
        seen = schema.seen
        async with self.write() as tx:
            await tx.connection.execute(seen.delete().where(seen.c.at < now - _REMEMBERED))
            statement = insert(tx.connection, seen).values(key=key[:200], at=now).on_conflict_do_nothing()
            made = await tx.connection.execute(statement, execution_options={"preserve_rowcount": True})
            return made.rowcount == 1

    async def close(self) -> None:
        """Let go of connections and of the lock."""
        await self._reader.dispose()
        await self._writer.dispose()
        if self._lock is not None:
            self._lock.close()
