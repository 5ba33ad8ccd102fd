"""Answering at once what several ask at the same time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Together(Generic[_Asked, _Answer]):
    """Whoever asks while others are being answered is answered with the next ones."""

    def __init__(
        self,
        answer: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Answer]]],
        *,
        most: int,
        order: Callable[[_Asked], str],
    ) -> None:
        """`answer` must change nothing when it raises: then each is asked for by itself, and has its own error.

        At most so many are asked for at once, in an `order`.
        """
        self._answer = answer
        self._most = most
        self._order = order
        self._turn = asyncio.Lock()
        self._waiting = deque[tuple[_Asked, asyncio.Future[_Answer]]]()

    async def __call__(self, asked: _Asked) -> _Answer:
        """The answer to this; raises what `answer` raises for it."""
        mine: tuple[_Asked, asyncio.Future[_Answer]] = asked, asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            async with self._turn:  # in the order of asking: who has it and no answer yet is the first
                if not mine[1].done():
                    await self._answer_next()
            return await mine[1]
        finally:
            mine[1].cancel()

    async def _answer_next(self) -> None:
        await asyncio.sleep(0)  # who asks in the same moment goes along
        some: list[tuple[_Asked, asyncio.Future[_Answer]]] = []
        while self._waiting and len(some) < self._most:
            one = self._waiting.popleft()
            if not one[1].done():  # else it has gone
                some.append(one)
        some.sort(key=lambda one: self._order(one[0]))
        try:
            await self._answer_all(some)
        finally:
            self._waiting.extendleft(one for one in reversed(some) if not one[1].done())

    async def _answer_all(self, some: Sequence[tuple[_Asked, asyncio.Future[_Answer]]]) -> None:
        try:
            answers = await self._answer([asked for asked, _ in some])
        except Exception as error:
            if len(some) > 1:
                await asyncio.gather(*(self._answer_all([one]) for one in some))
            elif not some[0][1].done():
                some[0][1].set_exception(error)
            return
        for (_, answered), answer in zip(some, answers, strict=True):
            if not answered.done():
                answered.set_result(answer)
