"""Some queries made ready to be matched together: their lexicon, their circuit, and what both are made from."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator, Sequence
from itertools import chain

import numpy as np

from bot import taxonomy
from bot.matching.circuit import Bits, CircuitBuilder, Longs, Wire
from bot.matching.lexicon import LexiconBuilder
from bot.matching.papers import ORDER, Prepared, reads
from bot.matching.stream import Flags, Stream
from bot.matching.terms import AUTHOR, author_needles, targets
from bot.model import AnnounceType
from bot.query import And, Field, InCategory, Node, Not, OfType, Or, Term, parse

PART = 768
"""Papers for which a circuit is evaluated at once: the bits of a million queries for them take 100 MB."""

Label = tuple[str, Hashable]
"""What can be said of a paper without reading it."""


class Block:
    """Queries that have been compiled; made by :class:`BlockBuilder`."""

    def __init__(self, made_of: BlockBuilder) -> None:
        self.queries: Sequence[str] = tuple(made_of.queries)
        self.is_typed: Flags = np.array(made_of.is_typed, np.bool_)
        self._labels = dict(made_of.labels)
        self._lexicon = made_of.lexicon.built()
        self._circuit = made_of.circuit.built(made_of.leaves, made_of.outputs)

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
            yield first, *self._circuit.run(leaves[here], places[here] - first, count)


class BlockBuilder:
    """Compiles queries, one by one."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.is_typed: list[bool] = []
        self.outputs = array("i")
        self.labels: dict[Label, int] = {}
        self.lexicon = LexiconBuilder()
        self.circuit = CircuitBuilder()
        self.leaves = 0
        self._terms: dict[Term, int] = {}

    def add(self, text: str) -> None:
        """Compile a query from its canonical text."""
        query = parse(text)
        reading = reads([query]) if query.has_type else None
        self.outputs.append(self._wire(query.root, reading).code)
        self.queries.append(text)
        self.is_typed.append(query.has_type)

    def _wire(self, node: Node, reading: frozenset[str] | None) -> Wire:
        match node:
            case And(parts) | Or(parts):
                inputs = [self._wire(part, reading) for part in parts]
                is_shared = all(isinstance(part, InCategory) for part in parts)
                return self.circuit.gate(inputs, is_or=isinstance(node, Or), is_shared=is_shared)
            case Not(part):
                return self._wire(part, reading).negated()
            case InCategory(pattern, primary):
                name = "primary" if primary else "category"
                return self._any_of([(name, code) for code in taxonomy.expand(pattern)])
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
                self.lexicon.add(leaf, needle, (AUTHOR,), is_name=True)
        else:
            places: dict[str, list[str]] = {}
            for name, needles in targets(term):
                for needle in needles:
                    places.setdefault(needle, []).append(name)
            for needle, names in places.items():
                self.lexicon.add(leaf, needle, names)
        return leaf

    def _of_type(self, kind: AnnounceType, reading: frozenset[str] | None) -> Wire:
        """What `papers.relative_type` computes, as gates."""
        if reading is None:
            return self._any_of([("best", kind)])
        is_own = self._any_of([("primary", code) for code in reading])
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
        here = [self._any_of([("listed", (code, one)) for code in reading]) for one in ORDER]
        rank = ORDER[kind]
        better = [one.negated() for one in here[:rank]]
        is_best = self.circuit.gate([here[rank], *better], is_or=False, is_shared=True)
        nowhere = [one.negated() for one in here]
        elsewhere = self.circuit.gate([*nowhere, self._any_of([("best", kind)])], is_or=False, is_shared=True)
        return self._either(is_best, elsewhere)

    def _both(self, one: Wire, other: Wire) -> Wire:
        return self.circuit.gate([one, other], is_or=False, is_shared=True)

    def _either(self, one: Wire, other: Wire) -> Wire:
        return self.circuit.gate([one, other], is_or=True, is_shared=True)

    def _any_of(self, labels: Sequence[Label]) -> Wire:
        inputs = [Wire(self._leaf(label), is_gate=False) for label in sorted(labels, key=repr)]
        return self.circuit.gate(inputs, is_or=True, is_shared=True)

    def _leaf(self, label: Label) -> int:
        if label not in self.labels:
            self.labels[label] = self._new_leaf()
        return self.labels[label]

    def _new_leaf(self) -> int:
        self.leaves += 1
        return self.leaves - 1


def _labels(paper: Prepared) -> Iterator[Label]:
    """All labels of a paper."""
    types = paper.candidate.types
    return chain(
        (("category", code) for code in paper.categories),
        [("primary", paper.primary), ("best", min(types.values(), key=ORDER.__getitem__))],
        (("listed", one) for one in types.items()),
    )
