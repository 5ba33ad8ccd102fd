"""Random histories in numbers: the bot beside a model of what readers must get, killed again and again."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path

from bot.store import Store
from bot.store.migrate import migrate
from tests.counterparts import postgres
from tests.scenarios.histories.lives import lived
from tests.scenarios.histories.world import history

DAYS = 8


async def bench(count: int, database: str, first: int) -> None:
    """Live through as many, each from a seed of its own; the first difference of each that differs is printed."""
    done, differ = Counter[str](), list[int]()
    before = time.process_time()
    with postgres.server() if database == "postgres" else nullcontext("") as server:
        for seed in range(first, first + count):
            async with _empty(server) as url:
                try:
                    done += Counter(asdict(await lived(history(seed, DAYS), url)))
                except AssertionError as error:
                    differ.append(seed)
                    print(error)
    seconds = time.process_time() - before
    print(
        f"{count} histories of {DAYS} days from seed {first} on {database}: {dict(done)}, {seconds:.0f} s of CPU"
    )
    print(f"floor: all as the model has them {'met' if not differ else f'MISSED by {differ}'}")


@asynccontextmanager
async def _empty(server: str) -> AsyncIterator[str]:
    """A migrated database."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            postgres.database(server) if server else nullcontext(f"sqlite:///{Path(folder)}/sudi.db") as url
        ):
            store = Store.open(url)
            await migrate(store)
            await store.close()
            yield url
