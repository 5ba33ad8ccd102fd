"""The bot that lives through a history, from the outside: commands in, messages out; its process may be killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from bot.app import Adapters, App
from bot.channels import Invocation, Reply
from bot.digest import Card, Digest
from bot.matching import Matcher
from bot.model import Subscription
from bot.settings import Settings
from bot.store import Store, Transaction
from bot.summaries.chain import Chain
from bot.tokens import Links, Tokens
from tests.databases import opened
from tests.fakes import FakeChannel, HandClock
from tests.scenarios.histories.oracle import CAP, Entry
from tests.scenarios.histories.world import Archived, History, Press, Tick, Translator

_RESTART = timedelta(minutes=11)  # after which no lease of a process that was killed holds


class Killed(BaseException):
    """The process is no more; nothing may catch it."""


class MortalStore(Store):
    """A store whose process dies at a write, before or after its commit; nothing is stored or read after that.

    Or only something else happens behind that write, for which others may have waited.
    """

    at: int | None = None
    is_committed = False
    is_mortal = True
    happens: Callable[[], Awaitable[None]] | None = None
    writes = 0
    is_dead = False

    def check(self) -> None:
        """Do nothing more in a process that is dead."""
        if self.is_dead:
            raise Killed

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """A transaction, perhaps the last one."""
        self.check()
        self.writes += 1
        is_last = self.writes == self.at
        async with super().write() as tx:
            yield tx
            self.is_dead = self.is_dead or (is_last and not self.is_committed)
            self.check()
        if is_last and self.happens is not None:
            await self.happens()
        self.is_dead = self.is_dead or (is_last and self.is_mortal)
        self.check()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads."""
        self.check()
        async with super().read() as tx:
            yield tx


@dataclass
class Mailbox:
    """What has arrived at all addresses, and what became of it: it outlives every process."""

    arrived: dict[str, tuple[str, str]] = field(default_factory=dict)  # by key: address and body
    edited: dict[str, list[str]] = field(default_factory=dict)


class Post(FakeChannel):
    """A channel whose messages say all that a digest holds, one for each, and can be edited."""

    has_edits = True

    def __init__(self, mailbox: Mailbox, is_alive: Callable[[], None]) -> None:
        super().__init__()
        self._mailbox = mailbox
        self._is_alive = is_alive

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Everything that the oracle speaks of, and what it does not: whether texts are there."""
        entries = [_entry(one) for one in (*digest.cards, *digest.rest)]
        lacking = [one.paper.id for one in digest.cards if one.lacks]
        told = sorted(f"{one.paper.id} {one.kind}" for one in digest.changes)
        shown, why = len(digest.cards), digest.no_papers.why if digest.no_papers else ""
        body = {"papers": entries, "changes": told, "shown": shown, "why": why, "lacking": lacking}
        return (json.dumps(body, ensure_ascii=False),)

    async def send(self, address: str, body: str, key: str) -> str:
        """Let it arrive; what is repeated must be the same."""
        self._is_alive()
        await asyncio.sleep(0)
        before = self._mailbox.arrived.setdefault(key, (address, body))
        assert before == (address, body), "the same key with another message"
        self._is_alive()
        return key

    async def edit(self, address: str, reference: str, body: str, root: str) -> None:
        """Put other words into a message."""
        self._is_alive()
        await asyncio.sleep(0)
        self._mailbox.edited.setdefault(reference, []).append(body)


def _entry(card: Card) -> tuple[object, ...]:
    reasons = [(one.term, one.field, one.via) for one in card.reasons]
    queries = [one.query for one in card.subscriptions]
    return card.paper.id, card.paper.version, card.type.value, card.date.isoformat(), queries, reasons


def entries(body: str) -> list[Entry]:
    """The papers of a message."""
    return [
        Entry(*values, tuple(queries), tuple(map(tuple, reasons)))
        for *values, queries, reasons in json.loads(body)["papers"]
    ]


class Bot:
    """One installation: process after process on one database."""

    def __init__(self, made: History, url: str, clock: HandClock) -> None:
        self.clock = clock
        self.mailbox = Mailbox()
        self.sources: list[Press] = [
            Archived(made, clock, is_feed=False),
            Press(made, clock, is_feed=True),
        ]
        self.translator = Translator(made, clock)
        self.deaths = 0
        self._made = made
        self._url = url

    async def start(self) -> None:
        """Begin a process."""
        store = self.store = opened(self._url, MortalStore)
        await store.recover(self.clock())
        fields = {name: each.default for name, each in Settings.model_fields.items()}
        changes = {
            "summary_deadline": 0, "bot_digest_cap": CAP, "bot_arxiv_holidays": tuple(self._made.holidays),
            "bot_sources": ("arxiv_listing", "arxiv_feed"), "llm_at_once": 1,
        }  # fmt: skip
        settings = Settings.model_construct(_fields_set=set(), **fields | changes)
        post = Post(self.mailbox, store.check)
        adapters = Adapters(
            [post],
            list(self.sources),
            None,  # type: ignore[arg-type]  # no source asks for it
            Links(Tokens(b"k" * 32)),
            Chain([self.translator]),
        )
        self.app = App(settings, store, adapters, self.clock, Matcher())

    async def stop(self) -> None:
        """End it."""
        await self.store.close()

    async def live(self, tick: Tick) -> None:
        """Do what there is to do, in as many processes as it takes."""
        self.clock.now = tick.at
        for at, is_committed in tick.kills:
            self.store.at, self.store.is_committed, self.store.writes = at, is_committed, 0
            await self._work(tick)
            self.store.at = None
        await self._work(tick)

    async def _work(self, tick: Tick) -> None:
        """One round of what a process does by itself; if it dies of it, another one is started."""
        works = {
            "read": self.app.reader.read_missing,
            "summarize": self.app.summarizer.run,
            "plan": self.app.plan_due,
            "deliver": self.app.deliver,
            "edit": self.app.fill,
        }
        try:
            for name in tick.works:
                await works[name]()
        except Killed:
            self.deaths += 1
            await self.stop()
            self.clock.now += _RESTART
            await self.start()

    async def says(self, destination: str, text: str) -> Reply:
        """The answer to a command."""
        return await self.app.commands(Invocation("fake", "ottoline", destination, text))

    async def asked(self, destination: str) -> tuple[Subscription, ...]:
        """What a destination is subscribed to, as it is told."""
        return (await self.says(destination, "list")).subscriptions
