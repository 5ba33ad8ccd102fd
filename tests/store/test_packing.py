"""Many numbers in few bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.store.packing import common, count, pack, unpack

NUMBERS = st.lists(st.integers(0, 200_000) | st.integers(0, 2**32 - 1), max_size=40)


@given(NUMBERS)
def test_numbers_come_back_in_their_order(numbers: list[int]) -> None:
    assert unpack(pack(numbers)) == numbers
    assert count(pack(numbers)) == len(numbers)


@given(NUMBERS, NUMBERS, st.integers(0, 40))
def test_common_numbers_are_those_in_both(numbers: list[int], others: list[int], shared: int) -> None:
    wanted = {*others, *numbers[:shared]}
    assert common([pack(others[:3]), pack(numbers)], wanted) == wanted & {*others[:3], *numbers}
    assert common([pack(numbers)], wanted) == wanted & set(numbers)
