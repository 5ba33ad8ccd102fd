"""arXiv's listing and catch-up pages, in the markup of its templates.

https://github.com/arXiv/arxiv-browse, `browse/templates/list` and `catchup.html`. Held equal to a real capture and
to pages that arXiv's own code has rendered, mark by mark, by `tests/counterparts/test_arxiv_pages.py`. Papers are
given as arXiv stores them, in the order of the page; what it makes of their words is in `arxiv_prose`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

from bot import taxonomy
from bot.model import AnnounceType, Paper
from tests.counterparts.arxiv_prose import accented, author_links, linked, paragraphs

Entry = tuple[Paper, AnnounceType]
PER_PAGE = 2_000
SHOWN = (25, 50, 100, 250, 500, 1_000, 2_000)
"""How many entries a listing page can be asked to show."""

_SECTIONS = {
    "New": ("New submissions", (AnnounceType.NEW,)),
    "Cross": ("Cross-lists", (AnnounceType.CROSS,)),
    "Replacement": ("Replacements", (AnnounceType.REPLACE, AnnounceType.REPLACE_CROSS)),
}


def has_html(paper: Paper) -> bool:
    """Whether arXiv could make HTML of a paper: of one in ten it cannot, and then no page tells the version."""
    return not paper.id.endswith("7")


def listing_page(
    category: str, day: date, entries: Sequence[Entry], *, skip: int = 0, show: int = PER_PAGE
) -> bytes:
    """`/list/<category>/new`."""
    total = len(entries)
    fewer = SHOWN[SHOWN.index(show) - 1] if show > SHOWN[0] else None
    grey = '<span style="color: #454545">{}</span>'
    less = f'<a href=/list/{category}/new?skip={skip}&amp;show={fewer} rel="nofollow">\n      fewer</a>'
    paging = f"""
      <div class='paging'>Total of {total} entries {_pages(category, total, skip, show)}
    </div>
    <div class='morefewer'>Showing up to {show} entries per page:
          {less if fewer else grey.format("fewer")}
 |
          {grey.format("more")}
 |
          {grey.format("all")}

    </div>
""" * (total > 0)  # fmt: skip
    return _shell(f"""
  <h1>{_name(category)}</h1>

<ul>{_index(entries, 0)}
</ul>

<p>See <a id="recent-{category}" aria-labelledby="recent-{category}" href="/list/{category}/recent">recent</a> articles</p>
<h3>Showing new listings for {day:%A}, {day.day} {day:%B %Y}</h3>
{paging}

{_sections(entries, skip, show) or "    <p>No updates today.</p>"}

{paging}""")  # noqa: E501


def catchup_page(
    category: str, day: date, entries: Sequence[Entry], *, page: int = 1, next_day: date | None = None
) -> bytes:
    """`/catchup/<category>/<date>?abs=True`; `next_day` is the next one that has been announced."""
    when = f"{day:%a, %d %b %Y}"
    href = f"/catchup/{category}/{next_day}?abs=True&amp;page=1"
    later = f'        <a href="{href}">Continue to the next day</a>' if next_day else ""
    body = _sections(entries, (page - 1) * PER_PAGE, PER_PAGE)
    if not body and page > 1:
        body = f"""<br><div>
          No further updates for {when}
          <br><a href="/catchup/{category}/{day}?abs=True&amp;page=1">Go to page 1</a>
        </div><br>"""
    elif not body:
        body = f"""<br><div>
          <p>No updates for {when}. There was either no announcement for this day, or no updates within the requested subject.</p>
        </div><br>"""  # noqa: E501
    total = f"Total of {len(entries)} entries for {when}\n{_numbers(category, day, len(entries), page)}"
    return _shell(f"""
  <h1>Catchup results for {_name(category)} on {when}</h1>
    <ul>{_index(entries, 1)}
    </ul>
    <div>
{later}{"<br><br>" if later else ""}
      {total}
    </div>
    {body}
    <div></div>
    {total}
        {"<br> <br>" if later else ""}
{later}
    </div>
