"""A scripted conversation: one person after another types commands at destinations, on an invented day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.channels import Invocation, Reply
from bot.commands import Commands, Defaults
from bot.commands.request import ReadFirst
from bot.model import (
    Announcement,
    AnnounceType,
    Language,
    Listing,
    Paper,
    Slot,
    Summary,
)
from bot.store import Store
from tests.fakes import FakeChannel, HandClock, courier, fails, ingest, planned

DAY = date(2026, 6, 10)  # a Wednesday
DEFAULTS = Defaults(Language.BOTH, Slot("Asia/Shanghai", 9 * 60))

TIDAL = Paper(
    "2606.90001",
    1,
    "Tidal: Per-Head Quantization of the KV Cache",
    ("José Arrabal", "Wen Shuyi"),
    "The kv cache grows with every token; we quantize it by attention drift, in $\\mathcal{O}(n)$ time.",
    ("cs.LG", "cs.CL"),
)
PAGES = Paper(
    "2606.90002", 1, "Cold Pages", ("Ruth Abelard",), "Tiered storage for the KV-cache.", ("cs.DC", "cs.LG")
)
OLD = Paper("2606.80003", 2, "An Older KV Cache", ("Ottoline Greaves",), "Revised.", ("cs.LG",))
AXION = Paper("2606.90004", 1, "Axions without Tears", ("Mattias Forsgård",), "A review.", ("hep-th",))
CHINESE = Summary(
    TIDAL.id, 1, Language.ZH, "Tidal：对 KV 缓存逐头量化", "提出 Tidal。", "注意力漂移。", "llm:invented"
)


def listing(category: str, *announced: tuple[Paper, AnnounceType], claimed: int | None = None) -> Listing:
    """A listing of the invented day."""
    rows = tuple(Announcement(paper, category, DAY, kind) for paper, kind in announced)
    return Listing("arxiv_feed", category, DAY, rows, claimed=claimed)


LISTINGS = (
    listing(
        "cs.LG",
        (TIDAL, AnnounceType.NEW),
        (PAGES, AnnounceType.CROSS),
        (OLD, AnnounceType.REPLACE),
        claimed=3,
    ),
    listing("cs.CL", (TIDAL, AnnounceType.CROSS)),
    listing("hep-th", (AXION, AnnounceType.NEW), claimed=2),
)


@dataclass
class Conversation:
    """Types commands as people do, and lets time pass."""

    store: Store
    now: datetime = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)  # 14:00 in Shanghai, before the announcement
    destination: str = "#ml"
    replies: list[Reply] = field(default_factory=list)
    read_first: ReadFirst | None = None

    def __post_init__(self) -> None:
        self.commands = Commands(self.store, DEFAULTS, lambda: self.now, read_first=self.read_first)

    async def reply(
        self,
        text: str,
        *,
        destination: str | None = None,
        sender: str = "alice",
        language: Language | None = Language.EN,
        may_manage: bool = True,
    ) -> Reply:
        """The answer to one command."""
        invocation = Invocation("console", sender, destination or self.destination, text, language, may_manage)
        reply = await self.commands(invocation)
        assert isinstance(reply, Reply)
        self.replies.append(reply)
        return reply

    async def says(self, text: str, **how: object) -> str:
        """The text of the answer to one command."""
        return (await self.reply(text, **how)).text  # type: ignore[arg-type]  # passed on as they are

    async def queries(self, destination: str | None = None) -> list[str]:
        """What a destination is subscribed to, as stored."""
        async with self.store.read() as tx:
            found = await tx.subscribers.destination("console", destination or self.destination)
            return [one.query for one in await tx.subscribers.subscriptions(found.id)] if found else []

    async def slot(self) -> Slot:
        """When the destination gets its digest, as stored."""
        async with self.store.read() as tx:
            found = await tx.subscribers.destination("console", self.destination)
            assert found is not None
            return found.slot

    async def announce(self, *listings: Listing) -> None:
        """Store listings and match them."""
        told = [
            replace(one, summaries=(CHINESE,)) if TIDAL in {each.paper for each in one.announcements} else one
            for one in listings
        ]
        await ingest(self.store, told, self.now)

    async def deliver(self, *, refused: str = "") -> None:
        """Plan and send what comes to the destination, or have it refused."""
        self.now += timedelta(hours=1)
        channel = FakeChannel("console")
        if refused:
            channel.next_does(self.destination, fails(refused, permanent=True))
        await planned(self.store, self.now)
        await courier(self.store, channel, HandClock(self.now)).drain()


@pytest.fixture
def empty(sqlite_store: Store) -> Conversation:
    """A conversation before anything was announced."""
    return Conversation(sqlite_store)


@pytest.fixture
async def talk(empty: Conversation) -> Conversation:
    """A conversation after the invented day was announced."""
    await empty.announce(*LISTINGS)
    return empty
