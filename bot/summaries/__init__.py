"""Chinese texts for papers, and one line in two languages: who makes them, and what they must pass.

::

    job -> first maker -> gate -> kept
             | flawed: once more, with the reason; then the next maker; then what there is, labelled

A maker is a model that is asked (`llm`) or one on this machine (`firefox`). Nothing here knows the database: what
a call may cost is asked of a `Ledger`, which also keeps every answer at once, so that none is paid for twice.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.model import Language, Paper
from bot.pacing import Reserve

LONGEST = 6_000
"""Characters of a text that are read; arXiv takes 1,920 of an abstract: https://info.arxiv.org/help/prep.html"""


class TextField(enum.StrEnum):
    """One text of a paper that can be made."""

    TITLE = "title"
    ONE_LINE = "one_line"
    ABSTRACT = "abstract"
    ENGLISH_LINE = "english_line"

    @property
    def language(self) -> Language:
        """What it is written in."""
        return Language.EN if self is TextField.ENGLISH_LINE else Language.ZH

    @property
    def stored(self) -> str:
        """The field of a summary."""
        return "one_line" if self is TextField.ENGLISH_LINE else self.value


CHINESE = (TextField.TITLE, TextField.ONE_LINE, TextField.ABSTRACT)


@dataclass(frozen=True, slots=True)
class Job:
    """The texts to make for one paper."""

    paper: Paper
    fields: tuple[TextField, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call used, or may use at the worst; `cost` is in millionths of the currency of the prices."""

    tokens: int = 0
    cost: int = 0

    @property
    def pair(self) -> tuple[int, int]:
        """Tokens and cost, as an error carries them."""
        return self.tokens, self.cost


@dataclass(frozen=True, slots=True)
class Answer:
    """What a maker made of a job; a text that it could not make is not there, `faults` may say why."""

    texts: Mapping[TextField, str]
    usage: Usage = Usage()
    faults: Mapping[TextField, str] = field(default_factory=dict)


class Maker(Protocol):
    """One way to have texts made. Raises MakerError and nothing else."""

    @property
    def name(self) -> str:
        """The provenance of its texts: llm:MODEL, mt:firefox."""
        ...

    @property
    def prompt(self) -> str:
        """The version of how it is asked: another one makes other texts."""
        ...

    @property
    def learns(self) -> bool:
        """Whether a reason makes the second answer better than the first."""
        ...

    def makes(self, field: TextField) -> bool:
        """Whether it can make that text at all."""
        ...

    def worst(self, job: Job) -> Usage:
        """What one call may use at the worst."""
        ...

    async def make(self, job: Job, reason: str = "") -> Answer:
        """Make the texts; `reason` is what was wrong with the first answer."""
        ...

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where the turns under a rate limit are booked, with all processes of the installation."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def digest_of(paper: Paper) -> str:
    """The hash of what texts are made from."""
    return hashlib.sha256(f"{paper.title}\n{paper.abstract}".encode()).hexdigest()
