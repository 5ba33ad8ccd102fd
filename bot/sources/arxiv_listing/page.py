"""One listing or catch-up page as arXiv renders it: strict, because a page that adds up is what confirms a day.

The markup is that of https://github.com/arXiv/arxiv-browse, `browse/templates/list` and `catchup.html`. What is
checked: the page is whole; its date exists; every section has as many rows as its heading says; sections add up
to the total; every row has one id, written the same in all its places, and the type of its section.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from bot.errors import SourceError
from bot.model import ALL, UNKNOWN, Announcement, AnnounceType, Paper
from bot.sources import PAPER_ID
from bot.taxonomy import resolve
from bot.text.latex import readable

_DATES = (
    (re.compile(r"Showing new listings for (\w+, [0-9]{1,2} \w+ [0-9]{4})"), "%A, %d %B %Y"),
    (re.compile(r"Catchup results for .+ on (\w{3}, [0-9]{1,2} \w{3} [0-9]{4})"), "%a, %d %b %Y"),
)
_SECTION = re.compile(
    r"(New|Cross|Replacement) submissions(?: for [^(]*)? "
    r"\((?:continued, )?showing (?:first |last )?([0-9]{1,5}) of ([0-9]{1,5}) entries ?\)"
)
_TOTAL = re.compile(r"\bTotal of ([0-9]{1,6}) entries\b")
_NOTHING = re.compile(r"No updates (?:today\.|for \w{3}, [0-9]{1,2} \w{3} [0-9]{4})")
_KIND = {"New": AnnounceType.NEW, "Cross": AnnounceType.CROSS, "Replacement": AnnounceType.REPLACE}
_MARK = re.compile(r"\((replaced|cross-list from ([A-Za-z.-]+))\)")
_ABS = re.compile(rf"(?:https?://arxiv\.org)?/abs/({PAPER_ID})")
_HTML = re.compile(rf"(?:https?://arxiv\.org)?/html/({PAPER_ID})v([1-9][0-9]{{0,3}})")
_SUBJECT = re.compile(r".+\(([a-z-]+(?:\.[A-Za-z-]+)?)\)", re.S)
_THIS_URL = re.compile(r"this \w+ URL")
_NO_AUTHORS = "(author list is unavailable)"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a listing: what it claims and what it shows."""

    date: date
    total: int | None  # of the whole listing; None where the page does not say
    claims: dict[AnnounceType, int]  # of the whole listing, for the sections that are on this page
    rows: tuple[Announcement, ...]


def sheet(body: bytes, category: str) -> Sheet:
    """The page in a body. Raises SourceError when it is not one, not whole, or does not add up."""
    try:
        return _sheet(body, category)
    except _Wrong as wrong:
        raise SourceError(category, f"the listing page {wrong}: try again later") from wrong


class _Wrong(Exception):
    """What is wrong with a page, to follow the words `the listing page`."""


def _sheet(body: bytes, category: str) -> Sheet:
    root = _root(body)
    day = _date(root)
    totals = {int(found) for found in _TOTAL.findall(" ".join(root.itertext()))}
    if len(totals) > 1:
        raise _Wrong(f"claims several totals, {sorted(totals)}")
    total = totals.pop() if totals else None
    claims: dict[AnnounceType, int] = {}
    rows: list[Announcement] = []
    for heading, pairs in _sections(root):
        kind, shown, claimed = _heading(heading)
        if kind in claims:
            raise _Wrong(f"has the section {heading!r} twice")
        if len(pairs) != shown or not 0 < shown <= claimed:
            raise _Wrong(f"shows {len(pairs)} rows under {heading!r}")
        claims[kind] = claimed
        rows += [_row(dt, dd, kind, category, day) for dt, dd in pairs]
    _judge(root, total, claims, rows)
    return Sheet(day, total, claims, tuple(rows))


