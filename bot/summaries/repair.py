"""Repairs of Chinese texts made elsewhere: what they lost is put back from the English; nothing is made up.

Pages that carry translations lose links ("this https URL") and break formulas (a backslash that JSON has eaten or
doubled). What cannot be mended so stays; judging is the job of `gate`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.model import Listing, Paper, Summary
from bot.summaries.gate.signs import STANDS_FOR_LINK
from bot.text.masking import URL

_URL = re.compile(URL)
_LABEL = re.compile(r"^\s*(?:(?:中文)?(?:摘要|标题|译文|翻译)\s*[:：]\s*)+")
_EATEN = re.compile(r"([\x08\x0c\t\r\n])([A-Za-z]+)")
_ESCAPES = {"\x08": r"\b", "\x0c": r"\f", "\t": r"\t", "\r": r"\r", "\n": r"\n"}
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z%_&#{}])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def mended(listing: Listing) -> Listing:
    """The listing with its Chinese texts repaired; nothing else changes."""
    papers = {(one.paper.id, one.paper.version): one.paper for one in listing.announcements}
    texts = tuple(_of_its_paper(papers, summary) for summary in listing.summaries)
    return replace(listing, summaries=texts)


def repaired(paper: Paper, summary: Summary) -> Summary:
    """Texts without labels and unseen characters, with the paper's formulas and links, and with no other links."""
    return replace(
        summary,
        title=_plain(paper.title, summary.title),
        one_line=_with_links(paper.abstract, _plain(paper.abstract, summary.one_line)),
        abstract=_with_links(paper.abstract, _plain(paper.abstract, summary.abstract), whole=True),
    )


def _of_its_paper(papers: dict[tuple[str, int], Paper], summary: Summary) -> Summary:
    paper = papers.get((summary.paper_id, summary.version))
    return repaired(paper, summary) if paper else summary


def _plain(english: str, text: str) -> str:
    whole = _EATEN.sub(lambda found: _given_back(found, english), text)
    single = whole if _DOUBLED.search(english) else _DOUBLED.sub(r"\\", whole)
    return _LABEL.sub("", _UNSEEN.sub("", single))


def _given_back(found: re.Match[str], english: str) -> str:
    """`\\beta`, where JSON has read a backspace and "eta", if the English has that command."""
    command = _ESCAPES[found[1]] + found[2]
    return command if command in english else found[0]


def _with_links(english: str, text: str, *, whole: bool = False) -> str:
    """Put lost links where something stands for them, or else behind the text; take out links of others."""
    theirs = {found[0].rstrip("/"): found[0] for found in _URL.finditer(english)}
    lost = [link for bare, link in theirs.items() if bare not in text]
    waiting = iter(lost)
    if lost:
        text = STANDS_FOR_LINK.sub(lambda found: _spaced(next(waiting, found[0])), text)
    text = _URL.sub(lambda found: found[0] if found[0].rstrip("/") in theirs else next(waiting, ""), text)
    behind = list(waiting) if whole and text else []
    return " ".join([text.rstrip(), *behind]) if behind else text


def _spaced(link: str) -> str:
    return f" {link} " if _URL.fullmatch(link) else link
