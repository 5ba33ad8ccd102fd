"""What the rules look at: one text of a summary beside what the paper says, each prepared once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.model import Language, Paper
from bot.summaries import LONGEST
from bot.summaries.gate.aligned import Groups, aligned
from bot.text import latex
from bot.text.masking import PLACEHOLDER, URL, Masked, mask

FIELDS = ("title", "one_line", "abstract")
_URL = re.compile(URL)
readable = lru_cache(maxsize=64)(latex.readable)
"""A text as it is read; a paper is judged field by field, and each time by all that it says."""

WIDE = str.maketrans("，：；？！（）％～０１２３４５６７８９", ",:;?!()%~0123456789")


@dataclass(frozen=True, slots=True)
class Failure:
    """One rule that one text breaks; `detail` is a sentence that tells a translator what to mend."""

    rule: str
    field: str  # of the summary: title, one_line, abstract
    detail: str


@dataclass(frozen=True)
class Pair:
    """A text and its paper. `source` is the English that the text must keep, `known` what it may speak of."""

    paper: Paper
    field: str
    given: str
    language: Language

    @property
    def raw(self) -> str:
        """The text as it came; not all of it, if it is endless."""
        return self.given[:LONGEST]

    @property
    def is_whole(self) -> bool:
        """Whether the text must keep all of its source, unlike one line about it."""
        return self.field != "one_line"

    @property
    def is_chinese(self) -> bool:
        """Whether the text should be in Chinese."""
        return self.language is not Language.EN

    @cached_property
    def text(self) -> str:
        """The text with readable math, without links, with half-width marks."""
        return _URL.sub(" ", readable(self.raw)).translate(WIDE)

    @cached_property
    def raw_source(self) -> str:
        """The English as the source gave it."""
        return (self.paper.title if self.field == "title" else self.paper.abstract)[:LONGEST]

    @cached_property
    def source(self) -> str:
        """The same with readable math, without links."""
        return _URL.sub(" ", readable(self.raw_source)).translate(WIDE)

    @cached_property
    def raw_parts(self) -> tuple[str, ...]:
        """Its title, abstract and comments, as the source gave them: all that the paper says of itself."""
        parts = (self.paper.title, self.paper.abstract, self.paper.comments)
        return tuple(one[:LONGEST] for one in parts if one)

    @cached_property
    def raw_known(self) -> str:
        """The same in one."""
        return "\n".join(self.raw_parts)

    @cached_property
    def known_parts(self) -> tuple[str, ...]:
        """The same with readable math, and with its links: their words are names too."""
        return tuple(readable(one).translate(WIDE) for one in self.raw_parts)

    @cached_property
    def known(self) -> str:
        """The same in one."""
        return " ".join(self.known_parts)

    @cached_property
    def _masked(self) -> Masked:
        return mask(self.raw)

    @cached_property
    def _masked_source(self) -> Masked:
        return mask(self.raw_source)

    @cached_property
    def words(self) -> str:
        """The text without math, links and code."""
        return PLACEHOLDER.sub(" ", readable(self._masked.text)).translate(WIDE)

    @cached_property
    def source_words(self) -> str:
        """The same of the English."""
        return PLACEHOLDER.sub(" ", readable(self._masked_source.text)).translate(WIDE)

    @cached_property
    def formulas(self) -> tuple[str, ...]:
        """The math of the text, with its dollar signs."""
        return tuple(piece for piece in self._masked.pieces if piece[0] in "$\\")

    @cached_property
    def source_formulas(self) -> tuple[str, ...]:
        """The math of the English."""
        return tuple(piece for piece in self._masked_source.pieces if piece[0] in "$\\")

    @cached_property
    def groups(self) -> Groups | None:
        """The sentences of both languages that belong together; None where one is missing, or one too many."""
        return aligned(self.source, self.text)
