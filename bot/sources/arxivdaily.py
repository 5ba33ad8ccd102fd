"""A page of arXivDaily, saved as text: the papers of one day with Chinese titles, one-liners and abstracts.

The page may hold only a part of the day: its header claims the total. Every text is kept to the letter.
Nothing is skipped: a paper that cannot be read refuses the page, with the paper's id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from bot.errors import SourceError
from bot.model import ALL, Announcement, AnnounceType, Language, Listing, Paper, Summary, Validator
from bot.settings import Settings
from bot.sources import PAPER_ID, Outcome, Unchanged, outcome_of
from bot.sources.calendar import FEEDS_DUE
from bot.sources.client import PoliteClient

NAME = "arxivdaily"
TOTAL = "全部学科分类"
DETAILS, CHINESE, ENGLISH = "详情", "AI中文摘要", "英文摘要"
ONE_LINE, COMMENTS = "AI总结", "Comments"

_TYPES = {
    "新提交": AnnounceType.NEW,
    "交叉提交": AnnounceType.CROSS,
    "交叉": AnnounceType.CROSS,
    "替换": AnnounceType.REPLACE,
    "更新": AnnounceType.REPLACE,
    "交叉替换": AnnounceType.REPLACE_CROSS,
}
_CLAIM = re.compile(rf"^{TOTAL} ([0-9]{{1,9}})[ \t]*$", re.M)
_ID = re.compile(rf"({PAPER_ID})(?:v([1-9][0-9]{{0,3}}))?(?=\s|$)")
_HEADING = re.compile(_ID.pattern + r"\s+([0-9]{4}-[0-9]{2}-[0-9]{2})\s+((?:[a-zA-Z.-]+\s+)+)(\S+)\s*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")


@dataclass(frozen=True, slots=True)
class ArxivDaily:
    """The source: one page for all categories."""

    client: PoliteClient
    page: str  # a path or a URL
    name: str = NAME
    due_offset: timedelta = FEEDS_DUE
    is_daily: bool = False

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """One outcome for ALL, whatever the categories; an error is an outcome too."""
        yield await outcome_of(ALL, self._listing(known.get(ALL)))

    async def _listing(self, known: Validator | None) -> Outcome:
        if not self.page:
            raise SourceError(ALL, "ARXIVDAILY_PAGE is empty: set it to the path or URL of a saved page")
        page = await self.client.get(ALL, self.page, known)
        return Unchanged(ALL) if page is None else replace(parse(decode(page.body)), validator=page.validator)


def source(settings: Settings, client: PoliteClient) -> ArxivDaily:
    """The source of this installation."""
    return ArxivDaily(client, settings.arxivdaily_page)


def decode(body: bytes) -> str:
    """The text of a saved page; SourceError when it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(ALL, "the page is not UTF-8 text: save it as plain text in UTF-8") from error


def read(body: bytes) -> Listing | None:
    """The listing in a saved page, or None when this does not look like one, not even a damaged one."""
    return parse(decode(body)) if _is_page(body.decode("utf-8-sig", "replace").replace("\r\n", "\n")) else None


def _is_page(text: str) -> bool:
    return not text.lstrip().startswith("<") and (TOTAL in text or f"\n{ENGLISH}\n" in text)


def parse(text: str) -> Listing:
    """The listing in the text of a saved page. Raises SourceError."""
    lines = text.replace("\r\n", "\n")
    if not _is_page(lines):
        raise SourceError(ALL, f"this is not the text of an arXivDaily page: it has no line {TOTAL!r}")
    papers = [_paper(block) for block in _blocks(lines.split("\n"))]
    if not papers:
        raise SourceError(ALL, "the page has no papers: was it saved before its list was shown?")
    (most, times), *_ = Counter(announcement.paper.id for announcement, _ in papers).most_common(1)
    if times > 1:
        raise SourceError(ALL, f"the page has {most} {times} times: save it again")
    claim = _CLAIM.search(lines)
    return Listing(
        source=NAME,
        category=ALL,
        date=max(announcement.date for announcement, _ in papers),
        announcements=tuple(announcement for announcement, _ in papers),
        claimed=int(claim[1]) if claim else None,
        summaries=tuple(summary for _, summary in papers if summary),
    )


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of each paper, from its id line to before the next one's; what comes first is the header."""
    starts = [number for number, line in enumerate(lines) if _ID.match(line)]
    if ENGLISH in (line.rstrip() for line in lines[: starts[0] if starts else None]):
        raise _damaged("the first paper", "has no line with its id")
    for start, end in pairwise([*starts, len(lines)]):
        yield list(lines[start:end])


