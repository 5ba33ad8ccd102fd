"""What befalls the bot of `soak`: strangers every second, people with questions, and a machine in trouble."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from aiohttp import ClientError, ClientSession, ClientTimeout
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreError
from bot.jobs.ingest import ingest
from bot.model import Language, Slot
from bot.store import Store, schema
from bot.store.migrate import migrate
from tests.bench import hostile, mails
from tests.bench.installation import CATEGORIES, Installation
from tests.fakes import listing, paper
from tests.scenarios.several import TEAM

PAPERS = 2  # of each round
AHEAD = {"ahead": timedelta(days=8), "back": timedelta(hours=-3)}
"""By how much the clock is wrong, for a while each time."""

_STRANGE = ("cs.LG gamma-ray", 'cs.CL "C++"', "cs.* harbour -tide", "au:roe_a")
_SLOTS = 60
_SPREAD = 0.8  # of the time until the next papers: a slot that is due later might not be planned before it ends
_HELD = 200  # connections whose head never ends
_SETTLED = 90.0  # seconds in which what a wrong clock has written is void
_CLOCK = "The clock of this machine is wrong, or was"  # and is told until the next night
_LISTENS = 3.0  # seconds from being ready to listening
_EXAMINED = 12.0  # seconds in which /healthz looks again


class Troubles:
    """All of them, and what the world outside has seen of the bot meanwhile."""

    def __init__(self, one: Installation, seed: int) -> None:
        self._one, self._choose = one, random.Random(seed)
        self.addresses: dict[str, list[str]] = {}  # as the servers at the other end name them
        self.planted: list[str] = []  # papers that everybody should get
        self.given = Counter[str]()
        self.statuses = Counter[int]()
        self.health = Counter[str]()
        self.untrue: list[str] = []
        self.fills = 0
        self.calm = asyncio.Event()  # nothing more will happen to the machine
        self._asked: dict[str, float] = {}  # Message-IDs of people's mails
        self._uids = itertools.count(1)
        self._papers = itertools.count(1)
        self._due: set[asyncio.Task[None]] = set()
        self._wrong_until = self._full_since = self._full_until = 0.0
        self._down_until = time.monotonic() + _LISTENS

    async def people(self, destinations: int) -> None:
        """A third of them on each channel, due in turn."""
        store, now = Store.open(self._one.url), datetime.now(UTC)
        await migrate(store)
        each = range(destinations // 3)
        self.addresses = {
            "slack": [f"C{number:06}" for number in each],
            "discord": [f"7{number:05}" for number in each],
            "email": [f"r{number}@d{number % 40}.test" for number in each],
        }
        async with store.write() as tx:
            for channel, addresses in self.addresses.items():
                for number, address in enumerate(addresses):
                    one = await tx.subscribers.add_destination(
                        channel, f"{TEAM}/{address}" if channel == "slack" else address, owner="@42",
                        language=Language.BOTH, slot=Slot("UTC", number % _SLOTS), now=now,
                    )  # fmt: skip
                    await tx.subscribers.subscribe(one.id, "cs.LG", now)
                    await tx.subscribers.subscribe(one.id, CATEGORIES[1 + number % (len(CATEGORIES) - 1)], now)
                    if number < len(_STRANGE):
                        await tx.subscribers.subscribe(one.id, _STRANGE[number], now)
        await store.close()

    def all(self, period: float, end: float) -> Iterator[Awaitable[None]]:
        """Everything that goes on until the end, and what watches."""
        yield self._planting(period, end)
        yield self._mails(end)
        yield self._questions(end)
        yield self._requests(end)
        yield self._heads(end)
        yield self._watching()

    def is_over(self) -> bool:
        """Whether mails are read and people answered."""
        return not self.unread and not self.unanswered

    @property
    def unread(self) -> int:
        """Mails that wait."""
        return sum(1 for _, seen in self._one.imap.mails.values() if not seen)

    @property
    def unanswered(self) -> list[str]:
        """Questions of people without an answer."""
        return [one for one in self._asked if not self._one.mail.answers[one]]

    async def are_ready(self) -> None:
        """Wait for a process that has been started."""
        while not self._one.is_ready():  # noqa: ASYNC110  # a log tells nobody
            await asyncio.sleep(0.2)
        self._down_until = time.monotonic() + _LISTENS

    # What happens to the machine

    async def kill(self) -> None:
        """A power cut, and a start."""
        self._down_until = time.monotonic() + 3600
        self._one.kill()
        self._one.start()
        await self.are_ready()

    async def clock(self, how: str, seconds: float) -> None:
        """A clock that is wrong for a while."""
        self._wrong_until = time.monotonic() + seconds + _SETTLED
        self._one.ahead.write_text(str(AHEAD[how].total_seconds()))
        await asyncio.sleep(seconds)
        self._one.ahead.unlink()

    async def full(self, seconds: float) -> None:
        """A disk without any room, for a while."""
        self._full_since, self._full_until = time.monotonic(), time.monotonic() + seconds + _EXAMINED
        self._one.disk.fill()
        self.fills += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self._one.disk.free()
        self._full_until = time.monotonic() + _EXAMINED

    # What others do

    async def _planting(self, period: float, end: float) -> None:
        """New papers for everybody, and each slot due once in the time until the next."""
        store = Store.open(self._one.url, exclusive=False)
        try:
            while time.monotonic() < end - period / 2:
                numbers = list(itertools.islice(self._papers, PAPERS))
                await self._plant(store, [paper(number, categories=("cs.LG",)) for number in numbers], period)
                self.planted += [paper(number).id for number in numbers]
                await asyncio.sleep(period)
            await self.calm.wait()  # what a wrong clock has put off until tomorrow is due now
            await self._plant(store, [], period / 4)
        finally:
            await store.close()

    async def _plant(self, store: Store, papers: list[object], period: float) -> None:
        row = schema.slot.c
        while True:
            now = datetime.now(UTC)
            try:
                if papers:
                    await ingest(store, [listing("cs.LG", *papers)], now)  # type: ignore[arg-type]
                async with store.write() as tx:
                    for minute in range(_SLOTS):
                        due = now + timedelta(seconds=1 + _SPREAD * period * minute / _SLOTS)
                        await tx.connection.execute(
                            schema.slot.update()
                            .where(row.minute == minute, row.zone == "UTC")
                            .values(next_due=due)
                        )
                return
            except (DBAPIError, StoreError):  # the disk is full
                await asyncio.sleep(1)

    async def _mails(self, end: float) -> None:
        """One hostile mail every second."""
        while time.monotonic() < end:
            self._put(mails.invented(self._choose))
            self.given["mails"] += 1
            await asyncio.sleep(1)

    async def _questions(self, end: float) -> None:
        """A reader who asks something every five seconds, and must be answered."""
        for number in itertools.count():
            await asyncio.sleep(5)
            if time.monotonic() > end:
                return
            sender = self.addresses["email"][number % len(self.addresses["email"])]
            name = f"<question.{number}@reader.test>"
            self._asked[name] = time.monotonic()
            self._put(f"From: {sender}\r\nSubject: list\r\nMessage-ID: {name}\r\n\r\n".encode())

    def _put(self, content: bytes) -> None:
        box = self._one.imap.mails
        for uid in [uid for uid, (_, seen) in box.items() if seen]:
            del box[uid]
        box[next(self._uids)] = (content, False)

    async def _requests(self, end: float) -> None:
        while time.monotonic() < end:
            task = asyncio.create_task(self._request(hostile.request(self._choose)))
            self._due.add(task)
            task.add_done_callback(self._due.discard)
            await asyncio.sleep(1)

    async def _request(self, content: bytes) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._one.port)
                self.given["requests"] += 1
                writer.write(content)
                line = (await reader.readline()).split()
                self.statuses[int(line[1]) if len(line) > 1 else 0] += 1
                writer.close()

    async def _heads(self, end: float) -> None:
        """Heads that never end."""
        held: list[asyncio.StreamWriter] = []
        while time.monotonic() < end:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._one.port)
                writer.write(b"GET /mail/")
                held.append(writer)
            for old in held[:-_HELD]:
                old.close()
            del held[:-_HELD]
            await asyncio.sleep(0.5)
        for writer in held:
            writer.close()

    # What watches

    async def _watching(self) -> None:
        while True:
            async with ClientSession(timeout=ClientTimeout(15)) as session:
                await self._look(session)
            await asyncio.sleep(2)

    async def _look(self, session: ClientSession) -> None:
        """Ask /healthz, and compare what it says with the facts."""
        asked = time.monotonic()
        try:
            async with session.get(f"http://127.0.0.1:{self._one.port}/healthz") as answer:
                status, said = answer.status, await answer.text()
        except (ClientError, OSError, TimeoutError) as error:
            status, said = 0, type(error).__name__
        self.health[f"{status} {'; '.join(one[:60] for one in said.splitlines())}"] += 1
        if asked < self._down_until or time.monotonic() < self._down_until or self._one.starts == 0:
            return
        more = [one for one in said.splitlines() if not (self._wrong_until and one.startswith(_CLOCK))]
        is_full = self._full_since + _EXAMINED < asked < self._full_until - _EXAMINED
        may_be = asked < self._full_until or asked < self._wrong_until
        if status == 0 or (is_full and status == 200) or (status != 200 and more and not may_be):
            self.untrue.append(f"{datetime.now(UTC):%H:%M:%S} {status} {'; '.join(more)[:200]}")
