"""The outbox: deliveries, whose messages are parts. The truth about what was sent.

A delivery is `ready`, `sending` (claimed, under a lease), `sent`, `dead` (its destination refused it), or
`unsure`: it may have arrived several times, and an admin decides; once that is told, it is `held`.
Claims are fenced by owner and attempt: who lost the lease changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Integer,
    Interval,
    Update,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.epochs import Kind, epoch_of
from bot.model import Destination
from bot.store import schema
from bot.store.among import among
from bot.store.carried import Contents
from bot.store.each import each
from bot.store.epochs import Epochs
from bot.store.instant import Instant
from bot.store.memory import Recall
from bot.store.packing import unpack
from bot.store.parts import Parts, StoredPart
from bot.store.subscribers import Subscribers
from bot.store.texts import Texts

_delivery, _destination = schema.delivery.c, schema.destination.c


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours until its lease ends; `attempt` counts the claims, from 1."""

    id: int
    destination: Destination
    owner: str
    attempt: int
    due: datetime  # when its slot was planned for
    epoch: str = ""  # in which its id was given out

    @property
    def key(self) -> str:
        """What names the delivery outside of the database, also after that was restored from a backup."""
        return f"{self.epoch}-{self.id}" if self.epoch else str(self.id)


@dataclass(frozen=True, slots=True)
class Composed:
    """A delivery whose messages are to be fixed."""

    claim: Claim
    parts: Sequence[StoredPart]
    contents: Contents | None = None  # what comes to the destination with it; None where that was fixed before
    lacks_since: datetime | None = None  # when texts were missing that may be filled in later


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that waits for a word of an admin."""

    id: int
    channel: str
    address: str
    reason: str


_LOOKED_AT = 1_000  # digests without some of their texts, at once


@cache
def _claiming(has_clock: bool) -> ReturningUpdate[Any]:
    """How deliveries are claimed; leases are by the clock of the database, where it has one for all."""
    now = bindparam("now", type_=Instant)
    moment = func.clock_timestamp() if has_clock else now
    until = moment + bindparam("lease", type_=Interval) if has_clock else bindparam("until", type_=Instant)

    is_lapsed = and_(_delivery.state == "sending", _delivery.lease_until < moment)
    candidates = (
        select(_delivery.id)
        .join(schema.destination, _destination.id == _delivery.destination_id)
        .where(_delivery.channel == bindparam("of_channel"), schema.is_open, _delivery.due_at <= now)
        .where(or_(_delivery.state == "ready", is_lapsed), _destination.paused == "")
        .order_by(_delivery.due_at, _delivery.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(of=schema.delivery, skip_locked=True)
        .cte("candidates")  # a plain subquery may run once for each row, and then takes more than `most`
    )
    return (
        schema.delivery.update()
        .where(_delivery.id.in_(select(candidates.c.id)))
        .values(state="sending", owner=bindparam("by"), lease_until=until, attempts=_delivery.attempts + 1)
        .returning(_delivery.id, _delivery.destination_id, _delivery.attempts, _delivery.slot_due)
    )


@cache
def _if_ours(*names: str) -> Update:
    """How a delivery is changed as long as it is ours."""
    return (
        schema.delivery.update()
        .where(
            _delivery.id == bindparam("of_id"),
            _delivery.owner == bindparam("of_owner"),
            _delivery.attempts == bindparam("of_attempt"),
            _delivery.state == "sending",
        )
        .values({name: bindparam(f"to_{name}") for name in names})
    )


def _fixed(one: Composed) -> dict[str, object]:
    """What is fixed of a delivery, as columns of it."""
    since = one.lacks_since
    return {"lacks": since is not None, "filled_at": since, **(one.contents.stored if one.contents else {})}


class Outbox:
    """The room of deliveries, inside one transaction."""

    def __init__(self, connection: AsyncConnection, recall: Recall, *, has_clock: bool = False) -> None:
        """`has_clock` has leases counted by the clock of the database, which all processes share."""
        self._connection = connection
        self._recall = recall
        self._has_clock = has_clock

    def _instant(self, now: datetime, later: timedelta = timedelta()) -> Any:
        return func.clock_timestamp() + literal(later, Interval) if self._has_clock else now + later

    async def claim(self, channel: str, *, owner: str, now: datetime, lease: timedelta, most: int) -> list[Claim]:
        """Take deliveries that are due, or whose owner's lease has ended; commit before sending."""
        until = {"lease": lease} if self._has_clock else {"until": now + lease}
        taken = await self._connection.execute(
            _claiming(self._has_clock), {"of_channel": channel, "by": owner, "now": now, "most": most, **until}
        )
        return await self._claims(sorted(taken, key=lambda row: row.id), owner)

    async def _claims(self, rows: Iterable[Any], owner: str) -> list[Claim]:
        claimed = list(rows)
        destinations = {row.destination_id for row in claimed}
        found = await Subscribers(self._connection).destinations_by_id(destinations) if destinations else {}
        epochs = await Epochs(self._connection).known() if destinations else []
        return [
            Claim(
                row.id,
                found[row.destination_id],
                owner,
                row.attempts,
                row.slot_due,
                epoch_of(epochs, Kind.DELIVERY, row.id),
            )
            for row in claimed
        ]

    async def compose(self, deliveries: Sequence[Composed]) -> bool:
        """Fix the messages of deliveries, once, so that every retry sends the same.

        False when one of them is not ours any more: then the transaction must be rolled back.
        """
        fixed = [(one.claim, _fixed(one)) for one in deliveries]
        for has_contents in (True, False):  # each in one statement
            if not await self._update_all([one for one in fixed if ("papers" in one[1]) is has_contents]):
                return False
        await Parts(self._connection).add({one.claim.id: one.parts for one in deliveries})
        return True

    async def lacking(self, channel: str, since: datetime, most: int) -> list[Claim]:
        """Digests that were sent without texts which have come since; claims that change nothing."""
        newest = select(func.max(schema.text_.c.made_at)).scalar_subquery()
        lacking = (
            select(
                _delivery.id,
                _delivery.destination_id,
                _delivery.attempts,
                _delivery.slot_due,
                _delivery.papers,
                _delivery.shown,
                _delivery.filled_at,
                _delivery.done_at,
            )
            .join(schema.destination, _destination.id == _delivery.destination_id)
            .where(
                _destination.channel == channel,
                _destination.paused == "",
                _delivery.state == "sent",
                _delivery.lacks.is_(True),
                _delivery.found_by.is_not(None),
                _delivery.filled_at <= newest,
            )
            .order_by(_delivery.done_at, _delivery.id)
            .limit(_LOOKED_AT)
        )
        found: list[Any] = []
        is_next = _delivery.done_at > since
        while len(found) < most and (rows := (await self._connection.execute(lacking.where(is_next))).all()):
            came = await Texts(self._connection).came(min(row.filled_at for row in rows))
            found += [
                row
                for row in rows
                if any(n in came and came[n] >= row.filled_at for n in unpack(row.papers)[: row.shown])
            ]
            last = rows[-1]
            is_next = or_(
                _delivery.done_at > last.done_at, and_(_delivery.done_at == last.done_at, _delivery.id > last.id)
            )
        return await self._claims(found[:most], "")

    async def filled(self, delivery_id: int, more: Sequence[str], *, lacks: bool, at: datetime) -> None:
        """Messages were edited as of `at`; `more` of them are to be sent behind those that are there."""
        parts = select(func.count()).where(schema.part.c.delivery_id == delivery_id)
        first = (await self._connection.execute(parts)).scalar_one() + 1
        state = {"state": "ready", "due_at": at, "done_at": None} if more else {}
        sent = await self._connection.execute(
            schema.delivery.update()
            .where(_delivery.id == delivery_id, _delivery.state == "sent")
            .values(lacks=lacks, filled_at=at, **state)
        )
        if sent.rowcount == 1:
            added = [StoredPart(number, body) for number, body in enumerate(more, first)]
            await Parts(self._connection).add({delivery_id: added})

    async def is_ours(self, claim: Claim) -> bool:
        """Whether the delivery is still ours; so until the transaction ends."""
        return await self._update(claim, {})

    async def renew(
        self, owner: str, deliveries: Collection[int], *, now: datetime, lease: timedelta
    ) -> dict[tuple[int, int], bool]:
        """Keep deliveries for longer: those that are an owner's, with their attempts, and whether it was done.

        One that another transaction is just writing to is passed over: that may want a row which is locked here.
        """
        is_theirs = and_(among(_delivery.id, deliveries), _delivery.owner == owner, _delivery.state == "sending")
        free = select(_delivery.id).where(is_theirs).with_for_update(skip_locked=True).cte("free")
        renewed = await self._connection.execute(
            schema.delivery.update()
            .where(_delivery.id.in_(select(free.c.id)))
            .values(lease_until=self._instant(now, lease))
            .returning(_delivery.id)
        )
        ids = set(renewed.scalars())
        rows = await self._connection.execute(select(_delivery.id, _delivery.attempts).where(is_theirs))
        return {(row.id, row.attempts): row.id in ids for row in rows}

    async def finish(self, claims: Sequence[Claim], now: datetime) -> bool:
        """All parts of these deliveries have arrived.

        False when one of them is not ours any more: then the transaction must be rolled back, if there are others.
        """
        ended = {"state": "sent", "done_at": now, "lease_until": None, "reason": ""}
        return await self._update_all([(claim, ended) for claim in claims])

    async def retry(self, claim: Claim, *, at: datetime, reason: str) -> bool:
        """Try again, not before `at`; False when the delivery is not ours any more."""
        return await self._update(claim, {"state": "ready", "due_at": at, "lease_until": None, "reason": reason})

    async def hold(self, claim: Claim, *, reason: str) -> bool:
        """Hold a delivery until an admin decides; they are not told yet."""
        return await self._update(claim, {"state": "unsure", "lease_until": None, "reason": reason})

    async def held(self, *, untold: bool = False) -> list[Held]:
        """The deliveries that wait for an admin, or those that admins were not told of."""
        states = ["unsure"] if untold else ["unsure", "held"]
        rows = await self._connection.execute(
            select(_delivery.id, _destination.channel, _destination.address, _delivery.reason)
            .join(schema.destination, _destination.id == _delivery.destination_id)
            .where(schema.is_open, _delivery.state.in_(states))
            .order_by(_delivery.id)
        )
        return [Held(*row) for row in rows]

    async def told(self, deliveries: Collection[int]) -> None:
        """Admins know of these now."""
        chosen = _delivery.id.in_(deliveries) & (_delivery.state == "unsure")
        await self._connection.execute(schema.delivery.update().where(chosen).values(state="held"))

    async def decide(self, deliveries: Collection[int], now: datetime, *, again: bool) -> int:
        """Send held deliveries again, or take them for sent; how many there were of them."""
        chosen = _delivery.id.in_(deliveries) & _delivery.state.in_(["unsure", "held"])
        values = {"state": "ready", "due_at": now} if again else {"state": "sent", "done_at": now, "reason": ""}
        if again:
            await Parts(self._connection).forget_copies(deliveries)
        return (await self._connection.execute(schema.delivery.update().where(chosen).values(values))).rowcount

    async def refuse(self, claim: Claim, *, reason: str, now: datetime, rest: timedelta | None = None) -> bool:
        """The destination is refused for good: pause it, keep what it asked for; `rest` as in Subscribers."""
        if not await self._update(claim, {"state": "dead", "done_at": now, "lease_until": None, "reason": reason}):
            return False
        await Subscribers(self._connection).refuse(claim.destination.id, reason, now, rest)
        return True

    async def revive(self, destination_id: int, now: datetime) -> int:
        """Send what was refused, now that the destination is resumed; how many deliveries that is."""
        result = await self._connection.execute(
            schema.delivery.update()
            .where(_delivery.destination_id == destination_id, _delivery.state == "dead")
            .values(state="ready", due_at=now, done_at=None)
        )
        return result.rowcount

    async def discard(self, claim: Claim) -> bool:
        """Forget a delivery in which nothing is left that anybody asks for; False when it is not ours."""
        if not await self._update(claim, {}):
            return False
        await self._connection.execute(schema.delivery.delete().where(_delivery.id == claim.id))
        return True

    async def release(self, owner: str | None, now: datetime) -> int:
        """Give back what an owner, or anybody, has claimed and will not send; how many deliveries that is."""
        result = await self._connection.execute(
            schema.delivery.update()
            .where(schema.is_open, _delivery.state == "sending")
            .where(_delivery.owner == owner if owner is not None else true())
            .values(state="ready", due_at=now, lease_until=None)
        )
        return result.rowcount

    async def _update(self, claim: Claim, values: dict[str, object]) -> bool:
        return await self._update_all([(claim, values or {"owner": claim.owner})])

    async def _update_all(self, changes: Sequence[tuple[Claim, Mapping[str, object]]]) -> bool:
        """Change the same columns of several deliveries, as far as they are ours; whether all were."""
        rows = [
            {"of_id": claim.id, "of_owner": claim.owner, "of_attempt": claim.attempt}
            | {f"to_{name}": value for name, value in values.items()}
            for claim, values in changes
        ]
        return not rows or await each(self._connection, _if_ours(*changes[0][1]), rows) == len(rows)

    async def next_at(self, channel: str, after: datetime | None = None) -> datetime | None:
        """When the next delivery of a channel is due or may be taken over, of all or after an instant."""
        free = func.coalesce(_delivery.lease_until, _delivery.due_at)
        found = await self._connection.execute(
            select(func.min(free))
            .join(schema.destination, _destination.id == _delivery.destination_id)
            .where(
                _delivery.channel == channel,
                schema.is_on_its_way,
                _destination.paused == "",
                true() if after is None else free > after,
            )
        )
        return found.scalar()

    async def counts(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        rows = await self._connection.execute(select(_delivery.state, func.count()).group_by(_delivery.state))
        return {row[0]: row[1] for row in rows}

    async def key(self, claim: Claim, delivery_id: int | None) -> str:
        """The key of another delivery to the destination of a claim; empty without one."""
        if delivery_id is None:
            return ""
        epochs = await self._recall.all("epochs", Epochs(self._connection).known)
        return replace(claim, id=delivery_id, epoch=epoch_of(epochs, Kind.DELIVERY, delivery_id)).key