@dataclass(frozen=True, slots=True)
class _Head:
    """What a paper has between its id line and its abstracts."""

    title: str
    title_zh: str
    authors: str
    one_line: str
    comments: str


def _paper(block: Sequence[str]) -> tuple[Announcement, Summary | None]:
    heading = _HEADING.fullmatch(block[0])
    if not heading:
        raise SourceError(ALL, f"the line of this paper cannot be read: {block[0][:80]!r}")
    id_, version, day, categories, word = heading.groups()
    kind = _type(id_, word)
    head_lines, abstract_zh, abstract = _sections(id_, block[1:])
    head = _head(id_, head_lines)
    paper = Paper(
        id=id_,
        version=int(version or (2 if kind.is_revision else 1)),  # unsaid: the least that it can be
        title=head.title,
        authors=tuple(filter(None, (name.strip(" :") for name in head.authors.split(", ")))),
        abstract=abstract,
        categories=tuple(categories.split()),
        comments=head.comments,
    )
    summary = Summary(id_, paper.version, Language.ZH, head.title_zh, head.one_line, abstract_zh, NAME)
    has_texts = summary.title or summary.one_line or summary.abstract
    return Announcement(paper, ALL, _day(id_, day), kind), summary if has_texts else None


def _type(id_: str, word: str) -> AnnounceType:
    try:
        return _TYPES[word]
    except KeyError as error:
        raise SourceError(ALL, f"{id_} has an unknown type {word!r}; known are {', '.join(_TYPES)}") from error


def _day(id_: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SourceError(ALL, f"{id_} has a date that does not exist: {text}") from error


def _sections(id_: str, lines: Sequence[str]) -> tuple[list[str], str, str]:
    """The lines of the head, the Chinese abstract (or nothing), the English abstract."""
    labels = [line.rstrip() for line in lines]
    if labels.count(ENGLISH) != 1 or labels.count(CHINESE) > 1 or labels.count(DETAILS) > 1:
        raise _damaged(id_, f"does not have one {ENGLISH!r}")
    english = labels.index(ENGLISH)
    chinese = labels.index(CHINESE) if CHINESE in labels else english
    details = labels.index(DETAILS) if DETAILS in labels else chinese
    if not details <= chinese <= english:
        raise _damaged(id_, "does not have its abstracts in their order")
    abstract = _without_blank_edges(lines[english + 1 :])
    if not abstract:
        raise _damaged(id_, "has no English abstract")
    head = [line for line in lines[:details] if line.strip()]
    return head, _without_blank_edges(lines[chinese + 1 : english]), abstract


def _without_blank_edges(lines: Sequence[str]) -> str:
    told = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[told[0] : told[-1] + 1]) if told else ""


def _head(id_: str, lines: Sequence[str]) -> _Head:
    """English title, Chinese title (or not), authors, then the labelled lines, if any."""
    labelled = [line.partition(" ") for line in lines[1:] if line.partition(" ")[0] in (ONE_LINE, COMMENTS)]
    texts = {label: text for label, _, text in labelled}
    if len(lines) - len(labelled) not in (2, 3) or len(texts) < len(labelled):
        raise _damaged(id_, f"should have a title, perhaps a Chinese title, and authors; it has {lines}")
    title, *title_zh, authors = (line for line in lines if line.partition(" ") not in labelled)
    if _is_chinese(title):
        raise _damaged(id_, "has no English title")
    if _is_chinese(authors):
        raise _damaged(id_, "has no authors")
    return _Head(title, title_zh[0] if title_zh else "", authors, texts.get(ONE_LINE, ""), texts.get(COMMENTS, ""))


def _is_chinese(text: str) -> bool:
    """Written in Chinese, not in English with some Chinese in it: a character says as much as two letters."""
    return 2 * len(_HAN.findall(text)) > len(_LATIN.findall(text))


def _damaged(id_: str, what: str) -> SourceError:
    return SourceError(ALL, f"{id_} {what}: the page is damaged there, save it again")
