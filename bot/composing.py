"""What goes into one delivery, as it stands now: papers, their texts, and what is to be said about them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.digest import Card, Digest, Lack, cards, compose
from bot.model import Language, Paper, Summary
from bot.silence import Asking, report_with_papers, report_without_papers
from bot.store import Store
from bot.store.outbox import Claim
from bot.store.texts import Version
from bot.summaries.extract import one_line

THREAD = timedelta(days=7)
"""How old the last digest may be for the next to continue its thread: Gmail looks no further back."""


def nobody() -> Lack:
    """The reason where nobody makes Chinese texts."""
    return Lack.SETUP


class Composer:
    """Makes digests of deliveries."""

    def __init__(
        self,
        store: Store,
        *,
        cap: int,
        clock: Callable[[], datetime],
        holidays: Collection[date] = (),
        lack: Callable[[], Lack] = nobody,
    ) -> None:
        """`holidays` are those of arXiv; `lack` says why Chinese texts are missing, where they are."""
        self._store = store
        self._cap = cap
        self._clock = clock
        self._holidays = holidays
        self._lack = lack

    async def digest(self, claim: Claim) -> tuple[Digest, set[Version]]:
        """What goes to the destination: its papers, or else why there are none."""
        has_papers = await self._has_papers(claim)
        async with self._store.read() as tx:
            found = await tx.matches.in_delivery(claim.id) if has_papers else []
            versions = {(one.paper_id, one.version) for one in found}
            asked = await tx.subscribers.subscriptions(claim.destination.id)
            ranked = cards(
                found,
                await tx.papers.papers(versions),
                {one.id: one for one in asked},
                await tx.texts.best(versions, Language.ZH),
            )
            english = await tx.texts.best(versions, Language.EN)
            asking = Asking(claim.destination, [one.query for one in asked if not one.paused], claim.due)
            if has_papers:
                report = await report_with_papers(tx, asking, {card.date for card in ranked})
            else:
                report = await report_without_papers(tx, asking, self._clock(), self._holidays)
            became = await tx.changes.told_by(claim.id)
            previous = await tx.outbox.previous(claim, since=self._clock() - THREAD)
        digest = compose(claim.key, claim.destination, ranked, report=report, cap=self._cap)
        shown = await asyncio.to_thread(_with_lines, digest.cards, english)
        digest = replace(digest, cards=shown, changes=tuple(became), previous=previous)
        return replace(digest, lack=self._lack()) if digest.lacks else digest, versions

    async def _has_papers(self, claim: Claim) -> bool:
        """Whether there is a paper in a delivery; one planned without takes what has come since."""
        async with self._store.read() as tx:
            if await tx.outbox.size(claim.id):
                return True
            if not await tx.planning.waiting(claim.destination.id):
                return False
        async with self._store.write() as tx:
            if await tx.outbox.is_ours(claim):
                await tx.planning.fill(claim.id, claim.destination.id)
            return await tx.outbox.size(claim.id) > 0


def english_line(paper: Paper) -> Summary:
    """The sentence of the abstract that says most, for who has no better line."""
    return Summary(paper.id, paper.version, Language.EN, one_line=one_line(paper), provenance="extract")


def _with_lines(shown: Collection[Card], english: Mapping[Version, Summary]) -> tuple[Card, ...]:
    """The cards, each with its line in English: a model's, or else the authors' own sentence."""
    return tuple(
        replace(card, english=english.get((card.paper.id, card.paper.version)) or english_line(card.paper))
        for card in shown
    )
