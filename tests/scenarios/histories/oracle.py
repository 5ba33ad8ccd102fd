"""What readers must get, by plain loops over subscriptions and papers. It knows of no hit, match, batch or table.

It is told what was announced, what readers do and which texts there are, and says for each digest which papers it
holds, in which order, for whom and why. Of the bot it has the language of queries and `matching.explain`, of which
`tests.matching.oracle` is the judge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from operator import itemgetter

from bot.changes import changes
from bot.matching import Candidate, Found, Prepared, is_wanted, match, muted_by, prepare, reads
from bot.model import AnnounceType, Change, Language, Listing, Paper, Summary
from bot.query import Query, parse

CAP = 3
"""Papers that are shown whole."""

Version = tuple[str, int]
_RANK = {kind: rank for rank, kind in enumerate(AnnounceType)}


@dataclass
class Asked:
    """One subscription; it has a right to what is announced after `since`."""

    query: str
    since: int
    is_paused: bool = False


@dataclass
class Poller:
    """One destination."""

    asked: list[Asked] = field(default_factory=list)
    mutes: list[str] = field(default_factory=list)
    is_paused: bool = False
    had: dict[str, set[int]] = field(default_factory=dict)  # versions that were in a digest, muted ones too
    shown: dict[str, set[int]] = field(default_factory=dict)
    told: set[tuple[str, str, str]] = field(default_factory=set)  # changes


@dataclass(frozen=True)
class Entry:
    """One paper in a digest, as its reader sees it."""

    id: str
    version: int
    type: str
    date: str
    queries: tuple[str, ...]
    reasons: tuple[tuple[str, str, str], ...]


@dataclass
class Digest:
    """What a destination must get at once."""

    papers: list[Entry]
    changes: list[str]


class Oracle:
    """Everything that was said, in the order in which it was."""

    def __init__(self) -> None:
        self.now = 0  # announcements come one after the other; which of them came before what
        self.readers: dict[str, Poller] = {}
        self._papers: dict[Version, Paper] = {}
        self._types: dict[Version, dict[str, AnnounceType]] = {}
        self._came: dict[Version, dict[str, int]] = {}
        self._dates: dict[Version, date] = {}
        self._texts: dict[Version, Summary] = {}
        self._changes: list[Change] = []

    def announce(self, listings: Iterable[Listing]) -> None:
        """Hear what sources say; what was heard before is nothing new."""
        self.now += 1
        before = dict(self._papers)
        for one in (each for listing in listings for each in listing.announcements):
            version = one.paper.id, one.paper.version
            known = self._papers.get(version, one.paper)
            comments, authors = (
                known.comments or one.paper.comments,
                max(known.authors, one.paper.authors, key=len),
            )
            categories = tuple(dict.fromkeys((*known.categories, *one.paper.categories)))
            self._papers[version] = replace(known, comments=comments, authors=authors, categories=categories)
            types = self._types.setdefault(version, {})
            if one.category not in types:
                types[one.category] = one.type
                self._came.setdefault(version, {})[one.category] = self.now
                self._dates[version] = max(one.date, self._dates.get(version, one.date))
        for version in self._papers.keys() - before.keys():
            older = self._papers.get((version[0], version[1] - 1))
            self._changes += changes(older, self._papers[version]) if older else ()

    def translate(self, done: Mapping[Version, tuple[str, str]]) -> None:
        """Hear which Chinese texts there are."""
        for version, (title, abstract) in done.items():
            self._texts[version] = Summary(*version, Language.ZH, title=title, abstract=abstract)

    def waits(self, address: str) -> bool:
        """Whether anything waits that was not in a digest, also what is muted."""
        return bool(self._waiting(self.readers[address]))

    def digest(self, address: str, *, is_sent: bool) -> Digest:
        """What is due at an address: it has had it from then on. `is_sent` even when there is no paper in it."""
        reader = self.readers[address]
        found = self._waiting(reader)
        for version in found:
            reader.had.setdefault(version[0], set()).add(version[1])
        kept = [one for one in found if not muted_by(reader.mutes, self._prepared(one))]
        for paper_id, number in kept:
            reader.shown.setdefault(paper_id, set()).add(number)
        entries = ranked(self._entry(reader, one) for one in kept)
        return Digest(entries, sorted(self._became(reader)) if entries or is_sent else [])

    def _waiting(self, reader: Poller) -> list[Version]:
        """The papers that a reader should have and has not had, each in its newest version."""
        found = {
            version
            for version in self._papers
            for asked in reader.asked
            if not asked.is_paused and self._is_new(reader, asked, version)
        }
        newest = dict(sorted(found))
        return sorted(newest.items())

    def _is_new(self, reader: Poller, asked: Asked, version: Version) -> bool:
        """Whether a subscription finds what was not sent: a paper once, a revision once for each version."""
        found, had = self._found(asked, version), reader.had.get(version[0], set())
        return found is not None and (not had or (found.type.is_revision and max(had) < version[1]))

    def _found(self, asked: Asked, version: Version) -> Found | None:
        """How a subscription finds a paper to which it has a right; None when it does not."""
        query = parse(asked.query)
        found = match(query, self._prepared(version)) if self._has_right(asked, query, version) else None
        return found if found and is_wanted(query, found.type) else None

    def _has_right(self, asked: Asked, query: Query, version: Version) -> bool:
        """Whether it was announced in a category that the query reads, since somebody asked for it."""
        reading = reads([query])
        return any(
            came > asked.since
            for category, came in self._came[version].items()
            if reading is None or category in reading
        )

    def _prepared(self, version: Version) -> Prepared:
        types, text = self._types[version], self._texts.get(version)
        return prepare(Candidate(self._papers[version], types, self._dates[version], text))

    def _entry(self, reader: Poller, version: Version) -> Entry:
        """A paper with everything that its reader asks for and that it answers."""
        found = {
            asked.query: one
            for asked in reader.asked
            if not asked.is_paused and (one := self._found(asked, version))
        }
        reasons = [reason for one in found.values() for reason in one.reasons]
        return Entry(
            *version,
            min((one.type for one in found.values()), key=_RANK.__getitem__).value,
            self._dates[version].isoformat(),
            tuple(found),
            tuple(dict.fromkeys((one.term, one.field, one.via) for one in reasons)),
        )

    def _became(self, reader: Poller) -> Iterator[str]:
        """What has become of papers that were shown, once; a later version's card says it by itself."""
        for one in self._changes:
            key = one.paper.id, one.kind.value, one.after
            shown = reader.shown.get(one.paper.id, set())
            if key in reader.told or one.paper.id in reader.mutes:
                continue
            if shown and min(shown) <= one.paper.version and max(shown) <= one.paper.version:
                reader.told.add(key)
                yield f"{one.paper.id} {one.kind}"


def ranked(entries: Iterable[Entry]) -> list[Entry]:
    """What is shown and then what is named, each by date: every date in turn has room for its next best."""
    found = sorted(entries, key=lambda one: (_newest_first(one), *_best_first(one)))
    destinations = [
        sum(other.date == one.date for other in found[:destination]) for destination, one in enumerate(found)
    ]
    in_turn = [one for _, one in sorted(zip(destinations, found, strict=True), key=itemgetter(0))]
    return sorted(in_turn[:CAP], key=_newest_first) + sorted(in_turn[CAP:], key=_newest_first)


def _newest_first(entry: Entry) -> int:
    return -date.fromisoformat(entry.date).toordinal()


def _best_first(entry: Entry) -> tuple[int, int, int, str]:
    in_title = {term for term, field, _ in entry.reasons if field.startswith("title")}
    return (_RANK[AnnounceType(entry.type)], -len(entry.queries), -len(in_title), entry.id)
