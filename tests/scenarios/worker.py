"""One process of the bot that delivers, and may be told where to die. Imported by the fork server of the tests.

It writes every message that arrives into a file of its own channel, so that what readers see survives it.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import Adapters, App, opened, utc_now
from bot.channels import Channel
from bot.channels.discord import Discord
from bot.channels.email import channel as email
from bot.channels.slack import channel as slack
from bot.engine import works
from bot.jobs import deliver as deliver_job
from bot.jobs.compose import Composer
from bot.jobs.deliver import LEASE, Courier
from bot.jobs.summarize import Budget, Summarizer
from bot.matching import Matcher
from bot.model import Listing
from bot.settings import Settings
from bot.store import Store
from bot.summaries import Answer, Job
from bot.summaries.chain import Chain
from bot.tokens import Links, Tokens
from tests import PATIENCE
from tests.counterparts.discord_site import TOKEN, pointed_at
from tests.fakes import FakeChannel, HandClock, Sent, courier, ingest
from tests.scenarios import several
from tests.texts import FakeMaker

FORKS: ForkServerContext = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
STARTED: list[BaseProcess] = []
"""The processes of the test that runs."""


def start(work: Callable[..., Awaitable[None]], *values: Any) -> BaseProcess:
    """Begin a piece of work in a process of its own."""
    process = FORKS.Process(target=_run, args=(work, *values), daemon=True)
    process.start()
    STARTED.append(process)
    return process


def _run(work: Callable[..., Awaitable[None]], *values: Any) -> None:
    asyncio.run(work(*values))  # type: ignore[arg-type]


async def ended(process: BaseProcess) -> int | None:
    """How a process has ended; waits for it."""
    await asyncio.to_thread(process.join, PATIENCE)
    return process.exitcode


@asynccontextmanager
async def reopened(url: str) -> AsyncIterator[Store]:
    """The store that a process has left behind."""
    store = Store.open(url)
    try:
        yield store
    finally:
        await store.close()


def die() -> None:
    """End at once, as by a power cut."""
    os.kill(os.getpid(), signal.SIGKILL)


class FileChannel(FakeChannel):
    """A channel whose readers are a file: one line for each message that arrives."""

    def __init__(self, path: Path, fault: str = "") -> None:
        super().__init__()
        self._path = path
        self._fault = fault

    async def send(self, address: str, body: str, key: str) -> str:
        """Let the message arrive; `before arrival 2` and `after arrival 2` are where the process may die."""
        number = len(self.asked) + 1
        if self._fault == f"before arrival {number}":
            die()
        reference = await super().send(address, body, key)
        with self._path.open("a") as file:
            file.write(f"{address}\t{key}\t{body}\n")
        if self._fault == f"after arrival {number}":
            die()
        return reference


def arrivals(path: Path) -> list[Sent]:
    """What the readers of a file channel have seen."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [Sent(address, body, key) for address, key, body in (line.split("\t") for line in lines)]


class DoomedStore(Store):
    """A store whose process may die `in write 3`, before the commit, or `after write 3`."""

    fault = ""
    writes = 0

    @asynccontextmanager
    async def write(self):
        self.writes += 1
        number = self.writes
        async with super().write() as tx:
            yield tx
            if self.fault == f"in write {number}":
                die()
        if self.fault == f"after write {number}":
            die()


async def deliver(url: str, path: Path, now: datetime, fault: str = "", owner: str = "doomed") -> None:
    """Deliver what is due, unless it dies before."""
    store = DoomedStore.open(url)
    store.fault = fault
    await courier(store, FileChannel(path, fault), HandClock(now), owner).drain()
    await store.close()


async def deliver_to_discord(url: str, port: int, now: datetime, fault: str = "") -> None:
    """Deliver to the Discord at a port what is due, unless it dies before."""
    store, bot = DoomedStore.open(url), Discord(TOKEN)
    store.fault = fault
    with pointed_at(port):
        await courier(store, bot, HandClock(now), "doomed").drain()
    await bot.close()
    await store.close()


async def read(url: str, listings: Sequence[Listing], now: datetime, fault: str = "") -> None:
    """Store and match listings, one after the other, unless it dies before."""
    store = DoomedStore.open(url)
    store.fault = fault
    for one in listings:
        await ingest(store, [one], now)
    await store.close()


