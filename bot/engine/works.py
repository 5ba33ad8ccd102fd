"""Named pieces of work, each in a loop around a bell: none delays another, and none ends by an error."""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from bot.store import Transaction
from bot.supervision import Work, supervised

GRACE_SECONDS = 20.0
"""How long work in flight may take to end after a stop; hosts kill after 30 s."""

SWITCH_SECONDS = 0.0005
"""How long a thread that works may hold up the event loop, which asks for its turn a thousand times a second
when it sends: ten times less than Python's own, https://docs.python.org/3/library/sys.html#sys.setswitchinterval."""


TIDY_SECONDS = 600.0
MOST_LOOKS = 6
"""After so many looks at which something was being delivered, garbage is collected beside it."""
_NEVER = 1_000_000_000


def keep_pauses_short() -> None:
    """Let neither a thread nor a full garbage collection hold up the event loop of this process at any moment.

    With some days of papers in memory a full collection takes a tenth of a second, in which nothing is sent:
    `Works` has one done when it disturbs nobody. https://docs.python.org/3/library/gc.html#gc.set_threshold
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)


class Works(ABC):
    """The works of one process. Who rings their bells by the clock is the engine's business."""

    def __init__(self, works: Mapping[str, Work], *, hasty: Collection[str] = ()) -> None:
        """`hasty` names works that a stop cuts off at once, because nothing is lost by it."""
        self._works = works
        self._hasty = hasty
        self._bells = {name: asyncio.Event() for name in works}
        self._stopped = asyncio.Event()
        self._delivering = 0

    def ring(self, *names: str) -> None:
        """Wake these works now, or all; `deliver` is that of every channel, and others' names are passed over."""
        for work, bell in self._bells.items():
            if not names or work in names or work.partition(" ")[0] in names:
                bell.set()

    async def within(self, tx: Transaction, names: Collection[str]) -> None:  # noqa: B027 - see there
        """Ring in the transaction that makes the work; a single process has no others to wake."""

    def after(self, names: Collection[str]) -> None:
        """Ring what was rung in a transaction that is committed."""
        if names:
            self.ring(*names)

    def stop(self) -> None:
        """Start nothing more; `run` returns when what is in flight has ended, or its grace is over."""
        self._stopped.set()
        self.ring()

    async def run(self) -> None:
        """Work until stopped."""
        thresholds = gc.get_threshold()
        keep_pauses_short()
        loops = [asyncio.create_task(self._loop(name, work), name=name) for name, work in self._works.items()]
        others = [asyncio.create_task(one, name="clock") for one in (self._keep_time(), self._tidy())]
        try:
            await self._stopped.wait()
            for loop in loops:
                if loop.get_name() in self._hasty:
                    loop.cancel()
            if loops:
                await asyncio.wait(loops, timeout=GRACE_SECONDS)
        finally:
            for task in (*loops, *others):
                task.cancel()
            await asyncio.gather(*loops, *others, return_exceptions=True)
            gc.set_threshold(*thresholds)

    async def _tidy(self) -> None:
        """Collect old garbage every ten minutes while nothing is being delivered; within an hour in any case."""
        looks = itertools.count(1)
        while True:
            await asyncio.sleep(TIDY_SECONDS)
            if not self._delivering or next(looks) % MOST_LOOKS == 0:
                gc.collect()

    @abstractmethod
    async def _keep_time(self) -> None:
        """Ring by the clock until cancelled."""

    async def _loop(self, name: str, work: Work) -> None:
        bell = self._bells[name]
        while not self._stopped.is_set():
            await bell.wait()
            bell.clear()
            if not self._stopped.is_set():
                is_delivery = name.partition(" ")[0] == "deliver"
                self._delivering += is_delivery
                await supervised(name, work)
                self._delivering -= is_delivery
