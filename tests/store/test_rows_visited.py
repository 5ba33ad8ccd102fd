"""Which rows the statements of a day look at: none reads a table that grows with readers, papers or days."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bot.jobs.compose import Composer
from bot.jobs.edit_late import LateEditor
from bot.jobs.plan import plan
from bot.model import AnnounceType, Language
from bot.store import Store
from tests.fakes import DAY, MORNING, FakeChannel, HandClock, courier, ingest, listing, paper, subscribed

GROWING = {
    "announcement", "change", "delivery", "destination", "hit", "mute", "paper", "part", "subscription", "text",
}  # fmt: skip
ALLOWED = (
    "ix_paper_stale",  # a partial index of what waits
    "ix_text_unmatched",
)
EXEMPT = (
    'SELECT "query".id, "query".text, count(*)',  # matching asks every query
)


@contextmanager
def noted(store: Store) -> Iterator[dict[str, tuple[str, Any]]]:
    """Every statement that reads or writes meanwhile, with parameters of one execution."""
    seen: dict[str, tuple[str, Any]] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not statement.startswith("BEGIN"):
            seen.setdefault(
                re.sub(r"\?(, \?)+", "?", statement), (statement, parameters[0] if many else parameters)
            )

    engines = [engine.sync_engine for engine in (store._writer, store._reader)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def scans(path: Path, statements: dict[str, tuple[str, Any]]) -> list[tuple[str, str]]:
    """The tables that statements read as a whole, as SQLite plans them."""
    found = []
    with sqlite3.connect(path) as database:
        database.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
        for statement, parameters in statements.values():
            if statement.startswith(EXEMPT):
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", parameters):
                words = step.split()
                if words[0] == "SCAN" and words[1] in GROWING and not step.endswith(ALLOWED):
                    found.append((step, statement))
    database.close()
    return found


async def test_no_statement_of_a_day_reads_a_table_as_a_whole(sqlite_store: Store, tmp_path: Path) -> None:
    store, clock, channel = sqlite_store, HandClock(), FakeChannel()
    found = [paper(number) for number in range(1, 5)]
    await subscribed(store, "attention", "tide", now=MORNING)
    await subscribed(store, "注意力", "cs.LG type:replace", address="#other", now=MORNING)
    with noted(store) as statements:
        for day, papers in enumerate([found, [replace(one, version=2, comments="accepted") for one in found]]):
            now = MORNING + timedelta(days=day, minutes=1)
            kind = AnnounceType.REPLACE if day else AnnounceType.NEW
            told = listing("cs.LG", *((one, kind) for one in papers), day=DAY + timedelta(days=day))
            await ingest(store, [told], now)
            clock.now = now + timedelta(hours=4)
            await plan(store, clock())
            await courier(store, channel, clock).drain()
            await LateEditor(store, channel, Composer(store, cap=50, clock=clock), clock).fill()
    assert {one.address for one in channel.arrived} == {"#tides", "#other"}
    assert len(statements) > 60
    assert scans(tmp_path / "sudi.db", statements) == []


async def test_versions_of_papers_are_looked_up_by_an_index(sqlite_store: Store, tmp_path: Path) -> None:
    versions = [(f"2606.{number}", 1) for number in range(10_000, 10_300)]
    with noted(sqlite_store) as statements:
        async with sqlite_store.read() as tx:
            await tx.papers.papers(versions)
            await tx.papers.announced(versions)
            await tx.texts.best(versions, Language.ZH)
            await tx.texts.titles(range(300))
    assert len(statements) == 4
    assert scans(tmp_path / "sudi.db", statements) == []
