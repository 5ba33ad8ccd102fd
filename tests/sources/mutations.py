"""arXiv's pages with something wrong in them, and what must be true of whatever is read then.

The right rows, or a row that is named as unreadable, or the page refused with a reason: never a short list without
a word, never a row with the id, type or subject of another, and one bad row never hides the next.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from defusedxml.ElementTree import fromstring as xml

from bot.errors import SourceError
from bot.model import Announcement, AnnounceType, Listing, Paper
from bot.sources import arxiv_feed
from bot.sources.arxiv_listing import joined
from bot.sources.arxiv_listing.page import sheet
from bot.taxonomy import resolve
from tests.counterparts.arxiv_feeds import feed
from tests.counterparts.arxiv_pages import Entry, catchup_page, listing_page
from tests.fakes import DAY, paper

NEW, CROSS, REPLACE, REPLACE_CROSS = AnnounceType
CATEGORY = "cs.LG"
Mutation = Callable[[bytes, random.Random], bytes]


def _entries() -> list[Entry]:
    """Thirty papers: the usual ones, and those with the whims that arXiv's authors have."""
    whims: list[dict[str, object]] = [
        {"authors": ("Li",)}, {"authors": ("CMS", "A B", "李明")}, {"authors": ("John Doe, Jr.", "Ada Roe")},
        {"authors": tuple(f"Ann B{n:03}" for n in range(120))}, {"comments": "Total of 35 entries"},
        {"abstract": "No updates today. We mean it."}, {"abstract": "One.\n  Two, with node.js.\n  $a<b$."},
        {"title": "<h3>New submissions (showing 9 of 9 entries)</h3>"}, {"comments": "doi:10.1103/x, 9 pages"},
        {"authors": ("Belle-II Collaboration", "J.R.R. Roe (Univ. of A, B)")}, {"abstract": "</html></dd><dt>"},
        {"title": r"Schr\"odinger's & other <b>cats</b>", "journal_ref": "J. Tides 3 (2026)"},
    ]  # fmt: skip
    kinds = [NEW] * 16 + [CROSS] * 6 + [REPLACE] * 5 + [REPLACE_CROSS] * 3
    made: list[Entry] = []
    for number, kind in enumerate(kinds, 1):
        codes = ("stat.ML", "cs.LG", "cs.AI") if kind in (CROSS, REPLACE_CROSS) else ("cs.LG", "cs.AI")
        version = 1 if kind is NEW else 2 + number % 3
        whim = whims[number] if number < len(whims) else {}
        made.append((replace(paper(number, version=version, categories=codes), **whim), kind))  # type: ignore[arg-type]
    return made


ENTRIES = _entries()
PAGES: dict[str, bytes] = {
    "listing": listing_page(CATEGORY, DAY, ENTRIES),
    "catch-up": catchup_page(CATEGORY, DAY, ENTRIES),
    "feed": feed(CATEGORY, DAY, ENTRIES),
}


def read(name: str, body: bytes) -> Listing:
    """What a page says, or SourceError."""
    return arxiv_feed.parse(body, CATEGORY) if name == "feed" else joined(CATEGORY, [sheet(body, CATEGORY)])


RIGHT = {name: {one.paper.id: one for one in read(name, body).announcements} for name, body in PAGES.items()}


def _pieces(body: bytes) -> list[bytes]:
    """Tags, and the texts between them."""
    return re.split(rb"(<[^<>]*>)", body)


def _somewhere(body: bytes, chance: random.Random, pattern: bytes) -> re.Match[bytes] | None:
    found = list(re.finditer(pattern, body, re.DOTALL))
    return chance.choice(found) if found else None


def _instead(pattern: bytes, *others: bytes) -> Mutation:
    """Put one of several things in the place of something that is there several times."""

    def mutate(body: bytes, chance: random.Random) -> bytes:
        found = _somewhere(body, chance, pattern)
        return body[: found.start()] + chance.choice(others) + body[found.end() :] if found else body

    return mutate


def flip(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 3)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body))
    return body[:start] + body[start + chance.choice((1, 20, 500, 5_000, len(body))) :]


def double(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body))
    end = start + chance.choice((1, 20, 500, 5_000))
    return body[:end] + body[start:]


def drop_tag(body: bytes, chance: random.Random) -> bytes:
    pieces = _pieces(body)
    del pieces[chance.randrange(1, len(pieces), 2)]
    return b"".join(pieces)


def swap_pieces(body: bytes, chance: random.Random) -> bytes:
    """Exchange two tags, or two texts."""
    pieces = _pieces(body)
    first = chance.randrange(2)
    one, other = (chance.randrange(first, len(pieces), 2) for _ in range(2))
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return b"".join(pieces)


def drop_row(body: bytes, chance: random.Random) -> bytes:
    return _instead(rb"<dt>.*?</dd>", b"")(body, chance)


