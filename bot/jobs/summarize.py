"""The day's step between matching and sending: ``wanted | make | keep | match late | let go``, within a budget.

Once for everybody: one process at a time has texts made, those with most readers first, and every answer is stored
before the next one is asked for. Never in the way: deliveries wait until a deadline, and no longer than that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.digest import Lack
from bot.errors import MakerError
from bot.jobs.match import is_wanting, match
from bot.matching import Matcher
from bot.model import Paper
from bot.store import Store
from bot.store.pace import SUMMARIES
from bot.store.spending import Spent
from bot.store.texts import Made, Wanted
from bot.store.versions import Version
from bot.summaries import CHINESE, Job, Maker, TextField, Usage, digest_of
from bot.summaries.chain import Bill, Chain, Judged, Outcome, is_draft
from bot.supervision import BackOff

log = logging.getLogger(__name__)

HORIZON = timedelta(days=7)
"""How old an announcement may be whose texts are still made."""

LEASE = timedelta(minutes=3)
"""How long others leave the work to who has it, after the last that was heard of it; renewed while it goes on."""

_FIRST_PAUSE, _LONGEST_PAUSE = 300.0, 6 * 3600.0  # seconds, for a paper that nobody could make
_OTHERS = 50  # papers that nobody waits for, in one run: whoever comes to wait for one is not kept long
_TOGETHER = 20  # papers that are matched again at once


@dataclass(frozen=True, slots=True)
class Budget:
    """What one day may use; `cost` is in millionths, and 0 is no limit."""

    tokens: int = 0
    cost: int = 0


@dataclass(slots=True)
class SummaryReport:
    """What one run did."""

    papers: int = 0  # that somebody will read
    known: int = 0  # texts that were there already
    made: int = 0  # texts
    flawed: int = 0  # answers that the gate refused
    failed: int = 0  # papers that still lack a text
    is_over_budget: bool = False
    all_makers_down: bool = False
    spent: Spent = field(default_factory=Spent)  # this day, all runs together


@dataclass(slots=True)
class _Task:
    """The texts that one paper lacks, and what was tried for them."""

    job: Job
    tried: dict[str, set[TextField]]


class Summarizer:
    """Has texts made; remembers for which papers every maker failed."""

    def __init__(
        self,
        store: Store,
        chain: Chain,
        clock: Callable[[], datetime],
        *,
        budget: Budget,
        matcher: Matcher | None = None,
        makes_all: bool = False,
    ) -> None:
        """`makes_all`: also the Chinese texts of papers in no digest, after those of the others.

        Without a matcher, texts that may change what matches are left to a process that has queries compiled.
        """
        self._store = store
        self._makes_all = makes_all
        self._chain = chain
        self._clock = clock
        self._budget = budget
        self._matcher = matcher
        self._not_before: dict[Version, tuple[datetime, BackOff]] = {}
        self._is_over_budget = False

    @property
    def is_able(self) -> bool:
        """Whether there is anybody to make Chinese texts."""
        return self._chain.can(TextField.ABSTRACT)

    def lack(self) -> Lack:
        """Why Chinese texts are missing, where they are."""
        if not self.is_able:
            return Lack.SETUP
        return Lack.BUDGET if self._is_over_budget else Lack.LATE

    async def run(self) -> SummaryReport:
        """Have the missing texts made, within the budget; nothing while another process does."""
        report = SummaryReport()
        if not self._chain.makers:
            return report
        await self._match_late()  # what a crash has left
        if not await self._tasks(report):
            self._is_over_budget = False
            return report
        is_mine, until = await self._store.take_lease(SUMMARIES, LEASE, self._clock())
        if not is_mine:
            return report
        ledger = _Ledger(self._store, self._clock, self._budget, until=until, lease=LEASE)
        report = SummaryReport()
        try:
            async with asyncio.TaskGroup() as group:
                done = asyncio.Event()
                group.create_task(ledger.renew_until(done))
                await self._work(await self._tasks(report), ledger, report)
                done.set()
            await self._match_late()
            await self._let_go(report)
        finally:
            await ledger.end()
        self._is_over_budget = report.is_over_budget
        report.spent = await self.spent()
        if report.papers:
            log.info(
                "summarized papers=%d known=%d made=%d flawed=%d failed=%d tokens_today=%d",
                report.papers, report.known, report.made, report.flawed, report.failed, report.spent.tokens,
            )  # fmt: skip
        return report

    async def spent(self) -> Spent:
        """What this day (UTC) has cost up to now."""
        async with self._store.read() as tx:
            return await tx.spending.on(self._clock().date())

    async def close(self) -> None:
        """Let go of the makers."""
        await self._chain.close()

    async def _tasks(self, report: SummaryReport) -> list[_Task]:
        """What is lacking, in the order of its readers; what is there already is counted once for each paper."""
        now = self._clock()
        async with self._store.read() as tx:
            wanted = await tx.texts.wanted((now - HORIZON).date())
            if self._makes_all:
                known = {one.version for one in wanted}
                others = await tx.texts.lacking_on(await tx.papers.days(1))
                wanted += [Wanted(one, 1, 0) for one in others if one not in known][:_OTHERS]
            versions = [one.version for one in wanted]
            papers, made = await tx.papers.papers(versions), await tx.texts.made(versions)
        report.papers = len(wanted)
        tasks: list[_Task] = []
        for one in wanted:
            there = made.get(one.version, [])
            self._chain.remember(papers[one.version], (text.body for text in there))
            fields = self._fields(one)
            lacking = [each for each in fields if not _is_there(each, there)]
            report.known += len(fields) - len(lacking)
            task = _Task(Job(papers[one.version], tuple(lacking)), self._tried(papers[one.version], there))
            if self._is_open(task, now):
                tasks.append(task)
        return tasks

    def _fields(self, wanted: Wanted) -> list[TextField]:
        chinese = list(CHINESE) if wanted.chinese else []
        english = [TextField.ENGLISH_LINE] if wanted.english else []
        return [one for one in [*chinese, *english] if self._chain.can(one)]

    def _tried(self, paper: Paper, there: Iterable[Made]) -> dict[str, set[TextField]]:
        """What each maker has made of this text, asked as now, in vain."""
        prompts = {maker.name: maker.prompt for maker in self._chain.makers}
        source = digest_of(paper)
        tried: dict[str, set[TextField]] = {}
        for one in there:
            if (
                one.flaws
                and not is_draft(one.flaws)
                and one.hash == source
                and prompts.get(one.maker) == one.prompt
            ):
                tried.setdefault(one.maker, set()).update(each for each in TextField if _is_of(each, one))
        return tried

    def _is_open(self, task: _Task, now: datetime) -> bool:
        """Whether a maker could still make a text for it, and has not just failed to."""
        version = task.job.paper.id, task.job.paper.version
        if version in self._not_before and now < self._not_before[version][0]:
            return False
        return any(
            maker.makes(one) and one not in task.tried.get(maker.name, ())
            for maker in self._chain.makers
            for one in task.job.fields
        )

    async def _work(self, tasks: Sequence[_Task], ledger: _Ledger, report: SummaryReport) -> None:
        """Several at once, in order; the rest stops when the budget is used up or all makers are down."""
        queue = iter(tasks)
        done: list[Version] = []

        async def worker() -> None:
            for task in queue:
                if report.is_over_budget or report.all_makers_down or not ledger.is_ours:
                    return
                outcome = await self._chain.make(task.job, ledger, task.tried)
                self._noted(task, outcome, report)
                done.append((task.job.paper.id, task.job.paper.version))
                if len(done) % _TOGETHER == 0:
                    await self._match_late()

        # Half more than are asked at once: while some are judged and kept, the model does not wait for us.
        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._chain.at_once + self._chain.at_once // 2, len(tasks))):
                group.create_task(worker())

    def _noted(self, task: _Task, outcome: Outcome, report: SummaryReport) -> None:
        version = task.job.paper.id, task.job.paper.version
        report.made += len(outcome.made)
        report.flawed += outcome.flawed
        report.is_over_budget = report.is_over_budget or outcome.is_over_budget
        report.all_makers_down = report.all_makers_down or outcome.all_makers_down
        if len(outcome.made) == len(task.job.fields):
            self._not_before.pop(version, None)
            return
        report.failed += 1
        if not outcome.is_over_budget and not outcome.all_makers_down:
            _, backoff = self._not_before.get(version, (None, BackOff(_FIRST_PAUSE, _LONGEST_PAUSE)))
            self._not_before[version] = self._clock() + timedelta(seconds=backoff.pause()), backoff

    async def _match_late(self) -> None:
        """Let those have new Chinese texts who ask for words in them; what waited for all of its texts goes."""
        if not await is_wanting(self._store):
            return
        if self._matcher is None:
            await self._store.ring("match")
            return
        await match(self._store, self._clock(), self._matcher)
        async with self._store.write() as tx:
            if await tx.planning.go(self._clock()):
                tx.ring("deliver")

    async def _let_go(self, report: SummaryReport) -> None:
        """What has all of its texts goes; all that waits does when nothing more will come soon."""
        async with self._store.write() as tx:
            is_complete = not (report.is_over_budget or report.all_makers_down)
            if await tx.planning.go(self._clock(), complete=is_complete, is_over=True):
                tx.ring("deliver")


class _Ledger:
    """Books and keeps in the database, and keeps the turn while there is work."""

    def __init__(
        self, store: Store, clock: Callable[[], datetime], budget: Budget, *, until: datetime, lease: timedelta
    ) -> None:
        self._store = store
        self._clock = clock
        self._budget = budget
        self._until = until
        self._lease = lease
        self._renewing = asyncio.Lock()
        self.is_ours = True  # the work; not when we were away for so long that somebody else has taken it

    async def renew_until(self, done: asyncio.Event) -> None:
        """Renew the turn, however long a call takes."""
        while self.is_ours and not done.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lease.total_seconds() / 3):
                    await done.wait()
            await self._renew()

    async def _renew(self) -> None:
        """Begin the turn anew when a quarter of it is over."""
        async with self._renewing:
            now = self._clock()
            if self.is_ours and self._until - now < 0.75 * self._lease:
                self.is_ours = await self._store.renew_lease(SUMMARIES, self._until, now + self._lease)
                self._until = now + self._lease

    async def book(self, maker: Maker, worst: Usage) -> date | None:
        """Book what a call may use, today; MakerError when another process has taken the work."""
        await self._renew()
        if not self.is_ours:
            raise MakerError("another process makes texts")
        today = self._clock().date()
        if worst == Usage():
            return today
        asked = Spent(worst.tokens, worst.cost, calls=1)
        most = {"most_tokens": self._budget.tokens, "most_cost": self._budget.cost}
        async with self._store.write() as tx:
            return today if await tx.spending.book(today, asked, **most) else None

    async def keep(self, maker: Maker, job: Job, judged: Judged, bill: Bill) -> None:
        """Store what was answered, and settle, whatever happens to the one who asked."""
        await asyncio.shield(asyncio.ensure_future(self._kept(maker, job, judged, bill)))

    async def _kept(self, maker: Maker, job: Job, judged: Judged, bill: Bill) -> None:
        now = self._clock()
        source = digest_of(job.paper)
        made = [
            Made(one.language, one.stored, maker.name, maker.prompt, source, text.body, text.flaws)
            for one, text in judged.items()
        ]
        async with self._store.write() as tx:
            version = (job.paper.id, job.paper.version)
            if await tx.papers.papers([version]):  # else it has got its right version while they were made
                await tx.texts.add(version, made, now)
            flawed = int(any(text.flaws for text in judged.values()))
            used = Spent(bill.used.tokens, bill.used.cost, flawed=flawed)
            await tx.spending.settle(bill.day, Spent(bill.booked.tokens, bill.booked.cost), used)

    async def end(self) -> None:
        """Give the turn back."""
        await self._store.release_lease(SUMMARIES, self._until, self._clock())


def _is_there(wanted: TextField, there: Iterable[Made]) -> bool:
    return any(_is_of(wanted, one) and one.body and not one.flaws for one in there)


def _is_of(wanted: TextField, one: Made) -> bool:
    return (one.language, one.field) == (wanted.language, wanted.stored)
