"""arXiv's own feeds, RSS or Atom, one for each category: https://info.arxiv.org/help/rss.html.

    bytes | gate (defusedxml: is it what was asked for, whole and harmless?) | feedparser | Listing

feedparser reads nearly anything, an error page as an empty day and half a feed as a short one; so the gate
refuses first, with a reason that an admin can act on. Not this room's job: which papers are new.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import feedparser
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import SourceError
from bot.model import ALL, Announcement, AnnounceType, Form, Listing, Paper, UnreadRow, Validator
from bot.settings import Settings
from bot.sources import PAPER_ID, Outcome, Unchanged, outcome_of
from bot.sources.calendar import EASTERN, FEEDS_DUE
from bot.sources.client import PoliteClient
from bot.sources.limits import MAX_TEXT, excess
from bot.sources.names import authors
from bot.taxonomy import archives, resolve

NAME = "arxiv_feed"
MAX_ITEMS = 2_000
"""arXiv cuts a feed here, and what it drops are new papers (their lowest ids), without a word."""

_ATOM = "{http://www.w3.org/2005/Atom}"
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?><!--.*?-->\s*)*+<(?:!doctype\s+)?html", re.I | re.S
)
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml|rss|feed)\b")
_TITLE = re.compile(r"(\S+) updates on arXiv\.org", re.I)
_GUID = re.compile(rf"oai:arXiv\.org:({PAPER_ID})v([1-9][0-9]{{0,3}})", re.I)
_CODE = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_ABSTRACT = re.compile(r"arXiv:(\S+) Announce Type: (\S+)\s+Abstract:")
_MOST_UNREAD = 3
"""More bad items than good ones, and more than a few, are no accident."""
_AN_ID = b"oai:arXiv.org:"


@dataclass(frozen=True, slots=True)
class ArxivFeed:
    """The source: one feed for each category, never a union or a whole archive, which would be cut."""

    client: PoliteClient
    url: str  # with {category}
    name: str = NAME
    due_offset: timedelta = FEEDS_DUE
    is_daily: bool = True

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """One outcome for each category, in order; an error is an outcome too."""
        for category in categories:
            yield await outcome_of(category, self._listing(category, known.get(category)))

    async def _listing(self, category: str, known: Validator | None) -> Outcome:
        page = await self.client.get(category, self.url.replace("{category}", category), known)
        if page is None:
            return Unchanged(category)
        listing = await asyncio.to_thread(parse, page.body, category)
        if page.status != 200:
            raise SourceError(category, f"arXiv answers HTTP {page.status}, yet with a feed: try again later")
        return replace(listing, validator=page.validator)


def source(settings: Settings, client: PoliteClient) -> ArxivFeed:
    """The source of this installation."""
    return ArxivFeed(client, settings.arxiv_feed_url)


def parse(body: bytes, category: str | None) -> Listing:
    """The listing in a feed of that category; with None, of whatever category or archive its title names.

    Texts are kept as the feed has them, TeX and all, except the names of authors. Raises SourceError.
    """
    frame = _gate(body, category)
    found = [_row(frame, item, entry) for item, entry in zip(frame.items, _entries(body, frame), strict=True)]
    announcements = tuple(one for one in found if isinstance(one, Announcement))
    unread = tuple(one for one in found if isinstance(one, UnreadRow))
    if len(unread) > max(_MOST_UNREAD, len(announcements)):
        reason = f"{len(unread)} items cannot be read, like {unread[0].paper}: {unread[0].reason}"
        raise SourceError(frame.category, f"{reason}; the form of the feed has changed")
    return Listing(NAME, frame.category, frame.day, announcements, unread=unread, form=Form.TYPED)


def read(body: bytes) -> Listing | None:
    """The listing in a feed of whatever category or archive, or None when this is no XML feed at all."""
    return parse(body, None) if _XML.match(body) else None


@dataclass(frozen=True, slots=True)
class _Item:
    """What is taken from the XML itself, because feedparser mends characters that are not broken."""

    id: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """A feed that has passed the gate."""

    category: str
    day: date
    items: tuple[_Item, ...]


@dataclass(frozen=True, slots=True)
class _Flavour:
    """Where RSS 2.0 and Atom keep the same things: https://info.arxiv.org/help/atom_specifications.html."""

    title: str
    about: str
    dates: tuple[str, ...]
    item: str
    id: str
    description: str