def double_row(body: bytes, chance: random.Random) -> bytes:
    found = _somewhere(body, chance, rb"<dt>.*?</dd>|<item>.*?</item>")
    return body[: found.end()] + found[0] + body[found.end() :] if found else body


def insert(body: bytes, chance: random.Random) -> bytes:
    odd = chance.choice(
        (b"<p>No updates today.</p>", b"Total of 7 entries", b"<dt>", b"<dd>", b"</dd>", b"</dl>", b"<h3>x</h3>",
         b"\x00", b"\xff", b"&#0;", b"&nope;", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<script>", b"</div>",
         b"<item/>", b"</channel>", b'<a title="Abstract">', b"<br>", b"\xe2\x80\xae", b"<" * 40)
    )  # fmt: skip
    at = chance.randrange(len(body))
    return body[:at] + odd + body[at:]


MUTATIONS: dict[str, Mutation] = {
    "flip": flip, "cut": cut, "double": double, "drop a tag": drop_tag, "swap": swap_pieces,
    "drop a row": drop_row, "double a row": double_row, "insert": insert,
    "another id": _instead(rb"2606\.9\d{4}", b"2606.90001", b"2606.90002", b"2606.9", b"9999.99999", b""),
    "another count": _instead(rb"\b\d+ of \d+ entries|Total of \d+", b"9 of 9 entries", b"Total of 9", b""),
    "another mark": _instead(rb"\(replaced\)|\(cross-list from [^)]*\)", b"", b"(replaced)", b"(cross-list from x)"
    ),
    "another subject": _instead(rb"\([a-z-]+\.[A-Z]+\)|<category>[^<]*<", b"(cs.CV)", b"", b"()", b"<category><"),
    "another type": _instead(rb"announce_type>[a-z-]+<|Announce Type: [a-z-]+", b"announce_type>no_match<",
                             b"Announce Type: new", b"announce_type>replace<", b""),
    "no text": _instead(rb">[^<>]{3,}<", b"><", b"> <"),
    "another date": _instead(rb"\d+ [JN][a-z]+ \d{4}|\d{4}-\d\d-\d\d", b"31 June 2026", b"11 June 2026", b""),
    "no attribute": _instead(rb" [a-z-]+ ?=[\"'][^\"']*[\"']", b""),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a damaged page: "right", "named" or "refused"; and what is wrong with that, if anything."""

    outcome: str
    wrong: str = ""


def judge(name: str, seed: int) -> Verdict:
    """Damage a page, read it, and hold what is read beside what is right."""
    chance = random.Random(f"{name} {seed}")
    kinds = chance.choices(list(MUTATIONS), k=chance.choice((1, 1, 1, 2)))
    body = PAGES[name]
    for kind in kinds:
        body = MUTATIONS[kind](body, chance)
    try:
        listing = read(name, body)
    except SourceError as error:
        return Verdict("refused", "" if error.reason else "refused without a reason")
    outcome = "named" if listing.unread else "right"
    return Verdict(outcome, f"{kinds}: {found}" if (found := _wrong(name, body, listing, len(kinds))) else "")


def _wrong(name: str, body: bytes, listing: Listing, mutations: int) -> str:
    right = RIGHT[name]
    ids = [one.paper.id for one in listing.announcements]
    if len(set(ids)) != len(ids):
        return "a paper twice"
    strangers = [one for one in listing.announcements if not _is_same(one, right)]
    if strangers:
        return f"not as announced: {strangers[:2]}"
    if any(not row.paper or not row.reason for row in listing.unread):
        return "an unreadable row without a name or a reason"
    there = len(right) if name != "feed" else len(xml(body).findall("channel/item"))
    if len(ids) + len(listing.unread) < there:
        return f"{there} papers, {len(ids)} read and {len(listing.unread)} named"
    changed = [one for one in listing.announcements if _texts(one.paper) != _texts(right[one.paper.id].paper)]
    if len(listing.unread) + len(changed) > 2 * mutations and len(listing.unread) > 2 * mutations:
        return f"{len(listing.unread)} rows are unreadable of {mutations} mutations"
    return ""


def _is_same(one: Announcement, right: dict[str, Announcement]) -> bool:
    """The paper, its type, and the primary subject; other words may have changed without anybody seeing it."""
    known = right.get(one.paper.id)
    is_unseen = one.type is REPLACE_CROSS and one.paper.license  # in a feed, nothing else tells its subject
    return (
        known is not None
        and (one.type, one.category, one.date) == (known.type, known.category, known.date)
        and (is_unseen or resolve(one.paper.primary) == resolve(known.paper.primary))
        and bool(one.paper.title.strip() and one.paper.abstract.strip())
    )


def _texts(one: Paper) -> tuple[object, ...]:
    return one.title, one.abstract, one.authors, one.comments, one.journal_ref, one.categories
