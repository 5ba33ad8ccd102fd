"""What several ask at the same time is answered at once, and each has its own answer or its own error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from bot.jobs.together import Together


class Halves:
    """Halves even numbers, when it is let; what it was asked at once is written down."""

    def __init__(self) -> None:
        self.asked = list[list[int]]()
        self.goes_on = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        await self.goes_on.wait()
        if odd := [one for one in numbers if one % 2]:
            raise ValueError(odd[0])
        return [one // 2 for one in numbers]


async def begun(together: Together[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    """The first is being answered when the others ask."""
    first = asyncio.create_task(together(numbers[0]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(together(one)) for one in numbers[1:]]
    await asyncio.sleep(0)
    return [first, *tasks]


async def test_who_asks_in_the_same_moment_is_answered_with_the_first():
    halves = Halves()
    halves.goes_on.set()
    together = Together(halves, most=3, order=str)
    assert await asyncio.gather(*map(together, (2, 4, 6, 8))) == [1, 2, 3, 4]
    assert halves.asked == [[2, 4, 6], [8]]


async def test_who_asks_while_another_is_answered_is_answered_with_the_next_ones():
    halves = Halves()
    together = Together(halves, most=3, order=str)
    tasks = await begun(together, 2, 4, 6, 8, 10)
    halves.goes_on.set()
    assert await asyncio.gather(*tasks) == [1, 2, 3, 4, 5]
    assert halves.asked == [[2], [4, 6, 8], [10]]


async def test_several_are_asked_for_in_order():
    halves = Halves()
    tasks = await begun(Together(halves, most=5, order=str), 2, 8, 4, 6)
    halves.goes_on.set()
    assert await asyncio.gather(*tasks) == [1, 4, 2, 3]
    assert halves.asked == [[2], [4, 6, 8]]


async def test_where_one_cannot_be_answered_the_others_are_all_the_same():
    halves = Halves()
    tasks = await begun(Together(halves, most=5, order=str), 2, 4, 5, 6)
    halves.goes_on.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [answers[0], answers[1], answers[3]] == [1, 2, 3]
    with pytest.raises(ValueError, match="5"):
        await tasks[2]
    assert halves.asked == [[2], [4, 5, 6], [4], [5], [6]]


async def test_who_is_cancelled_before_its_turn_is_not_asked_for():
    halves = Halves()
    first, second, third = await begun(Together(halves, most=5, order=str), 2, 4, 6)
    second.cancel()
    await asyncio.sleep(0)
    halves.goes_on.set()
    assert await asyncio.gather(first, third) == [1, 3]
    assert second.cancelled()
    assert halves.asked == [[2], [6]]


async def test_however_many_have_gone_the_next_one_is_answered():
    halves = Halves()
    first, *gone, last = await begun(Together(halves, most=2, order=str), 2, 4, 6, 8, 10)
    for one in gone:
        one.cancel()
    await asyncio.sleep(0)
    halves.goes_on.set()
    async with asyncio.timeout(5):
        assert await asyncio.gather(first, last) == [1, 5]
    assert halves.asked == [[2], [10]]


async def test_when_one_who_asks_for_all_is_cancelled_another_asks_for_the_rest():
    halves = Halves()
    first, second, third, fourth = await begun(Together(halves, most=5, order=str), 2, 4, 6, 8)
    first.cancel()
    async with asyncio.timeout(5):
        while len(halves.asked) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0)
        second.cancel()
        while len(halves.asked) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0)
    halves.goes_on.set()
    assert await asyncio.gather(third, fourth) == [3, 4]
    assert halves.asked == [[2], [4, 6, 8], [6, 8]]
    assert first.cancelled()
    assert second.cancelled()
