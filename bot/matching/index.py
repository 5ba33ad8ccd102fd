"""All queries against a whole day at once.

::

    texts of papers -> stream of tokens -> terms that are found (lexicon) -> queries that hold (boolean_index)

A query is compiled when it is added. What is new is a block of its own beside the older ones, which share the
stream with it; blocks that are not much larger than what is new are compiled into one with it. What is removed is
only left out. All blocks but the newest are kept in a file, so that a restart finds them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.errors import QueryError
from bot.matching.block import Block, BlockBuilder, categories, named
from bot.matching.boolean_index import Bits, Longs
from bot.matching.index_file import IndexFile
from bot.matching.papers import PART, Prepared, reads, relative_type
from bot.matching.stream import Flags, Stream
from bot.query import parse

log = logging.getLogger(__name__)

_AT_ONCE = 3 * PART  # papers: a full day; more of them are matched one batch after the other
_OUTPUTS = 4096  # queries whose bits are unpacked at once
_SHARE = (
    8  # blocks are compiled again when more than an eighth of the queries are gone, or a newer block is that large
)
_SETTLED = 64  # what is new becomes a block that is kept when it is more than this part of the queries
_WORTH_KEEPING = 1000  # queries, which take a tenth of a second to compile


Positions = NDArray[np.int16]


class Pairs(NamedTuple):
    """Which queries match which papers: texts[queries[n]] matches places[starts[n]:starts[n + 1]], if any."""

    texts: Sequence[str]
    queries: Longs
    starts: Longs
    places: Positions
    first: int  # the number of the paper at place 0

    def by_query(self) -> Iterator[tuple[str, list[int]]]:
        """Each query that matches something, with the numbers of the papers."""
        for number, (start, end) in enumerate(pairwise(self.starts.tolist())):
            if start < end:
                yield self.texts[self.queries[number]], (self.places[start:end] + self.first).tolist()

    def packed(self) -> Iterator[tuple[str, bytes]]:
        """The same, with each number in two bytes, the low one first."""
        octets = (self.places.astype("<u2") + np.uint16(self.first)).astype("<u2").tobytes()
        for number, (start, end) in enumerate(pairwise(self.starts.tolist())):
            if start < end:
                yield self.texts[self.queries[number]], octets[2 * start : 2 * end]


class Index:
    """The queries that stand: those that it is given, or else those that were index_file.

    May be used by several threads, one at a time.
    """

    def __init__(self, queries: Iterable[str] | None = None, index_file: IndexFile | None = None) -> None:
        self._lock = threading.Lock()
        self._index_file = index_file
        self._blocks: list[Block] = list(_kept_blocks(index_file)) if index_file else []
        self._new = BlockBuilder()
        self._standing = {text for block in self._blocks for text in block.queries}
        self._gone: set[str] = set()  # what is compiled, but stands no more
        self.unreadable: set[str] = set()  # what was asked for, and is no query any more
        if queries is not None:
            self.update(queries)

    def __len__(self) -> int:
        return len(self._standing)

    def update(self, queries: Iterable[str]) -> None:
        """Let these queries stand, by their canonical texts, and no others."""
        wanted = set(queries)
        self.unreadable &= wanted
        for text in self._standing - wanted:
            self.remove(text)
        for text in wanted - self._standing:
            self.add(text)

    def add(self, text: str) -> None:
        """Let one more query stand."""
        with self._lock:
            if text in self._gone:
                self._gone.remove(text)
            elif text not in self._standing and not self._is_added(text):
                return
            self._standing.add(text)

    def _is_added(self, text: str) -> bool:
        """Compile one; False when it is no query any more, as when arXiv has dropped a category."""
        try:
            self._new.add(text)
        except QueryError as error:
            if text not in self.unreadable:
                log.warning("query_skipped query=%r reason=%s", text, error)
            self.unreadable.add(text)
            return False
        self.unreadable.discard(text)
        return True

    def include(self, queries: Collection[str]) -> None:
        """Let these queries stand, besides those that do."""
        for text in set(queries) - self._standing:
            self.add(text)

    def remove(self, text: str) -> None:
        """Let a query stand no more."""
        with self._lock:
            if text in self._standing:
                self._standing.remove(text)
                self._gone.add(text)

    def match(self, papers: Sequence[Prepared]) -> Iterator[Pairs]:
        """What a digest should carry."""
        with self._lock:
            blocks = self._compiled()
            for first in range(0, len(papers), _AT_ONCE):
                batch = papers[first : first + _AT_ONCE]
                stream = Stream(batch)
                for block in blocks:
                    for start, queries, bits in block.run(stream, batch):
                        part = batch[start : start + PART]
                        yield Pairs(block.queries, *self._wanted(block, queries, bits, part), first + start)

    def reads(self) -> frozenset[str] | None:
        """The categories that must be read for the queries that stand; None when that is all of them."""
        with self._lock:
            parts: list[Block | BlockBuilder] = [*self._blocks, self._new]
            return categories(np.concatenate([one.readings[self._stand(one.queries)] for one in parts]))

    def named(self) -> frozenset[str]:
        """The categories that are named by the queries that stand and say what they read."""
        with self._lock:
            parts: list[Block | BlockBuilder] = [*self._blocks, self._new]
            return named(np.concatenate([one.readings[self._stand(one.queries)] for one in parts]))

    def _compiled(self) -> list[Block]:
        """All blocks, the last of them with what is new."""
        has_gone = len(self._gone) * _SHARE > len(self._standing)
        if has_gone:
            self._blocks, self._new, self._gone = [], BlockBuilder(), set()
            for text in self._standing:
                self._new.add(text)
        if has_gone or len(self._new.queries) * _SETTLED > len(self._standing):
            self._settle()
        return [*self._blocks, self._new.built()] if self._new.queries else self._blocks

    def _settle(self) -> None:
        """Make a block of what is new and of the blocks that are not much larger."""
        while self._blocks and len(self._blocks[-1].queries) < _SHARE * len(self._new.queries):
            for text in self._blocks.pop().queries:
                if text in self._gone:
                    self._gone.remove(text)
                else:
                    self._new.add(text)
        self._blocks.append(self._new.built())
        self._new = BlockBuilder()
        if self._index_file and len(self._standing) >= _WORTH_KEEPING:
            self._index_file.save(chain.from_iterable(block.arrays() for block in self._blocks))

    def _stand(self, queries: Sequence[str]) -> Flags:
        """Which of some queries stand."""
        if not self._gone:
            return np.ones(len(queries), np.bool_)
        return np.fromiter((text not in self._gone for text in queries), np.bool_, len(queries))

    def _wanted(
        self, block: Block, queries: Longs, bits: Bits, papers: Sequence[Prepared]
    ) -> tuple[Longs, Longs, Positions]:
        """The matches, without deleted queries, and with revised papers only for queries that ask for them."""
        if self._gone:
            stand = self._stand([block.queries[one] for one in queries])
            queries, bits = queries[stand], bits[stand]
        untyped = np.flatnonzero(~block.is_typed[queries])
        kinds = [{one.is_revision for one in paper.candidate.types.values()} for paper in papers]
        for place in (place for place, found in enumerate(kinds) if len(found) > 1):
            word, bit = place // 64, np.uint64(1 << place % 64)
            for row in untyped[(bits[untyped, word] & bit) > 0]:
                reading = reads([parse(block.queries[queries[row]])])
                if relative_type(reading, papers[place]).is_revision:
                    bits[row, word] ^= bit
        flags = np.zeros((2, bits.shape[1] * 64), np.bool_)
        flags[0, : len(papers)] = [False in found for found in kinds]
        flags[1, : len(papers)] = True
        fresh, existing = np.packbits(flags, axis=1, bitorder="little").view(np.uint64)
        bits &= np.where(block.is_typed[queries, np.newaxis], existing, fresh)
        starts = np.concatenate(([0], np.cumsum(np.bitwise_count(bits).sum(axis=1, dtype=np.int64))))
        return queries, starts, _places(bits)


def _kept_blocks(index_file: IndexFile) -> Iterator[Block]:
    arrays = index_file.load()
    for first in arrays:
        yield Block.of_arrays(chain([first], arrays))


def _places(bits: Bits) -> Positions:
    """The places of all bits that are set, row after row."""
    found = [np.zeros(0, np.int16)]
    for first in range(0, len(bits), _OUTPUTS):
        octets = bits[first : first + _OUTPUTS].view(np.uint8)
        some = np.flatnonzero(octets != 0)
        begins = (some % octets.shape[1] * 8).astype(np.int16)
        ones = np.flatnonzero(np.unpackbits(octets.ravel()[some], bitorder="little").view(np.bool_))
        found.append(begins[ones >> 3] + (ones & 7).astype(np.int16))
    return np.concatenate(found)
