"""Many readers at once are all served, and a delivery beside them goes on at its pace."""

from __future__ import annotations

import asyncio

from tests.fakes import paper, planned
from tests.web.room.conftest import announced
from tests.web.room.readers import PacedChannel, await_digests, deliver, pages_of

DIGESTS, READERS = 60, 40
LATE = 1000
"""Milliseconds; the bench asks for 50, on a machine that has nothing else to do."""


async def test_forty_readers_are_served_beside_a_delivery_that_keeps_its_pace(opened):
    one = await opened()
    alone, beside = PacedChannel("alone"), PacedChannel("beside")
    await await_digests(one.store, ["alone", "beside"], DIGESTS, ["cs.LG", "cs.LG harbour", "cs.LG tide -100"])
    papers = [paper(n, categories=("cs.LG", "cs.AI") if n % 3 else ("stat.ML", "cs.LG")) for n in range(500)]
    await announced(one.store, *papers)
    await planned(one.store)
    found: list[int] = []

    async def reads(number: int) -> None:
        for path in pages_of(number, f"cs.LG harbour -{number % 10}", papers[number].id):
            found.append((await one.get(path))[0])

    await deliver(one.store, alone)
    reading = asyncio.gather(*(reads(number) for number in range(READERS)))
    await deliver(one.store, beside, reading)

    assert found == [200] * READERS * 4
    for channel in (alone, beside):
        assert {sent.address for sent in channel.arrived} == {f"#{number}" for number in range(DIGESTS)}
    assert max(beside.late) < max(alone.late) + LATE
