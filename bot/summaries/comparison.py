"""How well a model makes the Chinese texts of a page's papers, and what a day of it would cost. Nothing is stored.

The way is that of every day: the same prompt, gate and one more question with the reasons; only the budget is not
asked.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from bot.model import Paper
from bot.summaries import CHINESE, Job, Maker, TextField, Usage
from bot.summaries.chain import DRAFT, Bill, Chain, Judged, Text

DAY = 2251
"""Papers that arXiv announces on a full day."""


@dataclass(slots=True)
class Comparison:
    """What a model has made of some papers."""

    papers: int
    passed: int = 0  # papers all of whose texts pass
    rules: Counter[str] = field(default_factory=Counter)  # papers that break each rule
    requests: int = 0
    tokens: int = 0
    cost: int = 0  # in millionths of the currency of the prices
    seconds: float = 0
    reasons: list[str] = field(default_factory=list)  # why a paper has no texts at all

    def lines(self) -> Iterable[str]:
        """What an admin reads: what passes, what does not, and what a day costs."""
        yield f"{self.passed} of {self.papers} papers pass"
        yield from (f"{rule:<14} {count}" for rule, count in sorted(self.rules.items()))
        yield from (f"not made: {reason}" for reason in dict.fromkeys(self.reasons))
        yield self._cost("these", 1)
        if self.papers:
            yield self._cost(f"a day of {DAY:,}", DAY / self.papers)

    def _cost(self, name: str, times: float) -> str:
        requests, tokens, cost = self.requests * times, self.tokens * times, self.cost * times / 1_000_000
        minutes = self.seconds * times / 60
        return f"{name}: {requests:,.0f} requests, {tokens:,.0f} tokens, cost {cost:.4f}, {minutes:,.1f} minutes"


class _Tally:
    """Counts what calls use, and keeps the last verdict on each text."""

    def __init__(self) -> None:
        self.bills: list[Usage] = []
        self.kept: dict[str, dict[TextField, Text]] = {}

    async def book(self, maker: Maker, worst: Usage) -> date:
        """There is no budget."""
        return datetime.now(UTC).date()

    async def keep(self, maker: Maker, job: Job, judged: Judged, bill: Bill) -> None:
        """Count it."""
        self.bills.append(bill.used)
        self.kept.setdefault(job.paper.id, {}).update(judged)


async def compared(maker: Maker, papers: Sequence[Paper], at_once: int) -> Comparison:
    """Have one model make the texts of papers, so many side by side."""
    chain, tally, turns = Chain([maker]), _Tally(), asyncio.Semaphore(at_once)
    found, started = Comparison(len(papers)), time.monotonic()
    wanted = tuple(one for one in CHINESE if maker.makes(one))

    async def make(paper: Paper) -> None:
        async with turns:
            outcome = await chain.make(Job(paper, wanted), tally, {})
        texts = tally.kept.get(paper.id, {})
        if not texts:
            found.reasons += outcome.reasons
        found.passed += len(texts) == len(wanted) and not any(one.flaws for one in texts.values())
        found.rules.update({rule for one in texts.values() for rule in one.flaws.split(", ")} - {"", DRAFT})

    async with asyncio.TaskGroup() as group:
        for paper in papers:
            group.create_task(make(paper))
    found.seconds = time.monotonic() - started
    found.requests = len(tally.bills)
    found.tokens = sum(one.tokens for one in tally.bills)
    found.cost = sum(one.cost for one in tally.bills)
    return found
