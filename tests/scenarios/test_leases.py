"""Several real processes on one PostgreSQL: whichever is killed or stands still, everything arrives, and once."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from bot.channels.email import Email
from bot.store import Store, schema
from tests import PATIENCE
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.counterparts.discord_site import DiscordSite
from tests.fakes import matched, paper, planned, states, subscribed
from tests.scenarios import worker
from tests.scenarios.several import TEAM, QuickSlack
from tests.scenarios.worker import ended

DELIVERIES = 12
ANSWER_SECONDS = 0.1


@dataclass(frozen=True)
class Service:
    """Where messages arrive."""

    port: int
    address: str  # of a reader, with a number
    arrived: Callable[[], list[tuple[str, str]]]  # address and name of each message
    most_twice: int = 0  # messages that may come twice: where a repetition cannot be seen


class SlowMailboxes(Mailboxes):
    """Takes its time before it says that a mail is taken."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        taken = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(ANSWER_SECONDS)
        return taken


@asynccontextmanager
async def service(name: str) -> AsyncIterator[Service]:
    """The counterpart of a channel."""
    if name == "discord":
        async with DiscordSite(window=0.3, latency=ANSWER_SECONDS) as site:
            posts = site.messages
            yield Service(site.port, "7{:02}", lambda: [(one.channel, str(one.body)) for one in posts])
    elif name == "slack":
        slack = QuickSlack(latency=ANSWER_SECONDS)
        async with slack.served():
            yield Service(slack.port, TEAM + "/C{:03}", lambda: [(where, key) for where, key, _ in slack.posts])
    else:
        boxes = SlowMailboxes()
        with aiosmtpd(boxes) as port:
            yield Service(
                port, "r{}@reader.test", lambda: [(one.rcpt_tos[0], "") for one in boxes.taken], Email.at_once
            )


async def busiest(store: Store) -> str:
    """The process that has most deliveries on their way."""
    row = schema.delivery.c
    async with store.read() as tx:
        owners = await tx.connection.execute(select(row.owner).where(row.state == "sending"))
        ((owner, _),) = Counter(owners.scalars()).most_common(1)
    return str(owner).partition("/")[0]


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("discord", signal.SIGKILL),
        ("discord", signal.SIGSTOP),
        ("slack", signal.SIGSTOP),
        ("email", signal.SIGSTOP),
    ],
)
async def test_what_a_dead_or_frozen_process_had_claimed_arrives_once_and_soon(store, store_url, name, fate):
    if store_url.startswith("sqlite"):
        return  # one process at a time
    async with service(name) as there:
        addresses = [there.address.format(number) for number in range(DELIVERIES)]
        for address in addresses:
            _, (one,) = await subscribed(store, address=address, channel=name, owner=f"@{address}")
            await matched(store, one, paper(1), paper(2))
        await planned(store, datetime.now(UTC))
        work = worker.deliver_under_a_short_lease
        processes = {f"p{n}": worker.start(work, store_url, there.port, name, f"p{n}") for n in (1, 2, 3)}
        async with asyncio.timeout(PATIENCE):
            while len(there.arrived()) < 3:  # noqa: ASYNC110  # other processes tell nobody
                await asyncio.sleep(0.01)
        doomed = processes.pop(await busiest(store))
        os.kill(doomed.pid or 0, fate)
        began = time.monotonic()
        assert [await ended(one) for one in processes.values()] == [0, 0]
        took = time.monotonic() - began
        assert took > 1, "it had deliveries on their way"
        if fate == signal.SIGSTOP:
            os.kill(doomed.pid or 0, signal.SIGCONT)
            assert await ended(doomed) == 0
        assert set(await states(store)) == {"sent"}
        times = Counter(there.arrived())
        assert sum(times.values()) - len(times) <= there.most_twice
        reached = {address.rpartition("/")[2] for address in addresses}
        assert reached <= {address for address, _ in times}, "everybody has the first message"
        assert took < 40, "a transaction that stands still is ended by the database after 25 s"
