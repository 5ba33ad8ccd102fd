"""Who is asked, in which order, and what is done about an answer that does not pass: nothing is dropped.

Each answer is kept before the next is asked for, whatever the gate says, so that none is paid for twice.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Protocol

from bot.errors import MakerError
from bot.model import Language, Paper, Summary
from bot.pacing import Reserve
from bot.summaries import Answer, Job, Maker, TextField, Usage, digest_of
from bot.summaries.gate import failures
from bot.text.normal import flat

log = logging.getLogger(__name__)

BEARABLE = frozenset({"length", "sentences", "untranslated"})
"""Rules that a text may break and still be of use, under a label; what breaks any other is not shown."""

DRAFT = "draft"
"""Among the flaws of a text: its maker was not asked yet to mend it, so that this is no verdict."""

_MOST_OWNERS = 30_000  # texts: some days of arXiv
_REASONS = 6
_LINK = re.compile(r"://|www\.", re.IGNORECASE)  # in one line there is no place for one
_LONG_WORD = re.compile(r"[a-z]{5,}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text of an answer, judged: `body` is empty when no reader should see it."""

    body: str
    flaws: str = ""  # rules, with commas

    def as_draft(self) -> Text:
        """The same text, marked as not yet mended by its maker."""
        return replace(self, flaws=f"{self.flaws}, {DRAFT}") if self.flaws else self


Judged = Mapping[TextField, Text]


@dataclass(frozen=True, slots=True)
class Bill:
    """What was booked for a call on which day, and what it used."""

    day: date
    booked: Usage
    used: Usage


class Ledger(Protocol):
    """Who pays, and who keeps what was paid for."""

    async def book(self, maker: Maker, worst: Usage) -> date | None:
        """Book what a call may use, today; None when today's budget has no room for it."""
        ...

    async def keep(self, maker: Maker, job: Job, judged: Judged, bill: Bill) -> None:
        """Keep an answer and settle what was booked, at once."""
        ...


@dataclass(slots=True)
class Outcome:
    """What became of one job."""

    made: set[TextField] = field(default_factory=set)
    flawed: int = 0  # answers that did not pass
    is_over_budget: bool = False
    all_makers_down: bool = False  # everybody who could make it rests
    reasons: list[str] = field(default_factory=list)