_RSS = _Flavour(
    title="title",
    about="description",
    dates=("pubDate", "lastBuildDate"),
    item="item",
    id="guid",
    description="description",
)
_ATOM_FEED = _Flavour(
    title=f"{_ATOM}title",
    about=f"{_ATOM}subtitle",
    dates=(f"{_ATOM}updated",),
    item=f"{_ATOM}entry",
    id=f"{_ATOM}id",
    description=f"{_ATOM}summary",
)


def _gate(body: bytes, category: str | None) -> _Frame:
    who = category or ALL
    root = _root(body, who)
    channel = root.find("channel")
    if root.tag == "rss" and channel is not None:
        frame = _frame(channel, _RSS, category)
    elif root.tag == f"{_ATOM}feed":
        frame = _frame(root, _ATOM_FEED, category)
    else:
        raise SourceError(who, f"this is XML, but neither RSS nor Atom: it is <{root.tag}>; check ARXIV_FEED_URL")
    if not frame.items and _AN_ID in body:
        raise SourceError(who, "the feed has papers, yet no items: its form has changed")
    return frame


def _root(body: bytes, who: str) -> Element:
    if much := excess(body):
        raise SourceError(who, f"the page {much}: it is no feed of one category")
    text = body.strip()
    if not text:
        raise SourceError(who, "the page is empty: try again later")
    if text[:13].lower() == b"rate exceeded":
        raise SourceError(who, "arXiv says that its rate is exceeded: wait some minutes, and run only one bot")
    if _HTML.match(body[:4096]):
        raise SourceError(
            who, "the page is HTML, no feed: arXiv has trouble, or ARXIV_FEED_URL is the wrong address"
        )
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise SourceError(who, "the XML declares a DTD or entities, which arXiv never does: refused") from error
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(who, f"the XML is broken or cut off ({error}): try again later") from error
    return root


def _frame(channel: Element, flavour: _Flavour, category: str | None) -> _Frame:
    title = _text(channel, flavour.title)
    if title.lower().startswith("feed error for query"):
        raise SourceError(category or ALL, f"arXiv refuses the feed: {_text(channel, flavour.about)}")
    code = _category(title, category)
    stamps = [stamp for tag in flavour.dates if (stamp := _text(channel, tag))]
    if not stamps:
        raise SourceError(code, "the feed has no date: its form has changed")
    items = tuple(
        _Item(_text(item, flavour.id), _text(item, flavour.title), _text(item, flavour.description))
        for item in channel.findall(flavour.item)
    )
    if len(items) >= MAX_ITEMS:
        raise SourceError(
            code,
            f"the feed has {len(items):,} items: arXiv cuts it at {MAX_ITEMS:,} and drops new papers; "
            "ask for single categories instead of an archive",
        )
    (most, times), *_ = Counter(item.id for item in items).most_common(1) or [("", 0)]
    if most and times > 1:
        raise SourceError(code, f"the feed has {most} twice: it is damaged, try again later")
    return _Frame(code, _day(stamps[0], code), items)


def _category(title: str, category: str | None) -> str:
    match = _TITLE.fullmatch(title)
    named = match[1] if match else ""
    code = resolve(named)
    if category is None and not code and named.lower() in archives():
        code = named.lower()
    if not code:
        raise SourceError(category or ALL, f"the title {title!r} is not that of an arXiv feed of one category")
    if category is not None and code != resolve(category):
        raise SourceError(category, f"this is the feed of {named}, not of {category}: check ARXIV_FEED_URL")
    return code


def _entries(body: bytes, frame: _Frame) -> Sequence[Mapping[str, Any]]:
    """What feedparser makes of it, as many and in the same order as the gate has seen."""
    try:
        feed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    except (LookupError, AttributeError, TypeError, ValueError) as error:  # elements that stand in odd places
        raise SourceError(frame.category, f"the feed's form has changed ({type(error).__name__})") from error
    entries: Sequence[Mapping[str, Any]] = feed.entries
    if feed.bozo or [entry.get("id", "") for entry in entries] != [item.id for item in frame.items]:
        raise SourceError(frame.category, "the feed's items cannot be told apart: its form has changed")
    return entries


