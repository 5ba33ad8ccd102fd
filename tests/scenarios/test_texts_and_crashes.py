"""A process that is killed while Chinese texts are made: nothing is lost, doubled, or paid twice without need."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bot.jobs.summarize import LEASE, Budget, Summarizer
from bot.matching import Matcher
from bot.model import Language
from bot.store import schema
from bot.summaries.chain import Chain
from tests.fakes import MORNING, HandClock, ingest, listing, matches, rows, subscribed
from tests.scenarios import worker
from tests.texts import TEXTS, TIDES, FakeMaker

WRITES = 14
"""The turn, two papers booked and kept, their batch (its turn, opened, hits, published, turn back), what waits
goes (twice), the turn back; then none."""


@pytest.mark.parametrize("number", range(1, WRITES + 1))
@pytest.mark.parametrize("when", ["in", "after"])
async def test_wherever_a_process_is_killed_texts_and_their_late_matches_are_there_once_in_the_end(
    store, store_url, tmp_path: Path, when: str, number: int
):
    for query in ("cs.LG", "港口"):
        destination, _ = await subscribed(store, query, address=f"#{query}")
        async with store.write() as tx:
            await tx.subscribers.set_language(destination.id, Language.BOTH)
    await ingest(store, [listing("cs.LG", *TIDES[:2])], MORNING)
    await store.close()
    paid = tmp_path / "paid.txt"
    doomed = worker.start(worker.make_texts, store_url, paid, MORNING, f"{when} write {number}")
    assert await worker.ended(doomed) in ((0,) if number == WRITES else (-signal.SIGKILL,))
    async with worker.reopened(store_url) as survivor:
        maker = FakeMaker()
        clock = HandClock(MORNING + LEASE)
        await Summarizer(survivor, Chain([maker]), clock, budget=Budget(), matcher=Matcher()).run()
        texts = await rows(survivor, schema.text_)
        assert len(texts) == 2 * len(TEXTS)
        assert all(one.is_matched for one in texts)
        assert len(await matches(survivor)) == 2 * 2
        await Summarizer(survivor, Chain([maker]), clock, budget=Budget(), matcher=Matcher()).run()
    before = paid.read_text().split() if paid.exists() else []
    again = {one for one, _, _ in maker.asked} & set(before)
    in_flight = 1 if f"{when} write {number}" in ("in write 3", "in write 5") else 0
    assert len(again) == in_flight, "only what was not kept yet is asked for again"
    assert len(maker.asked) == 2 - len(before) + in_flight
