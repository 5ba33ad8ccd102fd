"""A seeded day of invented papers and subscriptions, large enough to be measured."""

from __future__ import annotations

import itertools
import random
import re
from datetime import date

from bot import taxonomy
from bot.model import ALL, Announcement, AnnounceType, Listing, Paper

DAY = date(2026, 6, 10)
_SYLLABLES = re.findall("..", "bacodifugahejikolumanequorasetaviwoxezudraplostri")
_TERMS = ["".join(three) for three in itertools.islice(itertools.permutations(_SYLLABLES, 3), 0, 12_000, 60)]
"""Two hundred words that people subscribe to; one occurs in about 3 of 100 papers."""


def words(random_: random.Random, count: int) -> list[str]:
    """Invented words of a field's usual length, with real terms here and there."""
    return [
        random_.choice(_TERMS)
        if random_.random() < 0.08
        else "".join(random_.choices(_SYLLABLES, k=random_.randint(2, 4)))
        for _ in range(count)
    ]


def listing(papers: int, seed: int = 1) -> Listing:
    """One listing of all categories with that many papers, of 1,400 characters each."""
    random_ = random.Random(seed)
    codes = sorted(code for code, one in taxonomy.categories().items() if one.alias_of is None)
    found = []
    for number in range(papers):
        body = " ".join(words(random_, 200))
        paper = Paper(
            id=f"2606.{20000 + number}",
            version=1,
            title=" ".join(words(random_, 10)).capitalize(),
            authors=tuple(" ".join(words(random_, 2)).title() for _ in range(random_.randint(1, 8))),
            abstract=body[:1400],
            categories=tuple(random_.sample(codes, random_.randint(1, 3))),
            comments="12 pages, 3 figures" if random_.random() < 0.4 else "",
        )
        found.append(Announcement(paper, ALL, DAY, AnnounceType.NEW))
    return Listing("bench", ALL, DAY, tuple(found), claimed=papers)


def queries(count: int, seed: int = 2) -> list[str]:
    """Queries as people write them: categories, a choice of terms, now and then an exclusion."""
    random_ = random.Random(seed)
    codes = sorted(code for code, one in taxonomy.categories().items() if one.alias_of is None)
    found = []
    for _ in range(count):
        parts = [", ".join(random_.sample(codes, random_.randint(1, 4)))] if random_.random() < 0.7 else []
        terms = [*random_.choices(_TERMS, k=random_.randint(1, 3)), *words(random_, 1)]
        parts.append(
            ", ".join(f'"{term} {words(random_, 1)[0]}"' if random_.random() < 0.2 else term for term in terms)
        )
        if random_.random() < 0.3:
            parts.append("-" + random_.choice(_TERMS))
        found.append(" ".join(parts))
    return found
