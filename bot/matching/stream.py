"""The texts of many papers as one stream of tokens: words between spaces, and Chinese characters one by one.

Each token is a number, and `joined` says that no space stands before it; so the normal form can be read back
from the stream, and a phrase or a part of a Chinese run is a sequence of tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.matching.papers import CHINESE, ENGLISH, Prepared
from bot.matching.terms import AUTHOR
from bot.text.normal import HAN

SECTIONS = (*ENGLISH, *CHINESE, AUTHOR)
"""The fields of a paper, in the order of the stream."""

_AUTHORS = SECTIONS.index(AUTHOR)
_END = "\x00"  # the token between two texts: no needle has it
_CHUNK = 96  # papers: no step over them takes longer than some milliseconds, and so other threads get their turn
_CODES, _FIRST_HAN = 0x110000, 0x3005

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]


class Chunk(NamedTuple):
    """Some papers' tokens; `piece` is the place of each token's text: paper x sections + section."""

    tokens: Ints
    joined: Flags
    piece: Ints


class _Numbers(dict[str, int]):
    """Numbers words, each with its own number."""

    def __missing__(self, word: str) -> int:
        self[word] = len(self)
        return self[word]


class Stream:
    """The tokens of papers, in chunks; `words[token]` is what a token stands for."""

    def __init__(self, papers: Sequence[Prepared]) -> None:
        self._numbers = _Numbers({_END: 0})
        self._characters = np.zeros(_CODES, np.int32)  # the token of a Chinese character; 0 when not seen yet
        self.chunks: list[Chunk] = []
        rest = iter(papers)
        while part := list(islice(rest, _CHUNK)):
            self.chunks.append(self._read(part, first=len(self.chunks) * _CHUNK * len(SECTIONS)))
        self.words = list(self._numbers)

    def _read(self, papers: list[Prepared], first: int) -> Chunk:
        pieces = [piece for paper in papers for piece in _pieces(paper)]
        text = "".join(pieces)
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        piece = np.repeat(np.arange(len(pieces), dtype=np.int32), [len(one) for one in pieces])
        space = codes == ord(" ")
        han = np.zeros(len(codes), np.bool_)
        high = np.flatnonzero(codes >= _FIRST_HAN)
        han[high] = _han()[codes[high]] & (
            piece[high] % len(SECTIONS) != _AUTHORS
        )  # names are words, in any script
        starts = ~space
        starts[1:] &= space[:-1] | han[1:]
        at = np.flatnonzero(starts)
        is_character = han[at]
        tokens = np.empty(len(at), np.int32)
        if is_character.any():
            characters = codes[at[is_character]]
            tokens[is_character] = self._number_characters(characters)
            codes = np.where(han, np.uint32(ord(" ")), codes)
            text = codes.tobytes().decode("utf-32-le")
        words = text.split()
        tokens[~is_character] = np.fromiter(map(self._numbers.__getitem__, words), np.int32, len(words))
        return Chunk(tokens, is_character & ~space[at - 1], piece[at] + first)

    def _number_characters(self, codes: NDArray[np.uint32]) -> Ints:
        numbers = self._numbers
        for code in np.unique(codes[self._characters[codes] == 0]).tolist():
            self._characters[code] = numbers.setdefault(chr(code), len(numbers))
        return self._characters[codes]


def _pieces(paper: Prepared) -> Iterator[str]:
    """The texts of a paper, one for each section, each with its end."""
    for section in (*ENGLISH, *CHINESE):
        yield paper.fields.get(section, " ") + _END
    yield "".join(text + _END for text in paper.authors) or f" {_END}"


@cache
def _han() -> Flags:
    """Which codes are Chinese characters or kana."""
    table = np.zeros(_CODES, np.bool_)
    every = np.arange(_CODES, dtype=np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
    for run in re.finditer(f"[{HAN}]+", every):
        table[run.start() : run.end()] = True
    return table
