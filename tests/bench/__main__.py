"""`python -m tests.bench`: what a day costs, as ratios within one run and CPU seconds of this process.

day      ingest and plan a day of papers against subscriptions, beside the naive loop of other tools
match    match a day of 2,251 papers in two languages against subscriptions, beside three other ways
text     2,000 abstracts made readable and masked, beside pylatexenc
slack    a large digest to many channels of Slack, at their pace
gate     what the gate catches of damage to Chinese texts, by kind, and its false alarms
summaries  have the Chinese texts of a day made by an endpoint with a latency, at its pace
start    from the command to ready, beside the interpreter's own start
mails    200,000 mails from a fixed seed, hostile ones among them, are read without a fault
email    a digest for each of 5,000 mailboxes through a real postfix, by a process that is killed on the way
fuzz     mails, queries, pages, requests and answers of models from fixed seeds: none brings a traceback
memory   what the worst of what is read from outside takes, above an idle process
fanout   a whole day of 2,251 papers, read, matched, planned and sent, for any number of destinations
histories  random histories of readers and papers, beside a model of what they must get
discord  four messages to each of 500 channels, within Discord's limits; a bot on 1,000 servers
pages    damage ten thousand listing pages, catch-up pages and feeds, and judge what is read of them
room     the reading room on a full day: first bytes, sizes, readers at once, hostile requests, a browser
slot     how long commands of people in a slot of N readers take while all of it is planned
soak     the bot among strangers, odd servers, kills, a wrong clock and a full disk, for so many minutes
workers  digests by one, two and three processes on one PostgreSQL: what they cost, share, and survive
year     live through 2026 and 2027 by arXiv's holidays: faults, and what a day without a mailing costs
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.jobs.plan import plan
from bot.model import Language, Listing, Slot
from bot.query import parse
from bot.store import Store
from bot.store.migrate import migrate
from tests.bench import (
    discord,
    email,
    fuzz,
    gate,
    histories,
    mails,
    matching,
    memory,
    slot,
    soak,
    summaries,
    text,
    workload,
)
from tests.bench.pages import pages
from tests.bench.room import room
from tests.bench.slack import slack
from tests.bench.workers import workers
from tests.bench.year import year
from tests.fakes import ingest

EVENING = datetime(2026, 6, 9, 18, tzinfo=UTC)


async def day(papers: int, subscriptions: int) -> None:
    """Ingest and plan one day; what the naive loop needs is measured on a sample and scaled."""
    listing, texts = workload.listing(papers), workload.queries(subscriptions)
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/sudi.db")
        await migrate(store)
        async with store.write() as tx:
            for number, text in enumerate(texts):
                one = await tx.subscribers.add_destination(
                    "console", f"reader{number // 3}", owner="bench", language=Language.BOTH,
                    slot=Slot("UTC", 540), now=EVENING,
                )  # fmt: skip
                await tx.subscribers.subscribe(one.id, str(parse(text)), EVENING)
        before = time.process_time()
        done = await ingest(store, [listing], EVENING + timedelta(hours=10))
        ingested = time.process_time() - before
        made = await plan(store, EVENING + timedelta(hours=16))
        planned = time.process_time() - before - ingested
        await store.close()
    peer = naive(listing, texts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = ingested + planned
    print(f"{papers} papers x {subscriptions} subscriptions: {done.matched} matches, {made} deliveries")
    print(f"ingest {ingested:.1f} s, plan {planned:.1f} s of CPU; peak memory {peak:.0f} MB")
    print(f"naive loop {peer:.1f} s; naive / ours {peer / total:.2f}")
    print(f"floor: 60 s of CPU {'met' if total <= 60 else 'MISSED'}")
    print(f"floor: 300 MB of memory {'met' if peak <= 300 else 'MISSED'}")


def naive(listing: Listing, texts: list[str]) -> float:
    """CPU seconds of `keyword.lower() in text.lower()` for every paper and keyword, from a sample of 50."""
    sample = texts[:50]
    keywords = [[term.text for term in parse(text).terms] for text in sample]
    before = time.process_time()
    for wanted in keywords:
        for one in listing.announcements:
            text = f"{one.paper.title} {one.paper.abstract}"
            any(keyword.lower() in text.lower() for keyword in wanted)
    return (time.process_time() - before) * len(texts) / len(sample)


def start() -> None:
    """Start the console with its input closed: it gets ready and ends."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": f"sqlite:///{folder}/sudi.db"}
        for label in ("first (makes the database)", "second"):
            seconds = [
                _timed([sys.executable, "-m", "bot", "console"], environment)
                for _ in range(3 if label == "second" else 1)
            ]
            print(f"start to ready and out again, {label}: {min(seconds):.2f} s")
        floor = min(_timed([sys.executable, "-c", "pass"], environment) for _ in range(3))
        print(f"python alone: {floor:.2f} s; ours / python {min(seconds) / floor:.0f}")
        print(f"floor: ready in 1.5 s {'met' if min(seconds) <= 1.5 else 'MISSED'}")


