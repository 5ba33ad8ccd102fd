"""How much room a database takes, and how much is left for it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

_LEAST = 500_000_000
"""Bytes that should be left on a disk, or else half of what the database takes: a vacuum writes it once more."""


@dataclass(frozen=True, slots=True)
class Space:
    """In bytes; what is left is known only where the database is a file of this machine."""

    used: int
    left: int | None = None

    @property
    def is_tight(self) -> bool:
        """Whether the disk will soon be full."""
        return self.left is not None and self.left < max(_LEAST, self.used // 2)

    def __str__(self) -> str:
        return _bytes(self.used) if self.left is None else f"{_bytes(self.used)} / {_bytes(self.used + self.left)}"


async def space_of(engine: AsyncEngine) -> Space:
    """The room that the database of an engine takes."""
    if engine.dialect.name == "sqlite":
        path = Path(engine.url.database or "")
        files = [path, *(path.with_name(f"{path.name}-{name}") for name in ("wal", "shm"))]
        used = sum(one.stat().st_size for one in files if one.exists())
        return Space(used, shutil.disk_usage(path.parent).free)
    async with engine.connect() as connection:
        found = await connection.execute(text("SELECT pg_database_size(current_database())"))
        return Space(int(found.scalar_one()))


def _bytes(count: int) -> str:
    """`203 MB`, in powers of a thousand."""
    size, unit = count / 1e9, "GB"
    if size < 1:
        size, unit = count / 1e6, "MB"
    return f"{size:.0f} {unit}" if size >= 10 else f"{size:.1f} {unit}"
