"""Fakes of our own protocols, and invented papers: what the tests of the bot's inside are made of.

A fake channel and a fake source do what a script says; the store under them is always the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select, tuple_

from bot.channels import Channel
from bot.digest import Digest
from bot.errors import ChannelError
from bot.jobs import ingest as jobs_ingest
from bot.jobs.alert import Admins, Alerts
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.jobs.ingest import Ingested
from bot.jobs.match import match
from bot.jobs.plan import plan_all
from bot.matching import Matcher, reads
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
from bot.pending import waiting_for
from bot.query import parse
from bot.sources import Outcome, Source, Unchanged
from bot.sources.calendar import FEEDS_DUE
from bot.store import Store, Transaction, schema
from bot.store.batches import DAY as DAY_BATCH
from bot.store.batches import Batch
from bot.store.counters import BATCHES, take
from bot.store.migrate import migrate
from bot.store.outbox import Claim, Composed
from bot.store.packing import pack, unpack
from bot.summaries.repair import mended

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
        if digest.no_papers:
            return tuple(filter(None, (f"{digest.no_papers.why}", became)))
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
    """The message is not taken: `permanent`, `retry_after`, `again_in` and `ambiguous` as in ChannelError."""

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
    due_offset: timedelta = FEEDS_DUE
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
        destination = await tx.subscribers.add_destination(
            channel, address, owner=owner, language=Language.EN, slot=slot, now=now
        )
        for query in queries or ("cs.LG",):
            await tx.subscribers.subscribe(destination.id, query, now)
        return destination, await tx.subscribers.subscriptions(destination.id)


async def ingest(
    store: Store, listings: Sequence[Listing], now: datetime, matcher: Matcher | None = None, **how: Any
) -> Ingested:
    """Store listings, and match what is new in them; their texts are kept, whatever the gate says of them."""
    bare = [replace(one, summaries=()) for one in listings]
    done = await jobs_ingest.ingest(store, bare, now, **how)
    texts = {(one.paper_id, one.version): one for each in map(mended, listings) for one in each.summaries}
    async with store.write() as tx:
        there = await tx.papers.papers(texts)
        await tx.texts.carry([text for version, text in texts.items() if version in there], now)
    return replace(done, matched=await match(store, now, matcher))


async def matched(
    store: Store,
    subscription: Subscription,
    *papers: Paper,
    kind: AnnounceType = AnnounceType.NEW,
    day: date = DAY,
    now: datetime = MORNING,
    category: str = "",
) -> None:
    """Let papers be announced, again if they were before, and found by the query of a subscription alone.

    Without a `category` they are announced in one that the query reads.
    """
    reading = reads([parse(subscription.query)])
    category = category or (min(reading) if reading else "cs.LG")
    one = listing(category, *((of, kind) for of in papers), day=day)
    async with store.write() as tx:
        await tx.papers.add([], one.announcements, now, parts=[one])
        number = await take(tx.connection, BATCHES)
        versions = [(of.id, of.version) for of in papers]
        announced = schema.announcement.c
        await tx.connection.execute(
            schema.announcement.update()
            .where(announced.category == category, tuple_(announced.paper_id, announced.version).in_(versions))
            .values(batch=number, type=kind.value, date=day)
        )
        at = schema.paper.c
        numbers = await tx.connection.execute(select(at.n).where(tuple_(at.id, at.version).in_(versions)))
        batch = Batch(number, DAY_BATCH, None, tuple(sorted(numbers.scalars())))
        values = {"id": number, "kind": DAY_BATCH, "papers": pack(batch.papers), "opened_at": now}
        await tx.connection.execute(schema.batch.insert().values(**values, published_at=now))
        asked = schema.subscription.c
        query = await tx.connection.execute(select(asked.query_id).where(asked.id == subscription.id))
        found = {query.scalar_one(): set(batch.papers)}
        for earlier in await tx.connection.execute(select(schema.batch).where(schema.batch.c.id < number)):
            before = unpack(earlier.papers)
            for hit in await tx.connection.execute(select(schema.hit).where(schema.hit.c.batch == earlier.id)):
                again = {before[destination] for destination in unpack(hit.papers)} & set(batch.papers)
                found.setdefault(hit.query, set()).update(again)
        hits = [
            (each, b"".join(batch.papers.index(n).to_bytes(2, "little") for n in sorted(some)))
            for each, some in found.items()
            if some
        ]
        await tx.batches.add_hits(batch, hits)


class Match(NamedTuple):
    """What one query has found, and comes to its subscriber."""

    query: str
    paper_id: str
    version: int
    type: AnnounceType


async def matches(store: Store, *addresses: str) -> list[Match]:
    """All that comes to the subscriptions of some or all addresses, also to paused ones; also what is muted."""
    found = []
    async with store.read() as tx:
        newest = await tx.hits.newest()
        for destination in await tx.subscribers.destinations():
            if addresses and destination.address not in addresses:
                continue
            asking = (await tx.hits.asking([destination.id])).get(destination.id, [])
            queries = {one.id: one.query for one in asking}
            earlier = (await tx.carried.earlier([destination.id]))[destination.id]
            for paper_ in await tx.hits.coming(asking, earlier, newest):
                found += [
                    Match(queries[number], paper_.paper_id, paper_.version, kind)
                    for number, kind in paper_.types.items()
                ]
    return sorted(found, key=lambda one: (one.paper_id, one.version, one.query))


async def waits(tx: Transaction, destination_id: int) -> int:
    """How many papers come to a destination with its next digest."""
    return len((await waiting_for(tx, destination_id)).papers)


async def composed(store: Store, claim: Claim, cap: int = 50) -> Digest | None:
    """The digest of a delivery, whose contents are fixed with it."""
    composer = Composer(store, cap=cap, clock=HandClock())
    (draft,) = await composer.draft([claim])
    async with store.write() as tx:
        await composer.fix(tx, [draft])
        is_ours = draft.is_empty or await tx.outbox.compose([Composed(claim, [], draft.contents)])
    return draft.digest if is_ours and not draft.is_empty else None


async def carried(store: Store) -> list[tuple[int, str, int]]:
    """What is in which delivery that was composed: its id, and those of papers with their versions, in order."""
    papers = {row.n: (row.id, row.version) for row in await rows(store, schema.paper)}
    return [(row.id, *papers[n]) for row in await rows(store, schema.delivery) for n in sorted(unpack(row.papers))]


async def waiting(
    store: Store, count: int, *, papers: int = 1, channel: str = "fake", slot: Slot = NINE, now: datetime = MORNING
) -> list[Destination]:
    """That many destinations `#1`, `#2`.. with papers waiting for each."""
    destinations = []
    for number in range(1, count + 1):
        destination, (subscription,) = await subscribed(
            store, address=f"#{number}", channel=channel, slot=slot, owner=f"owner-{number}", now=now
        )
        await matched(store, subscription, *(paper(n) for n in range(1, papers + 1)), now=now)
        destinations.append(destination)
    return destinations


async def planned(store: Store, now: datetime = MORNING) -> int:
    """Plan every destination with papers waiting, due or not; how many deliveries that is."""
    return await plan_all(store, [], now)


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
    composer = Composer(store, cap=50, clock=clock, holidays=holidays)
    return Courier(store, channel, composer, owner=owner, clock=clock)


async def make_empty(path: Path) -> None:
    """Make a SQLite database with all tables and no rows, to be copied: migrating takes longer than most tests."""
    store = Store.open(f"sqlite:///{path}")
    await migrate(store)
    await store.close()


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
