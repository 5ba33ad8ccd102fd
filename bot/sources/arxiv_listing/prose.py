"""Texts of a listing page as their authors typed them.

arXiv shortens the addresses in abstracts and comments to `this https URL` and takes much for an address that is
none, like `fusion.This` or `node.js`: https://github.com/arXiv/arxiv-base, `arxiv/base/urls/links.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

_THIS_URL = re.compile(r"this \w+ URL")


def typed(link: etree._Element) -> str:
    """What stood where arXiv has put a link.

    The page does not tell `http://node.js` from `node.js`, and writes the former for both; the latter is what is
    typed far more often.
    """
    if doi := link.get("data-doi"):
        return str(doi)
    text = "".join(link.itertext())
    return link.get("href", "").removeprefix("http://") if _THIS_URL.fullmatch(text.strip()) else text


def line(element: etree._Element) -> str:
    """The text of an element without its label, in one line."""
    return " ".join("".join(_said(element)).split())


def paragraphs(element: etree._Element) -> str:
    """The text of an abstract: a paragraph begins in a line of its own, indented, as in arXiv's own metadata."""
    parts = "".join(_said(element)).split("\n\n")
    return "\n  ".join(filter(None, (" ".join(part.split()) for part in parts)))


def _said(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n\n"
        elif child.tag == "a":
            yield typed(child)
        elif child.get("class") != "descriptor":
            yield from _said(child)
        yield child.tail or ""
