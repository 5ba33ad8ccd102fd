"""`sudi backup` beside a running bot, and `sudi restore`."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import sudi
from bot.errors import SettingsError, StoreError
from bot.settings import Settings
from bot.store import Store, schema
from bot.store.migrate import migrate
from tests.fakes import rows, subscribed

URL = "sqlite:///sudi.db"


@pytest.fixture(autouse=True)
def _an_empty_folder_and_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def sudi_says(*words: str) -> Result:
    return CliRunner().invoke(sudi, list(words))


def made(*addresses: str) -> None:
    """Destinations, as a bot makes them."""

    async def go() -> None:
        store = Store.open(URL)
        await migrate(store)
        for address in addresses:
            await subscribed(store, "cs.LG", address=address, now=datetime.now(UTC))
        await store.close()

    asyncio.run(go())


def addresses() -> list[str]:
    async def go() -> list[str]:
        store = Store.open(URL)
        found = [one.address for one in await rows(store, schema.destination)]
        await store.close()
        return found

    return asyncio.run(go())


def test_a_backup_is_put_back_and_the_former_database_is_kept(tmp_path):
    made("#one")
    assert sudi_says("backup", "copy.db").exit_code == 0
    assert Path("copy.db").stat().st_mode & 0o777 == 0o600
    made("#two")
    assert addresses() == ["#one", "#two"]
    done = sudi_says("restore", "copy.db", "--drop")
    assert done.exit_code == 0, done.output
    assert addresses() == ["#one"]
    assert "what was announced since then is taken for sent" in done.output

    async def to_hear() -> list[str]:
        store = Store.open(URL)
        found = [one.restored.partition(" ")[0] for one in await rows(store, schema.destination)]
        await store.close()
        return found

    assert asyncio.run(to_hear()) == ["drop"]
    (former,) = tmp_path.glob("sudi.db.before-restore-*")
    assert len(sqlite3.connect(former).execute("SELECT * FROM destination").fetchall()) == 2

    async def epochs() -> int:
        store = Store.open(URL)
        async with store.read() as tx:
            assert await tx.restored.taken_at() is None
            found = len(await tx.epochs.known())
        await store.close()
        return found

    assert asyncio.run(epochs()) >= 1


def test_a_backup_is_consistent_while_somebody_writes():
    made()
    stop = threading.Event()

    with sqlite3.connect("sudi.db", timeout=30) as database:
        database.execute("CREATE TABLE pairs (side TEXT, n INTEGER)")

    def write() -> None:
        for number in range(10_000):
            if stop.is_set():
                return
            with sqlite3.connect("sudi.db", timeout=30) as database:
                database.execute("INSERT INTO pairs VALUES ('left', ?)", (number,))
                database.execute("INSERT INTO pairs VALUES ('right', ?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            assert sudi_says("backup", f"copy{number}.db").exit_code == 0
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        copy = sqlite3.connect(f"copy{number}.db")
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        left, right = (
            copy.execute("SELECT count(*) FROM pairs WHERE side = ?", (side,)).fetchone()[0]
            for side in ("left", "right")
        )
        assert left == right
        copy.close()


def test_what_cannot_be_done_is_said_and_changes_nothing(monkeypatch):
    assert isinstance(sudi_says("backup", "copy.db").exception, StoreError)
    made("#one")
    Path("there.db").write_text("mine")
    assert "not overwritten" in str(sudi_says("backup", "there.db").exception)
    assert "is no backup of sudi" in str(sudi_says("restore", "there.db", "--drop").exception)
    assert sudi_says("backup", "copy.db").exit_code == 0
    assert "choose --send" in str(sudi_says("restore", "copy.db").exception)
    store = Store.open(URL)
    try:
        assert "in use by another sudi process" in str(sudi_says("restore", "copy.db", "--send").exception)
    finally:
        asyncio.run(store.close())
    assert addresses() == ["#one"]
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/x")
    for words in (("backup", "x.db"), ("restore", "copy.db", "--drop")):
        assert isinstance(sudi_says(*words).exception, SettingsError)