def _root(body: bytes) -> etree._Element:
    if not body.strip():
        raise _Wrong("is empty")
    if not body.rstrip().lower().endswith(b"</html>"):
        raise _Wrong("is cut off, or is no page at all")
    try:
        text = body.decode("utf-8")
        root = etree.fromstring(text, etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True))
    except (UnicodeDecodeError, ValueError, etree.XMLSyntaxError) as error:
        raise _Wrong(f"cannot be read ({type(error).__name__})") from error
    if root is None:
        raise _Wrong("has nothing in it")
    return root


def _date(root: etree._Element) -> date:
    found = set()
    for heading in root.iter("h1", "h3"):
        for pattern, form in _DATES:
            if match := pattern.fullmatch(_line(heading)):
                found.add(_day(match[1], form))
    if len(found) != 1:
        raise _Wrong("does not say for which day it is")
    return found.pop()


def _day(text: str, form: str) -> date:
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007  # a date, no instant
    except ValueError as error:
        raise _Wrong(f"has the date {text!r}") from error
    if day.strftime(form.split(",")[0]) != text.split(",")[0]:
        raise _Wrong(f"has the date {text!r}, which is another weekday")
    return day


def _sections(root: etree._Element) -> Iterator[tuple[str, list[tuple[etree._Element, etree._Element]]]]:
    """Headings with the rows that follow them, in the order of the page."""
    heading = ""
    pairs: list[tuple[etree._Element, etree._Element]] = []
    term: etree._Element | None = None
    for element in root.iter("h3", "dt", "dd"):
        if element.tag == "dd":
            if term is None:
                raise _Wrong("has a description without its paper")
            pairs.append((term, element))
            term = None
            continue
        if term is not None:
            raise _Wrong("has a paper without its description")
        if element.tag == "dt":
            term = element
        elif not _DATES[0][0].fullmatch(text := _line(element)):
            if heading or pairs:
                yield heading, pairs
            heading, pairs = text, []
    if term is not None:
        raise _Wrong("has a paper without its description")
    if heading or pairs:
        yield heading, pairs


def _heading(text: str) -> tuple[AnnounceType, int, int]:
    found = _SECTION.fullmatch(text)
    if found is None:
        raise _Wrong(f"has a section that we do not know, {text!r}")
    return _KIND[found[1]], int(found[2]), int(found[3])


def _judge(
    root: etree._Element, total: int | None, claims: dict[AnnounceType, int], rows: list[Announcement]
) -> None:
    """Whether what is shown can be all that is claimed, as far as one page tells."""
    ids = {one.paper.id for one in rows}
    if len(ids) != len(rows):
        raise _Wrong("has a paper twice")
    links = sum(1 for link in root.iter("a") if link.get("title") == "Abstract")
    if links != len(rows):
        raise _Wrong(f"links {links} papers and describes {len(rows)}")
    says_nothing = any(_NOTHING.match(_line(element)) for element in root.iter("p"))
    if not rows:
        if not says_nothing or total not in (None, 0):
            raise _Wrong("has no papers, yet does not say that there are none")
    elif says_nothing:
        raise _Wrong("has papers, yet says that there are none")
    elif total is None and set(claims) != set(_KIND.values()):
        raise _Wrong("has neither all three sections nor a total")
    elif total is not None and sum(claims.values()) > total:
        raise _Wrong(f"has sections of {sum(claims.values())} entries in a total of {total}")


def _row(dt: etree._Element, dd: etree._Element, kind: AnnounceType, category: str, day: date) -> Announcement:
    paper_id = _id(dt)
    codes = _subjects(dd, paper_id)
    _check_mark(dt, kind, paper_id, codes[0])
    if kind is AnnounceType.REPLACE and category != ALL and resolve(codes[0]) != resolve(category):
        kind = AnnounceType.REPLACE_CROSS
    texts = {name: _field(dd, name) for name in ("list-title", "list-comments", "list-journal-ref")}
    abstract = _abstract(dd)
    for name, text in {"title": texts["list-title"], "abstract": abstract}.items():
        if not text:
            raise _Wrong(f"has {paper_id} without its {name}")
    paper = Paper(
        id=paper_id,
        version=1 if kind is AnnounceType.NEW else _version(dt, paper_id),
        title=texts["list-title"],
        authors=_authors(dd, paper_id),
        abstract=abstract,
        categories=codes,
        comments=texts["list-comments"],
        journal_ref=texts["list-journal-ref"],
    )
    return Announcement(paper, category, day, kind)