class Chain:
    """Makers in the order in which they are asked; remembers which text belongs to which paper."""

    def __init__(self, makers: Sequence[Maker], *, at_once: int = 1) -> None:
        """`at_once` is how many papers are asked for side by side."""
        self.makers = tuple(makers)
        self.at_once = at_once
        self._owners: dict[str, str] = {}

    def remember(self, paper: Paper, bodies: Iterable[str]) -> None:
        """Remember that these texts belong to this paper: a paper with another abstract may not have them."""
        source = digest_of(paper)
        for body in filter(None, bodies):
            self._owners.setdefault(flat(body), source)
        for oldest in list(self._owners)[: max(0, len(self._owners) - _MOST_OWNERS)]:
            del self._owners[oldest]

    def can(self, wanted: TextField) -> bool:
        """Whether anybody makes that text."""
        return any(maker.makes(wanted) for maker in self.makers)

    async def make(self, job: Job, ledger: Ledger, tried: Mapping[str, Collection[TextField]]) -> Outcome:
        """Have the texts of a job made; `tried` are the rejected texts of each maker."""
        outcome = Outcome()
        resting = 0
        asked = 0
        for maker in self.makers:
            missing = [one for one in job.fields if one not in outcome.made and maker.makes(one)]
            missing = [one for one in missing if one not in tried.get(maker.name, ())]
            if not missing:
                continue
            asked += 1
            try:
                await self._ask(maker, Job(job.paper, tuple(missing)), ledger, outcome)
            except MakerError as error:
                resting += error.rest is not None
                outcome.reasons.append(error.reason)
                log.info("not_made paper=%sv%d reason=%s", job.paper.id, job.paper.version, error.reason)
        outcome.all_makers_down = asked > 0 and resting == asked
        return outcome

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where turns under rate limits are booked."""
        for maker in self.makers:
            maker.share_rate_limits(reserve)

    async def close(self) -> None:
        """Let go of connections."""
        for maker in self.makers:
            await maker.close()

    async def _ask(self, maker: Maker, job: Job, ledger: Ledger, outcome: Outcome) -> None:
        """Ask one maker, once more for what does not pass if it can learn from the reason, and once more if a call
        has failed in a way that is worth it. The better of two flawed texts stays.
        """
        reason, answers, failures_ = "", 2 if maker.learns else 1, 1
        before: Judged = {}
        while answers:
            worst = maker.worst(job)
            day = await ledger.book(maker, worst)
            if day is None:
                outcome.is_over_budget = True
                return
            try:
                answer = await maker.make(job, reason)
            except MakerError as error:
                refused = {one: Text("", "refused") for one in job.fields} if error.is_final else {}
                await ledger.keep(maker, job, _better(before, refused), Bill(day, worst, Usage(*error.billed)))
                if not error.again or not failures_:
                    raise
                failures_ -= 1
                outcome.reasons.append(error.reason)
                continue
            answers -= 1
            judged, reasons = await asyncio.to_thread(judge, job, answer, self._owners)
            self.remember(job.paper, (text.body for text in judged.values()))
            judged = _better(before, judged)
            kept = {one: text.as_draft() for one, text in judged.items()} if answers else judged
            await ledger.keep(maker, job, kept, Bill(day, worst, answer.usage))
            outcome.made |= {one for one, text in judged.items() if not text.flaws}
            if not reasons:
                return
            outcome.flawed += 1
            outcome.reasons += reasons
            before = judged
            reason = " ".join(reasons[:_REASONS])
            job = Job(job.paper, tuple(one for one in job.fields if one not in outcome.made))


def _better(before: Judged, now: Judged) -> dict[TextField, Text]:
    """The texts of an answer, without those that would replace a text that readers may see."""
    return {
        one: before[one] if one in before and before[one].body and not text.body else text
        for one, text in now.items()
    }


def is_draft(flaws: str) -> bool:
    """Whether a text with these flaws is still to be mended by who made it."""
    return flaws.endswith(DRAFT)


def judge(
    job: Job, answer: Answer, owners: Mapping[str, str] = MappingProxyType({})
) -> tuple[dict[TextField, Text], list[str]]:
    """The texts as they are kept, and a sentence for each thing to mend; `owners` are the English of texts."""
    source = digest_of(job.paper)
    broken: dict[TextField, list[str]] = {one: [] if one in answer.texts else ["answer"] for one in job.fields}
    reasons = [f"{one.value}: {fault}." for one, fault in answer.faults.items()]
    for language in (Language.ZH, Language.EN):
        mine = {one.stored: one for one in job.fields if one.language is language and one in answer.texts}
        texts = {name: answer.texts[one] for name, one in mine.items()}
        for failure in failures(job.paper, Summary(job.paper.id, job.paper.version, language, **texts)):
            broken[mine[failure.field]].append(failure.rule)
            reasons.append(f"{mine[failure.field].value}: {failure.detail}")
    if mistakes_paper(broken.get(TextField.ABSTRACT, ())):
        for one in broken.keys() - {TextField.ABSTRACT}:
            broken[one].append("paper")
    for one, text in answer.texts.items():
        if one in broken and owners.get(flat(text), source) != source:
            broken[one].append("paper")
            reasons.append(f"{one.value}: It is word for word that of another paper: translate this one.")
        if one is not TextField.ABSTRACT and one in broken and _LINK.search(text):
            broken[one].append("links")
            reasons.append(f"{one.value}: Leave the link out.")
    if TextField.ENGLISH_LINE in broken and not _is_of_paper(
        answer.texts.get(TextField.ENGLISH_LINE, ""), job.paper
    ):
        broken[TextField.ENGLISH_LINE].append("paper")
        reasons.append("english_line: Use the words of the abstract.")
    return {
        one: Text(answer.texts[one] if set(rules) <= BEARABLE else "", ", ".join(dict.fromkeys(rules)))
        for one, rules in broken.items()
    }, reasons


def mistakes_paper(rules: Collection[str]) -> bool:
    """Whether an abstract that breaks these rules is that of another paper; then so is what came with it."""
    return "paper" in rules or len(set(rules) - BEARABLE) > 1


def _is_of_paper(line: str, paper: Paper) -> bool:
    """Whether a line in English is made of the words of a paper, as far as they are long."""
    source = f"{paper.title} {paper.abstract}".lower()
    words = [word[:5] for word in _LONG_WORD.findall(line.lower())]
    return sum(word in source for word in words) >= 0.4 * len(words)
