"""The logic of many queries as one boolean index: common parts exist once, and all are evaluated together.

Its inputs are leaves, its gates AND and OR; one bit for each paper. A gate's inputs may be negated.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.stream import Flags, Ints

Bits = NDArray[np.uint64]
Longs = NDArray[np.int64]

_WORD = 64  # papers in one number
_GATES = 8192  # that are evaluated at once: their bits fit into a processor's cache


class Wire(NamedTuple):
    """A leaf or a gate, or the contrary of it."""

    number: int
    is_gate: bool
    is_negated: bool = False

    @property
    def code(self) -> int:
        """Number and kind in one number, whatever the sign."""
        return self.number << 1 | self.is_gate

    def negated(self) -> Wire:
        """The contrary."""
        return self._replace(is_negated=not self.is_negated)


class Gates(NamedTuple):
    """What a boolean index is made of."""

    slots: Longs  # one number: how many leaves and gates there are
    banks: (
        Longs  # for each bank: whether it is OR, how many gates it has, and how many plain and negated inputs each
    )
    gates: Longs  # of all banks
    inputs: Longs  # of all banks; in a bank first the first inputs of all gates
    outputs: Longs


class _Bank(NamedTuple):
    """Gates of one kind, with as many plain and negated inputs; all of these come from leaves or lower levels."""

    is_or: bool
    gates: Longs
    plain: Sequence[Longs]  # for the first, second.. input the slots of all gates
    negated: Sequence[Longs]


class BooleanIndexBuilder:
    """Collects gates; :meth:`built` gives the boolean index."""

    def __init__(self) -> None:
        self._levels = array("i")
        self._banks: dict[tuple[int, bool, int, int], tuple[array[int], array[int]]] = {}
        self._shared: dict[tuple[bool, tuple[Wire, ...]], Wire] = {}

    def gate(self, inputs: Sequence[Wire], *, is_or: bool, is_shared: bool = False) -> Wire:
        """A gate over these inputs; a shared one is looked up first. One input needs no gate."""
        if len(inputs) == 1:
            return inputs[0]
        ordered = tuple(sorted(inputs, key=lambda wire: wire.is_negated))
        if is_shared and (known := self._shared.get((is_or, ordered))):
            return known
        wire = Wire(len(self._levels), is_gate=True)
        level = 1 + max((self._levels[one.number] for one in inputs if one.is_gate), default=0)
        negated = sum(one.is_negated for one in inputs)
        gates, slots = self._banks.setdefault(
            (level, is_or, len(inputs) - negated, negated), (array("i"), array("i"))
        )
        gates.append(wire.number)
        slots.extend(one.code for one in ordered)
        self._levels.append(level)
        if is_shared:
            self._shared[is_or, ordered] = wire
        return wire

    def built(self, leaves: int, outputs: array[int]) -> BooleanIndex:
        """The boolean index over that many leaves with these outputs: codes of wires that are not negated."""
        banks = []
        gates, inputs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for (_, is_or, plain, negated), (own, slots) in sorted(self._banks.items(), key=lambda one: one[0]):
            banks.append((is_or, len(own), plain, negated))
            gates.append(np.array(own, np.int64) + leaves)
            inputs.append(_slots(slots, leaves).reshape(len(own), plain + negated).T.ravel())
        return BooleanIndex(
            Gates(
                slots=np.array([leaves + len(self._levels)]),
                banks=np.array(banks, np.int64).reshape(-1, 4),
                gates=np.concatenate(gates),
                inputs=np.concatenate(inputs),
                outputs=_slots(outputs, leaves),
            )
        )


class BooleanIndex:
    """Evaluates all gates for some papers. A slot is a leaf, or behind the leaves a gate."""

    def __init__(self, parts: Gates) -> None:
        self.parts = parts
        self._slots = int(parts.slots[0])
        self._banks = list(_banks(parts))
        self._outputs = parts.outputs

    def run(self, leaves: Ints, papers: Ints, count: int) -> tuple[Longs, Bits]:
        """Given where leaves hold, the outputs that may hold somewhere, and for which of `count` papers.

        The bits behind the last paper have no meaning.
        """
        may = np.zeros(self._slots, np.bool_)
        may[leaves] = True
        for bank in self._banks:
            may[bank.gates] = _combined(bank, [may[slots] for slots in bank.plain])
        rows = np.cumsum(may, dtype=np.int32)
        rows[~may] = 0  # the row of what never holds
        bits = np.zeros((int(may.sum()) + 1, -(-count // _WORD)), np.uint64)
        _set(bits, rows[leaves], papers)
        for bank in self._banks:
            _evaluate(bank, may, rows, bits)
        chosen = np.flatnonzero(may[self._outputs])
        return chosen, bits[rows[self._outputs[chosen]]]


def _banks(parts: Gates) -> Iterator[_Bank]:
    gate = place = 0
    for is_or, count, plain, negated in parts.banks.tolist():
        size = count * (plain + negated)
        inputs = parts.inputs[place : place + size].reshape(plain + negated, count)
        yield _Bank(bool(is_or), parts.gates[gate : gate + count], [*inputs[:plain]], [*inputs[plain:]])
        gate += count
        place += size


def _combined(bank: _Bank, plain: Sequence[Flags]) -> Flags | np.bool_:
    """Whether gates may hold for any paper; what is negated always may."""
    if bank.is_or and bank.negated:
        return np.True_
    result = plain[0] if plain else np.True_
    for one in plain[1:]:
        result = result | one if bank.is_or else result & one
    return result


def _slots(codes: array[int], leaves: int) -> Longs:
    wires = np.array(codes, np.int64)
    slots: Longs = (wires >> 1) + (wires & 1) * leaves
    return slots


def _evaluate(bank: _Bank, may: Flags, rows: Ints, bits: Bits) -> None:
    combine = np.bitwise_or if bank.is_or else np.bitwise_and
    chosen = np.flatnonzero(may[bank.gates])
    for first in range(0, len(chosen), _GATES):
        some = chosen[first : first + _GATES]
        result = np.full((len(some), bits.shape[1]), np.uint64(0) if bank.is_or else ~np.uint64(0))
        for slots in bank.plain:
            combine(result, bits.take(rows[slots[some]], axis=0), out=result)
        for slots in bank.negated:
            combine(result, ~bits.take(rows[slots[some]], axis=0), out=result)
        bits[rows[bank.gates[some]]] = result


def _set(bits: Bits, rows: Ints, papers: Ints) -> None:
    """Set one bit for each row and paper, by way of bytes, 64 papers at a time: single ORs are slower."""
    words = (papers // _WORD).astype(np.uint16)
    order = np.argsort(words, kind="stable")
    bounds = np.searchsorted(words[order], np.arange(bits.shape[1] + 1))
    for word, (start, end) in enumerate(pairwise(bounds.tolist())):
        here = order[start:end]
        is_set = np.zeros(len(bits), np.bool_)
        is_set[rows[here]] = True
        chosen = np.flatnonzero(is_set)
        places = np.cumsum(is_set, dtype=np.int32) - 1
        flags = np.zeros((len(chosen), _WORD), np.bool_)
        flags[places[rows[here]], papers[here] % _WORD] = True
        bits[chosen, word] = np.packbits(flags, axis=1, bitorder="little").view(np.uint64)[:, 0]
