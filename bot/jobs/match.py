"""Papers that wait are matched, batch after batch, for all queries at once; no command has to wait meanwhile.

A batch is opened, its hits are written a few at a time, and it is published: each in a transaction of its own.
A process that dies in between leaves the batch open, and the next one matches it again; one works at a time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.matching import PART, Candidate, Matcher, candidates
from bot.model import Language
from bot.store import Store, Transaction
from bot.store.batches import DAY, Asked, Batch
from bot.store.chunks import in_chunks
from bot.store.pace import MATCHING

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=3)  # how long others leave a batch to a process that may have died
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


async def match(store: Store, now: datetime, matcher: Matcher | None = None) -> int:
    """Match all that waits, unless another process does; how many matches that is, subscription x paper."""
    matcher, matched = matcher or Matcher(), 0
    while await is_wanting(store):
        is_ours, until = await store.take_lease(MATCHING, _LEASE, now)
        if not is_ours:
            break
        try:
            matched += await _Matching(store, matcher, until).run(now)
        except _TakenOverError:
            break
        finally:
            await store.release_lease(MATCHING, until, _LONG_AGO)
    return matched


async def is_unmatched(store: Store) -> bool:
    """Whether papers are not matched yet: what is planned now would lack them."""
    async with store.read() as tx:
        return await tx.batches.is_unmatched()


async def is_wanting(store: Store) -> bool:
    """The same, or whether Chinese texts wait for it."""
    async with store.read() as tx:
        return await tx.batches.is_wanting()


class _TakenOverError(Exception):
    """We were away for longer than our lease: another process matches the batch."""


@dataclass(frozen=True, slots=True)
class _Matching:
    """One batch on its way, while the turn is ours."""

    store: Store
    matcher: Matcher
    until: datetime

    async def run(self, now: datetime) -> int:
        """Open a batch, match it and publish it; how many matches it has."""
        async with self.store.write() as tx:
            batch = await tx.batches.open(now)
        if batch is None:
            return 0
        while batch.is_left and await self._is_cleared(batch):
            pass
        async with self.store.read() as tx:
            asked = {one.text: one for one in await tx.batches.asked(batch)}
        hits = await self._hits(batch, asked) if asked else {}

        async def add(tx: Transaction, some: Sequence[tuple[int, bytes]]) -> None:
            await self._hold(tx)
            await tx.batches.add_hits(batch, some)

        await in_chunks(
            self.store, sorted((asked[text].id, destinations) for text, destinations in hits.items()), add
        )
        async with self.store.write() as tx:
            await self._hold(tx)
            await tx.batches.publish(batch, now)
        log.info(
            "matched batch=%d kind=%s papers=%d queries=%d hits=%d",
            batch.id, batch.kind, len(batch.papers), len(asked), len(hits),
        )  # fmt: skip
        return sum(asked[text].subscriptions * (len(destinations) // 2) for text, destinations in hits.items())

    async def _hits(self, batch: Batch, asked: Mapping[str, Asked]) -> dict[str, bytes]:
        """Which papers of a batch each query finds; the texts of a part of them at a time are in memory."""
        are_all = batch.kind == DAY and batch.before is None
        found: dict[str, bytes] = {}
        for first in range(0, len(batch.papers), PART):
            async with self.store.read() as tx:
                papers = await _papers(tx, batch.papers[first : first + PART])
            some = await asyncio.to_thread(
                self.matcher.hits, asked, papers, are_all=are_all and first == 0, first=first
            )
            for text, places in some.items():
                found[text] = found.get(text, b"") + places
        return found

    async def _is_cleared(self, batch: Batch) -> bool:
        """Delete some of the hits that a process has left which died; whether there were any."""
        async with self.store.write() as tx:
            await self._hold(tx)
            return await tx.batches.clear(batch) > 0

    async def _hold(self, tx: Transaction) -> None:
        if not await tx.pace.has_turn(MATCHING, self.until):
            raise _TakenOverError


async def _papers(tx: Transaction, numbers: Sequence[int]) -> list[Candidate]:
    """Papers in the order of their numbers, each with all categories that announced it and its Chinese texts."""
    versions = await tx.papers.numbered(numbers)
    texts = await tx.texts.best(versions.values(), Language.ZH)
    found = candidates(await tx.papers.announced(list(versions.values())), texts)
    known = {(one.paper.id, one.paper.version): one for one in found}
    return [known[versions[n]] for n in numbers]
