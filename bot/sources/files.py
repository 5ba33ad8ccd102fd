"""Reads one listing from wherever an admin points, whichever form it has: for `--from PATH`.

Every source recognises its own form: `read(body) -> Listing | None`.
"""

from __future__ import annotations

import asyncio

from bot.errors import SourceError
from bot.model import ALL, Listing
from bot.sources import available, module
from bot.sources.client import PoliteClient


async def listing_from(location: str, client: PoliteClient) -> Listing:
    """The listing in a file or behind a URL, recognised by its content. Raises SourceError."""
    page = await client.get(ALL, location)
    if page is None:
        raise SourceError(ALL, f"{location} answers that it has not changed, which was not asked")
    try:
        return await asyncio.to_thread(_listing, page.body)
    except SourceError as error:
        raise SourceError(error.category, f"{location}: {error.reason}", error.retry_after) from error


def _listing(body: bytes) -> Listing:
    for name in available():
        listing: Listing | None = module(name).read(body)
        if listing:
            return listing
    raise SourceError(
        ALL,
        "not understood: it must be an RSS or Atom feed of arXiv, a saved listing page, "
        "or the text of a saved arXivDaily page",
    )