class _BadItem(Exception):
    """Why an item cannot be read, to follow the name of its paper."""


def _row(frame: _Frame, item: _Item, entry: Mapping[str, Any]) -> Announcement | UnreadRow:
    match = _GUID.fullmatch(item.id)
    try:
        return _announcement(frame, item, entry)
    except _BadItem as bad:
        return UnreadRow(
            match[1] if match else item.id[:60] or item.title[:60] or "an item without a name", str(bad)
        )


def _announcement(frame: _Frame, item: _Item, entry: Mapping[str, Any]) -> Announcement:
    match = _GUID.fullmatch(item.id)
    if not match:
        raise _BadItem("it has no arXiv id with a version")
    kind = _type(entry)
    opening = _ABSTRACT.match(item.description)
    if opening and opening.groups() != (f"{match[1]}v{match[2]}", kind.value):
        raise _BadItem(f"it has the description of {opening[1]}, {opening[2]}")
    abstract = item.description[opening.end() :].strip() if opening else ""
    categories = tuple(str(tag["term"]) for tag in entry.get("tags", ()) if tag.get("term"))
    for what, value in {"title": item.title, "abstract": abstract, "category": categories}.items():
        if not value:
            raise _BadItem(f"it has no {what}")
    if odd := [code for code in categories if not _CODE.fullmatch(code)]:
        raise _BadItem(f"its category {odd[0][:60]!r} is none")
    if max(len(item.title), len(abstract)) > MAX_TEXT:
        raise _BadItem(f"a text of it has more than {MAX_TEXT:,} characters")
    _check_primary(frame, kind, categories)
    paper = Paper(
        id=match[1],
        version=int(match[2]),
        title=item.title,
        authors=authors(_creators(entry)),
        abstract=abstract,
        categories=categories,
        doi=str(entry.get("arxiv_doi", "")),
        journal_ref=str(entry.get("arxiv_journal_reference", "")),
        license=str(entry.get("rights", "")),
    )
    stamp = str(entry.get("published", ""))
    if stamp and _date(stamp) != frame.day:
        raise _BadItem(f"it has the date {stamp[:40]!r} in a feed of {frame.day}")
    return Announcement(paper, frame.category, frame.day, kind)


def _check_primary(frame: _Frame, kind: AnnounceType, categories: Sequence[str]) -> None:
    """In the feed of one category, a type tells whether that is the primary one of the paper."""
    canonical = [resolve(code) for code in categories]
    own = resolve(frame.category)
    is_own = canonical[0] == own
    is_second_name = is_own and canonical.count(own) > 1  # a cross-list of math.NA into cs.NA, which is the same
    if own is None or kind is AnnounceType.REPLACE_CROSS:
        return
    if is_own is (kind is AnnounceType.CROSS) and not is_second_name:
        raise _BadItem(f"it is called {kind.value}, yet its primary subject is {categories[0]}")


def _type(entry: Mapping[str, Any]) -> AnnounceType:
    word = str(entry.get("arxiv_announce_type", ""))
    try:
        return AnnounceType(word)
    except ValueError as error:
        raise _BadItem(f"it has no announce type that we know: {word!r}") from error


def _creators(entry: Mapping[str, Any]) -> str:
    """The dc:creator as it is written; arXiv writes one, with all names."""
    several: Sequence[Mapping[str, Any]] = entry.get("authors", ())
    if len(several) > 1:
        return ", ".join(str(one.get("name", "")) for one in several)
    return str(entry.get("author", ""))


def _text(parent: Element, tag: str) -> str:
    child = parent.find(tag)
    return "" if child is None else "".join(child.itertext()).strip()


def _day(stamp: str, category: str) -> date:
    if (day := _date(stamp)) is None:
        raise SourceError(category, f"the feed has a date that cannot be read: {stamp[:60]!r}")
    return day


def _date(stamp: str) -> date | None:
    """The announcement's Eastern date: the label of an Eastern stamp; a stamp in UTC is an instant."""
    try:
        moment = datetime.fromisoformat(stamp) if stamp[:4].isdecimal() else parsedate_to_datetime(stamp)
        return (moment.astimezone(EASTERN) if moment.utcoffset() == timedelta() else moment).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
