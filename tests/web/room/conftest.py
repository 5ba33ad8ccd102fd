"""Readers in the reading room: a site with some announcement dates, open to everybody or by links alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.commands import Commands
from bot.commands.email_workflow import EmailWorkflow
from bot.commands.newcomers import mailbox
from bot.digest import Lack
from bot.model import Language, Paper, Summary
from bot.settings import Settings
from bot.store import Store
from bot.tokens import Links, Tokens
from bot.web import Room, Site
from bot.web.room.days import DaysAtHand
from tests.commands.conftest import DEFAULTS
from tests.fakes import DAY, MORNING, HandClock, ingest, listing, paper

TUESDAY = DAY - timedelta(days=1)


def chinese(of: Paper, **texts: str) -> Summary:
    """The Chinese texts of a paper, as a page brings them."""
    named = {"title": f"潮汐表 {of.id}", "one_line": "提出一种方法。", "abstract": "我们预测潮汐。"}
    return Summary(of.id, of.version, Language.ZH, provenance="arxivdaily", **named | texts)


async def announced(
    store: Store, *papers: Paper, day: date = DAY, texts: Sequence[Summary] = (), category: str = "cs.LG"
) -> None:
    """Let papers be read on a date."""
    one = replace(listing(category, *papers, day=day), summaries=tuple(texts))
    await ingest(store, [one], MORNING + (day - DAY))


@dataclass
class Reader:
    """A browser in the room; `before` is the path of the link by which it came."""

    client: TestClient[web.Request, web.Application]
    store: Store
    tokens: Tokens
    links: Links
    clock: HandClock
    workflow: EmailWorkflow
    before: str = ""

    @property
    def url(self) -> str:
        """The address of the site, without its last slash."""
        return str(self.client.make_url("/")).rstrip("/")

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page of the room."""
        status, text, _ = await self.ask(f"{self.before}{path}", **headers)
        return status, text

    async def ask(self, path: str, **headers: str) -> tuple[int, str, Mapping[str, str]]:
        """Status, text and headers of an answer at a path of the site."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.get(path, headers=names, allow_redirects=False) as response:
            return response.status, await response.text(), response.headers

    async def ids(self, path: str) -> list[str]:
        """The papers on a page, in order."""
        return ids(await self.get(path))


def ids(answer: tuple[int, str]) -> list[str]:
    """The papers on a page that was answered, in order."""
    return re.findall(r'<article id="([^"]+)"', answer[1])


def plain(html: str) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


Opened = Callable[..., Awaitable[Reader]]


@asynccontextmanager
async def room_of(store: Store, lack: Lack = Lack.SETUP, **settings: object) -> AsyncIterator[Reader]:
    """A reader of the papers of a store, in a room with some settings."""
    clock, tokens = HandClock(), Tokens(b"k" * 32)
    links = Links(tokens, "https://sudi.test", has_room=True)
    values = {"bot_reading_room": "public", "bot_public_url": "https://sudi.test"} | settings
    # No file of the folder is read, and nothing of the environment.
    chosen = Settings.model_construct(
        **{name: field.default for name, field in Settings.model_fields.items()} | values
    )
    mailboxes = replace(DEFAULTS.mailboxes, address=mailbox(chosen))
    commands = Commands(store, replace(DEFAULTS, mailboxes=mailboxes), clock)
    workflow = EmailWorkflow(commands, store, links, clock)
    days = DaysAtHand(store, fresh_seconds=0)
    room = Room(store, tokens, clock, chosen, lack=lambda: lack, days=days)

    site = Site(workflow, room).application()
    async with TestClient(TestServer(site)) as client:
        yield Reader(client, store, tokens, links, clock, workflow)


@pytest.fixture
async def opened(sqlite_store: Store) -> AsyncIterator[Opened]:
    """Open a room with some settings."""
    async with AsyncExitStack() as stack:

        async def opening(lack: Lack = Lack.SETUP, **settings: object) -> Reader:
            return await stack.enter_async_context(room_of(sqlite_store, lack, **settings))

        yield opening


@pytest.fixture
async def reader(opened: Opened) -> Reader:
    """A reader of a public room with two dates, and 60 papers on the newer one."""
    one = await opened()
    papers = [paper(n, categories=("cs.LG", "cs.AI") if n % 3 else ("stat.ML", "cs.LG")) for n in range(1, 61)]
    await announced(one.store, *papers, texts=[chinese(each) for each in papers[:5]])
    await announced(one.store, paper(100, title="Yesterday's Harbour"), day=TUESDAY)
    return one
