"""The categories beside a list of papers: by archive, with counts, each a link that adds or removes it. Pure."""

from __future__ import annotations

from collections import Counter
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
    counts: Counter[str] = Counter()
    archives: Counter[str] = Counter()
    for one in found:
        counts.update(one.counts)
        archives.update(one.archives)
    others = asked.at()  # what is not chosen is added to it, which is faster than to write each whole
    before = others if others == "?" else f"{others}&"
    return [
        _group(archive, n, counts, asked, before)
        for archive, n in sorted(archives.items(), key=lambda each: (-each[1], each[0]))
    ]


def _group(archive: str, count: int, counts: Mapping[str, int], asked: Parameters, before: str) -> ArchiveLinks:
    def link(code: str, n: int) -> CategoryLink:
        is_chosen = code in asked.categories
        url = asked.toggled(code) if is_chosen else f"{before}in={code}"
        return CategoryLink(code, category_name(code, asked.locale), n, url, is_chosen)

    if archive in taxonomy.categories():
        whole = link(archive, count)
        return ArchiveLinks(archive, count, whole.url, whole.is_chosen)
    whole = link(f"{archive}.*", count)
    members = sorted(taxonomy.expand(whole.code), key=lambda code: (-counts.get(code, 0), code))
    links = [link(code, counts[code]) for code in members if counts.get(code)]
    shown = [one for place, one in enumerate(links) if place < _FIRST or one.is_chosen]
    folded = tuple(one for one in links[_FIRST:] if not one.is_chosen)
    return ArchiveLinks(whole.words, count, whole.url, whole.is_chosen, tuple(shown), folded)
