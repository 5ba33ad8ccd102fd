"""What other processes take of the machine, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text

from bot.store import Store

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(process: int) -> float:
    """Seconds of CPU of a process with all its children, those that have ended too."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(path.parent.name), path.read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if pid == process:
            total += sum(map(int, rest[11:15]))  # with the children that have ended
        elif int(rest[1]) == process:
            total += sum(map(int, rest[11:13]))
    return total / _TICK


async def server_of(url: str) -> int:
    """The process of a PostgreSQL server."""
    store = Store.open(url)
    async with store.read() as tx:
        found = await tx.connection.execute(text("SELECT pg_read_file('postmaster.pid', 0, 20)"))
        pid = int(str(found.scalar_one()).split()[0])
    await store.close()
    return pid
