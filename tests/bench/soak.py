"""`python -m tests.bench soak --minutes N [--database postgres]`: the bot among strangers, kills, and troubles.

Destinations on three channels get digests all the time, while a hostile mail, request, page and model answer come
every second; the process is killed, its clock jumps, its disk is full. What arrived is counted by the servers at
the other end (`readers`), which know nothing of the bot's own books.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bot.channels import Channel
from tests.bench.installation import Installation, installed
from tests.bench.readers import Tally, tallied
from tests.bench.troubles import Troubles

SEED = 20260610
_TRACE = re.compile(r"^((?:\w+\.)*\w*(?:Error|Exception|Timeout|Interrupt|Warning)\b).*", re.MULTILINE)
_LOG = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how hard; seconds."""

    seconds: float
    destinations: int = 300
    round: float = 60.0  # in which each destination gets a digest
    patience: float = 420.0  # for what is still under way at the end
    has_disk: bool = os.geteuid() == 0  # only root may make a small one
    database: str = "sqlite"

    @property
    def kills(self) -> int:
        """30 in an hour, all in the first half: the memory of the last process is looked at."""
        return max(1, round(self.seconds / 120))


@dataclass
class Outcome:
    """What the run has come to."""

    troubles: Troubles
    tallies: dict[str, Tally] = field(default_factory=dict)
    memory: list[int] = field(default_factory=list)  # MB of the last process, over its time
    kills: int = 0
    log: str = ""
    traces: Counter[str] = field(default_factory=Counter)
    exit_code: int | None = None
    waited: float = 0.0  # seconds for what was under way at the end

    @property
    def growth(self) -> float:
        """Of the memory, from the second quarter of the last process to its end."""
        quarter = len(self.memory) // 4
        early, late = self.memory[quarter : 2 * quarter], self.memory[-quarter:]
        return sorted(late)[len(late) // 2] / sorted(early)[len(early) // 2] if quarter else 1.0

    def floors(self) -> Iterator[tuple[str, float, float]]:
        """Each floor: what it is of, what was found, and the most that may be."""
        for name, tally in self.tallies.items():
            yield f"lost on {name}", tally.lost, 0
            yield f"doubled on {name}", tally.doubled, 0
            at_once = Channel.at_once * self.kills if name == "email" else 0
            yield f"messages repeated on {name}", tally.repeated, at_once
        yield "answers to people that did not come", len(self.troubles.unanswered), 0
        yield "mails that stay unread", self.troubles.unread, 0
        yield "answers 500 to requests", sum(n for status, n in self.troubles.statuses.items() if status == 500), 0
        yield "answers of /healthz that the facts deny", len(self.troubles.untrue), 0
        yield "memory grows to, times", round(self.growth, 2), 1.1
        yield "bytes of log", len(self.log.encode()), _LOG
        yield "exit code after SIGTERM", -1 if self.exit_code is None else abs(self.exit_code), 0


async def soaked(course: Course) -> Outcome:
    """Live through it."""
    async with installed(SEED, has_disk=course.has_disk, database=course.database) as one:
        troubles = Troubles(one, SEED)
        await troubles.people(course.destinations)
        one.start()
        await troubles.are_ready()
        done = Outcome(troubles)
        began = time.monotonic()
        tasks = [asyncio.create_task(task) for task in troubles.all(course.round, began + course.seconds)]
        tasks.append(asyncio.create_task(_schedule(one, course, troubles, done)))
        tasks.append(asyncio.create_task(_remember(one, done)))
        try:
            await _until(lambda: time.monotonic() > began + course.seconds, tasks, course.seconds + 60)
            ended = time.monotonic()
            await _until(lambda: troubles.is_over() and _missing(one, troubles) == 0, tasks, course.patience)
            done.waited = time.monotonic() - ended
            await asyncio.sleep(3)  # in which what is too much would come
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        done.exit_code = await asyncio.to_thread(one.end)
        _judge(one, troubles, done)
        return done


async def _until(is_so: Callable[[], bool], tasks: list[asyncio.Task[None]], patience: float) -> None:
    """Wait so long at the most; a task that ends has failed."""
    end = time.monotonic() + patience
    while time.monotonic() < end and not is_so():
        for task in tasks:
            if task.done() and (error := task.exception()):
                raise error
        await asyncio.sleep(0.5)


async def _schedule(one: Installation, course: Course, troubles: Troubles, done: Outcome) -> None:
    """Kills in the first half, a wrong clock and a full disk in each."""
    span, short = course.seconds, min(20.0, course.seconds / 12)
    plan = [(span * (0.06 + 0.44 * number / course.kills), "kill") for number in range(course.kills)]
    plan += [(span * 0.15, "ahead"), (span * 0.62, "back")]
    plan += [(span * 0.3, "full"), (span * 0.75, "full")] if course.has_disk else []
    began = time.monotonic()
    for at, what in sorted(plan):
        await asyncio.sleep(max(0.0, began + at - time.monotonic()))
        if what == "kill":
            await troubles.kill()
            done.memory.clear()
            done.kills += 1
        elif what == "full":
            await troubles.full(short)
        else:
            await troubles.clock(what, short)
    troubles.calm.set()


async def _remember(one: Installation, done: Outcome) -> None:
    while True:
        await asyncio.sleep(1)
        if memory := one.memory():
            done.memory.append(memory)


def _tallies(one: Installation, troubles: Troubles) -> dict[str, Tally]:
    wanted = frozenset(troubles.planted)
    seen = {"slack": one.slack.seen, "discord": one.discord.seen, "email": one.mail.seen}
    return {name: tallied(list(found), troubles.addresses[name], wanted) for name, found in seen.items()}


def _missing(one: Installation, troubles: Troubles) -> int:
    return sum(tally.lost for tally in _tallies(one, troubles).values())


def _judge(one: Installation, troubles: Troubles, done: Outcome) -> None:
    done.tallies = _tallies(one, troubles)
    done.log = one.log.read_text("utf-8", "replace")
    done.traces = Counter(found[0][:160] for found in _TRACE.finditer(done.log))


def bench(minutes: float, database: str) -> None:
    """Print what came of it, with the floors that are missed. SOAK_LOG is where the bot's log is kept."""
    course = Course(minutes * 60, database=database)
    if database == "postgres":  # whose disk is not ours to fill
        course = replace(course, has_disk=False)
    done = asyncio.run(soaked(course))
    if kept := os.environ.get("SOAK_LOG"):
        Path(kept).write_text(done.log, "utf-8")
    troubles = done.troubles
    what = f"{len(troubles.planted)} papers, {done.kills} kills, {troubles.fills} full disks"
    print(f"{minutes:g} minutes, {what}; load {os.getloadavg()[0]:.0f}")
    for name, tally in done.tallies.items():
        wrong = f"lost {tally.lost}, doubled {tally.doubled}, repeated {tally.repeated}"
        print(f"{name}: {tally.messages:,} messages, {wrong}")
        for example in tally.examples:
            print(f"  {example[:300]}")
    print(f"sent by strangers: {dict(troubles.given)}; requests answered: {dict(troubles.statuses)}")
    for said, count in troubles.health.most_common(12):
        print(f"/healthz {count} times: {said}")
    for line in troubles.untrue[:8]:
        print(f"  denied by the facts: {line}")
    if done.memory:
        least, most = min(done.memory), max(done.memory)
        print(f"memory of the last process: {least} to {most} MB, {done.memory[-1]} MB at the end")
    print(f"{sum(done.traces.values())} tracebacks in a log of {len(done.log) / 1e6:.1f} MB")
    for trace, count in done.traces.most_common(12):
        print(f"  {count} times {trace}")
    print(f"all had arrived {done.waited:.0f} s after the end")
    for name, found, most_allowed in done.floors():
        met = "met" if found <= most_allowed else "MISSED"
        print(f"{name:44} {found:>12,} floor {most_allowed:<12,g} {met}")
