"""What comes to a destination with its next digest, as it stands now: what its queries found and it does not mute.

Nothing is changed here, and nothing is ranked or explained.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.matching import Candidate, candidates, muted_by, prepare
from bot.model import Language
from bot.store import Transaction
from bot.store.carried import Earlier
from bot.store.hits import Asking, Coming
from bot.text.normal import has_han


@dataclass(frozen=True, slots=True)
class Waiting:
    """What comes to one destination, and why."""

    asking: list[Asking]  # the subscriptions that are not paused
    papers: list[Coming]
    muted: list[Coming]
    mutes: tuple[str, ...]  # what the destination does not want to see
    newest: int  # the last batch in it
    told_through: int  # the last one whose changes the destination was told of
    earlier: Earlier  # the deliveries that the destination has had


async def waiting_for(tx: Transaction, destination_id: int) -> Waiting:
    """What comes to a destination."""
    return await waiting_after(tx, destination_id, *await known_of(tx, destination_id))


async def waiting_after(
    tx: Transaction, destination_id: int, earlier: Earlier, subscriptions: Sequence[Asking]
) -> Waiting:
    """The same, where its deliveries and its subscriptions are known already."""
    newest = await tx.hits.newest()
    asking = [one for one in subscriptions if not one.paused]
    found = await tx.hits.coming(asking, earlier, newest)
    mutes = await tx.mutes.of(destination_id) if any(one.is_muted for one in subscriptions) else ()
    muted = await covered(tx, mutes, found)
    return Waiting(
        asking,
        [one for one in found if one.n not in muted],
        [one for one in found if one.n in muted],
        mutes,
        newest,
        max((one.told_through for one in subscriptions), default=newest),
        earlier,
    )


async def held_for(tx: Transaction, destination_id: int) -> list[Coming]:
    """What would come to a destination if none of its subscriptions were paused, without what it mutes."""
    earlier, subscriptions = await known_of(tx, destination_id)
    found = await tx.hits.coming(subscriptions, earlier, await tx.hits.newest())
    muted = await covered(tx, await tx.mutes.of(destination_id), found)
    return [one for one in found if one.n not in muted]


async def known_of(tx: Transaction, destination_id: int) -> tuple[Earlier, list[Asking]]:
    """The deliveries that a destination has had, and its subscriptions."""
    earlier = (await tx.carried.earlier([destination_id]))[destination_id]
    return earlier, (await tx.hits.asking([destination_id])).get(destination_id, [])


async def covered(tx: Transaction, mutes: Sequence[str], found: Sequence[Coming]) -> set[int]:
    """The papers, by number, for which one of these mutes holds."""
    if not mutes or not found:
        return set()
    versions = {(one.paper_id, one.version): one.n for one in found}
    texts = await tx.texts.best(versions, Language.ZH) if any(map(has_han, mutes)) else {}
    looked_at = candidates(await tx.papers.announced(versions), texts)

    def holding(one: Candidate) -> bool:
        return muted_by(mutes, prepare(one)) is not None

    def all_holding() -> set[int]:
        return {versions[one.paper.id, one.paper.version] for one in looked_at if holding(one)}

    return await asyncio.to_thread(all_holding)
