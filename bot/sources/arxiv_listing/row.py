"""One paper on a listing page: its id, its marks, its texts; or why it cannot be read.

Every row repeats itself, which is what tells a damaged one: its id stands in half a dozen places, its type in its
heading and in its mark, its primary subject in its subjects and in the mark of a cross-list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from lxml import etree

from bot.model import UNKNOWN, Announcement, AnnounceType, Paper, UnreadRow
from bot.sources import PAPER_ID
from bot.sources.arxiv_listing.prose import line, paragraphs, typed
from bot.sources.limits import MAX_TEXT
from bot.sources.names import Run, names_in
from bot.taxonomy import categories, resolve

_MARK = re.compile(r"\((replaced|cross-list from ([A-Za-z.-]+))\)")
_ABS = re.compile(rf"(?:https?://arxiv\.org)?/abs/({PAPER_ID})")
_ANY_ID = re.compile(PAPER_ID)
_HTML = re.compile(rf"(?:https?://arxiv\.org)?/html/({PAPER_ID})v([1-9][0-9]{{0,3}})")
_DOWNLOAD = re.compile(rf"/(?:pdf|html|format)/({PAPER_ID})")
_SUBJECT = re.compile(r"(.+?) ?\(([a-z-]+(?:\.[A-Za-z-]+)?)\)", re.S)
_NO_AUTHORS = "(author list is unavailable)"
_A_NAME = re.compile(r"[?&]searchtype=author(?:&|$)")


class BadRow(Exception):
    """Why a row cannot be read, to follow the name of its paper."""


@dataclass(frozen=True, slots=True)
class Section:
    """What all rows of one section have in common."""

    kind: AnnounceType
    category: str
    day: date
    is_current: bool  # whether the versions on the page are those that were announced


def row(dt: etree._Element, dd: etree._Element, section: Section) -> Announcement | UnreadRow:
    """The announcement in a row, or that it cannot be read."""
    try:
        return _row(dt, dd, section)
    except BadRow as bad:
        return UnreadRow(_name(dt), str(bad))


def _row(dt: etree._Element, dd: etree._Element, section: Section) -> Announcement:
    paper_id = _id(dt)
    codes = _subjects(dd)
    kind = section.kind
    _check_mark(dt, kind, codes[0])
    is_other = resolve(codes[0]) != (resolve(section.category) or resolve(codes[0]))
    if kind is AnnounceType.NEW and is_other:
        raise BadRow(f"it is new, yet its primary subject is {codes[0]}")
    if kind is AnnounceType.REPLACE and is_other:
        kind = AnnounceType.REPLACE_CROSS
    title, abstract, comments = _field(dd, "list-title"), _abstract(dd), _field(dd, "list-comments")
    for name, text in {"title": title, "abstract": abstract}.items():
        if not text:
            raise BadRow(f"it has no {name}")
    if max(map(len, (title, abstract, comments))) > MAX_TEXT:
        raise BadRow(f"a text of it has more than {MAX_TEXT:,} characters")
    version = 1 if kind is AnnounceType.NEW else _version(dt, paper_id) if section.is_current else UNKNOWN
    paper = Paper(
        id=paper_id,
        version=version,
        title=title,
        authors=_authors(dd),
        abstract=abstract,
        categories=codes,
        comments=comments,
        journal_ref=_field(dd, "list-journal-ref"),
        is_version_known=version != UNKNOWN,
    )
    return Announcement(paper, section.category, section.day, kind)


def _name(dt: etree._Element) -> str:
    """What a bad row is called: its id if there is one somewhere, else the number that it has on its page."""
    said = " ".join([line(dt), *_hrefs(dt)])
    found = _ANY_ID.search(said)
    return found[0] if found else line(dt)[:20].strip() or "a row without a name"


def _id(dt: etree._Element) -> str:
    links = [link for link in dt.iter("a") if link.get("title") == "Abstract"]
    if len(links) != 1:
        raise BadRow(f"its row links {len(links)} papers")
    (link,) = links
    found = _ABS.fullmatch(link.get("href", ""))
    if not found or link.get("id") != found[1] or line(link) != f"arXiv:{found[1]}":
        raise BadRow(f"its id is damaged: {link.get('href', '')!r}")
    if others := {one[1] for one in map(_DOWNLOAD.search, _hrefs(dt)) if one} - {found[1]}:
        raise BadRow(f"its row has the files of {', '.join(sorted(others))}")
    return found[1]


def _hrefs(dt: etree._Element) -> list[str]:
    return [link.get("href", "") for link in dt.iter("a")]


def _check_mark(dt: etree._Element, kind: AnnounceType, primary: str) -> None:
    mark = _MARK.search(line(dt))
    said = {None: AnnounceType.NEW, "replaced": AnnounceType.REPLACE}.get(mark and mark[1], AnnounceType.CROSS)
    if said is not kind:
        raise BadRow("it stands under the wrong heading")
    if mark and mark[2] and resolve(mark[2]) != resolve(primary):
        raise BadRow(f"it is said to be from {mark[2]}, yet its primary subject is {primary}")


def _version(dt: etree._Element, paper_id: str) -> int:
    """Only the link to arXiv's HTML rendering tells the version, and not every paper has one."""
    found = next(filter(None, map(_HTML.fullmatch, _hrefs(dt))), None)
    return int(found[2]) if found and found[1] == paper_id else UNKNOWN


def _subjects(dd: etree._Element) -> tuple[str, ...]:
    """Codes that stand behind their names; a name that is known under other codes only tells of a damaged one."""
    codes = []
    primary = [line(one) for one in dd.iter("span") if one.get("class") == "primary-subject"]
    parts = _field(dd, "list-subjects").split(";")
    if primary != [parts[0].strip()]:
        raise BadRow("it has no primary subject")
    for part in parts:
        found = _SUBJECT.fullmatch(part.strip())
        if found is None or found[2] not in _codes().get(found[1], (found[2],)):
            raise BadRow(f"its subject {part.strip()[:60]!r} cannot be read")
        codes.append(found[2])
    return tuple(codes)


@cache
def _codes() -> Mapping[str, tuple[str, ...]]:
    """The codes of the categories that have a name."""
    found: dict[str, tuple[str, ...]] = {}
    for code, one in categories().items():
        found[one.name] = (*found.get(one.name, ()), code)
    return found


def _authors(dd: etree._Element) -> tuple[str, ...]:
    """Linked names, and those that arXiv leaves as mere text between them: those of fewer than four characters."""
    elements = _of_class(dd, "list-authors")
    if len(elements) == 1 and line(elements[0]) == _NO_AUTHORS:
        return ()
    found = names_in(_runs(elements[0])) if len(elements) == 1 else ()
    if not found:
        raise BadRow("it has no authors")
    return found


def _runs(element: etree._Element) -> Iterator[Run]:
    text = element.text or ""
    for child in element:
        if child.tag == "a" and _A_NAME.search(child.get("href", "")):
            yield from (Run(text), Run(line(child), is_name=True))
            text = ""
        else:
            text += line(child) if child.tag != "a" else typed(child)  # an address in an affiliation
        text += child.tail or ""
    yield Run(text)


def _abstract(dd: etree._Element) -> str:
    found = [one for one in dd.iter("p") if "mathjax" in one.get("class", "").split()]
    return paragraphs(found[0]) if len(found) == 1 else ""


def _field(dd: etree._Element, name: str) -> str:
    return " ".join(line(element) for element in _of_class(dd, name)[:1])


def _of_class(dd: etree._Element, name: str) -> list[etree._Element]:
    return [element for element in dd.iter("div") if name in element.get("class", "").split()]
