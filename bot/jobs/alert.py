"""What people have to be told apart from digests: admins of faults, owners of a destination that has stopped.

`Admins` reaches the people of BOT_ADMINS on whatever channel they are; `Alerts` looks into the store for what
nobody was told of yet. A thing is marked as told after it was: a crash in between repeats it, and loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from bot.channels import Channel
from bot.errors import ChannelError
from bot.health import Kind, Trouble
from bot.jobs.health import examined
from bot.locale import say
from bot.model import Destination, Fault, Language, Subscription
from bot.presentation.faults import fault_lines, named_faults, unreadable_lines
from bot.presentation.health import trouble_lines
from bot.store import Store, Transaction
from bot.supervision import BackOff

log = logging.getLogger(__name__)

TELL_AGAIN = timedelta(minutes=10)
"""How long somebody who could not be told is left alone; twice as long each time, and a day at the most."""

_LONGEST_REST = timedelta(days=1)

PATIENCE = timedelta(minutes=30)
"""How long a fault may last before admins hear of it: most mend themselves."""

_LEASE_NAME = "alerts"
_AT_ONCE = 20  # destinations that are told of a backup before anything else is looked at
_WITHOUT_DATABASE = (Kind.DATABASE_AWAY, Kind.DATABASE_OLD, Kind.DATABASE_EMPTY)
_TOLD_OTHERWISE = (Kind.MISSING, Kind.HELD)
_LEASE_TIME = timedelta(minutes=5)


class Person(NamedTuple):
    """Somebody on a channel."""

    channel: str
    address: str


class Admins:
    """The people of BOT_ADMINS, on the channels of this process."""

    def __init__(self, admins: Sequence[str], channels: Mapping[str, Channel], language: Language) -> None:
        """`admins` are `channel:address`; `language` is what they read."""
        self.people = [Person(*one.split(":", 1)) for one in admins]
        self._channels = channels
        self._locales = language.locales[::-1]

    def channel(self, name: str) -> Channel | None:
        """The channel of that name, if this process has it."""
        return self._channels.get(name)

    def words(self, key: str, **values: object) -> str:
        """A sentence of the locale as admins read it."""
        return self.both(lambda locale: say(key, locale, **values))

    def both(self, words: Callable[[str], str]) -> str:
        """Something as admins read it, in one language or in both."""
        return "\n".join(map(words, self._locales))

    async def tell(self, text: str) -> bool:
        """Tell every admin; True when at least one was reached.

        Who cannot be reached is logged.
        """
        heard = [await self.tell_one(one, text) for one in self.people]
        return any(heard) or not heard

    async def tell_one(self, person: Person, text: str, about: str = "") -> bool:
        """Tell one person of an address on the same channel, or of nothing in particular; whether it went well."""
        channel = self._channels.get(person.channel)
        if channel is None:
            log.warning("not_told channel=%s reason=it is not in BOT_CHANNELS", person.channel)
            return False
        try:
            await channel.tell(person.address, text, about)
        except ChannelError as error:
            log.warning("not_told channel=%s reason=%s", person.channel, error.reason)
            return False
        return True


class Alerts:
    """Tells what is to be told, once over all processes."""

    def __init__(
        self,
        store: Store,
        admins: Admins,
        clock: Callable[[], datetime],
        *,
        troubles: Callable[[], Awaitable[list[Trouble]]] | None = None,
    ) -> None:
        """`troubles` tells what is wrong with the installation; without it, what the store knows."""
        self._store = store
        self._troubles = troubles or (lambda: examined(store, clock(), own=()))
        self._admins = admins
        self._clock = clock
        # Destinations of which nobody could be told: when that is tried again, and the pauses after that.
        self._later: dict[int, tuple[datetime, BackOff]] = {}
        self._silent_until = datetime.min.replace(tzinfo=UTC)

    async def tell(self) -> None:
        """Tell what is to be told, unless another process does or a failed attempt was recent."""
        if await self._has_told_of_no_database() or not await self._has_news():
            return
        is_ours, until = await self._store.take_lease(_LEASE_NAME, _LEASE_TIME, self._clock())
        if is_ours:
            rest = TELL_AGAIN
            try:
                is_told = [
                    await self._tell_refusals(),
                    await self._tell_unreadable(),
                    await self._tell_restored(),
                    await self._tell_held(),
                    await self._tell_faults(),
                    await self._tell_troubles(),
                ]
                rest = timedelta() if all(is_told) else TELL_AGAIN
            finally:
                await self._store.release_lease(_LEASE_NAME, until, self._clock() + rest)

    async def _has_told_of_no_database(self) -> bool:
        """Tell admins, once a day and process, that the database is away: nothing else can be told then."""
        if not self._admins.people:
            return False
        away = [one for one in await self._troubles() if one.kind in _WITHOUT_DATABASE]
        text = self._admins.both(lambda locale: "\n".join(trouble_lines(away, locale)))
        if away and self._clock() >= self._silent_until and await self._admins.tell(text):
            self._silent_until = self._clock() + timedelta(days=1)
        return bool(away)

    async def _has_news(self) -> bool:
        if await self._untold_troubles():
            return True
        async with self._store.read() as tx:
            return bool(
                await tx.subscribers.untold()
                or await tx.restored.to_hear(1)
                or await tx.outbox.held(untold=True)
                or await tx.unreadable.known(untold=True)
                or any(await self._faults(tx))
            )

    async def _untold_troubles(self) -> list[Trouble]:
        """What is wrong that admins hear of here, and have not heard of today."""
        if not self._admins.people:
            return []
        now = self._clock()
        found = [one for one in await self._troubles() if one.kind not in _TOLD_OTHERWISE]
        return [one for one in found if await self._store.held(_hold_of(one), now) <= now]

    async def _tell_troubles(self) -> bool:
        """Tell the admins what is wrong with the installation, each thing once a day."""
        found = await self._untold_troubles()
        if not found:
            return True
        if not await self._admins.tell(self._admins.both(lambda locale: "\n".join(trouble_lines(found, locale)))):
            return False
        for one in found:
            await self._store.hold(_hold_of(one), self._clock() + timedelta(days=1))
        return True

    async def _faults(self, tx: Transaction) -> tuple[list[Fault], list[Fault]]:
        """The faults that admins should hear of, and those that are over."""
        if not self._admins.people:
            return [], []
        return await tx.faults.untold(self._clock() - PATIENCE), await tx.faults.over_untold()

    async def _tell_faults(self) -> bool:
        """Tell the admins, in one message, which categories could not be read and which were read later."""
        async with self._store.read() as tx:
            begun, over = await self._faults(tx)
        if not (begun or over):
            return True
        if not await self._admins.tell(self._admins.both(lambda locale: _news_of_faults(begun, over, locale))):
            return False
        async with self._store.write() as tx:
            await tx.faults.told([*begun, *over], self._clock())
        return True

    async def _tell_held(self) -> bool:
        """Tell the admins which digests wait for their decision; True when they were told."""
        async with self._store.read() as tx:
            held = await tx.outbox.held(untold=True)
        if not held:
            return True
        if not await self._admins.tell(self._admins.words("health.held", n=len(held))):
            return False
        async with self._store.write() as tx:
            await tx.outbox.told([one.id for one in held])
        return True

    async def _tell_refusals(self) -> bool:
        """Tell of every destination that has refused a digest; whether all is told."""
        async with self._store.read() as tx:
            destinations = await tx.subscribers.untold()
        told = [one for one in destinations if await self._is_told(one)]
        async with self._store.write() as tx:
            for one in told:
                await tx.subscribers.told(one.id, one.paused)
        return len(told) == len(destinations)

    async def _is_told(self, destination: Destination) -> bool:
        """Tell of one destination, unless the last attempt failed a short while ago."""
        now = self._clock()
        backoff = BackOff(TELL_AGAIN.total_seconds(), _LONGEST_REST.total_seconds())
        again, backoff = self._later.pop(destination.id, (now, backoff))
        if now < again:
            self._later[destination.id] = again, backoff
            return False
        if await self._tell_refusal(destination):
            return True
        self._later[destination.id] = now + timedelta(seconds=backoff.pause()), backoff
        return False

    async def _tell_refusal(self, destination: Destination) -> bool:
        """Tell the owner of a destination that has stopped, or else an admin; True when nobody else is left."""
        others = await self._others(destination)
        listeners = [
            one
            for one in self._listeners(destination, others)
            if one != (destination.channel, destination.address)
        ]
        return await self._tell_first(
            destination, listeners, lambda person: self._news_of(destination, person, others)
        )

    async def _tell_unreadable(self) -> bool:
        """Tell the owner of each destination whose queries cannot be read any more, or else an admin."""
        async with self._store.read() as tx:
            found = await tx.unreadable.known(untold=True)
        is_all_told = True
        for destination_id, group in groupby(found, key=lambda one: one.destination_id):
            subscriptions = list(group)
            async with self._store.read() as tx:
                destination = await tx.subscribers.find_destination(destination_id)
            if destination is None or not await self._tell_unreadable_of(destination, subscriptions):
                is_all_told = False
                continue
            async with self._store.write() as tx:
                await tx.unreadable.told(subscriptions, self._clock())
        return is_all_told

    async def _tell_unreadable_of(self, destination: Destination, subscriptions: Sequence[Subscription]) -> bool:
        lines = unreadable_lines(subscriptions, "notice.unreadable", destination.language.locales[-1])
        if not lines:  # they can be read after all
            return True
        others = await self._others(destination)
        owners = [Person(destination.channel, destination.owner), *others]

        def news(person: Person) -> str:
            if person not in owners:
                return self._admins.words("alert.unreadable", channel=destination.channel, n=len(subscriptions))
            return "\n\n".join(lines)

        return await self._tell_first(destination, list(self._listeners(destination, others)), news)

    async def _tell_restored(self) -> bool:
        """Tell some destinations that a backup was put back, and what that means for them; True when they know."""
        async with self._store.read() as tx:
            to_hear = await tx.restored.to_hear(_AT_ONCE)
            destinations = await tx.subscribers.destinations_by_id(to_hear)
        heard = [each for each, one in destinations.items() if await self._has_heard(one, *to_hear[each])]
        if heard:
            async with self._store.write() as tx:
                await tx.restored.heard(heard)
                tx.ring("tell")  # there may be more
        return len(heard) == len(to_hear)

    async def _has_heard(self, destination: Destination, choice: str, taken: str) -> bool:
        """Tell one destination in its place; True also when nobody can be told anything there."""
        channel = self._admins.channel(destination.channel)
        text = say(f"notice.restored_{choice}", destination.language.locales[-1], taken=taken)
        try:
            if channel is not None:
                await channel.tell(destination.address, text, destination.address)
        except ChannelError as error:
            log.warning("not_told channel=%s reason=%s", destination.channel, error.reason)
            return error.permanent
        return True

    async def _others(self, destination: Destination) -> list[Person]:
        """The owner of a destination on other channels."""
        async with self._store.read() as tx:
            return [Person(*one) for one in await tx.subscribers.linked(destination.channel, destination.owner)]

    async def _tell_first(
        self, destination: Destination, listeners: Sequence[Person], news: Callable[[Person], str]
    ) -> bool:
        """Tell the first who can be reached; True when there is nobody else to tell."""
        for person in listeners:
            about = destination.address if person.channel == destination.channel else ""
            if await self._admins.tell_one(person, news(person), about):
                return True
        return not listeners

    def _news_of(self, destination: Destination, person: Person, others: Sequence[Person]) -> str:
        """That a destination has stopped: for its owner here or on another channel, and for admins elsewhere."""
        locale = destination.language.locales[-1]
        if person.channel == destination.channel:
            return say("notice.refused", locale, reason=destination.paused)
        if person in others:
            return say("notice.linked", locale, destination=destination.address, reason=destination.paused)
        return self._admins.words("alert.refused", channel=destination.channel, reason=destination.paused)

    def _listeners(self, destination: Destination, others: Sequence[Person]) -> Iterable[Person]:
        """Who may hear of a destination, the one who made it first."""
        owner = Person(destination.channel, destination.owner)
        for person in dict.fromkeys([owner, *others, *self._admins.people]):
            if person.address:
                yield person


def _news_of_faults(begun: Sequence[Fault], over: Sequence[Fault], locale: str) -> str:
    """What admins hear of faults in one language."""
    rows = [say("alert.faults", locale), *fault_lines(begun, locale)] if begun else []
    rows += [say("alert.over", locale), *(f"• {each}" for each in named_faults(over, locale))] if over else []
    return "\n".join(rows)


def _hold_of(trouble: Trouble) -> str:
    return f"alerts:{trouble.key}"[:80]
