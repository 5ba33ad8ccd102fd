"""`python -m tests.bench slot -n N [--database postgres]`: commands of people in a slot that is planned."""

from __future__ import annotations

import asyncio
import itertools
import os
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime

from sqlalchemy import literal, select

from bot.channels import Invocation
from bot.commands import Commands
from bot.jobs.plan import plan
from bot.model import Days, Language, Slot
from bot.store import Store, schema
from bot.store.migrate import migrate
from tests.commands.conftest import DEFAULTS
from tests.counterparts import postgres
from tests.fakes import matched, paper, subscribed

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
_SLOT = Slot("UTC", 540, Days.DAILY)
_COMMANDS = ("language zh", "subscribe cs.CL tide", "language en", "unsubscribe cs.CL tide")
_PAUSE = 0.05  # seconds between two commands
_MOST = 1.0  # seconds that one may take


async def bench(readers: int, database: str) -> None:
    """Print how long commands take while the slot is planned, and without that."""
    with (
        tempfile.TemporaryDirectory(prefix="sudi-slot-") as folder,
        postgres.server() if database == "postgres" else nullcontext("") as server,
    ):
        async with postgres.database(server) if server else nullcontext(f"sqlite:///{folder}/sudi.db") as url:
            store = Store.open(url)
            await migrate(store)
            await _gather(store, readers)
            before = await _given(store, asyncio.create_task(asyncio.sleep(2)))
            began = time.monotonic()
            planning = asyncio.create_task(plan(store, NOW))
            waits = await _given(store, planning)
            seconds = time.monotonic() - began
            await store.close()
    print(f"{await planning:,} deliveries of one slot planned in {seconds:.1f} s on {database}")
    print(f"{len(before)} commands before: longest {max(before):.2f} s; load {os.getloadavg()[0]:.0f}")
    verdict = "met" if max(waits) <= _MOST else "MISSED"
    print(f"{len(waits)} commands meanwhile: longest {max(waits):.2f} s; floor {_MOST:g} {verdict}")


async def _given(store: Store, until: asyncio.Task[object]) -> list[float]:
    """Give commands, one after another, while something else goes on; the seconds of each."""
    commands = Commands(store, DEFAULTS, lambda: NOW)
    waits = []
    for number, text in enumerate(itertools.cycle(_COMMANDS)):
        began = time.monotonic()
        where = f"#{number // len(_COMMANDS) * 37 % 1000}"
        await commands(Invocation("fake", where, where, text))
        waits.append(time.monotonic() - began)
        if until.done():
            return waits
        await asyncio.sleep(_PAUSE)
    raise AssertionError  # commands never end


async def _gather(store: Store, readers: int) -> None:
    """Readers of one slot, for all of whom the same papers come."""
    _, (one,) = await subscribed(store, "cs.LG", address="#first", slot=_SLOT)
    async with store.write() as tx:
        query = (await tx.connection.execute(select(schema.query.c.id))).scalar_one()
        slot = (await tx.connection.execute(select(schema.slot.c.id))).scalar_one()
        alike = {"channel": "fake", "slot_id": slot, "last_number": 1, "language": Language.EN.value}
        rows = [{**alike, "address": f"#{number}"} for number in range(readers - 1)]
        await tx.connection.execute(schema.destination.insert(), rows)
        place = schema.destination.c
        others = select(place.id, literal(1), literal(query), literal(NOW)).where(place.address != "#first")
        names = ["destination_id", "number", "query_id", "created_at"]
        await tx.connection.execute(schema.subscription.insert().from_select(names, others))
        await tx.connection.execute(schema.slot.update().values(next_due=NOW))
    await matched(store, one, paper(1), paper(2))
