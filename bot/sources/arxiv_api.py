"""One paper of any number, asked of arXiv's API: https://info.arxiv.org/help/api/user-manual.html

Not a source: it knows no announcements. It is asked once for a paper that nobody has announced to us.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import SourceError
from bot.model import Paper
from bot.settings import Settings
from bot.sources import ODD, PAPER_ID
from bot.sources.client import SPACING, PoliteClient
from bot.sources.limits import MAX_TEXT, excess
from bot.taxonomy import resolve
from bot.text.latex import readable

PATIENCE = timedelta(seconds=45)
"""How long somebody who has asked for a paper waits for it: longer than two pages take while a day is read."""

LookUp = Callable[[str], Awaitable[Paper | None]]
"""The current version of a paper, None where arXiv has none of that id; SourceError when it does not say."""

_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_ID = re.compile(rf"https?://arxiv\.org/abs/({PAPER_ID})v([1-9][0-9]{{0,3}})")


def look_up(settings: Settings, client: PoliteClient) -> LookUp:
    """What asks for papers in this installation, one at a time and at arXiv's pace."""

    async def asked(paper_id: str) -> Paper | None:
        address = f"{settings.arxiv_api_url.rstrip('/')}/api/query?id_list={quote(paper_id)}&max_results=1"
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                page = await client.get(paper_id, address, every=SPACING)
            return read(page.body, paper_id) if page else None
        except TimeoutError as error:
            raise SourceError(paper_id, "arXiv did not answer in time: try again later") from error
        except SourceError:
            raise
        except ODD as error:
            raise SourceError(paper_id, f"arXiv's answer cannot be read ({type(error).__name__})") from error

    return asked


def read(body: bytes, paper_id: str) -> Paper | None:
    """The paper in an answer of the API, None when it has none of that id. Raises SourceError."""
    if much := excess(body):
        raise SourceError(paper_id, f"arXiv's answer {much}")
    try:
        feed: Element = fromstring(body, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise SourceError(paper_id, "arXiv's answer is broken or cut off: try again later") from error
    if feed.tag != f"{_ATOM}feed":
        raise SourceError(paper_id, f"arXiv's answer is <{feed.tag}>, no list of papers: try again later")
    entry = feed.find(f"{_ATOM}entry")
    if entry is None or "/api/errors" in _text(entry, f"{_ATOM}id"):
        return None
    found = _ID.fullmatch(_text(entry, f"{_ATOM}id"))
    title, abstract = _text(entry, f"{_ATOM}title"), _text(entry, f"{_ATOM}summary")
    categories = _categories(entry)
    if found is None or found[1] != paper_id or not (title and abstract and categories):
        raise SourceError(paper_id, "arXiv's answer is about something else: try again later")
    if max(len(title), len(abstract)) > MAX_TEXT:
        raise SourceError(paper_id, f"a text of the paper has more than {MAX_TEXT:,} characters")
    return Paper(
        id=found[1],
        version=int(found[2]),
        title=title,
        authors=tuple(
            readable(name) for one in entry.findall(f"{_ATOM}author") if (name := _text(one, f"{_ATOM}name"))
        ),
        abstract=abstract,
        categories=categories,
        comments=_text(entry, f"{_ARXIV}comment"),
        doi=_text(entry, f"{_ARXIV}doi"),
        journal_ref=_text(entry, f"{_ARXIV}journal_ref"),
    )


def _categories(entry: Element) -> tuple[str, ...]:
    """Those of arXiv, the primary one first: classes of other schemes stand among them."""
    primary = entry.find(f"{_ARXIV}primary_category")
    terms = [one.get("term", "") for one in entry.findall(f"{_ATOM}category")]
    codes = [primary.get("term", "") if primary is not None else "", *terms]
    return tuple(dict.fromkeys(code for code in codes if resolve(code)))


def _text(parent: Element, tag: str) -> str:
    child = parent.find(tag)
    return "" if child is None else " ".join("".join(child.itertext()).split())
