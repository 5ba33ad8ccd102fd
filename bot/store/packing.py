"""Many small numbers in few bytes, in their order: how hits and deliveries name papers."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterable

_SHORT, _LONG = "H", "I"  # two bytes for the distance to the least number, or four


def pack(numbers: Iterable[int]) -> bytes:
    """Numbers from 0 to 2**32 - 1, in this order."""
    found = list(numbers)
    least = min(found, default=0)
    kind = _SHORT if max(found, default=0) - least < 1 << 16 else _LONG
    return (
        kind.encode()
        + least.to_bytes(4, "little")
        + _ordered(array(kind, [one - least for one in found])).tobytes()
    )


def of_shorts(octets: bytes) -> bytes:
    """Numbers below 2**16, given as two bytes each, the low one first."""
    return _SHORT.encode() + bytes(4) + octets


def unpack(packed: bytes | None) -> list[int]:
    """The numbers that were packed; none of nothing."""
    if not packed:
        return []
    found, least = _distances(packed)
    return [one + least for one in found]


def common(packed: Iterable[bytes], numbers: Collection[int]) -> set[int]:
    """Which of some numbers are among those that were packed, in any of these."""
    found: set[int] = set()
    low, high = min(numbers, default=0), max(numbers, default=0)
    for some in packed if numbers else ():
        distances, least = _distances(some)
        if distances and least <= high and low <= least + max(distances):
            found |= {one + least for one in {one - least for one in numbers}.intersection(distances)}
    return found


def count(packed: bytes | None) -> int:
    """How many numbers were packed."""
    return (len(packed) - 5) // array(chr(packed[0])).itemsize if packed else 0


def _distances(packed: bytes) -> tuple[array[int], int]:
    """The distances to the least number, and that."""
    found = array(chr(packed[0]))
    found.frombytes(packed[5:])
    return _ordered(found), int.from_bytes(packed[1:5], "little")


def _ordered(numbers: array[int]) -> array[int]:
    """The same bytes on every machine."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
