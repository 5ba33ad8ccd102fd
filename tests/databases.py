"""Databases that tests use one after another: to compile statements for each anew takes longer than most tests."""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.store import Store, postgresql, sqlite

_StoreT = TypeVar("_StoreT", bound=Store)


def opened(url: str, kind: type[_StoreT] = Store) -> _StoreT:  # type: ignore[assignment]  # the default is a kind
    """The database at a URL, with what was compiled for earlier stores there, which are closed by now."""
    writer, reader = _engines(url)
    path = sqlite_path(url)
    if path is None:
        return kind(writer, reader, None, postgresql.cache() / f"{make_url(url).database}.compiled")
    lock = sqlite.locked(path)
    sqlite.keep_private(path)
    return kind(writer, reader, lock, path.with_name(f"{path.name}.compiled"))


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite database; none of another."""
    address = make_url(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def begin_anew(path: Path, blank: Path) -> None:
    """Put a copy of a blank database in the place of one that nobody uses any more."""
    for one in path.parent.glob(f"{path.name}*"):
        one.unlink()
    shutil.copy(blank, path)


@lru_cache(maxsize=8)
def _engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    path = sqlite_path(url)
    if path is None:
        return postgresql.writer(make_url(url)), postgresql.reader(make_url(url))
    return sqlite.writer(path), sqlite.reader(path)
