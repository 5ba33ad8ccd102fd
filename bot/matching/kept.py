"""Arrays in a file, which a restart reads back instead of making them again.

The file begins with a digest of what it holds and of all code and data that it was made with. Where that differs
in anything the file counts as not there: it is never half believed, and whoever reads it makes what it had anew.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache, partial
from hashlib import blake2b, file_digest
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BufferedRandom, BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def save(path: Path, arrays: Iterable[NDArray[Any]]) -> None:
    """Keep arrays in a file, in order; that it could not be written is no more than a loss of time."""
    unfinished = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("w+b") as file:
            file.write(bytes(_DIGEST))
            for array in arrays:
                np.save(file, array, allow_pickle=False)
            digest = _digest(file)
            file.seek(0)
            file.write(digest)
        unfinished.replace(path)
    except OSError as error:
        log.warning("compiled_not_kept file=%s cause=%s", path, error)


def load(path: Path) -> Iterator[NDArray[Any]]:
    """The arrays of a file; none at all when it is not there, or not as it was written, or not of today's code."""
    try:
        with path.open("rb") as file:
            if file.read(_DIGEST) != _digest(file):
                log.info("compiled_again file=%s", path)
                return
            end = file.tell()
            file.seek(_DIGEST)
            while file.tell() < end:
                yield np.load(file, allow_pickle=False)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            log.warning("compiled_not_read file=%s cause=%s", path, error)


def _digest(file: BufferedReader | BufferedRandom) -> bytes:
    """What belongs at the beginning of a file: a digest of the rest of it."""
    file.seek(_DIGEST)
    return file_digest(file, partial(blake2b, key=_made_with())).digest()


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
