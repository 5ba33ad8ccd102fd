"""Pages as they are sent: made once for all who ask at once, a few at a time, and kept compressed."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

AT_ONCE = 4
"""Pages that are made at once; making one takes a thread and most of a core."""

MOST_BYTES = 16 * 2**20
"""Of pages that are kept, compressed."""

_MOST_WAITING = 64
_PATIENCE = 8.0  # seconds


class Busy(Exception):
    """Too many pages are being made: the reader may come again in some seconds."""


@dataclass(frozen=True, slots=True)
class Body:
    """A page, compressed, and the tag by which a browser knows it again."""

    packed: bytes
    etag: str
    status: int = 200

    @property
    def plain(self) -> bytes:
        """The page for browsers that cannot unpack."""
        return gzip.decompress(self.packed)


def etag_of(key: Hashable) -> str:
    """The tag of all that a page depends on."""
    return f'"{hashlib.sha256(repr(key).encode("utf-8", "replace")).hexdigest()[:20]}"'


class Bodies:
    """The pages of one process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Body] = OrderedDict()
        self._size = 0
        self._making: dict[str, tuple[asyncio.Lock, int]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def get(self, etag: str, make: Callable[[], Awaitable[tuple[str, int]]]) -> Body:
        """The page of a tag, made unless it is kept or being made; raises Busy."""
        if (known := self._known(etag)) is not None:
            return known
        lock, asking = self._making.get(etag, (asyncio.Lock(), 0))
        self._making[etag] = lock, asking + 1
        try:
            async with lock:
                return self._known(etag) or await self._made(etag, make)
        finally:
            lock, asking = self._making.pop(etag)
            if asking > 1:
                self._making[etag] = lock, asking - 1

    def _known(self, etag: str) -> Body | None:
        if (known := self._kept.get(etag)) is not None:
            self._kept.move_to_end(etag)
        return known

    async def _made(self, etag: str, make: Callable[[], Awaitable[tuple[str, int]]]) -> Body:
        if self._waiting >= _MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Busy from error
        finally:
            self._waiting -= 1
        try:
            text, status = await make()
            packed = await asyncio.to_thread(gzip.compress, text.encode(), 5, mtime=0)
        finally:
            self._turns.release()
        body = Body(packed, etag, status)
        self._keep(body)
        return body

    def _keep(self, body: Body) -> None:
        self._kept[body.etag] = body
        self._size += len(body.packed)
        while self._size > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._size -= len(oldest.packed)