""")


def _name(category: str) -> str:
    known = taxonomy.categories().get(category)
    return escape(known.name) if known else category


def _index(entries: Sequence[Entry], first: int) -> str:
    """Where each section begins; the listing page counts from 0, and only the first of its sections."""
    html = ""
    for name, kinds in _SECTIONS.values():
        place = next((n for n, one in enumerate(entries) if one[1] in kinds), None)
        if place is not None:
            number = place + 1 if place or first else 0
            html += f'\n  <li><a href="#item{number}">{name}</a></li>'
    return html


def _pages(category: str, total: int, skip: int, show: int) -> str:
    if total <= show:
        return ""
    spans = [(start, f"{start + 1}-{min(total, start + show)}") for start in range(0, total, show)]
    return ": " + "\n".join(
        f"<span>{text}</span>" if start == skip
        else f'<a href=/list/{category}/new?skip={start}&amp;show={show} rel="nofollow">{text}</a>'
        for start, text in spans
    )  # fmt: skip


def _numbers(category: str, day: date, total: int, page: int) -> str:
    if total <= PER_PAGE:
        return ""
    return "  View page:" + "\n".join(
        f"<span>{number}</span>" if number == page
        else f"<a href=/catchup/{category}/{day}?abs=True&amp;page={number}>{number}</a>"
        for number in range(1, total // PER_PAGE + 2)
    )  # fmt: skip


def _sections(entries: Sequence[Entry], skip: int, show: int) -> str:
    shown = entries[skip : skip + show]
    html, number = "", skip
    for name, (_, kinds) in _SECTIONS.items():
        here = [one for one in shown if one[1] in kinds]
        if not here:
            continue
        everything = [n for n, one in enumerate(entries) if one[1] in kinds]
        is_continued, is_last = skip > everything[0], everything[-1] < skip + show
        words = "continued, showing" if is_continued else "showing"
        words += " last" * (is_continued and is_last) + " first" * (not is_continued and not is_last)
        rows = "".join(_row(number + n, *one) for n, one in enumerate(here, 1))
        number += len(here)
        html += f"""
      <dl id='articles'>
    <h3>{name} submissions ({words} {len(here)} of {len(everything)} entries)</h3>

{rows}
</dl>
"""
    return html


def _row(number: int, paper: Paper, kind: AnnounceType) -> str:
    one, primary = paper.id, _canonical(paper.primary)
    mark = {AnnounceType.NEW: "", AnnounceType.CROSS: f"    (cross-list from {primary})"}.get(
        kind, "    (replaced)"
    )
    html = f', <a href="https://arxiv.org/html/{one}v{paper.version}" title="View HTML" id="html-{one}" aria-labelledby="html-{one}" rel="noopener noreferrer" target="_blank">html</a>'  # noqa: E501
    return f"""
    <dt>
      <a name='item{number}'>[{number}]</a>
      <a href ="/abs/{one}" title="Abstract" id="{one}">
        arXiv:{one}
      </a>
      {mark}
        [<a href="/pdf/{one}" title="Download PDF" id="pdf-{one}" aria-labelledby="pdf-{one}">pdf</a>{html * has_html(paper)}, <a href="/format/{one}" title="Other formats" id="oth-{one}" aria-labelledby="oth-{one}">other</a>]
    </dt>
    <dd>
      <div class='meta'>
        <div class='list-title mathjax'><span class='descriptor'>Title:</span>
          {escape(paper.title)}
        </div>
        <div class='list-authors'>{author_links(", ".join(paper.authors), primary.split(".", maxsplit=1)[0])}</div>
{_optional("list-comments mathjax", "Comments", linked(accented(paper.comments)))}
{_optional("list-journal-ref", "Journal-ref", escape(paper.journal_ref))}
        <div class='list-subjects'><span class='descriptor'>Subjects:</span>
          {_subjects(paper)}
        </div>

        <p class='mathjax'>
          {paragraphs(paper.abstract)}
        </p>
      </div>
    </dd>"""  # noqa: E501


def _subjects(paper: Paper) -> str:
    """The primary subject, then the others in the order of their codes; each once, whatever it was called."""
    primary = _canonical(paper.primary)
    others = sorted({_canonical(code) for code in paper.categories} - {primary})
    shown = [f"{_name(code)} ({code})" for code in (primary, *others)]
    return "; ".join([f'<span class="primary-subject">{shown[0]}</span>', *shown[1:]])


def _canonical(code: str) -> str:
    return taxonomy.resolve(code) or code


def _optional(name: str, label: str, html: str) -> str:
    if not html:
        return ""
    return f"""        <div class='{name}'><span class='descriptor'>{label}:</span>
          {html}
        </div>"""


def _shell(inner: str) -> bytes:
    return f"""<!DOCTYPE html>
<html lang="en">

<head>  <title>arXiv</title>
</head>

<body ><div class="flex-wrap-footer">
    <main>
      <div id="content">
<div id='content-inner'>
<div id='dlpage'>
{inner}
</div>
</div>      </div>
    </main>
</div>
</body>

</html>
""".encode()
