"""Fakes of our own protocols, and invented papers: what the tests of the bot's inside are made of.

A fake channel and a fake source do what a script says; the store under them is always the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.alerts import Admins, Alerts
from bot.channels import Channel
from bot.delivery import Courier
from bot.digest import Digest
from bot.errors import ChannelError
from bot.model import (
    Announcement,
    AnnounceType,
    Destination,
    Form,
    Language,
    Listing,
    Paper,
    Slot,
    Subscription,
    Validator,
)
from bot.sources import Outcome, Source, Unchanged
from bot.sources.calendar import FEEDS_TURN
from bot.store import Store, schema
from bot.store.upsert import insert

DAY = date(2026, 6, 10)  # a Wednesday
MORNING = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
NINE = Slot("UTC", 9 * 60)


class HandClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> datetime:
        """Let time pass: `forward(minutes=5)`."""
        self.now += timedelta(**much)
        return self.now


class RunningClock(HandClock):
    """A clock that goes on by itself, and can be moved as well."""

    def __init__(self, now: datetime = MORNING) -> None:
        super().__init__(now)
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a channel was asked to send."""

    address: str
    body: str
    key: str


Deed = Callable[[Sent], Awaitable[None]]
"""What happens in a send before the message arrives; it may raise, wait, or stop the process."""


def bare(key: str) -> str:
    """The key of a part without the epoch: delivery and number."""
    return key.rpartition("-")[2]


