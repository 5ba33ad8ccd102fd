"""The outbox at work: ``claim | compose | render | send | record``, for one channel.

A claim is committed before anything is sent. The messages of a delivery are fixed before the first one
goes, so that every retry sends the same. A receipt is recorded whatever it takes. Which errors are final
is the channel's word; when to try again is decided here, and so is the pace: channels never wait by themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels import Channel, Editor, Finder, Keyed, Threaded
from bot.composing import Composer, nobody
from bot.digest import Lack
from bot.errors import ChannelError
from bot.model import Receipt
from bot.store import Store
from bot.store.outbox import Claim, StoredPart
from bot.turns import Sleep, Turns

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=100)
"""How long a claim lasts; renewed for each part. Shorter than 30 s loses to a restart of the database."""

SEND_TIMEOUT = 75.0
"""Seconds for one part; less than the lease, so that a slow send is still ours when it ends."""

RENEW = timedelta(seconds=20)
"""How long it goes without saying that a lease is ours; with a send, it is over before the lease is."""

_BATCH = 20
_AT_ONCE = 4  # sends in flight for a channel: what a kill may repeat by mail, where no key exists
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_FIRST_WAIT = 0.2  # seconds, for a database that is away
_LONGEST_WAIT = 5.0
_T = TypeVar("_T")


@dataclass(slots=True)
class Tally:
    """What one round did."""

    sent: int = 0
    papers: int = 0
    retried: int = 0
    refused: int = 0


class Courier:
    """Delivers what is due on one channel; several may work on one database."""

    def __init__(
        self,
        store: Store,
        channel: Channel,
        *,
        owner: str,
        cap: int,
        clock: Callable[[], datetime],
        holidays: Collection[date] = (),
        lack: Callable[[], Lack] = nobody,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._channel = channel
        self._owner = f"{owner}/{channel.name}"
        self.composer = Composer(store, cap=cap, clock=clock, holidays=holidays, lack=lack)
        self._clock = clock
        self._turns = Turns(store, channel, clock, sleep)
        self._at_once = channel.at_once if isinstance(channel, Keyed) else _AT_ONCE
        self._most = max(_BATCH, self._at_once)
        self._renewed: dict[int, datetime] = {}  # when the lease of a delivery was
        self._rendering = asyncio.Semaphore(1)  # beside the sending: several at once would starve it
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; what is in flight ends."""
        self._stopping = True

    async def drain(self) -> Tally:
        """Deliver until nothing is due. More is claimed when half is done: composing never stops the sending."""
        tally, gate = Tally(), asyncio.Semaphore(self._at_once)
        running, ended = set[asyncio.Task[None]](), set[asyncio.Task[None]]()
        try:
            while not self._stopping and not any(one.exception() for one in ended):
                room = self._most - len(running)
                claims = await self._claim(room)
                if not claims and not running:
                    break
                running |= {asyncio.create_task(self._deliver_through(gate, claim, tally)) for claim in claims}
                while len(running) > (self._most // 2 if len(claims) == room else 0):
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    ended |= done
        except asyncio.CancelledError:
            for one in running:
                one.cancel()
            raise
        finally:
            # A bug in one delivery must not cut off the others; it is reported when they are done.
            await asyncio.gather(*running, return_exceptions=True)
        for one in ended | running:
            one.result()
        return tally

    async def release(self) -> None:
        """Give back what was claimed and will not be sent: nobody has to wait for the lease."""
        async with self._store.write() as tx:
            await tx.outbox.release(self._owner, self._clock())

    async def _claim(self, most: int) -> list[Claim]:
        now = self._clock()
        async with self._store.write() as tx:
            return await tx.outbox.claim(
                self._channel.name,
                owner=self._owner,
                now=now,
                lease_until=now + LEASE,
                most=most,
            )

    async def _deliver_through(self, gate: asyncio.Semaphore, claim: Claim, tally: Tally) -> None:
        async with gate:
            if not self._stopping:
                try:
                    await self._deliver(claim, tally)
                finally:
                    self._renewed.pop(claim.id, None)

    async def _deliver(self, claim: Claim, tally: Tally) -> None:
        try:
            papers = await self._send_parts(claim)
        except ChannelError as error:
            await self._failed(claim, error, tally)
            return
        if papers is not None:
            tally.sent += 1
            tally.papers += papers

    async def _send_parts(self, claim: Claim) -> int | None:
        """Send what has not arrived; the number of papers, or None when the delivery is not ours any more."""
        async with self._store.read() as tx:
            parts = await tx.outbox.parts(claim.id)
        if not parts:
            parts = await self._compose(claim)
            if not parts:
                return None
        root = ""
        for part in parts:
            reference = part.reference if part.sent_at else await self._send_part(claim, part, root)
            if reference is None:
                return None
            root = root or reference
        return await self._finish(claim)

    async def _compose(self, claim: Claim) -> list[StoredPart]:
        """Write the messages down; none when it is not ours, or when there is nothing to say any more."""
        now = self._clock()
        digest, versions = await self.composer.digest(claim)
        if not digest.cards and digest.silence is None:
            async with self._store.write() as tx:
                await tx.outbox.discard(claim)
            return []
        async with self._rendering:
            bodies = await asyncio.to_thread(self._channel.render, digest)
        is_open = digest.lacks and isinstance(self._channel, Editor)
        async with self._store.write() as tx:
            if not await tx.outbox.compose(claim, bodies, lacks_since=now if is_open else None):
                return []
            await tx.outbox.let_go(claim, versions)
            await tx.spending.found(now.date(), sum(card.summary is not None for card in digest.cards))
            return await tx.outbox.parts(claim.id)

    async def _send_part(self, claim: Claim, part: StoredPart, root: str) -> str | None:
        """Send one part, unless it is there already; its reference, None when the delivery is not ours."""
        key = f"{claim.id}.{part.number}"
        reference = await self._found(claim, part, key, root)
        if reference is None:
            if not await self._start(claim, part):
                return None
            reference = await self._sent(claim, part, key, root)
        receipt = Receipt(reference, self._clock())

        async def record() -> None:
            async with self._store.write() as tx:
                await tx.outbox.arrived(claim.id, part.number, receipt)
                await self._turns.taken(tx, claim.destination, receipt.at)

        await _insist(record)
        return reference

    async def _start(self, claim: Claim, part: StoredPart) -> bool:
        """Wait until a part may be sent; False when the delivery is not ours any more.

        What was claimed or renewed a moment ago is still ours by the clock alone. Who can look for a part is
        told in any case that it was attempted.
        """
        now = self._clock()
        renewed = self._renewed.get(claim.id)
        is_asked = self._turns.is_paced or isinstance(self._channel, Finder)
        if renewed is not None and now < renewed + RENEW and not is_asked:
            return True
        async with self._store.write() as tx:
            at = await self._turns.take(tx, claim.destination)
            if not await tx.outbox.start(claim, part.number, now=at, lease_until=at + LEASE):
                return False
        self._renewed[claim.id] = now
        await self._turns.wait(at)
        return True

    async def _found(self, claim: Claim, part: StoredPart, key: str, root: str) -> str | None:
        """The reference of a part that was attempted without an answer and arrived all the same."""
        if part.attempted_at is None or not isinstance(self._channel, Finder):
            return None
        found = await self._answer(
            claim, self._channel.find(claim.destination.address, key, part.attempted_at, root)
        )
        log.info("looked_up delivery=%d part=%d found=%s", claim.id, part.number, found is not None)
        return found

    async def _sent(self, claim: Claim, part: StoredPart, key: str, root: str) -> str:
        address = claim.destination.address
        try:
            if root and isinstance(self._channel, Threaded):
                return await self._answer(claim, self._channel.send_below(root, address, part.body, key))
            return await self._answer(claim, self._channel.send(address, part.body, key))
        except ChannelError as error:
            if not error.ambiguous and isinstance(self._channel, Finder):
                await _insist(lambda: self._nothing_to_find(claim, part.number))
            raise

    async def _nothing_to_find(self, claim: Claim, number: int) -> None:
        async with self._store.write() as tx:
            await tx.outbox.not_arrived(claim, number)

    async def _answer(self, claim: Claim, call: Awaitable[_T]) -> _T:
        """What the channel answers in time; a pause that it asks for holds for everybody in the circle."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                return await call
        except TimeoutError as error:
            raise ChannelError(f"no answer within {SEND_TIMEOUT:.0f} s", ambiguous=True) from error
        except ChannelError as error:
            if pause := error.retry_after:
                await _insist(lambda: self._turns.pause(claim.destination, pause))
            raise

    async def _finish(self, claim: Claim) -> int | None:
        async def record() -> int | None:
            async with self._store.write() as tx:
                if not await tx.outbox.finish(claim, self._clock()):
                    return None
                return await tx.outbox.size(claim.id)

        papers = await _insist(record)
        log.info("delivered delivery=%d channel=%s attempt=%d", claim.id, self._channel.name, claim.attempt)
        return papers

    async def _failed(self, claim: Claim, error: ChannelError, tally: Tally) -> None:
        now = self._clock()
        if error.permanent:
            tally.refused += 1

            async def record() -> bool:
                async with self._store.write() as tx:
                    return await tx.outbox.refuse(claim, reason=error.reason, now=now)
        else:
            tally.retried += 1
            pause = error.retry_after or min(_FIRST_PAUSE * 2 ** min(claim.attempt - 1, 10), _LONGEST_PAUSE)

            async def record() -> bool:
                async with self._store.write() as tx:
                    return await tx.outbox.retry(claim, at=now + pause, reason=error.reason)

        await _insist(record)
        log.warning(
            "not_delivered delivery=%d channel=%s attempt=%d permanent=%s reason=%s",
            claim.id, self._channel.name, claim.attempt, error.permanent, error.reason,
        )  # fmt: skip


async def _insist(record: Callable[[], Awaitable[_T]]) -> _T:
    """Write whatever it takes, also when cancelled meanwhile: what has been sent must not be forgotten."""
    writing = asyncio.ensure_future(_until_written(record))
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait([writing], timeout=_LONGEST_WAIT)
        writing.cancel()
        raise


async def _until_written(record: Callable[[], Awaitable[_T]]) -> _T:
    pause = _FIRST_WAIT
    while True:
        try:
            return await record()
        except (IntegrityError, ProgrammingError, DataError):
            raise  # no database that comes back would take it
        except (DBAPIError, PoolTimeout) as error:
            log.error("database_away retry_seconds=%.1f cause=%s", pause, type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_WAIT)
