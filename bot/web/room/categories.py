"""The categories beside a list of papers: by archive, with counts, each a link that adds or removes it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot import taxonomy
from bot.web.room.asked import Parameters
from bot.web.room.found import FoundOn
from bot.web.room.words import category_name

_FIRST = 8
"""Categories of an archive that are shown at once; the others are folded."""


@dataclass(frozen=True, slots=True)
class CategoryLink:
    """A category, or all of an archive, and how many papers it has."""

    code: str
    words: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ArchiveLinks:
    """An archive with its categories, those with most papers first; one that is a category has no others."""

    words: str
    count: int
    url: str
    is_chosen: bool
    first: tuple[CategoryLink, ...] = ()
    others: tuple[CategoryLink, ...] = ()


def groups(found: Iterable[FoundOn], asked: Parameters) -> list[ArchiveLinks]:
    """The archives that have papers, those with most first. A paper counts in each of its categories."""
    counts: dict[str, int] = {}
    archives: dict[str, int] = {}
    for one in found:
        for code, n in one.counts.items():
            counts[code] = counts.get(code, 0) + n
        for archive, n in _of_archives(one, asked).items():
            archives[archive] = archives.get(archive, 0) + n
    return [
        _group(archive, n, counts, asked)
        for archive, n in sorted(archives.items(), key=lambda each: (-each[1], each[0]))
    ]


def _of_archives(found: FoundOn, asked: Parameters) -> Mapping[str, int]:
    """How many papers each archive has, each once."""
    home = {code: archive for archive in taxonomy.archives() for code in taxonomy.expand(f"{archive}.*")}
    tally: dict[str, int] = {}
    for codes in found.codes:
        for archive in {home[code] for code in codes if code in home}:
            tally[archive] = tally.get(archive, 0) + 1
    return tally


def _group(archive: str, count: int, counts: Mapping[str, int], asked: Parameters) -> ArchiveLinks:
    words = category_name(archive, asked.locale)
    members = sorted(taxonomy.expand(f"{archive}.*"), key=lambda code: (-counts.get(code, 0), code))
    links = [_link(code, counts[code], asked) for code in members if counts.get(code)]
    pattern = archive if archive in taxonomy.categories() else f"{archive}.*"
    if pattern == archive:
        return ArchiveLinks(archive, count, asked.toggled(archive), archive in asked.categories)
    shown = [one for place, one in enumerate(links) if place < _FIRST or one.is_chosen]
    return ArchiveLinks(
        words,
        count,
        asked.toggled(pattern),
        pattern in asked.categories,
        tuple(shown),
        tuple(one for one in links if one not in shown),
    )


def _link(code: str, count: int, asked: Parameters) -> CategoryLink:
    return CategoryLink(
        code, category_name(code, asked.locale), count, asked.toggled(code), code in asked.categories
    )
