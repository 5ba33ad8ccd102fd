"""Work that goes on: the one place that survives a bug, the pauses before failed work is tried again, and what is
not left in the middle.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[object]]
_T = TypeVar("_T")


@dataclass(slots=True)
class BackOff:
    """Growing pauses, in seconds: each nominally twice as long as the one before, up to the longest.

    Up to half of each is left out by chance, so that processes that have failed together do not return together.
    """

    first: float
    longest: float
    failures: int = 0
    dice: Callable[[], float] = random.random  # from 0 to 1

    def pause(self) -> float:
        """The seconds to wait after one more failure."""
        nominal = min(self.first * 2.0 ** min(self.failures, 30), self.longest)
        self.failures += 1
        return nominal * (0.5 + self.dice() / 2)

    def reset(self) -> None:
        """Begin again with the first pause, after a success."""
        self.failures = 0


async def to_its_end(begun: Awaitable[_T]) -> _T:
    """What it gives. Who is cancelled meanwhile waits for it: a thread goes on all the same."""
    running = asyncio.ensure_future(begun)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


async def supervised(name: str, work: Work) -> bool:
    """Do a piece of work; whatever goes wrong is logged and does not spread. True when it went well."""
    try:
        await work()
    except Exception:  # the one place that survives a bug: the next tick, or the next item, goes on
        log.exception("work_failed name=%s", name)
        return False
    return True


@contextmanager
def stopped_by_signals(*stops: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Have SIGTERM and SIGINT end work in good order; a second one ends the process at once.

    What is yielded does the same without a signal.
    """
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def stopping() -> None:
        log.info("stopping")
        for number in numbers:
            loop.remove_signal_handler(number)
        for stop in stops:
            stop()

    for number in numbers:
        loop.add_signal_handler(number, stopping)
    try:
        yield stopping
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