def _apart(module: str, *options: str) -> None:
    subprocess.run([sys.executable, "-m", module, *options], check=True, cwd=Path(__file__).parents[2])


def _timed(command: list[str], environment: dict[str, str]) -> float:
    before = time.monotonic()
    subprocess.run(  # the command is ours
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    return time.monotonic() - before


def main() -> None:
    """Run one bench, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [
        "day",
        "match",
        "start",
        "discord",
        "gate",
        "email",
        "mails",
        "slack",
        "summaries",
        "text",
        "histories",
        "pages",
        "year",
        "room",
        "fanout",
        "workers",
        "slot",
        "soak",
        "fuzz",
        "memory",
        "all",
    ]
    parser.add_argument("bench", nargs="?", choices=names, default="all")
    parser.add_argument("--papers", type=int, default=2000)
    parser.add_argument("-n", "--subscriptions", type=int, default=1000)
    parser.add_argument("--mails", type=int, default=200_000)
    parser.add_argument("--recipients", type=int, default=5000)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--statistics", choices=["fresh", "stale", "empty"], default="fresh")
    parser.add_argument("--digests", type=int, default=2000, help="of each run of workers")
    parser.add_argument("--requests", type=int, default=30_000, help="hostile ones, of room")
    parser.add_argument("--minutes", type=float, default=60.0, help="of soak")
    parser.add_argument("--share", type=float, default=1.0, help="of what fuzz tries")
    parser.add_argument("--first", type=int, default=1, help="seed of histories")
    parser.add_argument("--no-browser", action="store_true", help="room without its looks")
    chosen = parser.parse_args()
    if chosen.bench in ("room", "all"):
        asyncio.run(room(2251, chosen.requests, looks=not chosen.no_browser))
    if chosen.bench in ("day", "all"):
        asyncio.run(day(chosen.papers, chosen.subscriptions))
    if chosen.bench in ("match", "all"):
        matching.bench(chosen.subscriptions)
    if chosen.bench in ("text", "all"):
        text.bench()
    if chosen.bench in ("slack", "all"):
        asyncio.run(slack())
    if chosen.bench in ("summaries", "all"):
        asyncio.run(summaries.bench())
    if chosen.bench in ("gate", "all"):
        gate.bench()
    if chosen.bench in ("start", "all"):
        start()
    if chosen.bench in ("mails", "all"):
        for line in mails.bench(chosen.mails):
            print(line)
    if chosen.bench in ("email", "all"):
        asyncio.run(email.sending(chosen.recipients))
    if chosen.bench == "histories":  # much too long to be one of all
        asyncio.run(histories.bench(chosen.subscriptions, chosen.database, chosen.first))
    if chosen.bench == "pages":
        pages(10_000)
    if chosen.bench == "year":
        for number in (2026, 2027):
            asyncio.run(year(number))
    if chosen.bench == "fanout":
        options = [str(chosen.subscriptions), chosen.database, chosen.statistics]
        _apart("tests.bench.fanout", *options)  # without what the other benches take in memory
    if chosen.bench == "slot":
        asyncio.run(slot.bench(chosen.subscriptions, chosen.database))
    if chosen.bench == "fuzz":
        fuzz.bench(chosen.share)
    if chosen.bench == "memory":
        memory.bench()
    if chosen.bench == "soak":
        soak.bench(chosen.minutes, chosen.database)
    if chosen.bench == "workers":
        asyncio.run(workers(chosen.digests))
    if chosen.bench in ("discord", "all"):
        asyncio.run(discord.sending(500))
        asyncio.run(discord.weighing(1000))


if __name__ == "__main__":
    main()
