"""The paper that a command names: as it is stored, or else as arXiv gives it, which is asked for once and kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from bot.commands.request import Request
from bot.commands.typed import PaperId, read_paper, shown
from bot.digest import Card
from bot.errors import SourceError, UserError
from bot.matching import Candidate, candidates
from bot.model import ALL, AnnounceType, Language, Paper, Summary
from bot.store import Transaction

log = logging.getLogger(__name__)

_AGAIN = timedelta(days=1)  # after which a paper that arXiv did not have is asked for again
_HOUR, _IN_AN_HOUR = timedelta(hours=1), 100  # questions of the whole installation


@dataclass(frozen=True, slots=True)
class AskedPaper:
    """A paper with what was announced of it, or that nothing was."""

    candidate: Candidate
    asked: PaperId
    is_announced: bool = True

    @property
    def paper(self) -> Paper:
        """The paper."""
        return self.candidate.paper

    @property
    def card(self) -> Card:
        """The paper as it is shown."""
        kind = min(self.candidate.types.values(), key=list(AnnounceType).index)
        return Card(
            self.paper, kind, self.candidate.date, summary=self.candidate.summary, is_announced=self.is_announced
        )


async def asked_paper(request: Request, typed: str) -> AskedPaper:
    """The paper that was typed, in that version if it is stored, else in the newest; UserError says why not."""
    asked = read_paper(typed)
    if asked is None:
        raise UserError("error.no_paper_id", {"typed": shown(typed)})
    async with request.store.read() as tx:
        found = await _stored(tx, asked)
    if found is None:
        await _look_up(request, asked.id)
        async with request.store.read() as tx:
            found = await _stored(tx, asked)
    if found is None:
        raise UserError("error.unknown_paper", {"paper": asked.id})
    return found


async def _stored(tx: Transaction, asked: PaperId) -> AskedPaper | None:
    """In the version that was asked for, else in the newest that was announced, else in the newest."""
    stored = (await tx.papers.versions([asked.id])).get(asked.id, [])
    found = await of_papers(tx, stored)
    exact = [one for one in found if one.paper.version == asked.version]
    best = exact or [one for one in found if one.is_announced] or found
    return replace(best[-1], asked=asked) if best else None


async def of_papers(tx: Transaction, papers: Sequence[Paper]) -> list[AskedPaper]:
    """Papers, in order, with what was announced of them and their Chinese texts."""
    versions = [(one.id, one.version) for one in papers]
    summaries = await tx.texts.best(versions, Language.ZH)
    announced = candidates(await tx.papers.announced(versions), summaries)
    known = {(one.paper.id, one.paper.version): one for one in announced}
    return [
        AskedPaper(
            known.get(version) or _unannounced(paper, summaries.get(version)),
            PaperId(paper.id, None),
            version in known,
        )
        for paper, version in zip(papers, versions, strict=True)
    ]


def _unannounced(paper: Paper, summary: Summary | None) -> Candidate:
    types = dict.fromkeys(paper.categories or (ALL,), AnnounceType.NEW)
    return Candidate(paper, types, paper.submitted or date.min, summary)


async def _look_up(request: Request, paper_id: str) -> None:
    """Ask arXiv for a paper, and keep it; UserError when it has none of that id, or is away."""
    if request.look_up is None:
        return
    async with request.store.read() as tx:
        asked = await tx.saved.looked_up(paper_id)
        lately = await tx.saved.lookups(request.now - _HOUR)
    if asked and not asked[1] and request.now - asked[0] < _AGAIN:
        raise UserError("error.arxiv_has_none", {"paper": paper_id})
    if lately >= _IN_AN_HOUR:
        raise UserError("error.arxiv_away", {"paper": paper_id})
    try:
        paper = await request.look_up(paper_id)
    except SourceError as error:
        log.warning("not_looked_up paper=%s reason=%s", paper_id, error.reason)
        raise UserError("error.arxiv_away", {"paper": paper_id}) from error
    async with request.store.write() as tx:
        await tx.papers.ensure([paper] if paper else [])
        await tx.saved.note_lookup(paper_id, request.now, is_there=paper is not None)
    if paper is None:
        raise UserError("error.arxiv_has_none", {"paper": paper_id})
