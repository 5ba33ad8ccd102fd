"""A paper as reference managers read it: BibTeX, and the meta tags of its page. Pure.

https://info.arxiv.org/help/bib_feed.html
https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.model import Paper
from bot.text.harmless import one_line
from bot.text.latex import readable

_BARE = re.compile(r"(?<!\\)[%#&]")
_NO_KEY = re.compile(r"[^a-z0-9]+")
_DOI = re.compile(r"10\.\d{4,9}/[!-~]+", re.ASCII)


def bibtex(paper: Paper) -> str:
    """The entry of a paper; TeX of its title stays TeX where its braces and dollars are in pairs."""
    year = paper.submitted.year if paper.submitted else ""
    family = _NO_KEY.sub("", one_line(readable(paper.authors[0])).split(" ")[-1].lower()) if paper.authors else ""
    fields = {
        "title": f"{{{_tex(paper.title)}}}",
        "author": " and ".join(_tex(name) for name in paper.authors),
        "year": str(year),
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.primary,
        "url": paper.url,
        "doi": doi(paper),
        "note": _tex(paper.journal_ref),
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value.strip("{}")]
    key = f"{family or 'arxiv'}{year}_{_NO_KEY.sub('_', paper.id.lower())}"
    return f"@misc{{{key},\n" + ",\n".join(rows) + "\n}\n"


def meta_tags(paper: Paper, announced: date) -> Iterator[tuple[str, str]]:
    """Names and contents of the tags, as Zotero reads them."""
    yield "citation_title", one_line(readable(paper.title))
    for name in paper.authors:
        yield "citation_author", one_line(readable(name))
    yield "citation_date", announced.strftime("%Y/%m/%d")
    yield "citation_publication_date", announced.strftime("%Y/%m/%d")
    yield "citation_arxiv_id", paper.id
    yield "citation_pdf_url", pdf(paper)
    yield "citation_abstract_html_url", paper.url
    if found := doi(paper):
        yield "citation_doi", found


def pdf(paper: Paper) -> str:
    """The address of the text at arXiv."""
    return f"https://arxiv.org/pdf/{paper.id}"


def doi(paper: Paper) -> str:
    """The first DOI of a paper, empty when it has none that is one."""
    found = _DOI.match(paper.doi.strip())
    return found[0].rstrip("{}\\,;") if found else ""


def _tex(text: str) -> str:
    """A text inside of braces."""
    line = one_line(text)
    is_paired = line.count("{") == line.count("}") and line.count("$") % 2 == 0 and not line.endswith("\\")
    if not is_paired or _depth(line) < 0:
        line = re.sub(r"[{}\\$^_~]", " ", one_line(readable(text)))
    return _BARE.sub(lambda sign: f"\\{sign[0]}", line)


def _depth(line: str) -> int:
    """How far closing braces are ahead of opening ones, at the worst."""
    depth = worst = 0
    for sign in line:
        depth += (sign == "{") - (sign == "}")
        worst = min(worst, depth)
    return worst
