"""`sudi backup` and `sudi restore`: a consistent copy of the database, and what to do when it is put back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import make_url

from bot import channels
from bot.app import utc_now
from bot.cli.service import settings_and_logs
from bot.errors import SettingsError, StoreError
from bot.private import make_private
from bot.settings import Settings
from bot.sources.calendar import following, newest
from bot.store import Store
from bot.store.migrate import migrate
from bot.store.restored import TAKEN, Outcome

_POSTGRESQL = (
    "DATABASE_URL: PostgreSQL has its own copies: pg_dump --format=custom, then pg_restore, "
    "and `sudi restore --taken INSTANT` with --send or --drop"
)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Copy the database of SQLite into a file, as it is at one moment; the bot may be running.

    \b
    Example:
      sudi backup /backups/sudi-$(date +%F).db
    """
    database = _sqlite(settings_and_logs())
    if database is None:
        raise SettingsError([_POSTGRESQL])
    if not database.exists():
        raise StoreError(f"there is no database {database} yet")
    if path.exists():
        raise SettingsError([f"{path}: is there already, and is not overwritten"])
    partial = path.with_name(f".{path.name}.part")
    try:
        make_private(partial)
        there = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(there, uri=True)) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)  # in one step: nobody who writes meanwhile is seen by halves
            with copy:
                copy.execute("DELETE FROM key WHERE name = ?", (TAKEN,))
                copy.execute("INSERT INTO key VALUES (?, ?)", (TAKEN, utc_now().isoformat()))
            copy.execute("PRAGMA journal_mode=DELETE")
        partial.rename(path)
    except (OSError, sqlite3.Error) as error:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{path}: cannot be written ({error})") from error
    click.echo(f"{path} has the database as it is now; keep it private: tokens and addresses are in it", err=True)


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=False)
@click.option("--send", is_flag=True, help="Send what was announced since the backup, also where it was sent.")
@click.option("--drop", is_flag=True, help="Take what was announced since the backup for sent.")
@click.option("--taken", help="When the backup was taken, in ISO 8601; a file of `sudi backup` knows it itself.")
def restore(path: Path | None, taken: str | None, *, send: bool, drop: bool) -> None:
    """Put a backup back, while the bot does not run; without PATH, after pg_restore has done that.

    Nobody knows what was sent after the backup: choose --drop, and readers may miss those days, or --send, and
    they may get them twice; each destination is told so. Digests that were under way in the backup are looked up
    where the channel can do that; the others wait for `sudi held`. The former database is kept beside.

    \b
    Example:
      sudi restore /backups/sudi-2026-06-10.db --drop
    """
    settings = settings_and_logs()
    if send == drop:
        raise SettingsError(["choose --send, which may send some papers twice, or --drop, which may lose some"])
    database = _sqlite(settings)
    if database is None and path is not None:
        raise SettingsError([_POSTGRESQL])
    if database is not None:
        if path is None:
            raise SettingsError(["name the file of `sudi backup` to put back"])
        _put_back(settings, path, database)
    given = _instant(taken) if taken else None
    since, outcome = asyncio.run(_begun(settings, given, drops=drop))
    click.echo(
        f"restored as of {since:%Y-%m-%d %H:%M} UTC; what was announced since then "
        f"{'is taken for sent' if drop else 'is sent'}; of digests that were under way {outcome.looked_up} are "
        f"looked up, and {outcome.held} wait for `sudi held`",
        err=True,
    )


def _sqlite(settings: Settings) -> Path | None:
    """The file of the database; None where it is not SQLite's."""
    url = make_url(settings.database_url.get_secret_value())
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError([f"--taken: must be an instant such as 2026-06-10T09:00+00:00, not {text}"]) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _put_back(settings: Settings, path: Path, database: Path) -> None:
    """Put a copy in the place of the database, which is kept; StoreError while the bot runs."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise SettingsError([f"{path}: is no backup of sudi ({error})"]) from None
    alone = Store.open(settings.database_url.get_secret_value())  # its lock says that nobody else has it
    try:
        if database.stat().st_size:
            former = database.with_name(f"{database.name}.before-restore-{utc_now():%Y%m%dT%H%M%S}")
            with closing(sqlite3.connect(database)) as current:
                current.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.rename(former)
            click.echo(f"the former database is kept as {former}", err=True)
        for beside in ("-wal", "-shm", ".compiled"):
            database.with_name(f"{database.name}{beside}").unlink(missing_ok=True)
        database.write_bytes(path.read_bytes())
        make_private(database)
    finally:
        asyncio.run(alone.close())


async def _begun(settings: Settings, given: datetime | None, *, drops: bool) -> tuple[datetime, Outcome]:
    """Begin a new epoch in what was put back."""
    loaded = [channels.load(name, settings) for name in settings.bot_channels]
    names = [one.name for one in loaded if one.has_lookup]
    for one in loaded:
        await one.close()
    store = Store.open(settings.database_url.get_secret_value())
    try:
        await migrate(store)
        now = utc_now()
        async with store.write() as tx:
            taken = given or await tx.restored.taken_at()
            if taken is None:
                raise SettingsError(["--taken: say when the backup was taken; it does not know that itself"])
            outcome = await tx.restored.begin(taken, names)
            await tx.restored.note("drop" if drops else "send", taken)
            if drops:
                await tx.restored.take_for_sent(now, following(newest(now)))
        return taken, outcome
    finally:
        await store.close()
