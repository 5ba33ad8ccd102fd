"""A version that the listing does not tell is the least possible one, and the same paper stays the same."""

from __future__ import annotations

from datetime import timedelta

from bot.model import UNKNOWN, AnnounceType
from bot.pipeline import ingest
from bot.sources.versions import settled
from bot.store import schema
from tests.fakes import DAY, MORNING, announcement, listing, paper, rows, subscribed

CROSS, REPLACE = AnnounceType.CROSS, AnnounceType.REPLACE
BEFORE = DAY - timedelta(days=1)
UNSAID = paper(1, version=UNKNOWN)


def version(*listings, known=()):
    return [one.paper.version for each in settled(listings, known) for one in each.announcements]


def test_what_nobody_knows_is_the_first_version_or_the_second_of_a_revised_paper():
    assert version(listing("cs.AI", (UNSAID, CROSS))) == [1]
    assert version(listing("cs.LG", (UNSAID, REPLACE))) == [2]


def test_a_revised_paper_follows_the_version_that_is_known():
    assert version(listing("cs.LG", (UNSAID, REPLACE)), known=[announcement(paper(1, version=3), day=BEFORE)]) == [
        4
    ]


def test_another_category_of_the_same_day_may_tell():
    told = listing("cs.LG", (paper(1, version=3), REPLACE))
    assert version(listing("cs.AI", (UNSAID, AnnounceType.REPLACE_CROSS)), told) == [3, 3]


async def test_who_knows_better_later_does_not_announce_the_paper_again(store):
    await subscribed(store, "cs.LG type:replace")
    await ingest(store, [listing("cs.LG", (UNSAID, REPLACE), source="arxiv_listing")], MORNING)
    done = await ingest(store, [listing("cs.LG", (paper(1, version=5), REPLACE))], MORNING)
    assert (done.new, done.matched) == (0, 0)
    assert [(row.paper_id, row.version) for row in await rows(store, schema.match)] == [(UNSAID.id, 2)]


async def test_comments_that_come_later_are_matched_too(store):
    await subscribed(store, "comment:github")
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    assert await rows(store, schema.match) == []
    later = listing("cs.LG", paper(1, comments="Code on GitHub"), source="arxiv_listing")
    assert (await ingest(store, [later], MORNING)).matched == 1