@dataclass
class FileMaker(FakeMaker):
    """A maker that writes down what it is paid for, so that it survives the process."""

    paid: Path = Path("paid.txt")

    async def make(self, job: Job, reason: str = "") -> Answer:
        """The texts of one paper."""
        with self.paid.open("a") as file:
            file.write(f"{job.paper.id}\n")
        return await super().make(job, reason)


async def make_texts(url: str, path: Path, now: datetime, fault: str = "") -> None:
    """Have the texts made that are lacking, one paper after another, unless it dies before."""
    store = DoomedStore.open(url)
    store.fault = fault
    chain = Chain([FileMaker(paid=path)])
    await Summarizer(store, chain, HandClock(now), budget=Budget(), matcher=Matcher()).run()
    await store.close()


async def deliver_and_freeze(url: str, path: Path, now: datetime, pipe: Connection) -> None:
    """The same, but the whole process stands still in its first send until it is told to go on."""
    store = Store.open(url)
    channel, clock = FileChannel(path), HandClock(now)

    async def freeze(_sent: Sent) -> None:
        pipe.send("frozen")
        pipe.recv()
        clock.now += 2 * LEASE

    channel.next_does("#1", freeze)
    tally = await courier(store, channel, clock, "zombie").drain()
    await store.close()
    pipe.send(tally.sent)


def channel_at(port: int, name: str) -> Channel:
    """A channel whose service listens at a port of this machine."""
    if name == "discord":
        return Discord(TOKEN)
    if name == "slack":
        api = f"http://127.0.0.1:{port}/api/"
        return slack(Settings(_env_file=None, slack_bot_token=SecretStr(several.TOKEN), slack_api_url=api))
    url = SecretStr(f"smtp://127.0.0.1:{port}?tls=none")
    return email(Settings(_env_file=None, smtp_url=url, smtp_from="papers@sudi.test"))


async def deliver_under_a_short_lease(url: str, port: int, name: str, owner: str) -> None:
    """Deliver to the service at a port by the real clock, with leases of three seconds by the database's."""
    deliver_job.LEASE, deliver_job.RENEW_SECONDS = timedelta(seconds=3), 1.0
    store, bot = Store.open(url, has_clock=True), channel_at(port, name)
    with pointed_at(port):
        one = Courier(store, bot, Composer(store, cap=50, clock=utc_now), owner=owner, clock=utc_now)
        while "sent" not in (found := await counts(store)) or len(found) > 1:
            await one.drain()
            await asyncio.sleep(0.2)
    await bot.close()
    await store.close()


async def serve_on_discord(url: str, folder: Path, port: int) -> None:
    """Run as one of several services, which do everything, with the Discord at a port; its log is in a folder."""
    log = folder / f"{os.getpid()}.log"
    logging.basicConfig(filename=log, level=logging.INFO)
    settings = Settings(
        _env_file=None,
        database_url=SecretStr(url),
        bot_channels=("discord",),
        discord_token=SecretStr(TOKEN),
        arxiv_url=str(folder),
        arxiv_feed_url=str(folder / "{category}.xml"),
    )
    with pointed_at(port):
        async with opened(settings) as app:
            await app.run(ready=lambda: log.with_suffix(".ready").touch())


async def counts(store: Store) -> dict[str, int]:
    """How many deliveries are in each state."""
    async with store.read() as tx:
        return await tx.outbox.counts()


async def serve(url: str, path: Path, now: datetime, hangs: bool) -> None:
    """Run as a service does; its first send brings the SIGTERM of the host, and may then never end."""
    works.GRACE_SECONDS = 0.1 if hangs else 20
    store = Store.open(url)
    channel = FileChannel(path)

    async def terminate(_sent: Sent) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await (asyncio.Event().wait() if hangs else asyncio.sleep(0))

    channel.next_does("#1", terminate)
    fields = {name: field.default for name, field in Settings.model_fields.items()}
    links = Links(Tokens(b"of the tests"))
    adapters = Adapters([channel], [], None, links, Chain([]))  # type: ignore[arg-type]  # no source, so nobody asks it
    await App(
        Settings.model_construct(_fields_set=set(), **fields), store, adapters, HandClock(now), Matcher()
    ).run()
    await store.close()
