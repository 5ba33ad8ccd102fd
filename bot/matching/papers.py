"""Papers as the matcher sees them: announced where and as what, and their texts in normal form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot import taxonomy
from bot.matching.names import author_texts
from bot.model import ALL, Announcement, AnnounceType, Paper, Summary
from bot.query import And, InCategory, Node, Or, Query
from bot.text.latex import readable
from bot.text.normal import flat

ORDER = {kind: rank for rank, kind in enumerate(AnnounceType)}
AS_CROSS = {AnnounceType.NEW: AnnounceType.CROSS, AnnounceType.REPLACE: AnnounceType.REPLACE_CROSS}
PART = 768
"""Papers that are matched at once: the bits of a million queries for them take 100 MB."""

ENGLISH = ("title", "abstract", "comment")
CHINESE = ("title_zh", "abstract_zh")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One paper of one mailing: `types` has how each listing announced it, by category."""

    paper: Paper
    types: Mapping[str, AnnounceType]
    date: date
    summary: Summary | None = None  # the Chinese texts


@dataclass(frozen=True, slots=True)
class Prepared:
    """A candidate in normal form; prepare it once, match it against every query."""

    candidate: Candidate
    fields: Mapping[str, str]
    authors: tuple[str, ...]  # the texts that stand for them
    categories: frozenset[str]  # canonical
    primary: str  # canonical


def candidates(
    announcements: Iterable[Announcement], summaries: Mapping[tuple[str, int], Summary]
) -> list[Candidate]:
    """One candidate for each version of a paper, with all the categories that announced it."""
    found: dict[tuple[str, int], Candidate] = {}
    for one in announcements:
        key = (one.paper.id, one.paper.version)
        known = found.get(key)
        types = {**(known.types if known else {}), one.category: one.type}
        day = max(known.date, one.date) if known else one.date
        found[key] = Candidate(one.paper, types, day, summaries.get(key))
    return list(found.values())


def prepare(candidate: Candidate) -> Prepared:
    """Bring the texts of a candidate into normal form."""
    paper = candidate.paper
    fields = {"title": _flat(paper.title), "abstract": _flat(paper.abstract), "comment": _flat(paper.comments)}
    return Prepared(
        candidate,
        fields | _chinese(candidate.summary),
        tuple(text for name in paper.authors for text in author_texts(readable(name))),
        frozenset(map(_canonical, paper.categories)),
        _canonical(paper.primary),
    )


def with_texts(prepared: Prepared, summary: Summary) -> Prepared:
    """The same with these Chinese texts."""
    candidate = replace(prepared.candidate, summary=summary)
    return replace(prepared, candidate=candidate, fields={**prepared.fields, **_chinese(summary)})


def _chinese(summary: Summary | None) -> dict[str, str]:
    return {"title_zh": _flat(summary.title), "abstract_zh": _flat(summary.abstract)} if summary else {}


def is_wanted(query: Query, kind: AnnounceType) -> bool:
    """Whether a digest should carry it: revised papers only when the query speaks of types."""
    return not kind.is_revision or query.has_type


def reads(queries: Iterable[Query]) -> frozenset[str] | None:
    """The canonical categories that must be read for these queries; None when that is all of them."""
    read: set[str] = set()
    for query in queries:
        if not _bounded(query.root):
            return None
        read |= query.categories
    return frozenset(read)


def relative_type(reading: frozenset[str] | None, prepared: Prepared) -> AnnounceType:
    """The announce type for a reader of these categories, as arXiv derives it for a feed of them."""
    return type_among(prepared.candidate.types, prepared.primary, reading)


def type_among(types: Mapping[str, AnnounceType], primary: str, reading: frozenset[str] | None) -> AnnounceType:
    """The same of a paper that was announced so, by category, and is from a canonical one."""
    if reading is None:
        return min(types.values(), key=ORDER.__getitem__)
    read = [kind for category, kind in types.items() if category in reading]
    kind = min(read or types.values(), key=ORDER.__getitem__)
    return kind if primary in reading else AS_CROSS.get(kind, kind)


def _bounded(node: Node) -> bool:
    """Whether only papers of the named categories can satisfy it."""
    match node:
        case InCategory():
            return True
        case And(parts):
            return any(map(_bounded, parts))
        case Or(parts):
            return all(map(_bounded, parts))
        case _:
            return False


def _flat(text: str) -> str:
    return flat(readable(text))


def _canonical(code: str) -> str:
    return code if code == ALL else taxonomy.resolve(code) or code
