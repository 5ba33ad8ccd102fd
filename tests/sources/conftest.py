"""Where the sources' tests find their pages, and a client that never waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import pytest

from bot.sources.client import LocalPacer, PoliteClient

ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 6, 10, 4, 5, tzinfo=UTC)
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def data() -> Path:
    """Our own pages, with invented papers."""
    return Path(__file__).parent / "data"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacer(clock: Clock) -> LocalPacer:
    return LocalPacer(clock.now)


@pytest.fixture
async def client(clock: Clock, pacer: LocalPacer):
    """Talks to loopback servers, whatever proxies this machine has."""
    client = PoliteClient(pacer, transport=httpx.AsyncHTTPTransport(), now=clock.now, sleep=clock.sleep)
    yield client
    await client.close()
