"""A crowd of readers in a database, put there in bulk: one after the other would take longer than the bench.

`python -m tests.bench.crowd URL COUNT SLOTS STATISTICS FOLDER` does it in a process of its own, so that what it
takes in memory is not that of the bot; the newspaper of the day is then in the folder, by category.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot import taxonomy
from bot.matching import Candidate, Matcher
from bot.model import Days, Language, Slot
from bot.sources.calendar import opens
from bot.store import Store, counters, schema
from bot.store.migrate import migrate
from bot.store.packing import pack
from tests.bench.newspaper import Newspaper

DAY = date(2026, 6, 10)  # a Wednesday, on which the newspaper is announced
BEFORE = opens(DAY) - timedelta(hours=1)
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Asia/Kolkata")
SLOTS = [Slot(zone, 60 * hour, Days.DAILY) for zone in ZONES for hour in range(24)]

LARGE = ("slack", "discord", "email")
"""Channels on which some readers have large digests; as many others have the same before, and make it warm."""

READERS, SUBSCRIPTIONS = 12, 5
"""How many there are of these on each channel, and what each asks for."""

EARLIER, PAPERS = 90, 220
"""Digests that each of them has had, and the papers of each."""

_ROWS = 5_000


def gathered(url: str, count: int, slots: int, statistics: str, folder: str) -> None:
    """Have the crowd and the newspaper made in another process."""
    command = [sys.executable, "-m", "tests.bench.crowd", url, str(count), str(slots), statistics, folder]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], env=os.environ)


def printed(folder: Path, category: str) -> list[Candidate]:
    """What the newspaper has of a category."""
    found: list[Candidate] = pickle.loads((folder / category).read_bytes())  # noqa: S301  # we have written it
    return found


def printing(folder: Path) -> None:
    """Have the newspaper in a folder, by category."""
    papers = Newspaper().papers()
    for code in (code for code, one in taxonomy.categories().items() if one.alias_of is None):
        (folder / code).write_bytes(pickle.dumps([one for one in papers if code in one.types]))


async def gather(url: str, count: int, slots: int, statistics: str) -> None:
    """Destinations with a subscription each, evenly over some slots; and the readers of large digests.

    On PostgreSQL, `statistics` are those of all of it (fresh), of a hundredth of it (stale), or none (empty).
    """
    store = Store.open(url)
    await migrate(store)
    is_postgres = not url.startswith("sqlite")
    if is_postgres:
        await _on_each_table(store, "ALTER TABLE {} SET (autovacuum_enabled = off)")
    queries = Newspaper().queries(count)
    large = _large(Newspaper().queries(3_000))
    known = {
        one: number
        for number, one in enumerate(dict.fromkeys([*queries, *(q for some in large for q in some)]), 1)
    }
    await _insert(store, schema.query, ({"id": number, "text": one} for one, number in known.items()))
    chosen = [Slot("UTC", 540, Days.DAILY)] if slots == 1 else SLOTS[:slots]
    await _insert(store, schema.slot, (_slot(number, one) for number, one in enumerate(chosen, 1)))
    first = max(count // 100, 1)
    await _subscribe(store, queries[:first], 1, len(chosen), known)
    if is_postgres and statistics == "stale":
        await _on_each_table(store, "ANALYZE {}")
    await _subscribe(store, queries[first:], first + 1, len(chosen), known)
    await _large_ones(store, large, count + 1, known)
    if is_postgres:
        await _on_each_table(store, "SELECT setval(pg_get_serial_sequence('{}', 'id'), 10000000)", with_id=True)
        if statistics == "fresh":
            await _on_each_table(store, "ANALYZE {}")
    await store.close()


def _slot(number: int, slot: Slot) -> dict[str, Any]:
    due = slot.next_after(opens(DAY))
    return {"id": number, "zone": slot.zone, "minute": slot.minute, "days": str(slot.days), "next_due": due}


async def _subscribe(
    store: Store, queries: Sequence[str], first: int, slots: int, known: dict[str, int], channel: str = "fake"
) -> None:
    """One destination for each query, with numbers from `first` on."""
    await _destinations(store, range(first, first + len(queries)), slots, channel)
    rows = enumerate(queries, first)
    await _insert(store, schema.subscription, (_subscription(n, n, 1, known[query]) for n, query in rows))


async def _destinations(store: Store, numbers: Iterable[int], slots: int, channel: str, last: int = 1) -> None:
    await _insert(
        store,
        schema.destination,
        (
            {
                "id": n, "channel": channel, "address": _address(channel, n), "slot_id": n % slots + 1,
                "language": Language.BOTH.value, "last_number": last,
            }
            for n in numbers
        ),
    )  # fmt: skip


def _address(channel: str, number: int) -> str:
    forms = {"email": "r{}@reader.test", "slack": "C{:08}", "discord": "7{:08}"}
    return forms.get(channel.removeprefix("warm "), "#{}").format(number)


def _subscription(number: int, destination: int, own: int, query: int) -> dict[str, Any]:
    return {
        "id": number, "destination_id": destination, "number": own, "query_id": query, "paused": False,
        "created_at": BEFORE,
    }  # fmt: skip


def _large(queries: Sequence[str]) -> list[list[str]]:
    """Choices of queries that find about 220 papers of the day together."""
    hits = Matcher().hits(set(queries), Newspaper().papers())
    sizes = {
        query: set(zip(destinations[::2], destinations[1::2], strict=True)) for query, destinations in hits.items()
    }
    wide = sorted(query for query, found in sizes.items() if 25 <= len(found) <= 80)
    found, rest = [], iter(wide)
    while len(found) < READERS and (some := list(islice(rest, SUBSCRIPTIONS))):
        if 190 <= len(set().union(*(sizes[query] for query in some))) <= 260:
            found.append(some)
    assert len(found) == READERS, "the newspaper has not enough queries that find much"
    return found


async def _large_ones(store: Store, large: Sequence[Sequence[str]], first: int, known: dict[str, int]) -> None:
    """Readers with five subscriptions each on the real channels, who have had ninety digests before."""
    total = EARLIER * PAPERS
    async with store.write() as tx:
        assert await counters.take(tx.connection, counters.PAPERS, total) == 1, "there are papers before the day"
    await _insert(store, schema.paper, ({**_paper(n), "n": n} for n in range(1, total + 1)))
    await _insert(store, schema.announcement, (_announced(n) for n in range(1, total + 1)))
    number = subscription = first
    delivery = 1
    for channel, queries in product([f"{kind}{name}" for name in LARGE for kind in ("warm ", "")], large):
        await _destinations(store, [number], 1, channel, SUBSCRIPTIONS)
        rows = [_subscription(subscription + n, number, n + 1, known[q]) for n, q in enumerate(queries)]
        await _insert(store, schema.subscription, iter(rows))
        await _insert(
            store, schema.delivery, (_delivered(delivery + n, number, channel, n) for n in range(EARLIER))
        )
        number, subscription, delivery = number + 1, subscription + SUBSCRIPTIONS, delivery + EARLIER


def _paper(number: int) -> dict[str, Any]:
    return {
        "id": f"2601.{10000 + number}", "version": 1, "title": f"On Tides, Part {number}",
        "authors": ["Wen Shuyi"], "abstract": "We predict the tide.", "categories": ["cs.LG"],
    }  # fmt: skip


def _announced(number: int) -> dict[str, Any]:
    when = DAY - timedelta(days=1 + number // PAPERS)
    return {
        "paper_id": f"2601.{10000 + number}", "version": 1, "category": "cs.LG", "date": when, "type": "new",
        "source": "arxiv_listing", "batch": 0,
    }  # fmt: skip


def _delivered(number: int, destination: int, channel: str, before: int) -> dict[str, Any]:
    at = datetime(2026, 6, 8, 9, tzinfo=UTC) - timedelta(days=before)
    first = before * PAPERS + 1
    return {
        "id": number, "destination_id": destination, "channel": channel, "slot_due": at, "state": "sent",
        "due_at": at, "created_at": at, "done_at": at, "attempts": 1,
        "papers": pack(range(first, first + PAPERS)), "shown": 20,
    }  # fmt: skip


async def _insert(store: Store, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, _ROWS)):
        async with store.write() as tx:
            await tx.connection.execute(table.insert(), some)


async def _on_each_table(store: Store, statement: str, *, with_id: bool = False) -> None:
    async with store.write() as tx:
        for table in schema.metadata.sorted_tables:
            if not with_id or "id" in table.c:
                await tx.connection.execute(text(statement.format(table.name)))


if __name__ == "__main__":
    printing(Path(sys.argv[5]))
    asyncio.run(gather(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
