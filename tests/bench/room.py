"""The reading room on a full day: first bytes, sizes, many readers at once, hostile requests, a browser."""

from __future__ import annotations

import asyncio
import gc
import gzip
import re
import resource
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from statistics import median, quantiles

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.engine.works import keep_pauses_short
from bot.model import Language, Summary
from bot.settings import Settings
from bot.store import Store
from bot.store.migrate import migrate
from bot.tokens import Tokens
from bot.web import Room, Site
from bot.web.templates import SCRIPT, STYLE
from tests.bench import workload
from tests.counterparts import browser
from tests.fakes import MORNING, HandClock, ingest, planned
from tests.web.room import whole
from tests.web.room.conftest import Reader, room_of
from tests.web.room.readers import PacedChannel, await_digests, deliver, pages_of
from tests.web.room.test_access import hostile

DAY = workload.DAY
_CHINESE = 312  # papers with Chinese texts, as on a day with some dozens of subscribers
_DIGESTS, _READERS = 60, 40
_DATES = 2
_WIDTHS = (320, 390, 768, 1280)


async def room(papers: int, requests: int, *, looks: bool) -> None:
    """Measure pages of a full day; `looks` adds the whole site in a browser."""
    keep_pauses_short()  # as `sudi run` does
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/sudi.db")
        await migrate(store)
        await await_digests(store, ["alone", "beside"], _DIGESTS, workload.queries(_DIGESTS, seed=7))
        await _fill(store, papers)
        await store.vacuum()  # what is written, without the log of writes
        _floor("90 dates stored", (await store.space()).used / 1e6 / _DATES * 90, 700, "MB")
        await planned(store)
        async with _served(store) as (session, url):
            await _first_bytes(session, url)
            await _at_once(session, url)
            await _beside_a_delivery(store, url)
            await _hostile(session, url, requests)
        await store.close()
    if looks:
        await _matrix()


async def _fill(store: Store, papers: int, days: int = _DATES) -> None:
    for back in range(days):
        listing, day = workload.listing(papers, seed=1 + back), DAY - timedelta(days=back)
        announced = tuple(
            replace(one, date=day, paper=replace(one.paper, id=one.paper.id.replace("2606.2", f"2606.{2 + back}")))
            for one in listing.announcements
        )
        body = "我们预测潮汐。" * 40
        texts = tuple(
            Summary(one.paper.id, 1, Language.ZH, "潮汐表的稀疏注意力", "提出一种方法。", body, "arxivdaily")
            for one in announced[:_CHINESE]
        )
        await ingest(store, [replace(listing, date=day, announcements=announced, summaries=texts)], MORNING)


@asynccontextmanager
async def _served(store: Store) -> AsyncIterator[tuple[ClientSession, str]]:
    values = {name: field.default for name, field in Settings.model_fields.items()}
    settings = Settings.model_construct(
        **values | {"bot_reading_room": "public", "bot_public_url": "https://x.test"}
    )

    made = Room(store, Tokens(b"k" * 32), HandClock(), settings)
    site = Site(None, made).application()  # type: ignore[arg-type]  # no mailbox is opened
    async with TestServer(site) as server, ClientSession() as session:
        yield session, str(server.make_url("/")).rstrip("/")


async def _timed(session: ClientSession, url: str, **headers: str) -> tuple[float, int, bytes]:
    """Milliseconds to the first byte, the status, and the body as it is sent."""
    before = time.perf_counter()
    async with session.get(url, headers={"Accept-Encoding": "gzip"} | headers, auto_decompress=False) as response:
        first = (time.perf_counter() - before) * 1000
        return first, response.status, await response.read()


async def _several(ask: Callable[[int], Awaitable[tuple[float, int, bytes]]], count: int) -> list[float]:
    return [(await ask(number))[0] for number in range(count)]


def _floor(name: str, found: float, most: float, unit: str = "ms") -> None:
    print(f"{name:44} {found:8.1f} {unit:3} floor {most:g} {'met' if found <= most else 'MISSED'}")


def _both(name: str, times: Sequence[float], p50: float, p95: float) -> None:
    _floor(f"{name}, p50", median(times), p50)
    _floor(f"{name}, p95", quantiles(times, n=20)[-1], p95)


async def _first_bytes(session: ClientSession, url: str) -> None:
    page = f"{url}/papers/{DAY}"
    cold, _, body = await _timed(session, f"{url}/papers/{DAY - timedelta(days=1)}")
    _floor("an older date, cold", cold, 1000)
    await _timed(session, page)
    warm = await _several(lambda n: _timed(session, f"{page}?page={n % 40 + 2}&open={n // 40 + 2}"), 40)
    _both("a day page, warm and uncached", warm, 50, 100)
    queries = workload.queries(41)
    first, _, _ = await _timed(session, f"{page}?q={queries[0]}")  # brings the day into normal form
    print(f"{'the first query of a day':44} {first:8.1f} ms")
    asked = await _several(lambda n: _timed(session, f"{page}?q={queries[n + 1]}"), 40)
    _both("a day page with a query", asked, 60, 120)
    cached = await _several(lambda _n: _timed(session, page), 100)
    _floor("a cached page, p50", median(cached), 5)
    async with session.get(page) as response:
        etag, html = response.headers["ETag"], await response.text()
    same = await _several(lambda _n: _timed(session, page, **{"If-None-Match": etag}), 100)
    _floor("a page that is known (304), p50", median(same), 2)
    static = await _static(body)
    print(f"{'the same page as a static file, p50':44} {static:8.1f} ms; ours {median(cached) / static:.1f} times")
    _, _, packed = await _timed(session, page)
    _floor("50 cards, compressed", len(packed) / 1000, 100, "kB")
    _floor("elements of a page", len(re.findall(r"<[a-z]", html)), 1500, "")
    _floor("style sheet and script, compressed", len(gzip.compress((STYLE + SCRIPT).encode())) / 1000, 8, "kB")


