"""`python -m tests.bench workers [--digests N]`: what several processes cost on one PostgreSQL, and what kills do.

Workers are `sudi run --role worker`, as operators start them; they post to a Slack on a loopback port that answers
after 50 ms. CPU is that of the workers and of PostgreSQL, not that of this Slack.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from bot.engine.doorbells import Doorbells
from bot.model import Days, Language, Slot
from bot.store import Store, schema
from bot.store.migrate import migrate
from tests.bench.proc import cpu_of, server_of
from tests.counterparts import postgres
from tests.counterparts.discord_payloads import command, guild
from tests.counterparts.discord_site import DiscordSite
from tests.fakes import matched, paper, planned, subscribed
from tests.scenarios import worker
from tests.scenarios.several import TEAM, QuickSlack, Workers, until

KILLS = 20
BUSY = 60  # digests of each round of kills
SLOTS = 50  # in which one reader each is due, one after another, while all workers are idle
PAPERS = 3
READERS, COMMANDS = 300, 200  # on Discord

_PATIENCE = 600.0
_BETWEEN_SLOTS = 1.1  # seconds
_AHEAD = 6.0  # workers look ahead every five seconds, and nobody tells them of slots that are moved like this
_CROWD, _BUSY, _IDLE = "cs.LG", "cs.CL", "cs.CV"


async def workers(digests: int) -> None:
    """Print what a digest costs with one, two and three processes, how soon it goes, and what kills do."""
    slack = QuickSlack()
    with tempfile.TemporaryDirectory(prefix="sudi-workers-") as folder, postgres.server() as server:
        async with postgres.database(server) as url, slack.served():
            store = Store.open(url)
            await migrate(store)
            store.bells = Doorbells()
            await _gather(store, digests)
            bench = _Bench(store, slack, Workers(Path(folder), url, slack), await server_of(url))
            print(f"{digests:,} digests of {PAPERS} papers; load {os.getloadavg()[0]:.0f}")
            await bench.several(digests)
            await bench.killed()
            await store.close()
        await _on_discord(server)


class _Bench:
    def __init__(self, store: Store, slack: QuickSlack, workers: Workers, server: int) -> None:
        self._store, self._slack, self._workers, self._server = store, slack, workers, server
        self._papers = itertools.count(1)

    async def several(self, digests: int) -> None:
        """The same crowd with one, two and three processes; then one reader after another."""
        costs = dict[int, float]()
        for count in (1, 2, 3):
            async with self._workers.at_work(count):
                await asyncio.sleep(2)
                costs[count] = await self._delivered(digests, count)
                if count == 3:
                    await self._idle()
        _verdict("CPU with 3 / with 1", costs[3] / costs[1], "", 1.15)
        _verdict("CPU of a digest with 3", costs[3], " ms", 14)

    async def _delivered(self, digests: int, count: int) -> float:
        """Milliseconds of CPU of a digest."""
        await self._announce(_CROWD)
        assert await planned(self._store, datetime.now(UTC)) == digests
        last = digests + await self._counted()
        before, posts, began = self._cpu(), len(self._slack.posts), time.monotonic()
        server = cpu_of(self._server)
        await self._store.ring("deliver")
        await self._sent(last)
        seconds, cost = time.monotonic() - began, 1000 * (self._cpu() - before) / digests
        server = 1000 * (cpu_of(self._server) - server) / digests
        shares = await self._shares(digests)
        print(
            f"{count} processes: {len(self._slack.posts) - posts} messages in {seconds:.1f} s,"
            f" {cost:.1f} ms of CPU for a digest, {server:.1f} of them PostgreSQL's"
        )
        if count > 1:
            _verdict(
                "  shares: the furthest from an even one", max(abs(one * count - 1) for one in shares), "", 0.2
            )
        return cost

    async def _shares(self, digests: int) -> list[float]:
        """How much of the last digests each process has sent."""
        row = schema.delivery.c
        newest = select(row.id, row.owner).order_by(row.id.desc()).limit(digests).subquery()
        async with self._store.read() as tx:
            found = await tx.connection.execute(select(func.count()).select_from(newest).group_by(newest.c.owner))
            return [one / digests for one in found.scalars()]

    async def _idle(self) -> None:
        """From the instant at which a reader is due to the first message, while nothing else is to be done."""
        await self._announce(_IDLE)
        row, start = schema.slot.c, time.time() + _AHEAD
        due = {f"CI{number:06}": start + number * _BETWEEN_SLOTS for number in range(SLOTS)}
        async with self._store.write() as tx:
            for number, at in enumerate(due.values()):
                slot = schema.slot.update().where(row.minute == number, row.zone == "UTC")
                await tx.connection.execute(slot.values(next_due=datetime.fromtimestamp(at, UTC)))
        posts = self._slack.posts
        await until(lambda: len({where for where, _, _ in posts if where in due}) == SLOTS, _PATIENCE)
        first_posts = {
            where: at for where, _, at in reversed(posts) if where in due
        }  # a second one waits a second
        waits = sorted(at - due[where] for where, at in first_posts.items())
        print(f"due -> sent with idle workers: p50 {waits[len(waits) // 2]:.2f} s, longest {waits[-1]:.2f} s")
        _verdict("due -> sent, p99", waits[int(len(waits) * 0.99)], " s", 2)

    async def killed(self) -> None:
        """Kill the oldest of three in the middle of its work, again and again, and start another one."""
        total, kills = 0, list[datetime]()
        async with self._workers.at_work(3):
            await self._idle_again()
            before = await self._counted()
            for _ in range(KILLS):
                sent = len(self._slack.posts)
                total += await self._planned(_BUSY)
                await until(lambda since=sent: len(self._slack.posts) >= since + BUSY // 4)
                kills.append(datetime.now(UTC))
                self._workers.kill()
                self._workers.start()
                await self._workers.are_ready()
            await self._sent(before + total)
            while more := await self._planned():  # for who still waited for the one before
                total += more
                await self._sent(before + total)
        times = Counter(key for _, key, _ in self._slack.posts)
        arrived = {int(key.partition(".")[0].rpartition("-")[2]) for key in times}
        row = schema.delivery.c
        newest = select(row.id, row.done_at, row.slot_due, row.attempts).order_by(row.id.desc()).limit(total)
        async with self._store.read() as tx:
            rows = list(await tx.connection.execute(newest))
        again = sum(one.attempts > 1 for one in rows)
        since = [next((kill for kill in kills if kill > one.slot_due), one.slot_due) for one in rows]
        waits = [(one.done_at - kill) / max(one.attempts - 1, 1) for one, kill in zip(rows, since, strict=True)]
        print(f"{KILLS} kills in {total:,} digests; {again} of them were begun again by another process")
        _verdict("lost", sum(one.id not in arrived for one in rows), "", 0)
        _verdict("doubled", sum(count > 1 for count in times.values()), "", 0)
        _verdict("the longest wait after a kill, for each that a digest met", max(waits).total_seconds(), " s", 35)
        _verdict("tracebacks", self._workers.tracebacks, "", 0)

    async def _idle_again(self) -> None:
        """Let what the runs before have left be sent."""
        async with asyncio.timeout(_PATIENCE):
            while set(await _counts(self._store)) > {"sent"}:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def _planned(self, *categories: str) -> int:
        """Announce something in these, and let it be delivered; how many deliveries that makes."""
        for category in categories:
            await self._announce(category)
        made = await planned(self._store, datetime.now(UTC))
        await self._store.ring("deliver")
        return made

    async def _announce(self, category: str) -> None:
        """New papers, which everybody of one kind has asked for."""
        papers = [paper(next(self._papers), categories=(category,)) for _ in range(PAPERS)]
        async with self._store.read() as tx:
            joined = schema.subscription.join(schema.query)
            chosen = select(schema.subscription.c.destination_id).select_from(joined)
            one = (
                await tx.connection.execute(chosen.where(schema.query.c.text == category).limit(1))
            ).scalar_one()
            (subscription,) = await tx.subscribers.subscriptions(one)
        now = datetime.now(UTC)
        await matched(self._store, subscription, *papers, now=now, day=now.date())

    async def _counted(self) -> int:
        return (await _counts(self._store)).get("sent", 0)

    async def _sent(self, count: int) -> None:
        async with asyncio.timeout(_PATIENCE):
            while await self._counted() < count:  # noqa: ASYNC110  # other processes tell nobody
                await asyncio.sleep(0.1)

    def _cpu(self) -> float:
        return cpu_of(self._server) + sum(cpu_of(one.pid) for one in self._workers.running)


async def _on_discord(server: str) -> None:
    """What one process reaches on Discord, and what three of them do, while people give commands."""
    gc.disable()  # pauses of the site would look like requests that came all at once
    async with postgres.database(server) as url:
        store = Store.open(url)
        await migrate(store)
        store.bells = Doorbells()
        for number in range(READERS):
            address = str(700_000 + number)
            _, (one,) = await subscribed(store, channel="discord", address=address, owner=f"@{number}")
        rates = []
        for round_, count in enumerate((1, 3), 1):
            async with DiscordSite(guilds=[guild()], latency=QuickSlack.latency, validates=False) as site:
                with tempfile.TemporaryDirectory(prefix="sudi-workers-") as folder:
                    async with _serving(url, Path(folder), site.port, count):
                        now = datetime.now(UTC)
                        await matched(store, one, paper(round_), now=now, day=now.date())
                        assert await planned(store, now) == READERS
                        rates.append(await _rate(store, site, round_ * READERS, COMMANDS if count > 1 else 0))
                    said = "".join(log.read_text() for log in Path(folder).glob("*.log"))  # noqa: ASYNC240
        await store.close()
    print(f"Discord: {rates[0]:.1f} requests a second with one process, {rates[1]:.1f} with three")
    _verdict("with one / with three", rates[0] / rates[1], "", 1 / 0.95)
    _verdict("requests beyond fifty in a second", site.limited, "", 0)
    answers = Counter(kind for kind, _ in site.answers)
    _verdict(f"{COMMANDS} commands: answers too many or too few", abs(answers["followup"] - COMMANDS), "", 0)
    _verdict("command syncs", [method for method, _ in site.requests].count("PUT"), "", 1)
    _verdict("tracebacks", said.count("Traceback"), "", 0)


@asynccontextmanager
async def _serving(url: str, folder: Path, port: int, count: int) -> AsyncIterator[None]:
    processes = [worker.start(worker.serve_on_discord, url, folder, port) for _ in range(count)]
    try:
        await until(lambda: len(list(folder.glob("*.ready"))) == count)
        await asyncio.sleep(3)
        yield
    finally:
        for process in processes:
            process.terminate()
            await worker.ended(process)


async def _rate(store: Store, site: DiscordSite, deliveries: int, commands: int) -> float:
    """Requests a second until all is delivered, without those that answer commands."""
    before, began = len(site.requests), time.monotonic()
    await store.ring("deliver")
    commanding = asyncio.create_task(_command(site, commands))
    async with asyncio.timeout(_PATIENCE):
        while (await _counts(store)).get("sent", 0) < deliveries:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    asked = [path for _, path in site.requests[before:] if path.startswith("/channels")]
    rate = len(asked) / (time.monotonic() - began)
    await commanding
    return rate


async def _command(site: DiscordSite, commands: int) -> None:
    for _ in range(commands):
        await site.interact(**command("status"))


async def _counts(store: Store) -> dict[str, int]:
    async with store.read() as tx:
        return await tx.outbox.counts()


async def _gather(store: Store, digests: int) -> None:
    """Readers of three kinds: a crowd, those of the kills, and those who are due one by one."""
    now, numbers = datetime.now(UTC), itertools.count(1)
    async with store.write() as tx:
        for number, kind in enumerate((_CROWD, _BUSY, _IDLE), 1):
            await tx.connection.execute(schema.query.insert().values(id=number, text=kind))
        await tx.connection.execute(schema.slot.insert(), [_slot(number, now) for number in range(SLOTS)])
        slots = list(
            (await tx.connection.execute(select(schema.slot.c.id).order_by(schema.slot.c.minute))).scalars()
        )
        for query, (letter, count) in enumerate((("C", digests), ("D", BUSY), ("I", SLOTS)), 1):
            rows = [(next(numbers), f"{TEAM}/C{letter}{n:06}", slots[n % SLOTS]) for n in range(count)]
            await tx.connection.execute(schema.destination.insert(), [_destination(*row) for row in rows])
            subscriptions = [_subscription(row[0], query, now) for row in rows]
            await tx.connection.execute(schema.subscription.insert(), subscriptions)


def _slot(minute: int, now: datetime) -> dict[str, object]:
    slot = Slot("UTC", minute, Days.DAILY)
    return {"zone": "UTC", "minute": minute, "days": str(slot.days), "next_due": now + timedelta(days=1)}


def _destination(number: int, address: str, slot: int) -> dict[str, object]:
    return {
        "id": number, "channel": "slack", "address": address, "slot_id": slot, "language": Language.EN.value,
        "last_number": 1,
    }  # fmt: skip


def _subscription(number: int, query: int, now: datetime) -> dict[str, object]:
    return {
        "id": number, "destination_id": number, "number": 1, "query_id": query, "paused": False, "created_at": now,
    }  # fmt: skip


def _verdict(name: str, value: float, unit: str, most: float) -> None:
    print(f"{name}: {value:.2f}{unit}; floor {most:g} {'met' if value <= most else 'MISSED'}")
