"""`python -m tests.bench slack`: one digest of 200 papers to each of 50 channels, through real sockets."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise

from bot.store import Store
from bot.store.migrate import migrate
from tests.bench.sender import sent
from tests.counterparts.slack_edge import TEAM, edge
from tests.fakes import matched, paper, planned, subscribed

PAPERS, CHANNELS = 200, 50


async def slack() -> None:
    """Gaps in each channel, and the wall time beside what one message a second allows."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sudi.db"
        store = Store.open(url)
        await migrate(store)
        body = "We measure the tide with sparse attention and say so at length. " * 20
        papers = [paper(number, abstract=body) for number in range(PAPERS)]
        now = datetime.now(UTC)
        for number in range(CHANNELS):
            _, (one,) = await subscribed(
                store, channel="slack", address=f"{TEAM}/C{number:05}", owner="o", now=now
            )
            await matched(store, one, *papers, now=now, category="cs.LG")
        await planned(store, now)
        await store.close()
        async with edge(CHANNELS) as workspace:
            workspace.is_lenient = True
            before = time.monotonic()
            wall, cpu = await sent("slack", workspace.port, url)
    rooms = [workspace.posted(f"C{number:05}") for number in range(CHANNELS)]
    gaps = [later.at - earlier.at for room in rooms for earlier, later in pairwise(room)]
    allowed = max(len(room) for room in rooms) - 1
    started = sorted(room[0].at for room in rooms)
    first, last = started[0] - before, started[-1] - before
    print(f"the first message after {first:.1f} s in the first channel, {last:.1f} s in the last one")
    print(f"{PAPERS} papers to {CHANNELS} channels: {sum(map(len, rooms))} messages in {wall:.0f} s")
    print(f"{1000 * cpu / sum(map(len, rooms)):.1f} ms of CPU for a message")
    print(f"shortest gap in a channel {min(gaps):.2f} s; wall time / what the pace allows {wall / allowed:.2f}")
    print(f"floor: gaps of 1 s {'met' if min(gaps) >= 0.95 else 'MISSED'}")
    print(f"floor: wall time within 1.2 {'met' if wall / allowed <= 1.2 else 'MISSED'}")
