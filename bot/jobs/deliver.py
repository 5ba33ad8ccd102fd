"""The outbox at work: ``claim | compose | render | send | record``, for one channel.

A claim is committed before anything is sent. The messages of a delivery are fixed before the first one
goes, so that every retry sends the same. A receipt is recorded whatever it takes. Which errors are final
is the channel's word; when to try again is decided here, and so is the pace: channels never wait by themselves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import TypeVar

from bot.channels import Channel
from bot.errors import ChannelError, LeaseLostError
from bot.jobs.attempts import Attempt, Bookings, NotOursError, UnsureError
from bot.jobs.compose import Composer
from bot.jobs.messages import Messages
from bot.jobs.rate_limits import RateLimits, Sleep
from bot.jobs.together import Together
from bot.leases import Lease, Moment, acting_under
from bot.metrics import SEND_SECONDS, SENDS
from bot.model import Receipt
from bot.store import Store, Transaction
from bot.store.insist import AWAY, BUGS, insist
from bot.store.outbox import Claim
from bot.store.parts import Arrived, StoredPart
from bot.supervision import BackOff

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a claim lasts, unless it is renewed: after a kill, the others wait no longer."""

RENEW_SECONDS = 10.0
"""How often all claims of a process are renewed, beside the sending."""

SEND_TIMEOUT = 75.0
"""Seconds for one part."""

