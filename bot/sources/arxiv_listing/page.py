"""One listing or catch-up page as arXiv renders it: strict, because a page that adds up is what confirms a day.

The markup is that of https://github.com/arXiv/arxiv-browse, `browse/templates/list` and `catchup.html`. What is
checked: the page is whole; its date exists; every section has as many rows as its heading says; sections add up
to the total. What is wrong with one paper only costs that row, which is named. Totals are read in the text around
the papers: their own words may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from bot.errors import SourceError
from bot.model import Announcement, AnnounceType, UnreadRow
from bot.sources.arxiv_listing.prose import line
from bot.sources.arxiv_listing.row import Section, row
from bot.sources.limits import excess

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
_LATER = re.compile(r"Continue to the next day|Continue catchup on")
_MOST_UNREAD = 3
"""More bad rows than good ones, and more than a few, are no accident: the form of the page has changed."""

_KIND = {"New": AnnounceType.NEW, "Cross": AnnounceType.CROSS, "Replacement": AnnounceType.REPLACE}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a listing: what it claims and what it shows."""

    date: date
    total: int | None  # of the whole listing; None where the page does not say
    claims: dict[AnnounceType, int]  # of the whole listing, for the sections that are on this page
    rows: tuple[Announcement, ...]
    unread: tuple[UnreadRow, ...] = ()

    @property
    def shown(self) -> int:
        """How many papers the page shows, unreadable ones included."""
        return len(self.rows) + len(self.unread)


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
    texts = list(_around(root))
    is_current = not any(_LATER.search(text) for text in texts)
    totals = {int(found) for text in texts for found in _TOTAL.findall(text)}
    if len(totals) > 1:
        raise _Wrong(f"claims several totals, {sorted(totals)}")
    total = totals.pop() if totals else None
    claims: dict[AnnounceType, int] = {}
    found: list[Announcement | UnreadRow] = []
    for heading, pairs in _sections(root):
        kind, shown, claimed = _heading(heading)
        if kind in claims:
            raise _Wrong(f"has the section {heading!r} twice")
        if len(pairs) != shown or not 0 < shown <= claimed:
            raise _Wrong(f"shows {len(pairs)} rows under {heading!r}")
        claims[kind] = claimed
        section = Section(kind, category, day, is_current)
        found += [row(dt, dd, section) for dt, dd in pairs]
    rows = tuple(one for one in found if isinstance(one, Announcement))
    page = Sheet(day, total, claims, rows, tuple(one for one in found if isinstance(one, UnreadRow)))
    _judge(root, page, says_nothing=any(_NOTHING.match(text.strip()) for text in texts))
    return page


def _around(element: etree._Element) -> Iterator[str]:
    """The texts of a page outside its papers."""
    yield element.text or ""
    for child in element:
        if child.tag not in ("dl", "dt", "dd"):
            yield from _around(child)
        yield child.tail or ""


def _root(body: bytes) -> etree._Element:
    if not body.strip():
        raise _Wrong("is empty")
    if much := excess(body):
        raise _Wrong(much)
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
            if match := pattern.fullmatch(line(heading)):
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
        elif not _DATES[0][0].fullmatch(text := line(element)):
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


def _judge(root: etree._Element, page: Sheet, *, says_nothing: bool) -> None:
    """Whether what is shown can be all that is claimed, as far as one page tells."""
    ids = [one.paper.id for one in page.rows]
    if len({*ids}) != len(ids):
        raise _Wrong("has a paper twice")
    links = [link for link in root.iter("a") if link.get("title") == "Abstract"]
    if len(links) != len(
        [link for dt in root.iter("dt") for link in dt.iter("a") if link.get("title") == "Abstract"]
    ):
        raise _Wrong("links papers outside its rows")
    if not page.shown:
        if not says_nothing or page.total not in (None, 0):
            raise _Wrong("has no papers, yet does not say that there are none")
    elif says_nothing:
        raise _Wrong("has papers, yet says that there are none")
    elif page.total is None and set(page.claims) != set(_KIND.values()):
        raise _Wrong("has neither all three sections nor a total")
    elif page.total is not None and sum(page.claims.values()) > page.total:
        raise _Wrong(f"has sections of {sum(page.claims.values())} entries in a total of {page.total}")
    if len(page.unread) > max(_MOST_UNREAD, len(page.rows)):
        first = page.unread[0]
        raise _Wrong(f"has {len(page.unread)} papers that cannot be read, like {first.paper}: {first.reason}")
