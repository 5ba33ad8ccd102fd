"""Who gets what, and why: queries against announced papers. Pure: no database, no network, no clock.

Texts and terms meet in one normal form (`text.normal.flat`): words and runs of Chinese between single
spaces. So a word, a phrase, a hyphen, a prefix and a Chinese substring are all one test, `needle in flat`,
and nothing matches inside a word, across two fields or across two authors.

::

    papers   announcements -> candidates -> prepared texts
    names    authors, as they are written and as they are asked for
    terms    a term -> what is looked for, and in which fields
    explain  one query against one paper: the reasons, or what is missing
    spans    where the reasons stand in a text as it is shown
    index    all queries against a whole day, at once: stream | lexicon | boolean_index
    batch    both together: the matches that a digest should carry
    sightings  the same for a few subscriptions, ranked, and explained as far as it is shown
"""

from __future__ import annotations

from bot.matching.batch import Matcher, Mutes, matches, muted_by
from bot.matching.explain import Found, match, missing, title_reasons
from bot.matching.papers import (
    PART,
    Candidate,
    Prepared,
    candidates,
    is_wanted,
    prepare,
    reads,
    type_among,
    with_texts,
)
from bot.matching.sightings import Sighting, sightings
from bot.matching.spans import Span, spans

__all__ = [
    "PART",
    "Candidate",
    "Found",
    "Matcher",
    "Mutes",
    "Prepared",
    "Sighting",
    "Span",
    "candidates",
    "is_wanted",
    "match",
    "matches",
    "missing",
    "muted_by",
    "prepare",
    "reads",
    "sightings",
    "spans",
    "title_reasons",
    "type_among",
    "with_texts",
]
