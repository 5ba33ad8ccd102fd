"""Named pieces of work, each in a loop around a bell: none delays another, and none ends by an error."""

from __future__ import annotations

import asyncio
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


class Works(ABC):
    """The works of one process. Who rings their bells by the clock is the engine's business."""

    def __init__(self, works: Mapping[str, Work], *, hasty: Collection[str] = ()) -> None:
        """`hasty` names works that a stop cuts off at once, because nothing is lost by it."""
        self._works = works
        self._hasty = hasty
        self._bells = {name: asyncio.Event() for name in works}
        self._stopped = asyncio.Event()

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
        sys.setswitchinterval(SWITCH_SECONDS)
        loops = [asyncio.create_task(self._loop(name, work), name=name) for name, work in self._works.items()]
        clock = asyncio.create_task(self._keep_time(), name="clock")
        try:
            await self._stopped.wait()
            for loop in loops:
                if loop.get_name() in self._hasty:
                    loop.cancel()
            if loops:
                await asyncio.wait(loops, timeout=GRACE_SECONDS)
        finally:
            for task in (*loops, clock):
                task.cancel()
            await asyncio.gather(*loops, clock, return_exceptions=True)

    @abstractmethod
    async def _keep_time(self) -> None:
        """Ring by the clock until cancelled."""

    async def _loop(self, name: str, work: Work) -> None:
        bell = self._bells[name]
        while not self._stopped.is_set():
            await bell.wait()
            bell.clear()
            if not self._stopped.is_set():
                await supervised(name, work)