async def _static(body: bytes) -> float:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": "gzip"}, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", handler)
    async with TestServer(application) as server, ClientSession() as session:
        return median(await _several(lambda _n: _timed(session, str(server.make_url("/"))), 100))


async def _at_once(session: ClientSession, url: str) -> None:
    """40 readers of ten pages, none of which is kept yet, while the loop has other work."""
    late: list[float] = []

    async def other_work() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append((time.perf_counter() - before) * 1000 - 5)

    ticking = asyncio.create_task(other_work())
    queries = [*workload.queries(5, seed=9), *[""] * 5]
    pages = [
        f"{url}/papers/{DAY}?q={query}&page={1 if query else n - 4}&open=1" for n, query in enumerate(queries)
    ]
    answers = await asyncio.gather(*(_timed(session, page) for page in pages * 4))
    ticking.cancel()
    statuses = Counter(status for _, status, _ in answers)
    _floor("40 readers at once, p95", quantiles([one for one, _, _ in answers], n=20)[-1], 1000)
    _floor("what other work waits then, worst", max(late), 50)
    print(f"{'their answers':44} {dict(statuses)}")


async def _beside_a_delivery(store: Store, url: str) -> None:
    """40 readers of another process, of four pages each, with ten queries among them, while digests go out."""
    alone, beside = PacedChannel("alone"), PacedChannel("beside")
    with ProcessPoolExecutor(1, get_context("spawn")) as others:
        await asyncio.wrap_future(others.submit(_ready))
        await deliver(store, alone)
        reading = asyncio.wrap_future(others.submit(_read, url))
        await deliver(store, beside, reading)
    found = reading.result()
    _floor("40 readers beside a delivery, p95", quantiles([one for one, _ in found], n=20)[-1], 1000)
    print(f"{'their answers':44} {dict(Counter(status for _, status in found))}")
    for one in (alone, beside):
        print(f"{f'{len(one.late)} digests, {one.name}':44} {one.seconds:8.1f} s")
    _floor("sends delayed by other digests, worst", max(alone.late), 50)
    _floor("sends delayed by readers, worst", max(beside.late), 50)


def _ready() -> None:
    """A process that has started, and read this module."""


def _read(url: str) -> list[tuple[float, int]]:
    """Milliseconds to the first byte and status of each page that 40 readers open at once."""
    queries = workload.queries(10, seed=8)
    found: list[tuple[float, int]] = []

    async def reads(session: ClientSession, number: int) -> None:
        for path in pages_of(number, queries[number % len(queries)], f"2606.2{number:04}"):
            found.append((await _timed(session, f"{url}{path}"))[:2])

    async def all_read() -> None:
        async with ClientSession() as session:
            await asyncio.gather(*(reads(session, number) for number in range(_READERS)))

    asyncio.run(all_read())
    return found


async def _hostile(session: ClientSession, url: str, requests: int) -> None:
    """Requests that nobody should make: no fault, and no more memory than for some hundreds of them."""
    seen: Counter[int] = Counter()
    begun, before = 0, time.perf_counter()
    for seed in range(requests):
        path, headers = hostile(seed)
        async with session.get(f"{url}{path}", headers=headers, allow_redirects=False) as response:
            await response.read()
            seen[response.status] += 1
        if seed == requests // 3:
            begun = _memory()
    grown = (_memory() - begun) / 1024
    print(f"{f'{requests} hostile requests':44} {dict(seen)} in {time.perf_counter() - before:.0f} s")
    _floor("faults among them", sum(count for status, count in seen.items() if status == 500), 0, "")
    _floor("memory that the last two thirds took", grown, 16, "MB")


def _memory() -> int:
    """The most kB that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def _matrix() -> None:
    """Every kind of page and state at four widths, in two themes and five languages, with and without scripts."""
    if why := browser.missing():
        print(f"no browser: {why}")
        return
    async with _opened() as full, _opened() as empty:
        paths, bare = await whole.furnish(full), {"nothing-yet": "/papers?", "no-dates": "/dates?"}
        pages: dict[str, str] = {}
        for language in Language:
            pages |= whole.addresses(full, paths, language) | whole.addresses(empty, bare, language)
        found = await asyncio.to_thread(browser.faults, pages, widths=_WIDTHS, scripts=(True, False))
        tasks = whole.tasks(full, paths)
        failed = await asyncio.to_thread(browser.faults, {}, tasks=tasks)
    for one in [*found, *failed]:
        print(one)
    looks = len(pages) * len(_WIDTHS) * len(browser.THEMES) * 2
    _floor(f"faults in {looks} looks of a browser", len(found), 0, "")
    _floor(f"faults in {len(tasks)} tasks by keyboard", len(failed), 0, "")


@asynccontextmanager
async def _opened() -> AsyncIterator[Reader]:
    """A reader of a room of its own."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/sudi.db")
        await migrate(store)
        async with room_of(store, **whole.SETTINGS) as one:
            yield one
        await store.close()
