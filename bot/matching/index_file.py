"""Arrays in a file, which a restart reads back instead of making them again.

The file begins with a digest of what it holds, of all code and data that it was made with, and of a secret
key. Where that differs in anything the file counts as not there: it is never half believed, and is made again.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from hashlib import blake2b, file_digest
from hmac import compare_digest
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.private import make_private

log = logging.getLogger(__name__)

_MADE_WITH = ("matching", "model.py", "query", "taxonomy.py", "taxonomy.toml", "text")
_DIGEST = 64  # bytes

Packed = NDArray[np.uint8]
"""Texts without line breaks, as one array."""


def packed(texts: Iterable[str]) -> Packed:
    """Texts as an array, in order."""
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def unpacked(array: Packed) -> list[str]:
    """The texts of an array."""
    text = array.tobytes().decode()
    return text.split("\n") if text else []


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of arrays, keyed by the installation, so that a foreign file is not believed."""

    path: Path
    key: bytes

    def save(self, arrays: Iterable[NDArray[Any]]) -> None:
        """Keep arrays, in order; that they could not be written is no more than a loss of time."""
        unfinished = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            make_private(unfinished)
            with unfinished.open("w+b") as file:
                file.write(bytes(_DIGEST))
                for array in arrays:
                    np.save(file, array, allow_pickle=False)
                digest = self._digest(file)
                file.seek(0)
                file.write(digest)
            unfinished.replace(self.path)
        except OSError as error:
            log.warning("compiled_not_kept file=%s cause=%s", self.path, error)

    def load(self) -> Iterator[NDArray[Any]]:
        """The arrays; none at all when they are not there, not as they were written, or not of today's code."""
        try:
            with self.path.open("rb") as file:
                if not compare_digest(file.read(_DIGEST), self._digest(file)):
                    log.info("compiled_again file=%s", self.path)
                    return
                end = file.tell()
                file.seek(_DIGEST)
                while file.tell() < end:
                    yield np.load(file, allow_pickle=False)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                log.warning("compiled_not_read file=%s cause=%s", self.path, error)

    def _digest(self, file: BufferedReader | BufferedRandom) -> bytes:
        """What belongs at the beginning of the file: a digest of the rest of it, of the key and of the code."""
        key = blake2b(_made_with(), key=self.key, person=b"compiled").digest()
        file.seek(_DIGEST)
        return file_digest(file, partial(blake2b, key=key)).digest()


@cache
def _made_with() -> bytes:
    """A digest of the code and the data that compiled queries depend on."""
    digest = blake2b(f"{version('opencc')} {unicodedata.unidata_version} {np.little_endian}".encode())
    for name in _MADE_WITH:
        for file in _files(files("bot") / name):
            digest.update(file.read_bytes())
    return digest.digest()


def _files(place: Traversable) -> Iterator[Traversable]:
    """A file, or all sources and tables in a folder and below, in order."""
    if place.is_file():
        if place.name.endswith((".py", ".toml")):
            yield place
    else:
        for inner in sorted(place.iterdir(), key=lambda one: one.name):
            yield from _files(inner)
