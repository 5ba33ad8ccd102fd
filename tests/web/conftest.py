"""A browser at the site, and the two readers whose mailboxes it manages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels import IncomingEmail, Reply
from bot.commands import Commands
from bot.commands.email_workflow import EmailWorkflow
from bot.metrics import Family, gauge
from bot.model import Destination
from bot.store import Store, schema
from bot.tokens import Links, Purpose, Tokens
from bot.web import Site
from bot.web.health import with_health
from tests.commands.conftest import DEFAULTS
from tests.fakes import HandClock, rows, subscribed

ADA, BOB = "ada@reader.test", "bob@reader.test"
TABLES = [schema.subscription, schema.destination, schema.mute, schema.unconfirmed]


@dataclass
class Visit:
    """A browser at the site."""

    client: TestClient[web.Request, web.Application]
    store: Store
    email_workflow: EmailWorkflow
    tokens: Tokens
    clock: HandClock
    ada: Destination
    bob: Destination
    troubles: list[str] = field(default_factory=list)

    def page(self, destination: Destination, purpose: Purpose = Purpose.MANAGE) -> str:
        return f"/mail/{self.tokens.sign(purpose, destination.id, self.clock.now)}"

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.client.get(path, headers=headers) as response:
            return response.status, await response.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        async with self.client.post(path, data=fields, allow_redirects=False) as response:
            return response.status, await response.text()

    async def everything(self) -> list[object]:
        return [await rows(self.store, table) for table in TABLES]

    async def queries(self, destination: Destination) -> list[str]:
        async with self.store.read() as tx:
            return [one.query for one in await tx.subscribers.subscriptions(destination.id)]

    async def asks(self, *lines: str) -> str:
        """Ask for something by mail; the path of the page that confirms it."""
        replies: list[Reply] = []

        async def send(reply: Reply) -> None:
            replies.append(reply)

        await self.email_workflow.receive(IncomingEmail(f"key{lines}{self.clock.now}", ADA, lines), send)
        return f"/confirm/{replies[0].token}"


@pytest.fixture
async def visit(sqlite_store: Store) -> AsyncIterator[Visit]:
    clock, tokens = HandClock(), Tokens(b"k" * 32)
    commands = Commands(sqlite_store, DEFAULTS, clock)
    links = Links(tokens, "https://sudi.test")
    email_workflow = EmailWorkflow(commands, sqlite_store, links, clock)
    ada, _ = await subscribed(sqlite_store, "cs.LG tide", "hep-th", channel="email", address=ADA)
    bob, _ = await subscribed(sqlite_store, "cs.CL", channel="email", address=BOB)

    async def report() -> tuple[bool, list[str]]:
        return not visit.troubles, visit.troubles or ["ok"]

    async def measured() -> list[Family]:
        return [gauge("sudi_healthy", "Whether all is well.", 1)]

    application = with_health(Site(email_workflow).application(), report, measured)
    async with TestClient(TestServer(application)) as client:
        visit = Visit(client, sqlite_store, email_workflow, tokens, clock, ada, bob)
        yield visit
