"""What a day of Chinese texts takes, beside what the endpoint's own pace allows.

The endpoint is a server on this machine, in a process of its own, which answers after `LATENCY` seconds. The
papers are those of the demo, over and over under other numbers, and so are their texts.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import httpx2 as httpx
from aiohttp import web

from bot.jobs.summarize import Budget, Summarizer
from bot.matching import Matcher
from bot.model import ALL, Announcement, AnnounceType, Language, Listing, Paper, Slot
from bot.settings import Settings
from bot.sources.arxivdaily import parse
from bot.store import Store
from bot.store.migrate import migrate
from bot.summaries import prompt
from bot.summaries.gate import failures
from bot.summaries.makers import chain
from bot.text.masking import Masked
from tests.counterparts.processes import free_port
from tests.fakes import ingest

LATENCY, AT_ONCE, READERS = 2.0, 16, 50
Pair = tuple[Paper, dict[str, str]]
NOW = datetime(2026, 6, 10, 6, tzinfo=UTC)


async def bench(sizes: tuple[int, ...] = (50, 200, 2251)) -> None:
    """One run for each number of papers, and a second one, which has nothing to do."""
    pairs = _pairs()
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder) / "answers.json"
        known = {prompt.original(paper).title.text: texts for paper, texts in pairs}
        answers.write_text(json.dumps(known, ensure_ascii=False), "utf-8")
        async with _endpoint(answers) as url:
            for papers in sizes:
                await _run(Path(folder) / f"{papers}.db", url, pairs, papers)


async def _run(path: Path, url: str, pairs: list[Pair], papers: int) -> None:
    store = Store.open(f"sqlite:///{path}")
    await migrate(store)
    async with store.write() as tx:
        for number in range(READERS):
            one = await tx.subscribers.add_destination(
                "console", f"reader{number}", owner="bench", language=Language.BOTH, slot=Slot("UTC", 540), now=NOW
            )
            await tx.subscribers.subscribe(one.id, "cs.LG", NOW)
    day = [replace(pairs[n % len(pairs)][0], id=f"2606.{10000 + n}", categories=("cs.LG",)) for n in range(papers)]
    announced = tuple(Announcement(one, ALL, NOW.date(), AnnounceType.NEW) for one in day)
    await ingest(store, [Listing("bench", ALL, NOW.date(), announced)], NOW)
    settings = Settings(
        _env_file=None,
        openai_base_url=(url,),
        openai_model=("bench",),
        llm_prices=("0.28/0.42",),
        llm_at_once=AT_ONCE,
    )
    makers = chain(settings)
    summarizer = Summarizer(store, makers, lambda: NOW, budget=Budget(), matcher=Matcher())
    started, cpu = time.monotonic(), time.process_time()
    report = await summarizer.run()
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    again = await summarizer.run()
    await summarizer.close()
    await store.close()
    allowed = AT_ONCE / LATENCY
    share = -(-papers // AT_ONCE) * LATENCY / seconds
    spent = report.spent
    print(f"{papers} papers x {READERS} readers: {seconds:.1f} s, {papers / seconds:.1f}/s of {allowed:.0f}")
    print(f"  {spent.calls} calls, {spent.tokens} tokens, cost {spent.cost / 1e6:.4f}, {cpu:.1f} s of CPU")
    print(f"  {report.made} texts, {report.flawed} refused; in a second run {again.made}")
    print(f"floor: 90% of what the endpoint allows {'met' if share >= 0.9 else 'MISSED'} ({share:.0%})")


def _pairs() -> list[Pair]:
    """The demo's papers whose Chinese texts pass the gate, and the answers that a model would give."""
    text = resources.files("bot.demo").joinpath("day", "2026-06-10.txt").read_text("utf-8")
    listing = parse(text)
    papers = {one.paper.id: one.paper for one in listing.announcements}
    found = []
    for summary in listing.summaries:
        paper = papers[summary.paper_id]
        if not failures(paper, summary) and summary.title and summary.abstract and summary.one_line:
            original = prompt.original(paper)
            found.append((paper, {
                "title": _masked(summary.title, original.title),
                "one_line": _masked(summary.one_line, original.abstract),
                "abstract": _masked(summary.abstract, original.abstract),
                "english_line": paper.title,
            }))  # fmt: skip
    return found


def _masked(text: str, masked: Masked) -> str:
    for number, piece in enumerate(masked.pieces, masked.first):
        text = text.replace(piece, f"XQ{number}X", 1)
    return text


@asynccontextmanager
async def _endpoint(answers: Path) -> AsyncIterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.summaries", str(answers), str(port)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as process:  # noqa: ASYNC220
        try:
            async with httpx.AsyncClient() as client:
                for _ in range(200):
                    try:
                        await client.get(f"http://127.0.0.1:{port}/")
                        break
                    except httpx.HTTPError:
                        await asyncio.sleep(0.1)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def serve(answers: Path, port: int) -> None:
    """Be the endpoint."""
    known: dict[str, dict[str, str]] = json.loads(answers.read_text("utf-8"))

    async def complete(request: web.Request) -> web.Response:
        body = await request.json()
        asked = body["messages"][-1]["content"]
        title = asked.split("<title>", 1)[1].split("</title>", 1)[0]
        await asyncio.sleep(LATENCY)
        said = json.dumps(known[title], ensure_ascii=False)
        used = {"prompt_tokens": len(str(body["messages"])) // 4, "completion_tokens": len(said) * 2 // 3}
        choice = {"message": {"content": said}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": used})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    web.run_app(app, host="127.0.0.1", port=port, print=None, handle_signals=True)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