_BATCH = 20
_WRITTEN_AT_ONCE = 20  # receipts in one transaction
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0  # seconds
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to be written down of a delivery."""

    attempt: Attempt
    arrived: tuple[int, Receipt] | None  # the part whose receipt is to be kept
    following: StoredPart | None = None  # what is to be sent next
    is_last: bool = False


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
        composer: Composer,
        *,
        owner: str,
        clock: Callable[[], datetime],
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._store = store
        self._channel = channel
        self._owner = f"{owner}/{channel.name}"
        self._clock = clock
        self._rate_limits = RateLimits(store, channel, clock, sleep)
        self._most = max(_BATCH, channel.at_once)
        self._bookings = Bookings(self._rate_limits)
        self._messages = Messages(store, channel, composer, self._bookings, clock)
        self._commit = Together(self._written, most=_WRITTEN_AT_ONCE, order=self._place)
        self._attempts: set[Attempt] = set()
        self._stopping = False

    def stop(self) -> None:
        """Claim nothing more; what is in flight ends."""
        self._stopping = True

    async def drain(self) -> Tally:
        """Deliver until nothing is due. More is claimed when half is done: composing never stops the sending."""
        await self._retry_refused()
        tally, gate = Tally(), asyncio.Semaphore(self._channel.at_once)
        running, ended = set[asyncio.Task[None]](), set[asyncio.Task[None]]()
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            while not self._stopping and not any(one.exception() for one in ended):
                room = self._most - len(running)
                attempts = await self._claim(room)
                if not attempts and not running:
                    break
                running |= {asyncio.create_task(self._deliver_through(gate, one, tally)) for one in attempts}
                while len(running) > (self._most // 2 if len(attempts) == room else 0):
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    ended |= done
        except asyncio.CancelledError:
            for one in running:
                one.cancel()
            raise
        finally:
            # A bug in one delivery must not cut off the others; it is reported when they are done.
            await asyncio.gather(*running, return_exceptions=True)
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
        for one in ended | running:
            one.result()
        return tally

    async def _retry_refused(self) -> None:
        """Give destinations that were refused their second chance, where the channel has one."""
        if self._channel.second_chance is None:
            return
        now, name = self._clock(), self._channel.name
        async with self._store.read() as tx:
            if not await tx.subscribers.has_rested(name, now):
                return
        async with self._store.write() as tx:
            for destination in await tx.subscribers.retry_refused(name, now):
                revived = await tx.outbox.revive(destination, now)
                log.info("second_chance destination=%d deliveries=%d", destination, revived)

    async def release(self) -> None:
        """Give back what was claimed and will not be sent, so that others need not wait for the lease to end."""
        async with self._store.write() as tx:
            await tx.outbox.release(self._owner, self._clock())

    async def _claim(self, most: int) -> list[Attempt]:
        since, now = Moment.now(self._clock), self._clock()
        async with self._store.write() as tx:
            claims = await tx.outbox.claim(self._channel.name, owner=self._owner, now=now, lease=LEASE, most=most)
            if len(claims) == most:
                tx.ring(f"deliver {self._channel.name}")  # others may help
            free = await self._rate_limits.seen(tx, [claim.destination for claim in claims])
            known, self._messages.known = self._messages.known, 0
            if known:  # here, because digests would wait for one another at the row of the day
                await tx.spending.found(now.date(), known)
        attempts = [
            Attempt(claim, Lease(self._clock, since, LEASE), free.get(claim.destination.id)) for claim in claims
        ]
        self._attempts.update(attempts)
        return attempts

    async def _renew_for_ever(self) -> None:
        """Renew all that is ours, however long a send takes; sooner again what could not be."""
        pause = RENEW_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = RENEW_SECONDS if await self._is_renewed() else RENEW_SECONDS / 10

    async def _is_renewed(self) -> bool:
        held, since = set(self._attempts), Moment.now(self._clock)
        try:
            async with self._store.write() as tx:
                ids = {one.claim.id for one in held}
                kept = await tx.outbox.renew(self._owner, ids, now=since.wall, lease=LEASE)
        except AWAY as error:
            log.warning("not_renewed channel=%s cause=%s", self._channel.name, type(error).__name__)
            return False
        for one in held:
            is_renewed = kept.get((one.claim.id, one.claim.attempt))
            if is_renewed:
                one.lease.extend(since, LEASE)
            elif is_renewed is None:
                one.lease.end()
        return all(kept.values())

    async def _deliver_through(self, gate: asyncio.Semaphore, attempt: Attempt, tally: Tally) -> None:
        try:
            async with gate:
                if not self._stopping and attempt.lease.is_ours():
                    with acting_under(attempt.lease):
                        await self._deliver(attempt, tally)
        finally:
            self._attempts.discard(attempt)

    async def _deliver(self, attempt: Attempt, tally: Tally) -> None:
        claim = attempt.claim
        try:
            papers = await self._send_parts(attempt)
        except ChannelError as error:
            await self._failed(claim, error, tally)
        except UnsureError as error:
            await self._hold(claim, str(error), tally)
        except (NotOursError, LeaseLostError):
            log.info("not_ours delivery=%d channel=%s attempt=%d", claim.id, self._channel.name, claim.attempt)
        except BUGS:
            raise
        except AWAY as error:  # of reading: what is sent is kept whatever it takes
            tally.retried += 1
            await self._retry(claim, self._clock(), "")
            log.warning("given_back delivery=%d cause=%s", claim.id, type(error).__name__)
        else:
            tally.sent += 1
            tally.papers += papers
            log.info("delivered delivery=%d channel=%s attempt=%d", claim.id, self._channel.name, claim.attempt)

    async def _send_parts(self, attempt: Attempt) -> int:
        """Send what has not arrived; the number of papers."""
        ready = await self._messages.of(attempt)
        parts, booked = ready.parts, ready.booked
        attempt.root = parts[0].reference or ""
        left = [part for part in parts if part.sent_at is None]
        if not left:
            await self._go_on(attempt, None, None)
        for part, following in zip_longest(left, left[1:]):
            reference = await self._found(attempt, part)
            if reference is None:
                booked = booked or await self._go_on(attempt, None, part)
                await self._rate_limits.wait(booked or self._clock())
                reference = await self._sent(attempt, part)
            attempt.root = attempt.root or reference
            arrived = part.number, Receipt(reference, self._clock())
            booked = await self._go_on(attempt, arrived, following)
        return ready.papers

    async def _go_on(
        self, attempt: Attempt, arrived: tuple[int, Receipt] | None, following: StoredPart | None
    ) -> datetime | None:
        """Keep a receipt and begin what follows, in one transaction: when it may be sent, None after the last."""

        async def record() -> datetime | None:
            try:
                return await self._commit(_Step(attempt, arrived, following, is_last=following is None))
            except (ChannelError, NotOursError):
                await self._commit(_Step(attempt, arrived))  # the receipt is kept all the same
                raise

        return await insist(record)

    async def _written(self, steps: Sequence[_Step]) -> list[datetime | None]:
        """Write down several steps, which are in the order of their places: when what follows each may be sent."""
        async with self._store.write() as tx:
            booked = [await self._turn(tx, one) for one in steps]
            arrivals = list[Arrived]()
            for one, at in zip(steps, booked, strict=True):
                begun = (one.following.number, at) if one.following and at and self._channel.has_lookup else None
                if one.arrived:
                    arrivals.append(Arrived(one.attempt.claim.id, *one.arrived, begun))
                elif begun:
                    await tx.parts.attempted(one.attempt.claim.id, *begun)
            await tx.parts.arrived(arrivals)
            last = [one.attempt.claim for one in steps if one.is_last]
            if last and not await tx.outbox.finish(last, self._clock()):
                raise NotOursError
        return booked

    async def _turn(self, tx: Transaction, step: _Step) -> datetime | None:
        """Book a turn for the next message, and say when it is; after the last one, keep the pace from its end."""
        attempt, arrived_at = step.attempt, step.arrived and step.arrived[1].at
        if step.following is not None:
            return await self._bookings.take(tx, attempt, arrived_at)
        if arrived_at is not None:
            await self._rate_limits.taken(tx, attempt.claim.destination, arrived_at)
        return None

    def _place(self, step: _Step) -> str:
        return self._bookings.place(step.attempt)

    async def _found(self, attempt: Attempt, part: StoredPart) -> str | None:
        """The reference of a part that was attempted without an answer and arrived all the same."""
        if part.attempted_at is None or not self._channel.has_lookup:
            return None
        claim = attempt.claim
        find = self._channel.find(claim.destination.address, _key(claim, part), part.attempted_at, attempt.root)
        found = await self._answer(claim, find)
        log.info("looked_up delivery=%d part=%d found=%s", claim.id, part.number, found is not None)
        return found

    async def _sent(self, attempt: Attempt, part: StoredPart) -> str:
        claim, key = attempt.claim, _key(attempt.claim, part)
        address, channel = claim.destination.address, self._channel
        sending = (
            channel.send_below(attempt.root, address, part.body, key)
            if attempt.root
            else channel.send(address, part.body, key)
        )
        began = time.monotonic()
        try:
            reference = await self._answer(claim, sending)
        except ChannelError as error:
            outcome = "refused" if error.permanent else "ambiguous" if error.ambiguous else "failed"
            SENDS.add(channel=channel.name, outcome=outcome)
            if not error.ambiguous and self._channel.has_lookup:
                await self._insist(lambda tx: tx.parts.not_arrived(claim.id, part.number))
            if error.ambiguous and self._channel.most_copies:
                copies = await self._insist(lambda tx: tx.parts.unanswered(claim.id, part.number))
                if copies >= self._channel.most_copies and self._channel.tells_causes:
                    raise UnsureError(error.reason) from error
                if copies >= self._channel.most_copies:
                    raise ChannelError(error.reason, permanent=True) from error
            raise
        SENDS.add(channel=channel.name, outcome="sent")
        SEND_SECONDS.add(time.monotonic() - began, channel=channel.name)
        return reference

    async def _hold(self, claim: Claim, reason: str, tally: Tally) -> None:
        """Leave a delivery to an admin: each further attempt might be one more copy."""
        tally.refused += 1
        await self._insist(lambda tx: tx.outbox.hold(claim, reason=reason))
        log.error("held delivery=%d channel=%s reason=%s", claim.id, self._channel.name, reason)

    async def _answer(self, claim: Claim, call: Awaitable[_T]) -> _T:
        """What the channel answers in time; a pause that it asks for holds for the whole rate limit scope."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                return await call
        except TimeoutError as error:
            raise ChannelError(f"no answer within {SEND_TIMEOUT:.0f} s", ambiguous=True) from error
        except ChannelError as error:
            if pause := error.retry_after:
                await insist(lambda: self._rate_limits.pause(claim.destination, pause))
            raise

    async def _failed(self, claim: Claim, error: ChannelError, tally: Tally) -> None:
        now = self._clock()
        if error.permanent:
            tally.refused += 1
            rest = self._channel.second_chance
            await self._insist(lambda tx: tx.outbox.refuse(claim, reason=error.reason, now=now, rest=rest))
        else:
            tally.retried += 1
            backoff = BackOff(_FIRST_PAUSE, _LONGEST_PAUSE, failures=claim.attempt - 1)
            pause = error.retry_after or error.again_in or timedelta(seconds=backoff.pause())
            await self._retry(claim, now + pause, error.reason)
        log.warning(
            "not_delivered delivery=%d channel=%s attempt=%d permanent=%s reason=%s",
            claim.id, self._channel.name, claim.attempt, error.permanent, error.reason,
        )  # fmt: skip

    async def _retry(self, claim: Claim, at: datetime, reason: str) -> None:
        await self._insist(lambda tx: tx.outbox.retry(claim, at=at, reason=reason))

    async def _insist(self, record: Callable[[Transaction], Awaitable[_T]]) -> _T:
        """Write what became of something, whatever it takes."""

        async def written() -> _T:
            async with self._store.write() as tx:
                return await record(tx)

        return await insist(written)


def _key(claim: Claim, part: StoredPart) -> str:
    """What names a part on its channel, the same at every attempt."""
    return f"{claim.key}.{part.number}"
