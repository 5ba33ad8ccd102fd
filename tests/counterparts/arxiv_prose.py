"""What arXiv makes of the words of authors before it shows them: accents, links, names told apart.

It keeps metadata as it was typed. Its listing pages turn TeX accents into letters and whatever looks like an
address into a link; both its pages and its feeds split the line of authors, each in its own way.
https://github.com/arXiv/arxiv-base: `util/tex2utf.py`, `base/urls/links.py`, `authors`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from html import escape

SHOWN_AUTHORS = 100

_COMBINING = "\u0301\u0300\u0302\u0308\u0303\u0304\u0307\u0327\u030c\u0306\u030b\u0328\u030a"
_MARKS = dict(zip("'`^\"~=.cvuHkr", _COMBINING, strict=True))
_LETTERS = {
    "ss": "ß",
    "o": "ø",
    "O": "Ø",
    "ae": "æ",
    "AE": "Æ",
    "aa": "å",
    "AA": "Å",
    "l": "ł",
    "L": "Ł",
    "i": "ı",
}
_ACCENT = re.compile(r"\\(?:(['`^\"~=.])\s*|([cvuHkr])(?:\s+|(?=\{)))(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))")
_LETTER = re.compile(r"\\(ss|ae|AE|aa|AA|o|O|l|L|i)(?:\{\}|\s+|(?![A-Za-z]))")

_ADDRESS = re.compile(
    r"(?<![\w@/.-])(?:(https?|ftp)://)?((?:[\w-]+\.)+[A-Za-z]{2,}(?::\d+)?(?:/[^\s{}|\\^\[\]`<>\"]*)?)(?!\w)"
)
_PART_OF_TEXT = ".,;:!?"
_CATEGORY = re.compile(r"(?:cs|math|stat|physics|eess|econ|q-bio|q-fin|nlin|cond-mat|astro-ph)\.[A-Za-z-]+")
_DOI = re.compile(r"10.\d{4,9}/[-._;()/:A-Z0-9]+", re.IGNORECASE)
_ID = re.compile(r"(?:arXiv:)?(?<!\d)(\d{4}\.\d{4,5}(?:v\d+)?)(?![\d.])", re.IGNORECASE)
_OUTSIDE = 'rel="external noopener nofollow" class="link-external link-'


def accented(text: str) -> str:
    """TeX accents as letters; the rest of TeX stays."""

    def letter(found: re.Match[str]) -> str:
        return unicodedata.normalize("NFC", (found[3] or found[4]) + _MARKS[found[1] or found[2]])

    text = _ACCENT.sub(letter, text)
    return _LETTER.sub(lambda found: _LETTERS[found[1]], text).replace("{}", "") if "\\" in text else text


def linked(text: str) -> str:
    """HTML of a text, with a link wherever there seems to be an address, a DOI or an id."""
    parts = [(text, False)]
    for pattern, link in ((_ADDRESS, _address), (_DOI, _doi), (_ID, _paper)):
        parts = [piece for part in parts for piece in ([part] if part[1] else _cut(part[0], pattern, link))]
    return "".join(part if is_html else escape(part) for part, is_html in parts)


def _cut(
    text: str, pattern: re.Pattern[str], link: Callable[[re.Match[str]], tuple[str, str]]
) -> Iterator[tuple[str, bool]]:
    at = 0
    for found in pattern.finditer(text):
        said, html = link(found)
        if html:
            yield text[at : found.start()], False
            yield html, True
            at = found.start() + len(said)
    yield text[at:], False


def _address(found: re.Match[str]) -> tuple[str, str]:
    said = found[0].rstrip(_PART_OF_TEXT)
    while said.endswith(")") and said.count("(") < said.count(")"):
        said = said[:-1].rstrip(_PART_OF_TEXT)
    if _CATEGORY.fullmatch(said) or _DOI.match(said):
        return said, ""
    scheme = found[1] or "http"
    href = escape(said if found[1] else f"http://{said}")
    host = href.split("/")[2]
    if host == "arxiv.org" or host.endswith(".arxiv.org"):
        return said, f'<a href="{href}" class="link-internal link-{scheme}">{escape(said)}</a>'
    return said, f'<a href="{href}" {_OUTSIDE}{scheme}">this {scheme} URL</a>'


def _doi(found: re.Match[str]) -> tuple[str, str]:
    said = found[0].rstrip(_PART_OF_TEXT)
    href, doi = f"https://doi.org/{escape(said)}", escape(said)
    marks = 'class="link-https link-external" rel="external noopener nofollow"'
    return said, f'<a href="{href}" data-doi="{doi}" {marks}>{href}</a>'


def _paper(found: re.Match[str]) -> tuple[str, str]:
    href = f"https://arxiv.org/abs/{found[1]}"
    return found[0], f'<a href="{href}" data-arxiv-id="{found[1]}" class="link-https">{found[0]}</a>'


def paragraphs(text: str) -> str:
    """An abstract as it is shown: a line that is indented begins after a break."""
    return linked(re.sub(r"(?<!^)\n +", "\n\x00", accented(text))).replace("\x00", "<br>")


def author_links(line: str, archive: str) -> str:
    """The authors on a listing page, a hundred at most: links, and between them what arXiv takes for no name."""
    parts = [part for piece in _pieces(line) for part in _shown(piece)]
    links = [place for place, (_, is_name) in enumerate(parts) if is_name]
    if len(links) > SHOWN_AUTHORS + 1:
        parts = parts[: links[SHOWN_AUTHORS - 1] + 1]
    if not parts:
        return "(author list is unavailable)"
    return "".join(_author_link(text, archive) if is_name else linked(text) for text, is_name in parts)


def _shown(piece: str) -> Iterator[tuple[str, bool]]:
    if piece in ",:":
        yield f"{piece} ", False
    elif piece.startswith("(") or len(piece) < 4 or re.fullmatch(r"et\.? al\.?", piece):
        yield piece, False
    else:
        team = re.match(r"for\s+the\s+", piece, re.IGNORECASE)
        if team:
            yield team[0], False
        yield re.sub(r",\s*", " ", accented(piece[team.end() :] if team else piece)), True


def _author_link(name: str, archive: str) -> str:
    *given, last = [part for part in name.split() if not re.fullmatch(r"[JS]r\.?", part)] or [name]
    query = f"{last},+{'+'.join(one[0] for one in given)}" if given else last
    href = f"https://arxiv.org/search/{archive}?searchtype=author&amp;query={escape(query)}"
    return f'<a href="{href}">{escape(name)}</a>'


def creator(line: str) -> str:
    """The authors in an item of a feed, which are put together from their parts again, some of them wrongly."""
    pieces = [one for one in _pieces(line) if one != ","]
    names: list[str] = []
    affiliations: dict[int, str] = {}
    for piece in pieces:
        if piece.startswith("("):
            if names and not re.fullmatch(r"\([\d,\s]+\)", piece):
                affiliations[len(names) - 1] = piece[1:-1].strip() if piece.endswith(")") else piece[1:]
        elif not re.match(r"et\.?\s+al", piece, re.IGNORECASE):
            names.append(re.sub(r"(?<!\\)\.(\S)", r". \1", piece))
    teams = 0
    while teams < len(names) and (
        team := re.search(r"[a-z0-9\s]+\s+(?:collaboration|group|team)", names[teams], re.IGNORECASE)
    ):
        names[teams] = team[0]
        teams += 1
        if names[teams : teams + 1] == [":"]:
            del names[teams]
            affiliations = {place - (place >= teams): said for place, said in affiliations.items()}
    return ", ".join(_whole(names, affiliations, teams))


def _whole(names: Sequence[str], affiliations: dict[int, str], teams: int) -> Iterator[str]:
    """A name alone has no first names, and a blank in their place; affiliations are those of all before them."""
    for place, name in enumerate(names):
        said = name if " " in name and place >= teams else f" {name}"
        later = [affiliations[one] for one in sorted(affiliations) if one >= place and place >= teams]
        yield f"{said} ({later[0]})" if later else said


def _pieces(line: str) -> list[str]:
    """Names, affiliations with their parentheses, commas and colons, in order."""
    found: list[str] = []
    depth, text = 0, ""
    for character in re.sub(r"\s+", " ", line):
        if character == "(":
            depth += 1
            if depth == 1:
                found += _names(text)
                text = ""
        text += character
        if character == ")":
            depth -= 1
            if depth == 0:
                found.append(text)
                text = ""
    found += [text] if text.startswith("(") else _names(text)
    joined: list[str] = []
    for piece in found:
        if re.fullmatch(r"Jr\.?", piece) and len(joined) > 1 and joined[-1] == ",":
            joined[-2:] = [f"{joined[-2]}, {piece}"]
        else:
            joined.append(piece)
    return joined


def _names(text: str) -> list[str]:
    parts = re.split(r"([,:])\s*", re.sub(r",?\s+(?:and|&)\s", ",", text))
    return [part.strip() for part in parts if part.strip()]