@dataclass
class FakeChannel(Channel):
    """A channel that writes down what arrives, one paper in each message, and fails as it is told."""

    name: str = "fake"
    papers_per_part: int = 1
    asked: list[Sent] = field(default_factory=list)
    arrived: list[Sent] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    deeds: dict[str, deque[Deed]] = field(default_factory=dict)
    arrival: asyncio.Event = field(default_factory=asyncio.Event)

    def next_does(self, address: str, *deeds: Deed) -> None:
        """Script the next sends to an address; after them all goes well again."""
        self.deeds.setdefault(address, deque()).extend(deeds)

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One line for each paper, or why there are none; then what has become of earlier ones, in one part."""
        self.digests.append(digest)
        became = "\n".join(f"{one.paper.id} {one.kind}" for one in digest.changes)
        if digest.silence:
            return tuple(filter(None, (f"{digest.silence.why}", became)))
        ids = [f"{card.paper.id}v{card.paper.version} {card.type}" for card in digest.cards]
        step = self.papers_per_part
        papers = ("\n".join(ids[start : start + step]) for start in range(0, len(ids), step))
        return tuple(filter(None, (*papers, became)))

    def preview(self, bodies: Sequence[str]) -> str:
        """The bodies as they are."""
        return "\n\n".join(bodies)

    async def send(self, address: str, body: str, key: str) -> str:
        """Do what the script says, then let the message arrive."""
        sent = Sent(address, body, key)
        self.asked.append(sent)
        await asyncio.sleep(0)
        if script := self.deeds.get(address):
            await script.popleft()(sent)
        self.arrived.append(sent)
        self.arrival.set()
        return f"ref-{bare(key)}"

    async def check(self) -> str:
        """Nothing to reach."""
        return "fake"

    async def close(self) -> None:
        """Nothing to let go of."""

    async def has_taken(self, messages: int) -> None:
        """Wait until that many messages have arrived."""
        while len(self.arrived) < messages:
            self.arrival.clear()
            await self.arrival.wait()

    def bodies(self, address: str) -> list[str]:
        """What arrived at an address, in order."""
        return [one.body for one in self.arrived if one.address == address]

    def papers(self, address: str) -> list[str]:
        """The papers that arrived at an address, with their versions."""
        return [line.split()[0] for body in self.bodies(address) for line in body.splitlines()]


def fails(reason: str = "busy", **decision: Any) -> Deed:
    """The message is not taken: `permanent`, `retry_after` and `ambiguous` as in ChannelError."""

    async def deed(_sent: Sent) -> None:
        raise ChannelError(reason, **decision)

    return deed


def arrives_without_answer(channel: FakeChannel) -> Deed:
    """The message arrives, but the connection breaks before the answer."""

    async def deed(sent: Sent) -> None:
        channel.arrived.append(sent)
        raise ChannelError("connection lost", ambiguous=True)

    return deed


def waits_for(event: asyncio.Event, reached: asyncio.Event | None = None) -> Deed:
    """The channel answers only when the event is set; `reached` tells that it has been asked."""

    async def deed(_sent: Sent) -> None:
        if reached is not None:
            reached.set()
        await event.wait()

    return deed


@dataclass
class FakeSource:
    """A source that gives what it was told for each category, and nothing new for the others."""

    name: str = "arxiv_feed"
    turn: timedelta = FEEDS_TURN
    is_daily: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    asked: list[tuple[list[str], dict[str, Validator]]] = field(default_factory=list)

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """One outcome for each category."""
        self.asked.append((list(categories), dict(known)))
        for category in categories:
            yield self.outcomes.get(category, Unchanged(category))


SOURCE: Source = FakeSource()
"""That the fake is what the protocol asks for is checked with the types."""


def paper(number: int = 1, **changes: Any) -> Paper:
    """An invented paper."""
    values: dict[str, Any] = {
        "id": f"2606.9{number:04}",
        "version": 1,
        "title": f"Harbour {number}: Sparse Attention for Tide Tables",
        "authors": ("Ottoline Greaves", "Wen Shuyi"),
        "abstract": f"We predict tide {number} with sparse attention.",
        "categories": ("cs.LG", "cs.AI"),
    }
    return Paper(**values | changes)


def announcement(
    of: Paper, category: str = "cs.LG", kind: AnnounceType = AnnounceType.NEW, day: date = DAY
) -> Announcement:
    """A paper in the listing of one category."""
    return Announcement(of, category, day, kind)


def listing(
    category: str,
    *announced: Paper | tuple[Paper, AnnounceType],
    day: date = DAY,
    source: str = "arxiv_feed",
    validator: Validator | None = None,
) -> Listing:
    """A listing of one category; a paper alone is new."""
    pairs = [one if isinstance(one, tuple) else (one, AnnounceType.NEW) for one in announced]
    found = tuple(announcement(of, category, kind, day) for of, kind in pairs)
    form = {"arxiv_feed": Form.TYPED, "arxiv_listing": Form.RENDERED}.get(source, Form.RETOLD)
    return Listing(source, category, day, found, claimed=len(found), validator=validator, form=form)


async def subscribed(
    store: Store,
    *queries: str,
    address: str = "#tides",
    channel: str = "fake",
    slot: Slot = NINE,
    owner: str = "ottoline",
    now: datetime = MORNING,
) -> tuple[Destination, list[Subscription]]:
    """A destination with subscriptions."""
    async with store.write() as tx:
        place = await tx.subscribers.add_destination(
            channel, address, owner=owner, language=Language.EN, slot=slot, now=now
        )
        for query in queries or ("cs.LG",):
            await tx.subscribers.subscribe(place.id, query, now)
        return place, await tx.subscribers.subscriptions(place.id)


async def matched(
    store: Store,
    subscription: Subscription,
    *papers: Paper,
    kind: AnnounceType = AnnounceType.NEW,
    day: date = DAY,
    now: datetime = MORNING,
    category: str = "",
) -> None:
    """Let papers be announced and match one subscription, beside what has matched before.

    Without a `category` they are announced in one of its own, so that each call announces anew.
    """
    one = listing(category or f"cs.{subscription.id}", *((of, kind) for of in papers), day=day)
    async with store.write() as tx:
        await tx.papers.add([one], one.announcements, now)
        for of in papers:
            key = {"subscription_id": subscription.id, "paper_id": of.id, "version": of.version}
            values = {"date": day, "type": kind.value, "reasons": [["tide", "title"]]}
            statement = insert(tx.connection, schema.match).values(**key, **values)
            await tx.connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


async def waiting(
    store: Store, count: int, *, papers: int = 1, channel: str = "fake", slot: Slot = NINE, now: datetime = MORNING
) -> list[Destination]:
    """That many destinations `#1`, `#2`.. with papers waiting for each."""
    places = []
    for number in range(1, count + 1):
        place, (subscription,) = await subscribed(
            store, address=f"#{number}", channel=channel, slot=slot, owner=f"owner-{number}", now=now
        )
        await matched(store, subscription, *(paper(n) for n in range(1, papers + 1)), now=now)
        places.append(place)
    return places


async def planned(store: Store, now: datetime = MORNING) -> int:
    """Plan every destination with papers waiting, due or not; how many deliveries that is."""
    async with store.write() as tx:
        return sum([await tx.planning.plan_for(one.id, now) for one in await tx.subscribers.destinations()])


@dataclass
class FakeTeller(FakeChannel):
    """A channel that can speak to one person; `deaf` are those whom it cannot reach."""

    told: list[tuple[str, str, str]] = field(default_factory=list)
    deaf: set[str] = field(default_factory=set)

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Write down who was told what."""
        await asyncio.sleep(0)
        if person in self.deaf:
            raise ChannelError("closed")
        self.told.append((person, text, about))
        self.arrival.set()


def alerts(store: Store, clock: HandClock, *channels: Channel, admins: Sequence[str] = ()) -> Alerts:
    """Who tells people on these channels what they have to know."""
    named = {one.name: one for one in channels}
    return Alerts(store, Admins(admins, named, Language.EN), clock)


def courier(
    store: Store, channel: Channel, clock: HandClock, owner: str = "one", holidays: Collection[date] = ()
) -> Courier:
    """A courier that shows up to 50 papers."""
    return Courier(store, channel, owner=owner, cap=50, clock=clock, holidays=holidays)


async def rows(store: Store, table: Any) -> list[Any]:
    """All rows of a table, in the order of its key."""
    async with store.read() as tx:
        return list(await tx.connection.execute(select(table).order_by(*table.primary_key.columns)))


async def states(store: Store) -> list[str]:
    """The state of each delivery, in the order in which they were made."""
    return [row.state for row in await rows(store, schema.delivery)]


def ids(papers: Iterable[Paper]) -> list[str]:
    """The ids of papers, with their versions, as `FakeChannel.papers` has them."""
    return [f"{one.id}v{one.version}" for one in papers]
