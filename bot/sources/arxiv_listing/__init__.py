"""arXiv's listing and catch-up pages: the confirmation that says how many papers were announced, and which.

Today's page comes four hours before the feed, has the authors' comments, and claims its own counts; catch-up
pages give back any of the last 90 days. Not this room's job: what is new, and whether the feed agrees.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.errors import SourceError
from bot.model import ALL, Form, Listing, Validator
from bot.settings import Settings
from bot.sources import Outcome, outcome_of
from bot.sources.arxiv_listing.page import Sheet, sheet
from bot.sources.calendar import PAGES_DUE
from bot.sources.client import PAGE_SPACING, PoliteClient

NAME = "arxiv_listing"
PER_PAGE = 2_000
"""The most that arXiv shows on one page, listing or catch-up."""

_MOST_PAGES = 10
_FORM = re.compile(rb"Showing new listings for|Catchup results for")


@dataclass(frozen=True, slots=True)
class ArxivListing:
    """The source: the newest page of each category, and the page of each of the last 90 days."""

    client: PoliteClient
    url: str  # of the site
    name: str = NAME
    due_offset: timedelta = PAGES_DUE
    is_daily: bool = False

    async def fetch(self, categories: Sequence[str], known: Mapping[str, Validator]) -> AsyncIterator[Outcome]:
        """One outcome for each category, in order; an error is an outcome too."""
        for category in categories:
            address = f"{self.url}/list/{category}/new?skip={{skip}}&show={PER_PAGE}"
            yield await outcome_of(category, self._listing(category, address))

    async def rebuild(self, category: str, day: date) -> Outcome:
        """What was announced on one of the last 90 days; nothing when there was no mailing."""
        address = f"{self.url}/catchup/{category}/{day}?abs=True&page={{page}}"
        outcome = await outcome_of(category, self._listing(category, address))
        if isinstance(outcome, Listing) and outcome.date != day:
            return SourceError(category, f"the catch-up page of {day} is that of {outcome.date}: try again later")
        return outcome

    async def _listing(self, category: str, form: str) -> Outcome:
        return joined(category, [one async for one in self._sheets(category, form)])

    async def _sheets(self, category: str, form: str) -> AsyncIterator[Sheet]:
        shown = 0
        for number in range(_MOST_PAGES):
            address = form.format(skip=number * PER_PAGE, page=number + 1)
            page = await self.client.get(category, address, every=PAGE_SPACING)
            assert page is not None  # noqa: S101  # nothing was asked conditionally
            if page.status != 200:
                raise SourceError(category, f"arXiv answers HTTP {page.status} for {address}: try again later")
            one = await asyncio.to_thread(sheet, page.body, category)
            yield one
            shown += one.shown
            if shown >= (one.total or 0):
                return


def source(settings: Settings, client: PoliteClient) -> ArxivListing:
    """The source of this installation."""
    return ArxivListing(client, settings.arxiv_url.rstrip("/"))


def joined(category: str, sheets: Sequence[Sheet]) -> Listing:
    """The pages of one listing as one. Raises SourceError when together they are not what they claim."""
    first = sheets[0]
    rows = [row for one in sheets for row in one.rows]
    claims = {kind: claimed for one in sheets for kind, claimed in one.claims.items()}
    if any((one.date, one.total) != (first.date, first.total) for one in sheets):
        raise SourceError(category, "the pages of the listing are of several days or states: try again later")
    claimed = sum(claims.values()) if first.total is None else first.total
    unread = tuple(row for one in sheets for row in one.unread)
    shown = len({row.paper.id for row in rows}) + len(unread)
    if claimed != sum(claims.values()) or claimed != shown or claimed != sum(one.shown for one in sheets):
        raise SourceError(
            category, f"the listing of {first.date} claims {claimed} papers and shows {shown}: try again later"
        )
    return Listing(NAME, category, first.date, tuple(rows), claimed, unread=unread, form=Form.RENDERED)


def read(body: bytes) -> Listing | None:
    """The listing in a saved page of whatever category, or None when this is no listing page at all."""
    return joined(ALL, [sheet(body, ALL)]) if _FORM.search(body) else None
