"""A paper as reference managers read it: BibTeX as arXiv writes it, and the meta tags of its page. Pure.

https://info.arxiv.org/help/hypertex/bibstyles/index.html
https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from bot.model import Paper
from bot.presentation.links import doi, pdf
from bot.text.harmless import one_line
from bot.text.latex import readable

_NO_KEY = re.compile(r"[^a-z0-9]+")
_TOKEN = re.compile(r"\\.|.")
_BARE = {"%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "^": r"\textasciicircum{}"}
_EVEN_IN_MATH = "%#"
_PLAIN = _BARE | {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "$": r"\$",
    "~": r"\textasciitilde{}",
}
_NO_PERSON = re.compile(r",|\b(?:and|collaborations?|consortium|team|group)\b", re.IGNORECASE)


def bibtex(paper: Paper) -> str:
    """The entry of a paper; its key has its id, so that no other paper has it."""
    year = str(paper.submitted.year) if paper.submitted else ""
    family = _NO_KEY.sub("", one_line(readable(paper.authors[0])).split(" ")[-1].lower()) if paper.authors else ""
    fields = {
        "title": f"{{{tex(paper.title)}}}",
        "author": " and ".join(map(_author, paper.authors)),
        "year": year,
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.primary,
        "url": paper.url,
        "doi": tex(doi(paper)),
        "journal": tex(paper.journal_ref),
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


def tex(text: str) -> str:
    """A text inside of braces: TeX stays TeX where its braces and dollars are in pairs, else nothing is TeX."""
    line = one_line(text)
    tokens = _TOKEN.findall(line)
    if not _is_paired(line) or tokens.count("$") % 2 or tokens[-1:] == ["\\"]:
        return "".join(_PLAIN.get(sign, sign) for sign in one_line(readable(text)))
    said, is_math = "", False
    for sign in tokens:
        is_math ^= sign == "$"
        said += sign if is_math and sign not in _EVEN_IN_MATH else _BARE.get(sign, sign)
    return said


def _author(name: str) -> str:
    """A name, in braces of its own where it is not a person's, or would be taken for two or turned round."""
    return f"{{{tex(name)}}}" if _NO_PERSON.search(name) else tex(name)


def _is_paired(line: str) -> bool:
    """Whether every brace has its other one, as BibTeX counts them: also those after a backslash."""
    depth = 0
    for sign in line:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0
