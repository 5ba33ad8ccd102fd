"""Files with addresses, keys or tokens in them are for nobody but their owner."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.channels.email.folder import Folder
from bot.private import make_private
from bot.store import Store
from bot.store.migrate import migrate
from tests.fakes import MORNING


@pytest.fixture(autouse=True)
def _an_open_hand():
    """The widest rights that a shell can give to new files."""
    before = os.umask(0)
    yield
    os.umask(before)


def rights(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


async def test_a_new_database_and_what_lies_beside_it_can_be_read_by_their_owner_alone(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    await migrate(store)
    await store.hold("arxiv.org", MORNING)
    assert rights(tmp_path) == dict.fromkeys(["sudi.db", "sudi.db-wal", "sudi.db-shm", "sudi.db.lock"], 0o600)
    await store.close()


async def test_an_old_database_that_others_could_read_is_mended_at_start(tmp_path):
    for name in ("sudi.db", "sudi.db-wal", "sudi.db-shm", "sudi.db.lock"):
        (tmp_path / name).touch(0o666)
    store = Store.open(f"sqlite:///{tmp_path / 'sudi.db'}")
    assert set(rights(tmp_path).values()) == {0o600}
    await store.close()


def test_what_cannot_be_mended_is_said_in_a_sentence(tmp_path, monkeypatch, caplog):
    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError

    (tmp_path / "sudi.db").touch(0o644)
    monkeypatch.setattr(Path, "chmod", refuse)
    make_private(tmp_path / "sudi.db")
    assert [one.message for one in caplog.records] == [
        f"Others can read {tmp_path}/sudi.db, and this process cannot change that: "
        f"run chmod 600 {tmp_path}/sudi.db as its owner"
    ]


async def test_a_mail_in_a_folder_can_be_read_by_its_owner_alone(tmp_path):
    await Folder(tmp_path).deliver("papers@example.org", "mei@example.org", b"Message-ID: <1@x>\n\nhi")
    assert list(rights(tmp_path).values()) == [0o600]


def test_an_export_can_be_read_by_its_owner_alone(tmp_path):
    with (tmp_path / "subscriptions.json").open("w") as file:
        subprocess.run([sys.executable, "-m", "bot", "export"], stdout=file, cwd=tmp_path, check=True, timeout=60)
    assert rights(tmp_path)["subscriptions.json"] == 0o600
