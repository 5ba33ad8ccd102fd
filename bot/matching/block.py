"""Queries that are compiled together: their lexicon, their boolean index, and the parts of both."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from bot import taxonomy
from bot.matching.boolean_index import Bits, BooleanIndex, BooleanIndexBuilder, Gates, Longs, Wire
from bot.matching.index_file import Packed, packed, unpacked
from bot.matching.lexicon import Lexicon, LexiconBuilder, Needles
from bot.matching.names import author_needles
from bot.matching.papers import ORDER, PART, Prepared, reads
from bot.matching.stream import Flags, Ints, Stream
from bot.matching.terms import AUTHOR, targets
from bot.model import AnnounceType
from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Term, parse

_CODES = sorted(taxonomy.categories())
_EVERYTHING = 255  # the bit behind those of categories

Readings = NDArray[np.uint8]
"""For each query 256 bits: the categories that must be read for it."""


class Queries(NamedTuple):
    """What a block is made of, besides its lexicon and its boolean index."""

    texts: Packed
    is_typed: Flags
    readings: Readings
    labels: Packed  # what can be said of a paper without reading it
    leaves: Ints  # of the labels


class Block:
    """Queries that have been compiled; made by :class:`BlockBuilder`, or of what has been kept."""

    def __init__(self, queries: Queries, lexicon: Lexicon, boolean_index: BooleanIndex) -> None:
        self.queries: Sequence[str] = unpacked(queries.texts)
        self.is_typed = queries.is_typed
        self.readings = queries.readings
        self._parts, self._lexicon, self._boolean_index = queries, lexicon, boolean_index
        self._labels = dict(zip(unpacked(queries.labels), queries.leaves.tolist(), strict=True))

    @classmethod
    def of_arrays(cls, arrays: Iterator[NDArray[Any]]) -> Self:
        """The next block of those that :meth:`arrays` gave."""
        queries = Queries._make(islice(arrays, len(Queries._fields)))
        needles = Needles._make(islice(arrays, len(Needles._fields)))
        gates = Gates._make(islice(arrays, len(Gates._fields)))
        return cls(queries, Lexicon(needles), BooleanIndex(gates))

    def arrays(self) -> Iterator[NDArray[Any]]:
        """All that it is made of."""
        return chain(self._parts, self._lexicon.parts, self._boolean_index.parts)

    def run(self, stream: Stream, papers: Sequence[Prepared]) -> Iterator[tuple[int, Longs, Bits]]:
        """For part after part of the papers: its first one, the queries that may match, a bit for each paper."""
        leaves, places = self._lexicon.find(stream)
        labelled = [
            (leaf, place)
            for place, paper in enumerate(papers)
            for label in _labels(paper)
            if (leaf := self._labels.get(label)) is not None
        ]
        more = np.array(labelled, np.int32).reshape(-1, 2)
        leaves, places = np.concatenate((leaves, more[:, 0])), np.concatenate((places, more[:, 1]))
        for first in range(0, len(papers), PART):
            here = (places >= first) & (places < first + PART)
            count = min(PART, len(papers) - first)
            yield first, *self._boolean_index.run(leaves[here], places[here] - first, count)


class BlockBuilder:
    """Compiles queries, one by one."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self._is_typed: list[bool] = []
        self._outputs = array("i")
        self._readings = bytearray()
        self._labels: dict[str, int] = {}
        self._lexicon = LexiconBuilder()
        self._boolean_index = BooleanIndexBuilder()
        self._leaves = 0
        self._terms: dict[Term, int] = {}

    def add(self, text: str) -> None:
        """Compile a query from its canonical text."""
        query = parse(text)
        reading = reads([query])
        self._outputs.append(self._wire(query.root, reading).code)
        self._readings += _bits(reading)
        self._is_typed.append(query.has_type)
        self.queries.append(text)

    @property
    def readings(self) -> Readings:
        """The categories to be read, for each query so far."""
        return np.frombuffer(bytes(self._readings), np.uint8).reshape(-1, 32)

    def built(self) -> Block:
        """The block of all queries so far."""
        parts = Queries(
            packed(self.queries),
            np.array(self._is_typed, np.bool_),
            self.readings,
            packed(self._labels),
            np.fromiter(self._labels.values(), np.int32, len(self._labels)),
        )
        return Block(parts, self._lexicon.built(), self._boolean_index.built(self._leaves, self._outputs))

    def _wire(self, node: Node, reading: frozenset[str] | None) -> Wire:
        match node:
            case And(parts) | Or(parts):
                inputs = [self._wire(part, reading) for part in parts]
                is_shared = all(isinstance(part, InCategory) for part in parts)
                return self._boolean_index.gate(inputs, is_or=isinstance(node, Or), is_shared=is_shared)
            case Not(part):
                return self._wire(part, reading).negated()
            case InCategory(pattern, primary):
                name = "primary" if primary else "category"
                return self._any_of([f"{name} {code}" for code in taxonomy.expand(pattern)])
            case OfType(name):
                return self._of_type(AnnounceType(name), reading)
            case term:
                if term not in self._terms:
                    self._terms[term] = self._new_term(term)
                return Wire(self._terms[term], is_gate=False)

    def _new_term(self, term: Term) -> int:
        leaf = self._new_leaf()
        if term.field is Field.AUTHOR:
            for needle in author_needles(term):
                self._lexicon.add(leaf, needle, (AUTHOR,), is_name=True)
        else:
            places: dict[str, list[str]] = {}
            for name, needles in targets(term):
                for needle in needles:
                    places.setdefault(needle, []).append(name)
            for needle, names in places.items():
                self._lexicon.add(leaf, needle, names)
        return leaf

    def _of_type(self, kind: AnnounceType, reading: frozenset[str] | None) -> Wire:
        """What `papers.relative_type` computes, as gates."""
        if reading is None:
            return self._any_of([f"best {kind}"])
        is_own = self._any_of([f"primary {code}" for code in reading])
        best = self._best_read(kind, reading)
        match kind:
            case AnnounceType.NEW | AnnounceType.REPLACE:
                return self._both(best, is_own)
            case AnnounceType.CROSS:
                turned = self._best_read(AnnounceType.NEW, reading)
            case AnnounceType.REPLACE_CROSS:
                turned = self._best_read(AnnounceType.REPLACE, reading)
        return self._either(best, self._both(turned, is_own.negated()))

    def _best_read(self, kind: AnnounceType, reading: frozenset[str]) -> Wire:
        """That a paper is announced so at best in the categories that are read, or anywhere if it is in none."""
        here = [self._any_of([f"listed {code} {one}" for code in reading]) for one in ORDER]
        rank = ORDER[kind]
        better = [one.negated() for one in here[:rank]]
        is_best = self._boolean_index.gate([here[rank], *better], is_or=False, is_shared=True)
        nowhere = [one.negated() for one in here]
        elsewhere = self._boolean_index.gate(
            [*nowhere, self._any_of([f"best {kind}"])], is_or=False, is_shared=True
        )
        return self._either(is_best, elsewhere)

    def _both(self, one: Wire, other: Wire) -> Wire:
        return self._boolean_index.gate([one, other], is_or=False, is_shared=True)

    def _either(self, one: Wire, other: Wire) -> Wire:
        return self._boolean_index.gate([one, other], is_or=True, is_shared=True)

    def _any_of(self, labels: Sequence[str]) -> Wire:
        inputs = [Wire(self._leaf(label), is_gate=False) for label in sorted(labels)]
        return self._boolean_index.gate(inputs, is_or=True, is_shared=True)

    def _leaf(self, label: str) -> int:
        if label not in self._labels:
            self._labels[label] = self._new_leaf()
        return self._labels[label]

    def _new_leaf(self) -> int:
        self._leaves += 1
        return self._leaves - 1


def _labels(paper: Prepared) -> Iterator[str]:
    """All labels of a paper."""
    types = paper.candidate.types
    return chain(
        (f"category {code}" for code in paper.categories),
        [f"primary {paper.primary}", f"best {min(types.values(), key=ORDER.__getitem__)}"],
        (f"listed {code} {kind}" for code, kind in types.items()),
    )


def categories(readings: Readings) -> frozenset[str] | None:
    """The categories that must be read for queries with these readings; None when that is all of them."""
    together = np.unpackbits(np.bitwise_or.reduce(readings, axis=0), bitorder="little")
    return None if together[_EVERYTHING] else frozenset(_CODES[place] for place in np.flatnonzero(together))


def named(readings: Readings) -> frozenset[str]:
    """The categories that queries with these readings name, those left out that want all of them."""
    return categories(readings[readings[:, _EVERYTHING // 8] >> _EVERYTHING % 8 == 0]) or frozenset()


@lru_cache(maxsize=4096)
def _bits(reading: frozenset[str] | None) -> bytes:
    places = [_EVERYTHING] if reading is None else [bisect_left(_CODES, code) for code in reading]
    return sum(1 << place for place in places).to_bytes(32, "little")
