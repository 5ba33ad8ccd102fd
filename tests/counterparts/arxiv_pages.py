"""The pages of arXiv in its own markup: feeds (arxiv-feed), listing and catch-up pages (arxiv-browse).

Held equal to the real captures in ../shared/samples by `tests/sources/test_arxiv_listing.py`. Rows are given in
the order of the page; texts are escaped as arXiv escapes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from html import escape

from bot.model import AnnounceType, Paper
from bot.sources.calendar import EASTERN

Entry = tuple[Paper, AnnounceType]
PER_PAGE = 2_000

_SECTIONS = {
    "New": (AnnounceType.NEW,),
    "Cross": (AnnounceType.CROSS,),
    "Replacement": (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS),
}


def listing_page(
    category: str, day: date, entries: Sequence[Entry], *, skip: int = 0, show: int = PER_PAGE
) -> bytes:
    """`/list/<category>/new`."""
    total = len(entries)
    paging = f"\n      <div class='paging'>Total of {total} entries{_pages(total, skip, show)}\n    </div>" * (
        total > 0
    )
    body = _sections(entries, skip, show) or "\n    <p>No updates today.</p>\n"
    return _shell(f"""
  <h1>{category}</h1>
<ul></ul>
<p>See <a id="recent-{category}" href="/list/{category}/recent">recent</a> articles</p>
<h3>Showing new listings for {day:%A}, {day.day} {day:%B %Y}</h3>
{paging}
{body}
{paging}""")


def catchup_page(category: str, day: date, entries: Sequence[Entry], *, page: int = 1) -> bytes:
    """`/catchup/<category>/<date>?abs=True`."""
    when = f"{day:%a, %d %b %Y}"
    body = _sections(entries, (page - 1) * PER_PAGE, PER_PAGE)
    if not body:
        body = (
            f"<br><div><p>No updates for {when}. There was either no announcement for this day, "
            "or no updates within the requested subject.</p></div><br>"
        )
    return _shell(f"""
  <h1>Catchup results for {category} on {when}</h1>
    <ul></ul>
    <div>
      Total of {len(entries)} entries for {when}
    </div>
{body}
    <div></div>
    Total of {len(entries)} entries for {when}
""")


def feed(category: str, day: date, entries: Sequence[Entry]) -> bytes:
    """`https://rss.arxiv.org/rss/<category>`, cut at 2,000 items as arXiv cuts it: the first new ones are lost."""
    stamp = datetime.combine(day, time(), EASTERN).strftime("%a, %d %b %Y %H:%M:%S %z")
    kept = entries[max(0, len(entries) - PER_PAGE) :]
    items = "".join(_item(paper, kind, stamp) for paper, kind in kept)
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
  <channel>
    <title>{category} updates on arXiv.org</title>
    <link>http://rss.arxiv.org/rss/{category}</link>
    <description>{category} updates on the arXiv.org e-print archive.</description>
    <lastBuildDate>{stamp}</lastBuildDate>
    <pubDate>{stamp}</pubDate>
{items}
  </channel>
</rss>
""".encode()


def _item(paper: Paper, kind: AnnounceType, stamp: str) -> str:
    tags = "".join(f"\n      <category>{code}</category>" for code in paper.categories)
    name = f"{paper.id}v{paper.version}"
    return f"""    <item>
      <title>{escape(paper.title)}</title>
      <link>https://arxiv.org/abs/{paper.id}</link>
      <description>arXiv:{name} Announce Type: {kind}
Abstract: {escape(paper.abstract)}</description>
      <guid isPermaLink="false">oai:arXiv.org:{name}</guid>{tags}
      <pubDate>{stamp}</pubDate>
      <arxiv:announce_type>{kind}</arxiv:announce_type>
      <dc:creator>{escape(", ".join(paper.authors))}</dc:creator>
    </item>
"""


def _pages(total: int, skip: int, show: int) -> str:
    if total <= show:
        return ""
    spans = [(start, f"{start + 1}-{min(total, start + show)}") for start in range(0, total, show)]
    return " : " + "\n".join(
        f"<span>{text}</span>" if start == skip else f"<a href=/list?skip={start}&amp;show={show}>{text}</a>"
        for start, text in spans
    )


def _sections(entries: Sequence[Entry], skip: int, show: int) -> str:
    shown = entries[skip : skip + show]
    html, number = "", skip
    for name, kinds in _SECTIONS.items():
        here = [one for one in shown if one[1] in kinds]
        if not here:
            continue
        everything = sum(1 for one in entries if one[1] in kinds)
        first = entries.index(here[0]) == next(n for n, one in enumerate(entries) if one[1] in kinds)
        words = "showing" if first else "continued, showing"
        if len(here) < everything:
            words += " first" if first else " last"
        rows = ""
        for paper, kind in here:
            number += 1
            rows += _row(number, paper, kind)
        html += f"""
<dl id='articles'>
    <h3>{name} submissions ({words} {len(here)} of {everything} entries)</h3>
{rows}
</dl>"""
    return html


def _row(number: int, paper: Paper, kind: AnnounceType) -> str:
    mark = {AnnounceType.NEW: "", AnnounceType.CROSS: f"(cross-list from {paper.primary})"}.get(kind, "(replaced)")
    one = paper.id
    version = f"{one}v{paper.version}"
    html = f"""<a href="https://arxiv.org/html/{version}" title="View HTML" id="html-{one}">html</a>, """
    people = ", ".join(
        f'<a href="https://arxiv.org/search/cs?searchtype=author&amp;query=X" rel="nofollow">{escape(name)}</a>'
        for name in paper.authors
    )
    primary, *others = [f"Subject {code} ({code})" for code in paper.categories]
    subjects = f'<span class="primary-subject">{primary}</span>' + "".join(f"; {other}" for other in others)
    return f"""
    <dt>
      <a name='item{number}'>[{number}]</a>
      <a href ="/abs/{one}" title="Abstract" id="{one}">
        arXiv:{one}
      </a>
          {mark}

        [<a href="/pdf/{one}" title="Download PDF" id="pdf-{one}" aria-labelledby="pdf-{one}">pdf</a>, {html}]
    </dt>
    <dd>
      <div class='meta'>
        <div class='list-title mathjax'><span class='descriptor'>Title:</span>
          {escape(paper.title)}
        </div>
        <div class='list-authors'>{people}</div>
{_optional("list-comments mathjax", "Comments", paper.comments)}
{_optional("list-journal-ref", "Journal-ref", paper.journal_ref)}
        <div class='list-subjects'><span class='descriptor'>Subjects:</span>
          {subjects}
        </div>

        <p class='mathjax'>
          {escape(paper.abstract)}
        </p>
      </div>
    </dd>"""


def _optional(name: str, label: str, text: str) -> str:
    if not text:
        return ""
    return f"<div class='{name}'><span class='descriptor'>{label}:</span>\n {escape(text)}\n</div>"


def _shell(inner: str) -> bytes:
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>arXiv</title></head>
<body><main><div id="content"><div id='content-inner'><div id='dlpage'>
{inner}
</div></div></div></main></body></html>
""".encode()
