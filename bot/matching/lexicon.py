"""All needles of many queries as one tree of tokens, walked for a whole stream at once: exact, no hashing.

A node is what has been read so far. An edge is a token, with whether it is joined to the one before it, or the
beginning of a word. The leaves of queries hang on the nodes where their needles end.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.index_file import Packed, packed, unpacked
from bot.matching.stream import SECTIONS, Chunk, Flags, Ints, Stream
from bot.text.normal import is_han

_STEM = 3  # letters by which beginnings of words are grouped
_ODD = np.int64(0x5851F42D4C957F2D)
_BEGINNING = 1 << 29  # numbers of beginnings of words start here, those of whole tokens at 1

Keys = NDArray[np.int64]
Hits = tuple[Ints, Ints]
"""Leaves, and the papers in which they were found, side by side; the same may come twice."""


class Needles(NamedTuple):
    """What a lexicon is made of. What hangs on node n is `leaves[starts[n]:starts[n + 1]]`."""

    tokens: Packed  # the whole tokens of needles; the first one has the number 1
    beginnings: Packed
    keys: Keys  # of edges, in order: the node they come from and the label; the first one is none
    targets: Ints  # the nodes behind them
    starts: Ints
    leaves: Ints
    masks: Ints  # the sections that a leaf wants


class LexiconBuilder:
    """Collects needles; :meth:`built` gives the lexicon."""

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}
        self._beginnings: dict[str, int] = {}
        self._edges: dict[int, int] = {}
        self._nodes, self._leaves, self._masks = array("i"), array("i"), array("i")

    def add(self, leaf: int, needle: str, sections: Sequence[str], *, is_name: bool = False) -> None:
        """Have a leaf found where a needle is, in these sections; names are never taken apart."""
        node = 0
        for edge in self._edges_of(needle, is_name=is_name):
            node = self._edges.setdefault(node << 32 | edge, len(self._edges) + 1)
        self._nodes.append(node)
        self._leaves.append(leaf)
        self._masks.append(sum(1 << SECTIONS.index(name) for name in sections))

    def _edges_of(self, needle: str, *, is_name: bool) -> Iterator[int]:
        runs = needle.split()
        for place, run in enumerate(runs):
            if not is_name and is_han(run[0]):
                for index, character in enumerate(run):
                    yield _number(self._tokens, character, 1) * 2 + (index > 0)
            elif place == len(runs) - 1 and not needle.endswith(" "):
                yield _number(self._beginnings, run, _BEGINNING) * 2
            else:
                yield _number(self._tokens, run, 1) * 2

    def built(self) -> Lexicon:
        """The lexicon of all needles so far."""
        keys = np.fromiter(self._edges, np.int64, len(self._edges))
        nodes = np.fromiter(self._edges.values(), np.int32, len(self._edges))
        order = np.argsort(keys)
        ends = np.frombuffer(self._nodes, np.int32) if self._nodes else np.zeros(0, np.int32)
        by_node = np.argsort(ends, kind="stable")
        return Lexicon(
            Needles(
                tokens=packed(self._tokens),
                beginnings=packed(self._beginnings),
                keys=np.append(-1, keys[order]),
                targets=np.append(0, nodes[order]).astype(np.int32),
                starts=np.searchsorted(ends[by_node], np.arange(len(keys) + 2)).astype(np.int32),
                leaves=np.array(self._leaves, np.int32)[by_node],
                masks=np.array(self._masks, np.int32)[by_node],
            )
        )


def _number(numbers: dict[str, int], text: str, first: int) -> int:
    return numbers.setdefault(text, len(numbers) + first)


class Lexicon:
    """Finds all leaves of all needles in a stream."""

    def __init__(self, parts: Needles) -> None:
        self.parts = parts
        self._tokens = {text: number for number, text in enumerate(unpacked(parts.tokens), 1)}
        self._beginnings = {text: number for number, text in enumerate(unpacked(parts.beginnings), _BEGINNING)}
        self._keys, self._targets = parts.keys, parts.targets
        self._starts, self._leaves, self._masks = parts.starts, parts.leaves, parts.masks
        self._lengths = _lengths(self._beginnings)
        self._places = np.zeros(1 << (16 * len(self._keys)).bit_length(), np.int32)  # of edges, by their hash
        self._places[self._hashed(self._keys)] = np.arange(len(self._keys))
        keys, targets = self._keys[1:], self._targets[1:]
        parents, labels = keys >> 32, (keys & 0xFFFFFFFF) >> 1
        is_beginning = labels >= _BEGINNING
        self._goes_on = np.zeros(len(self._keys) + 2, np.bool_)
        self._goes_on[parents[~is_beginning]] = True
        self._begins = np.zeros(len(self._keys) + 2, np.bool_)
        self._begins[parents[is_beginning]] = True
        from_root = parents == 0
        self._first = np.zeros(len(self._tokens) + 1, np.int32)  # the node of one token alone
        self._first[labels[from_root & ~is_beginning]] = targets[from_root & ~is_beginning]

    def find(self, stream: Stream) -> Hits:
        """All hits in a stream."""
        nothing = np.zeros(0, np.int32)
        words = _Words(stream.words, self._tokens, self._beginnings, self._lengths)
        found = [self._expanded(*hits) for chunk in stream.chunks for hits in self._walk(chunk, words)]
        leaves, papers = zip((nothing, nothing), *found, strict=True)
        return np.concatenate(leaves), np.concatenate(papers)

    def _walk(self, chunk: Chunk, words: _Words) -> Iterator[tuple[Ints, Ints]]:
        """The nodes that are reached, with the pieces, level by level: first from each token, then from hits."""
        tokens = words.tokens[chunk.tokens]
        labels = tokens.astype(np.int64) * 2 + chunk.joined
        nodes = self._first[tokens]
        at = np.flatnonzero(nodes)
        nodes = nodes[at]
        if self._begins[0]:
            starts = np.flatnonzero(words.begins[chunk.tokens])
            yield self._begun(np.zeros(len(starts), np.int32), starts, chunk, words)
        while len(at):
            yield nodes, chunk.piece[at]
            begins = self._begins[nodes]
            if begins.any():
                yield self._begun(nodes[begins], at[begins] + 1, chunk, words)
            goes_on = self._goes_on[nodes]
            nodes, at = nodes[goes_on], at[goes_on] + 1  # a text ends with a token of its own, so there is one
            reached = self._follow(nodes.astype(np.int64) << 32 | labels[at])
            is_edge = reached > 0
            nodes, at = reached[is_edge], at[is_edge]

    def _begun(self, nodes: Ints, at: NDArray[np.int64], chunk: Chunk, words: _Words) -> tuple[Ints, Ints]:
        """Nodes that are reached by the beginnings of the words at these places."""
        tokens = chunk.tokens[at]
        counts = words.starts[tokens + 1] - words.starts[tokens]
        labels = words.beginnings[_ranges(words.starts[tokens], counts)]
        reached = self._follow(np.repeat(nodes.astype(np.int64), counts) << 32 | labels * 2)
        return reached, np.repeat(chunk.piece[at], counts)

    def _follow(self, keys: Keys) -> Ints:
        """The nodes behind these edges; 0 where there is no such edge."""
        places = self._places[self._hashed(keys)]
        is_other = np.flatnonzero(
            (places > 0) & (self._keys[places] != keys)
        )  # two edges have the same hash: rare
        places[is_other] = np.searchsorted(
            self._keys[:-1], keys[is_other]
        )  # without the last, so that it is a place
        return np.where(self._keys[places] == keys, self._targets[places], 0)

    def _hashed(self, keys: Keys) -> Keys:
        return (keys * _ODD >> 32) & (len(self._places) - 1)

    def _expanded(self, nodes: Ints, pieces: Ints) -> Hits:
        """From nodes to the leaves that hang there and want that section."""
        counts = self._starts[nodes + 1] - self._starts[nodes]
        entries = _ranges(self._starts[nodes], counts)
        pieces = np.repeat(pieces, counts)
        wanted = (self._masks[entries] >> (pieces % len(SECTIONS)) & 1).astype(np.bool_)
        return self._leaves[entries[wanted]], pieces[wanted] // len(SECTIONS)


class _Words:
    """What the tokens of a stream mean to one lexicon: token t has beginnings[starts[t]:starts[t + 1]]."""

    def __init__(
        self,
        words: Sequence[str],
        tokens: dict[str, int],
        beginnings: dict[str, int],
        lengths: Mapping[str, Sequence[int]],
    ) -> None:
        self.tokens: Ints = np.fromiter((tokens.get(word, 0) for word in words), np.int32, len(words))
        numbers, owners = array("i"), array("i")
        always = lengths.get("", ())
        for token, word in enumerate(words):
            for end in (*always, *lengths.get(word[:_STEM], ())):
                if number := beginnings.get(word[:end]):
                    numbers.append(number)
                    owners.append(token)
        counts = np.bincount(np.array(owners, np.int32), minlength=len(words))
        self.begins: Flags = counts > 0
        self.starts: Ints = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
        self.beginnings: Keys = np.array(numbers, np.int64)


def _lengths(beginnings: Iterable[str]) -> Mapping[str, Sequence[int]]:
    """How long the beginnings are that share their first letters; under "" those that are shorter."""
    found: dict[str, set[int]] = {}
    for text in beginnings:
        found.setdefault(text[:_STEM] if len(text) >= _STEM else "", set()).add(len(text))
    return {stem: sorted(lengths) for stem, lengths in found.items()}


def _ranges(starts: Ints, counts: Ints) -> NDArray[np.int64]:
    """start, start + 1, .. start + count - 1 for each start, one after the other."""
    ends = np.cumsum(counts, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    within: Keys = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return within
