"""The lines of cards and digests, as every channel gets them: harmless, readable, and without any markup."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.matching import Span
from bot.presentation.links import Link


@dataclass(frozen=True, slots=True)
class Passage:
    """One text in one language, under its label; titles have none.

    `marks` are the parts, from start to end, for which the paper was chosen: channels may highlight them.
    """

    text: str
    lang: str  # BCP 47: en, zh-Hans or zh-Hant
    label: str = ""
    marks: tuple[Span, ...] = ()

    @property
    def runs(self) -> Iterator[tuple[str, bool]]:
        """The whole text in runs, each with whether it is marked; none is empty."""
        at = 0
        for start, end in self.marks:
            if at < start:
                yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        if at < len(self.text):
            yield self.text[at:], False


@dataclass(frozen=True, slots=True)
class CardLines:
    """One paper, in reading order; an empty text or tuple is a line that is not there."""

    id: str
    url: str
    titles: tuple[Passage, ...]
    authors: str
    facts: str  # categories, type, and the date where the digest spans several
    why: str
    notes: tuple[Passage, ...]  # short: the one-line summary, the authors' comments, where it was published
    abstracts: tuple[Passage, ...]
    missing: str
    links: tuple[Link, ...]  # one quiet line


@dataclass(frozen=True, slots=True)
class NamedLines:
    """A paper that is only named, and how it is linked to; its titles are in reading order."""

    id: str
    url: str
    titles: tuple[Passage, ...]


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
    dates: str  # of its papers
    nothing: tuple[Passage, ...]  # why there are no cards, in each language
    coverage: str
    warnings: tuple[str, ...]  # what is missing or does not add up: in red
    provenance: str
    chinese: str  # BCP 47, of the provenance
    cards: tuple[CardLines, ...]
    more: str  # how many papers are named at the end
    named: str  # introduces `rest`
    rest: tuple[NamedLines, ...]  # what is named by title and link
    changes: tuple[ChangeLines, ...]  # quiet, and last
    link: str  # the page with all of it
    open: str  # the words of that link
