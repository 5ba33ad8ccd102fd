"""The messages of deliveries: written once, several deliveries at a time, and read from there by every retry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from bot.channels import Channel
from bot.errors import ChannelError
from bot.jobs.aside import aside
from bot.jobs.attempts import Attempt, Bookings, NotOursError
from bot.jobs.compose import Composer, Drafted, OvertakenError
from bot.jobs.together import Together
from bot.store import Store
from bot.store.outbox import Composed
from bot.store.parts import StoredPart

_AT_ONCE = 8  # deliveries: the first waits for the last


@dataclass(frozen=True, slots=True)
class Ready:
    """The messages of a delivery."""

    parts: list[StoredPart]
    papers: int  # in all of them
    booked: datetime | None = None  # when the first may go, where that is booked


class Messages:
    """Writes the messages of deliveries on one channel, one group at a time: sending goes on beside it."""

    def __init__(
        self, store: Store, channel: Channel, composer: Composer, bookings: Bookings, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._channel = channel
        self._composer = composer
        self._bookings = bookings
        self._clock = clock
        self._ready = Together(self._write, most=_AT_ONCE, order=bookings.place)
        self.known = 0
        """Texts in digests that did not have to be made, and are not counted yet."""

    async def of(self, attempt: Attempt) -> Ready:
        """The messages of a delivery, written now unless they were before; NotOursError where there are none."""
        if attempt.claim.attempt > 1:
            async with self._store.read() as tx:
                if parts := await tx.parts.of(attempt.claim.id):
                    return Ready(parts, await tx.carried.size(attempt.claim.id))
        while True:
            with suppress(OvertakenError):
                ready = await self._ready(attempt)
                if not ready.parts:
                    raise NotOursError
                return ready

    async def _write(self, attempts: Sequence[Attempt]) -> list[Ready]:
        """Compose deliveries, fix them and begin their first messages."""
        began = self._clock()
        drafts = await self._composer.draft([one.claim for one in attempts])
        papers = sum(one.digest.matched for one in drafts)
        written = await aside(papers, lambda: [Ready(self._parts(one), one.digest.matched) for one in drafts])
        async with self._store.write() as tx:
            await self._composer.fix(tx, drafts)
            for number, (attempt, ready) in enumerate(zip(attempts, written, strict=True)):
                if ready.parts:
                    with suppress(ChannelError):  # to wait is the business of who sends
                        written[number] = replace(ready, booked=await self._bookings.take(tx, attempt))
            composed = zip(drafts, written, strict=True)
            if not await tx.outbox.compose([self._fixed(*one, began) for one in composed if one[1].parts]):
                raise NotOursError
        self.known += sum(card.summary is not None for one in drafts for card in one.digest.cards)
        return written

    def _parts(self, draft: Drafted) -> list[StoredPart]:
        if draft.is_empty:
            return []
        return [StoredPart(number, body) for number, body in enumerate(self._channel.render(draft.digest), 1)]

    def _fixed(self, draft: Drafted, ready: Ready, began: datetime) -> Composed:
        """A delivery as the outbox keeps it: its first message is about to be sent."""
        parts = list(ready.parts)
        if self._channel.has_lookup:
            parts[0] = replace(parts[0], attempted_at=ready.booked)
        lacks_since = began if draft.digest.lacks and self._channel.has_edits else None
        return Composed(draft.claim, parts, draft.contents, lacks_since)
