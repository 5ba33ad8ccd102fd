"""Chinese texts that came too late for a digest: its messages are edited, where the channel can do that.

An edit may be repeated, so a crash costs nothing. A digest that needs more messages by now gets them as the outbox
sends everything: once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.channels import Channel
from bot.errors import ChannelError
from bot.jobs.compose import Composer
from bot.jobs.rate_limits import RateLimits
from bot.store import Store
from bot.store.outbox import Claim
from bot.store.parts import StoredPart

log = logging.getLogger(__name__)

HORIZON = timedelta(days=7)
"""How long a digest is worth mending."""

_AT_A_TIME = 20
_PATIENCE = 60.0  # seconds for one edit
_AGAIN = timedelta(minutes=5)  # for a digest that could not be edited: it stands in nobody's way meanwhile


class LateEditor:
    """Fills in what digests on one channel lack."""

    def __init__(self, store: Store, channel: Channel, composer: Composer, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._channel = channel
        self._composer = composer
        self._clock = clock
        self._rate_limits = RateLimits(store, channel, clock)
        self._resting: dict[int, datetime] = {}  # deliveries, until when

    async def fill(self) -> int:
        """Edit the digests whose texts have come; how many, and how many messages are new and to be sent."""
        if not self._channel.has_edits:
            return 0
        now = self._clock()
        self._resting = {number: until for number, until in self._resting.items() if now < until}
        async with self._store.read() as tx:
            most = _AT_A_TIME + len(self._resting)
            found = await tx.outbox.lacking(self._channel.name, now - HORIZON, most)
        return sum([await self._filled(one) for one in found if one.id not in self._resting])

    async def _filled(self, claim: Claim) -> bool:
        now = self._clock()
        digest = await self._composer.again(claim)
        async with self._store.read() as tx:
            parts = await tx.parts.of(claim.id)
        bodies = await asyncio.to_thread(self._channel.render, digest) if digest.cards else ()
        if len(bodies) < len(parts):
            bodies = ()  # papers have gone since, or another version writes fewer messages: they stay as they are
        try:
            edits = [
                await self._edit(claim, part, body, parts[0].reference or "")
                for part, body in zip(parts, bodies, strict=False)
            ]
        except ChannelError as error:
            log.warning("not_filled delivery=%d reason=%s", claim.id, error.reason)
            self._resting[claim.id] = now + _AGAIN
            return False
        if not any(edits):
            bodies = ()
        async with self._store.write() as tx:
            await tx.outbox.filled(claim.id, bodies[len(parts) :], lacks=digest.lacks and bool(bodies), at=now)
        log.info("filled delivery=%d messages=%d lacks=%s", claim.id, len(bodies), digest.lacks)
        return True

    async def _edit(self, claim: Claim, part: StoredPart, body: str, root: str) -> bool:
        """Edit one message; False when it never can be: it was deleted, or the destination is gone."""
        if part.reference is None:
            return False
        async with self._store.write() as tx:
            at = await self._rate_limits.take(tx, claim.destination)
        await self._rate_limits.wait(at)
        below = "" if part.reference == root else root
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._channel.edit(claim.destination.address, part.reference, body, below)
        except TimeoutError as error:
            raise ChannelError(f"no answer within {_PATIENCE:.0f} s") from error
        except ChannelError as error:
            if not error.permanent:
                raise
            log.info("not_edited delivery=%d part=%d reason=%s", claim.id, part.number, error.reason)
            return False
        return True
