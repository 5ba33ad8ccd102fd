"""arXiv's feeds, in the markup of its serializer: https://github.com/arXiv/arxiv-feed, `feed/serializers`.

Metadata as it was typed, except that names are put together again from what the splitter has made of them. One
control character in it breaks the whole feed: the answer is HTTP 500.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from html import escape

from bot.model import AnnounceType, Paper
from bot.sources.calendar import EASTERN
from tests.counterparts.arxiv_prose import creator

LICENSE = "http://creativecommons.org/licenses/by/4.0/"
MOST = 2_000

_NEVER_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class BrokenFeed(Exception):
    """What arXiv answers with an HTTP 500."""


def feed(
    category: str,
    day: date,
    entries: Sequence[tuple[Paper, AnnounceType | str]],
    *,
    made_at: datetime | None = None,
) -> bytes:
    """`https://rss.arxiv.org/rss/<category>`, cut at 2,000 items: the first new ones are lost.

    `made_at` is when it was made; otherwise at the midnight with which its day begins.
    """
    midnight = datetime.combine(day, time(), EASTERN)
    stamp = _stamp(midnight)
    items = "".join(_item(paper, kind, stamp) for paper, kind in entries[max(0, len(entries) - MOST) :])
    if _NEVER_IN_XML.search(items):
        raise BrokenFeed
    name = f"{category} updates on arXiv.org"
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" version="2.0">
  <channel>
    <title>{name}</title>
    <link>http://rss.arxiv.org/rss/{category}</link>
    <description>{category} updates on the arXiv.org e-print archive.</description>
    <atom:link href="http://rss.arxiv.org/rss/{category}" rel="self" type="application/rss+xml"/>
    <docs>http://www.rssboard.org/rss-specification</docs>
    <language>en-us</language>
    <lastBuildDate>{_stamp((made_at or midnight).astimezone(UTC))}</lastBuildDate>
    <managingEditor>rss-help@arxiv.org</managingEditor>
    <pubDate>{stamp}</pubDate>
    <skipDays>
      <day>Saturday</day>
      <day>Sunday</day>
    </skipDays>
{items}  </channel>
</rss>
""".encode()  # noqa: E501


def _stamp(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S %z")


def _item(paper: Paper, kind: AnnounceType | str, stamp: str) -> str:
    name = f"{paper.id}v{paper.version}"
    tags = "".join(f"      <category>{code}</category>\n" for code in paper.categories)
    more = {"arxiv:DOI": paper.doi, "arxiv:journal_reference": paper.journal_ref.strip()}
    said = "".join(f"      <{tag}>{_text(value)}</{tag}>\n" for tag, value in more.items() if value)
    return f"""    <item>
      <title>{_text(paper.title)}</title>
      <link>https://arxiv.org/abs/{paper.id}</link>
      <description>arXiv:{name} Announce Type: {kind} \nAbstract: {_text(paper.abstract)}</description>
      <guid isPermaLink="false">oai:arXiv.org:{name}</guid>
{tags}      <pubDate>{stamp}</pubDate>
      <arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:rights>{paper.license or LICENSE}</dc:rights>
{said}      <dc:creator>{_text(creator(", ".join(paper.authors)))}</dc:creator>
    </item>
"""


def _text(value: str) -> str:
    return escape(value, quote=False)
