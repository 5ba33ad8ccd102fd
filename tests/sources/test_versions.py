"""A version that nobody has told is never shown, keeps its place, and is put right when it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.model import UNKNOWN, AnnounceType, Language
from bot.sources.versions import corrections, settled
from bot.store import schema
from bot.store.texts import Made
from tests.fakes import DAY, MORNING, announcement, ingest, listing, matches, paper, rows, subscribed

CROSS, REPLACE = AnnounceType.CROSS, AnnounceType.REPLACE
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
UNSAID = paper(1, version=UNKNOWN, is_version_known=False)


def numbers(*listings, known=()):
    """Each number, and whether it is that of the version."""
    found = [one.paper for each in settled(listings, known) for one in each.announcements]
    return [(one.version, one.is_version_known) for one in found]


def stored(version, *, day=DAY, kind=REPLACE, is_known=True):
    return announcement(paper(1, version=version, is_version_known=is_known), day=day, kind=kind)


def test_what_nobody_has_told_comes_after_the_first_version_of_a_revised_paper():
    assert numbers(listing("cs.AI", (UNSAID, CROSS))) == [(1, False)]
    assert numbers(listing("cs.LG", (UNSAID, REPLACE))) == [(2, False)]


def test_it_stands_between_what_was_announced_before_and_after_it():
    told = listing("cs.LG", (UNSAID, REPLACE))
    assert numbers(told, known=[stored(3, day=BEFORE)]) == [(4, False)]
    assert numbers(told, known=[stored(1, day=BEFORE), stored(4, day=AFTER)]) == [(2, False)]
    assert numbers(told, known=[stored(2, day=AFTER)]) == [(1, False)]


def test_another_category_of_the_same_day_may_tell():
    told = listing("cs.LG", (paper(1, version=3), REPLACE))
    assert numbers(listing("cs.AI", (UNSAID, AnnounceType.REPLACE_CROSS)), told) == [(3, True), (3, True)]
    assert numbers(listing("cs.AI", (UNSAID, CROSS)), known=[stored(3)]) == [(3, True)]


def test_the_same_announcement_keeps_its_number_until_its_version_is_told():
    again = listing("cs.LG", (UNSAID, REPLACE))
    assert numbers(again, known=[stored(2, is_known=False)]) == [(2, False)]
    told = listing("cs.LG", (paper(1, version=4), REPLACE))
    assert corrections([told], [stored(2, is_known=False)]) == {(UNSAID.id, 2): 4}
    assert corrections([told], [stored(4, is_known=False)]) == {(UNSAID.id, 4): 4}
    assert corrections([told], [stored(2, is_known=False, day=BEFORE)]) == {}
    assert corrections([told], [stored(2)]) == {}, "somebody has told it"
    assert corrections([told], [stored(2, is_known=False), stored(4, day=AFTER)]) == {}, "it is there already"


@pytest.mark.parametrize("version", [2, 3, 5])
async def test_who_knows_the_version_later_does_not_announce_the_paper_again(store, version):
    await subscribed(store, "cs.LG type:replace")
    await ingest(store, [listing("cs.LG", (UNSAID, REPLACE), source="arxiv_listing")], MORNING)
    async with store.read() as tx:
        (before,) = (await tx.papers.versions([UNSAID.id]))[UNSAID.id]
    assert before.label == UNSAID.id, "no version is made up"
    done = await ingest(store, [listing("cs.LG", (paper(1, version=version), REPLACE))], MORNING)
    assert (done.new, done.matched) == (0, 0)
    assert [(one.paper_id, one.version) for one in await matches(store)] == [(UNSAID.id, version)]
    assert [row.version for row in await rows(store, schema.announcement)] == [version]
    async with store.read() as tx:
        (after,) = (await tx.papers.versions([UNSAID.id]))[UNSAID.id]
    assert after.label == f"{UNSAID.id}v{version}"


async def test_two_revisions_of_two_days_are_both_kept_when_nobody_tells_their_versions(sqlite_store):
    for day in (BEFORE, DAY):
        await ingest(sqlite_store, [listing("cs.LG", (UNSAID, REPLACE), day=day)], MORNING)
    found = [(row.version, row.date) for row in await rows(sqlite_store, schema.announcement)]
    assert found == [(2, BEFORE), (3, DAY)]


async def test_comments_that_come_later_are_matched_too(store):
    await subscribed(store, "comment:github")
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    assert await matches(store) == []
    later = listing("cs.LG", paper(1, comments="Code on GitHub"), source="arxiv_listing")
    assert (await ingest(store, [later], MORNING)).matched == 1


async def test_texts_move_with_their_paper_when_its_version_is_told(store):
    await ingest(store, [listing("cs.LG", (UNSAID, REPLACE), source="arxiv_listing")], MORNING)
    async with store.write() as tx:
        await tx.texts.add((UNSAID.id, 2), [Made(Language.ZH, "title", "llm:one", "", "", "潮汐")], MORNING)
    await ingest(store, [listing("cs.LG", (paper(1, version=4), REPLACE))], MORNING)
    assert [row.version for row in await rows(store, schema.text_)] == [4]
