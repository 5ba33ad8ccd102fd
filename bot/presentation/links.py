"""Where a paper can be read further: its files at arXiv, its DOI, its code. Found in its texts alone. Pure.

An address in a text of a paper is linked only on hosts that are known for code: whatever else authors have
written there links nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from bot.changes import is_withdrawn
from bot.locale import say
from bot.model import Paper

_HTML_SINCE = date(2023, 12, 1)
"""https://blog.arxiv.org/2023/12/21/accessibility-update-arxiv-now-offers-papers-in-html-format/"""

_TYPED = {"\\_": "_", "\\%": "%", "\\#": "#", "\\&": "&", "\\~{}": "~", "\\~": "~", "{\\_}": "_"}
_PATH = r"/[\w.~%/-]{1,120}"
_OWNER = r"/[\w.~-]{1,80}"
_BEFORE = r"(?<![\w.@/-])(?:https?://)?(?:www\.)?"
_CODE = re.compile(
    rf"{_BEFORE}((?:github\.com|gitlab\.com|gitlab\.[a-z-]+\.[a-z]{{2,8}}|bitbucket\.org|codeberg\.org|huggingface\.co|hf\.co)"
    rf"{_OWNER}{_PATH})",
    re.ASCII | re.IGNORECASE,
)
_PROJECT = re.compile(
    rf"{_BEFORE}([a-z0-9-]{{1,63}}\.(?:github\.io|gitlab\.io|codeberg\.page)(?:{_PATH}|/)?)",
    re.ASCII | re.IGNORECASE,
)
_HOSTS = ("github", "gitlab", "bitbucket", "codeberg", "huggingface", "hf.co")
_DOI = re.compile(r"10\.\d{4,9}/[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Link:
    """One way on from a card."""

    name: str
    url: str


def links(paper: Paper, locale: str) -> tuple[Link, ...]:
    """The ways on from a paper, beside its abstract page; a paper that is withdrawn has no files."""
    return tuple(_links(paper, locale))


def _links(paper: Paper, locale: str) -> Iterator[Link]:
    if not is_withdrawn(paper):
        yield Link("PDF", quote(pdf(paper), safe=":/."))
        if paper.submitted and paper.submitted >= _HTML_SINCE:
            yield Link("HTML", f"https://arxiv.org/html/{quote(paper.id)}")
    if found := doi(paper):
        yield Link("DOI", f"https://doi.org/{quote(found, safe='/:;._-')}")
    text = f"{paper.comments} {paper.abstract}"
    lower = text.lower()
    if not any(host in lower for host in _HOSTS):  # most papers name none, and to look closely takes long
        return
    for typed, meant in _TYPED.items():
        text = text.replace(typed, meant)
    for kind, pattern in (("code", _CODE), ("project", _PROJECT)):
        if address := pattern.search(text):
            yield Link(say(f"card.link_{kind}", locale), f"https://{address[1].rstrip('.-/~%')}")


def pdf(paper: Paper) -> str:
    """The address of the text at arXiv."""
    return f"https://arxiv.org/pdf/{paper.id}"


def doi(paper: Paper) -> str:
    """The first DOI of a paper, empty when it has none that is one."""
    found = _DOI.match(paper.doi.strip())
    return found[0].rstrip("{}\\,;") if found else ""
