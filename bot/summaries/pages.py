"""Chinese texts that a page brings: repaired, and judged by the gate that stands before what models make.

A text that readers should not see is left out, for a model to make it; what is of use in spite of a flaw says so.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from bot.model import Listing, Paper, Summary
from bot.summaries.chain import BEARABLE, mistakes_paper
from bot.summaries.gate import FIELDS, failures
from bot.summaries.repair import mended
from bot.text.normal import flat

log = logging.getLogger(__name__)


def fit(listing: Listing) -> Listing:
    """The listing with the texts that readers may see. For a thread: a paper takes some milliseconds."""
    repaired = mended(listing)
    papers = {(one.paper.id, one.paper.version): one.paper for one in repaired.announcements}
    shared = _shared(repaired.summaries)
    texts = tuple(
        _judged(paper, one, shared) if (paper := papers.get((one.paper_id, one.version))) else one
        for one in repaired.summaries
    )
    return replace(repaired, summaries=texts)


def _judged(paper: Paper, summary: Summary, shared: frozenset[str]) -> Summary:
    rules: dict[str, set[str]] = {field: set() for field in FIELDS}
    for failure in failures(paper, summary):
        rules[failure.field].add(failure.rule)
    for field in FIELDS:
        if flat(getattr(summary, field)) in shared:
            rules[field].add("paper")
    if mistakes_paper(rules["abstract"]):
        for broken in rules.values():
            broken.add("paper")
    wrong = [field for field, broken in rules.items() if broken - BEARABLE]
    flaws = sorted(set().union(*(broken for field, broken in rules.items() if field not in wrong)))
    if wrong:
        said = sorted(set().union(*(rules[field] for field in wrong)))
        log.info("texts_left_out paper=%s fields=%s rules=%s", paper.label, ",".join(wrong), ",".join(said))
    title, line, abstract = ("" if field in wrong else str(getattr(summary, field)) for field in FIELDS)
    return replace(summary, title=title, one_line=line, abstract=abstract, flaws=", ".join(flaws))


def _shared(summaries: Iterable[Summary]) -> frozenset[str]:
    """The texts that more than one paper has, in normal form: at the most one of these papers is meant."""
    owners: dict[str, set[str]] = defaultdict(set)
    for one in summaries:
        for field in FIELDS:
            if text := flat(getattr(one, field)):
                owners[text].add(one.paper_id)
    return frozenset(text for text, papers in owners.items() if len(papers) > 1)
