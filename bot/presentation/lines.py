"""The lines of cards and digests, as every channel gets them: harmless, readable, and without any markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.matching import Span
from bot.presentation.links import Link


@dataclass(frozen=True, slots=True)
class Passage:
    """One text in one language, under its label; titles and abstracts have none.

    `marks` are the parts, from start to end, for which the paper was chosen, and `key` is the sentence of an
    abstract that says most: channels may highlight them.
    """

    text: str
    lang: str  # BCP 47: en, zh-Hans or zh-Hant
    label: str = ""
    marks: tuple[Span, ...] = ()
    key: Span | None = None

    @property
    def lead(self) -> str:
        """The label as it stands before the text in one line."""
        return self.label and f"{self.label}: " if self.label.isascii() else f"{self.label}："

    @property
    def runs(self) -> Iterator[tuple[str, bool]]:
        """The whole text in runs, each with whether it is marked; none is empty."""
        return self.between(0, len(self.text))

    def between(self, start: int, end: int) -> Iterator[tuple[str, bool]]:
        """The same of a part of it."""
        at = start
        for first, last in self.marks:
            if first >= end or last <= at:
                continue
            if at < first:
                yield self.text[at:first], False
            at = min(last, end)
            yield self.text[max(first, start) : at], True
        if at < end:
            yield self.text[at:end], False


@dataclass(frozen=True, slots=True)
class CardLines:
    """One paper, in reading order; an empty text or tuple is a line that is not there."""

    id: str
    url: str
    facts: str  # categories, type, and the date where the digest spans several
    titles: tuple[Passage, ...]
    authors: str
    lines: tuple[Passage, ...]  # what it is about, in a sentence
    caution: str  # what its reader should know of its Chinese texts
    notes: tuple[Passage, ...]  # the authors' comments, where it was published
    why: str
    queries: str  # that found it, where that is not said above
    links: tuple[Link, ...]
    abstracts: tuple[Passage, ...]

    def __hash__(self) -> int:
        """By the paper alone, which is quick; of one paper there are few that differ."""
        return hash(self.url)

    @property
    def head(self) -> str:
        """Its id and its facts, in one line."""
        return f"{self.id} · {self.facts}" if self.facts else self.id

    @property
    def reason(self) -> str:
        """Why it is here, and by which query, in one line."""
        return " · ".join(filter(None, (self.why, self.queries)))

    def has_marked(self, line: Passage) -> bool:
        """Whether a line is the key sentence of an abstract, which is not said twice where it is highlighted."""
        return any(each.text[slice(*each.key)] == line.text for each in self.abstracts if each.key)


@dataclass(frozen=True, slots=True)
class NamedLines:
    """A paper that is only named, and how it is linked to; its titles are in reading order."""

    id: str
    url: str
    titles: tuple[Passage, ...]

    def __hash__(self) -> int:
        """By the paper alone, which is quick; of one paper there are few that differ."""
        return hash(self.url)


@dataclass(frozen=True, slots=True)
class ChangeLines:
    """What has become of a paper that came before: its id, which links to it, and what is said of it."""

    id: str
    url: str
    said: str


@dataclass(frozen=True, slots=True)
class DigestLines:
    """A whole digest, in reading order; an empty text is a line that is not there."""

    lang: str  # of its own sentences
    title: str
    title_in_full: str  # the same with the year
    dates: str  # of its papers
    count: int  # of its papers, also those that are not even named
    nothing: str  # why there are no cards
    query: str  # what found its papers, if that is one query
    coverage: str
    warnings: tuple[str, ...]  # what is missing or does not add up
    lack: str  # why Chinese texts are missing
    cards: tuple[CardLines, ...]
    more: str  # how many papers are not shown whole
    named: str  # introduces `rest`
    rest: tuple[NamedLines, ...]  # what is named by title and link
    changes: tuple[ChangeLines, ...]  # quiet, and last
    provenance: str  # who made the Chinese texts
    link: str  # the page with all of it
    open: str  # the words of that link
