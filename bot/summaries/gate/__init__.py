"""The gate: what a Chinese text must keep of the English one before a reader sees it.

Rules look at what can be counted: numbers, formulas, links, names, sentences. They cannot tell good Chinese from
bad, nor see a negation that was lost: passing is necessary, not sufficient. Mending is the job of `repair`.

==============  ============================================================================
numbers         every number is kept, and none is invented (万, 亿, %, k, M, words, decades)
units           what a number counts: seconds, percentage points, dollars
claims          no superlatives, firsts, praise or calls to the reader of its own
formulas        math is kept as it is, and none is invented
links           the paper's links and no others
names           names and acronyms are kept, and none is invented
paper           the text is about this paper: its terms, its id
chinese         it is Chinese, not English, Japanese or Korean
untranslated    few English words are left over
length          neither much shorter nor much longer than the English
sentences       each sentence is there, and none is added
repetition      nothing is said again and again
truncated       it ends with the end of a sentence
preamble        no remark of the translator, no markup of an answer
damaged         no control characters, broken escapes, placeholders, HTML or mentions
==============  ============================================================================
"""

from __future__ import annotations

from bot.model import Paper, Summary
from bot.summaries.gate import amounts, claims, names, numbers, shape, signs
from bot.summaries.gate.pair import FIELDS, Failure, Pair

__all__ = ["FIELDS", "RULES", "Failure", "failures"]

_CHECKS = {
    "damaged": signs.damaged,
    "links": signs.links,
    "formulas": signs.formulas,
    "chinese": shape.chinese,
    "preamble": shape.preamble,
    "repetition": shape.repetition,
    "truncated": shape.truncated,
    "length": shape.length,
    "sentences": shape.sentences,
    "numbers": numbers.numbers,
    "units": amounts.units,
    "claims": claims.claims,
    "names": names.names,
    "untranslated": names.untranslated,
    "paper": names.paper,
}
RULES = tuple(_CHECKS)


def failures(paper: Paper, summary: Summary) -> tuple[Failure, ...]:
    """What is wrong with the given Chinese texts; () when they are all fit to be shown.

    The one line in English of a summary in English is judged by the rules that do not need Chinese.
    """
    return tuple(
        Failure(rule, field, detail)
        for field in FIELDS
        if getattr(summary, field)
        for rule, detail in _broken(Pair(paper, field, getattr(summary, field), summary.language))
    )


def _broken(pair: Pair) -> list[tuple[str, str]]:
    found = ((rule, check(pair)) for rule, check in _CHECKS.items())
    return [(rule, detail) for rule, detail in found if detail]
