"""arXiv's own announcement mail, as a further confirmation: which papers it calls new. Pure, and strict.

https://info.arxiv.org/help/subscribe.html; its form is that of the listing files that arXiv's site reads,
https://github.com/arXiv/arxiv-browse, `services/listing/parse_new_listing.py`: rows between rules, the last of
which ends the mailing. A mail that is cut, or of which a row does not repeat its id, says nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from bot import taxonomy
from bot.sources import PAPER_ID
from bot.sources.calendar import following

_ARCHIVE = re.compile(r"^To unsubscribe, e-mail To: ([a-z-]+)@arxiv\.org\b", re.MULTILINE | re.IGNORECASE)
_HEAD = re.compile(
    r"^ ?Submissions to:\n(?P<names>(?:.+\n)+?)"
    r" ?received from .+ to +\w{3} +(?P<day>\d{1,2} \w{3} \d{2}) [\d:]{8} GMT$",
    re.MULTILINE,
)
_END = re.compile(r"^%%%---%%%---", re.MULTILINE)
_ROW = re.compile(
    rf"^\\\\\narXiv:(?P<id>{PAPER_ID})(?P<cross> \(\*cross-listing\*\))?\n(?P<next>Date:|replaced with )",
    re.MULTILINE,
)
_ANY_ROW = re.compile(r"^\\\\\narXiv:", re.MULTILINE)
_CATEGORIES = re.compile(r"^Categories: (.+(?:\n +\S.*)*)$", re.MULTILINE)
_LAST = re.compile(rf"^\\\\ \( https?://arxiv\.org/abs/({PAPER_ID})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AnnouncementEmail:
    """What one mail says."""

    date: date  # of the announcement, Eastern
    categories: frozenset[str]  # that it covers, canonical
    new: dict[str, frozenset[str]]  # the papers that it calls new, with all their categories

    def of(self, category: str) -> frozenset[str]:
        """The new papers of a category, also those that are cross-listed into it."""
        return frozenset(paper for paper, codes in self.new.items() if category in codes)


def announcement_in(text: str) -> AnnouncementEmail | None:
    """Read an announcement mail; None for any other mail, and for an incomplete one."""
    lines = "\n".join(line.replace("\xa0", " ").rstrip() for line in text.splitlines()) + "\n"
    archive, head, end = _ARCHIVE.search(lines), _HEAD.search(lines), _END.search(lines)
    if archive is None or head is None or end is None:
        return None
    rows = list(_rows(lines[head.end() : end.start()]))
    day = _day(head["day"])
    if not rows or None in rows or day is None:
        return None
    named = {line.strip() for line in head["names"].splitlines()}
    covered = {
        taxonomy.resolve(code)
        for code, one in taxonomy.categories().items()
        if one.archive == archive[1].lower() and one.name in named
    }
    new = {row[0]: row[1] for row in rows if row is not None and row[1]}
    return AnnouncementEmail(following(day), frozenset(code for code in covered if code), new)


def _rows(body: str) -> Iterator[tuple[str, frozenset[str]] | None]:
    """Each paper with its categories, which are left out where it is not new; None for a row that is damaged."""
    starts = [found.start() for found in _ANY_ROW.finditer(body)]
    for start, stop in zip(starts, [*starts[1:], len(body)], strict=True):
        row = body[start:stop]
        found, named, last = _ROW.match(row), _CATEGORIES.search(row), _LAST.findall(row)
        if found is None or named is None or last != [found["id"]]:
            yield None
            continue
        codes = [taxonomy.resolve(code) for code in named[1].split()]
        is_new = found["next"] == "Date:" and not found["cross"]
        yield found["id"], frozenset(code for code in codes if code) if is_new else frozenset()


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d %b %y").date()  # noqa: DTZ007  # a date, no instant
    except ValueError:
        return None
