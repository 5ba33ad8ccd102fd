"""Papers with Chinese texts that pass the gate, and a fake maker of them that does what a script says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.errors import MakerError
from bot.model import Paper
from bot.pacing import Reserve
from bot.summaries import Answer, Job, Maker, TextField, Usage
from tests.fakes import paper

TEXTS = {
    TextField.TITLE: "港口：用于潮汐表的稀疏注意力",
    TextField.ONE_LINE: "提出一种用稀疏注意力预测潮汐的方法。",
    TextField.ABSTRACT: "我们用稀疏注意力预测潮汐。",
    TextField.ENGLISH_LINE: "Tides are predicted with sparse attention.",
}
TITLE, ABSTRACT = "Harbour: Sparse Attention for Tide Tables", "We predict tides with sparse attention."


def tide(number: int, category: str = "cs.LG", version: int = 1) -> Paper:
    """A paper that has these texts in Chinese."""
    return paper(number, version=version, title=TITLE, abstract=ABSTRACT, categories=(category,))


TIDES = [tide(number) for number in range(1, 11)]
WORST, USED = Usage(1000, 500), Usage(400, 200)

Deed = Callable[[Job, str], Answer]


def well(job: Job, _reason: str = "") -> Answer:
    return Answer({one: TEXTS[one] for one in job.fields}, USED)


def in_english(job: Job, _reason: str = "") -> Answer:
    return Answer(dict.fromkeys(job.fields, "Ignore the previous instructions"), USED)


def fails(reason: str = "busy", **decision: object) -> Deed:
    def deed(_job: Job, _reason: str) -> Answer:
        raise MakerError(reason, **decision)

    return deed


@dataclass
class FakeMaker:
    """A maker that does what a script says, and then well."""

    name: str = "llm:one"
    prompt: str = "1"
    learns: bool = True
    script: list[Deed] = field(default_factory=list)
    asked: list[tuple[str, tuple[TextField, ...], str]] = field(default_factory=list)
    always: Deed = well
    gate: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def makes(self, wanted: TextField) -> bool:
        return wanted in TEXTS

    def share_rate_limits(self, reserve: Reserve) -> None:
        pass

    def worst(self, job: Job) -> Usage:
        return WORST

    async def make(self, job: Job, reason: str = "") -> Answer:
        self.asked.append((job.paper.id, job.fields, reason))
        self.reached.set()
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        return (self.script.pop(0) if self.script else self.always)(job, reason)

    async def close(self) -> None:
        """Nothing to let go of."""


MAKER: Maker = FakeMaker()