def _id(dt: etree._Element) -> str:
    links = [link for link in dt.iter("a") if link.get("title") == "Abstract"]
    if len(links) != 1:
        raise _Wrong(f"has a row with {len(links)} papers")
    (link,) = links
    found = _ABS.fullmatch(link.get("href", ""))
    if not found or link.get("id") != found[1] or _line(link) != f"arXiv:{found[1]}":
        raise _Wrong(f"has a row whose id is damaged, {link.get('href', '')!r}")
    return found[1]


def _check_mark(dt: etree._Element, kind: AnnounceType, paper_id: str, primary: str) -> None:
    """Each row repeats the type of its section."""
    mark = _MARK.search(_line(dt))
    said = {None: AnnounceType.NEW, "replaced": AnnounceType.REPLACE}.get(mark and mark[1], AnnounceType.CROSS)
    if said is not kind:
        raise _Wrong(f"has {paper_id} under the wrong heading")
    if mark and mark[2] and resolve(mark[2]) != resolve(primary):
        raise _Wrong(f"has {paper_id} from {mark[2]}, whose primary subject is {primary}")


def _version(dt: etree._Element, paper_id: str) -> int:
    """Only the link to arXiv's HTML rendering tells the version, and not every paper has one."""
    for link in dt.iter("a"):
        found = _HTML.fullmatch(link.get("href", ""))
        if found and found[1] == paper_id:
            return int(found[2])
    return UNKNOWN


def _subjects(dd: etree._Element, paper_id: str) -> tuple[str, ...]:
    parts = _field(dd, "list-subjects").split(";")
    found = [_SUBJECT.fullmatch(part.strip()) for part in parts]
    codes = tuple(match[1] for match in found if match)
    if len(codes) != len(parts):
        raise _Wrong(f"has {paper_id} with subjects that cannot be read")
    return codes


def _authors(dd: etree._Element, paper_id: str) -> tuple[str, ...]:
    elements = _of_class(dd, "list-authors")
    if len(elements) != 1:
        raise _Wrong(f"has {paper_id} without its authors")
    links = (readable(_line(link)).strip(" :") for link in elements[0].iter("a"))  # `TEAM, :, names` has three
    names = tuple(filter(None, links))
    if not names and _line(elements[0]) != _NO_AUTHORS:
        raise _Wrong(f"has {paper_id} without its authors")
    return names


def _abstract(dd: etree._Element) -> str:
    paragraphs = [one for one in dd.iter("p") if "mathjax" in one.get("class", "").split()]
    if len(paragraphs) != 1:
        return ""
    lines = "".join(_said(paragraphs[0])).split("\n\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _field(dd: etree._Element, name: str) -> str:
    return " ".join(_line(element) for element in _of_class(dd, name)[:1])


def _of_class(dd: etree._Element, name: str) -> list[etree._Element]:
    return [element for element in dd.iter("div") if name in element.get("class", "").split()]


def _line(element: etree._Element) -> str:
    return " ".join("".join(_said(element)).split())


def _said(element: etree._Element) -> Iterator[str]:
    """The text of an element without its label; a link that hides its address behind words is the address."""
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n\n"
        elif child.tag == "a" and _THIS_URL.fullmatch("".join(child.itertext()).strip()):
            yield child.get("href", "")
        elif child.get("class") != "descriptor":
            yield from _said(child)
        yield child.tail or ""
