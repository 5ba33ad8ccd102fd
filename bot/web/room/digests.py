"""Digests and papers one by one, as they are stored: for the pages behind the links of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.digest import Card
from bot.jobs.compose import recorded
from bot.matching import Candidate, candidates
from bot.model import Language, Paper
from bot.store import Store


@dataclass(frozen=True, slots=True)
class DigestPage:
    """The digest whose link was shown, and the language of its reader."""

    number: int
    language: Language


@dataclass(frozen=True, slots=True)
class DigestContents:
    """The papers of a delivery in its order; the first ones stood in the message itself."""

    cards: Sequence[Card]
    shown: int
    newest: Mapping[str, Paper]  # the last version of each that is stored


class Digests:
    """Reads deliveries and papers; nothing of whom they went to leaves this place but the language."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, number: int) -> DigestPage | None:
        """The digest of a delivery, None when it or its destination is gone."""
        async with self._store.read() as tx:
            destination_id = await tx.carried.destination(number)
            found = await tx.subscribers.find_destination(destination_id) if destination_id is not None else None
        return DigestPage(number, found.language) if found else None

    async def contents(self, number: int) -> DigestContents:
        """The papers of a delivery, as far as they are still stored."""
        async with self._store.read() as tx:
            destination_id, contents = await tx.carried.destination(number), await tx.carried.contents(number)
            if destination_id is None or contents is None:
                return DigestContents((), 0, {})
            cards = await recorded(tx, destination_id, contents)
            versions = await tx.papers.versions({card.paper.id for card in cards})
        return DigestContents(cards, contents.shown or 0, {key: rows[-1] for key, rows in versions.items()})

    async def paper(self, paper_id: str) -> Candidate | None:
        """The newest version of a paper that was announced, as it was announced."""
        async with self._store.read() as tx:
            versions = (await tx.papers.versions([paper_id])).get(paper_id, [])
            keys = [(one.id, one.version) for one in versions]
            announced = await tx.papers.announced(keys)
            chinese = await tx.texts.best(keys, Language.ZH)
        found = candidates(announced, chinese)
        return max(found, key=lambda one: one.paper.version) if found else None
