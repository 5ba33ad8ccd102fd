"""Readers of the room beside a delivery: how late its messages are because of them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.store import Store
from tests.fakes import DAY, FakeChannel, RunningClock, subscribed

_CATEGORIES = ("cs.LG", "cs.AI", "stat.ML", "cs.CL")


_due: ContextVar[float] = ContextVar("_due")


@dataclass
class PacedChannel(FakeChannel):
    """A channel that takes one message every 50 ms, and notes how late each one is, and how long all take."""

    papers_per_part: int = 50
    pace: timedelta = timedelta(milliseconds=50)
    late: list[float] = field(default_factory=list)
    """Milliseconds from the turn of a message to its sending."""
    seconds: float = 0

    def queue_key(self, address: str) -> str:
        """All addresses keep the pace together."""
        return self.name

    async def send(self, address: str, body: str, key: str) -> str:
        """Note how late it is, and let the message arrive."""
        self.late.append((time.perf_counter() - _due.get()) * 1000)
        return await super().send(address, body, key)


async def _until_the_turn(seconds: float) -> None:
    _due.set(time.perf_counter() + seconds)
    await asyncio.sleep(seconds)


async def await_digests(store: Store, channels: list[str], count: int, queries: list[str]) -> None:
    """Let that many destinations of each channel subscribe, before the papers of a day are read."""
    for name, number in itertools.product(channels, range(count)):
        query = queries[number % len(queries)]
        await subscribed(store, query, address=f"#{number}", channel=name, owner=f"{name}-{number}")


async def deliver(store: Store, channel: PacedChannel, beside: Awaitable[object] | None = None) -> None:
    """Deliver all that waits for a channel, and wait for what is done beside it from the start."""
    other, clock, began = asyncio.ensure_future(beside) if beside else None, RunningClock(), time.perf_counter()
    composer = Composer(store, cap=50, clock=clock)
    await Courier(store, channel, composer, owner="one", clock=clock, sleep=_until_the_turn).drain()
    channel.seconds = time.perf_counter() - began
    if other is not None:
        await other


def pages_of(number: int, query: str, paper: str) -> list[str]:
    """What one reader opens, one after the other: of the day, of a category, of a query, and a paper."""
    pages = [
        f"/papers/{DAY}?page={number % 5 + 1}&open=7",
        f"/papers/{DAY}?in={_CATEGORIES[number % 4]}&open=7",
        f"/papers/{DAY}?q={quote(query)}",
        f"/paper/{paper}",
    ]
    return pages[number % 4 :] + pages[: number % 4]
