"""Many readers at once are all served, and so is a delivery beside them; how fast is the bench's business."""

from __future__ import annotations

import asyncio

from tests.fakes import paper, planned
from tests.web.room.conftest import announced
from tests.web.room.readers import PacedChannel, await_digests, deliver, pages_of

DIGESTS, READERS = 60, 40


async def test_forty_readers_and_a_delivery_beside_them_are_all_served(opened):
    one = await opened()
    beside = PacedChannel("beside")
    await await_digests(one.store, ["beside"], DIGESTS, ["cs.LG", "cs.LG harbour", "cs.LG tide -100"])
    papers = [paper(n, categories=("cs.LG", "cs.AI") if n % 3 else ("stat.ML", "cs.LG")) for n in range(500)]
    await announced(one.store, *papers)
    await planned(one.store)
    found: list[int] = []

    async def reads(number: int) -> None:
        for path in pages_of(number, f"cs.LG harbour -{number % 10}", papers[number].id):
            found.append((await one.get(path))[0])

    reading = asyncio.gather(*(reads(number) for number in range(READERS)))
    await deliver(one.store, beside, reading)

    assert found == [200] * READERS * 4
    assert {sent.address for sent in beside.arrived} == {f"#{number}" for number in range(DIGESTS)}
