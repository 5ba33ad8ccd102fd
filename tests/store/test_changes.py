"""What has become of a paper is told once to who has it, with the next digest, and makes no digest of its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.model import AnnounceType, Notices, Paper
from bot.pipeline import ingest, plan
from bot.store import Store, schema
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    courier,
    listing,
    paper,
    planned,
    rows,
    states,
    subscribed,
)

REPLACE, CROSS = AnnounceType.REPLACE, AnnounceType.CROSS
ONE = timedelta(days=1)
DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
WITHDRAWN = "This paper has been withdrawn by the authors"
GONE = paper(1, version=2, comments=WITHDRAWN)
MOVED = paper(1, version=2, categories=("stat.ML", "cs.LG"))
SAID_GONE, SAID_MOVED = "2606.90001 withdrawn", "2606.90001 moved"


async def announced(store: Store, days: int, *found: Paper | tuple[Paper, AnnounceType], source: str = "feed"):
    """A listing of cs.LG, that many days after the first one."""
    await ingest(store, [listing("cs.LG", *found, day=DAY + days * ONE, source=source)], MORNING + days * ONE)


async def delivered(store: Store, channel: FakeChannel, days: int) -> list[str]:
    """What arrives when everything that waits is planned and sent on a day; what was sent before is left out."""
    now, before = MORNING + days * ONE, len(channel.arrived)
    await planned(store, now)
    await courier(store, channel, HandClock(now)).drain()
    return [one.body for one in channel.arrived[before:]]


async def test_who_has_the_paper_is_told_once_with_the_next_digest(store, channel):
    await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    assert await delivered(store, channel, 0) == ["2606.90001v1 new"]
    await announced(store, 1, (GONE, REPLACE))
    assert await delivered(store, channel, 1) == [], "no digest is made for it"
    await announced(store, 2, paper(2))
    assert await delivered(store, channel, 2) == ["2606.90002v1 new", SAID_GONE]
    await announced(store, 3, paper(3), (paper(1, version=3, comments="Withdrawn"), REPLACE))
    assert await delivered(store, channel, 3) == ["2606.90003v1 new"]


async def test_a_move_is_told_once_however_many_categories_announce_it(store, channel):
    await subscribed(store, "cs.LG", "stat.ML")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    moved = (MOVED, AnnounceType.REPLACE_CROSS)
    both = [listing("cs.LG", moved, paper(2), day=DAY + ONE), listing("stat.ML", (MOVED, REPLACE), day=DAY + ONE)]
    for one in both:
        await ingest(store, [one], MORNING + ONE)
    assert await delivered(store, channel, 1) == ["2606.90002v1 new", SAID_MOVED]
    assert (channel.digests[-1].changes[0].before, channel.digests[-1].changes[0].after) == ("cs.LG", "stat.ML")


async def test_a_move_without_a_new_version_is_seen_where_the_paper_is_announced_again(store, channel):
    await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    same = paper(1, categories=("stat.ML", "cs.LG"))
    await ingest(store, [listing("stat.ML", (same, CROSS), day=DAY + ONE)], MORNING + ONE)
    await announced(store, 1, paper(2))
    assert await delivered(store, channel, 1) == ["2606.90002v1 new", SAID_MOVED]


async def test_who_never_had_the_paper_hears_nothing(store, channel):
    await subscribed(store, "cs.LG -harbour", "title:lake")
    await announced(store, 0, paper(1))
    await announced(store, 1, (GONE, REPLACE), paper(2, title="A Lake"))
    assert await delivered(store, channel, 1) == ["2606.90002v1 new"]
    assert await rows(store, schema.change) == []


async def test_who_waits_for_the_paper_hears_of_it_with_the_paper(store, channel):
    await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await announced(store, 1, (GONE, REPLACE))
    assert await delivered(store, channel, 1) == ["2606.90001v1 new", SAID_GONE]


async def test_who_gets_the_later_version_is_told_by_its_card(store, channel):
    await subscribed(store, "cs.LG type:replace", "cs.LG type:new")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    await announced(store, 1, (GONE, REPLACE))
    assert await delivered(store, channel, 1) == ["2606.90001v2 replace"]
    await announced(store, 2, paper(2))
    assert await delivered(store, channel, 2) == ["2606.90002v1 new"]


async def test_who_has_muted_the_paper_hears_nothing_of_it(store, channel):
    place, _ = await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    async with store.write() as tx:
        await tx.mutes.add(place.id, "2606.90001", MORNING)
    await announced(store, 1, (GONE, REPLACE), paper(2))
    assert await delivered(store, channel, 1) == ["2606.90002v1 new"]


async def test_days_that_are_read_in_the_wrong_order_say_the_same(store, channel):
    await subscribed(store, "cs.LG")
    await announced(store, 2, (GONE, REPLACE))
    await announced(store, 0, paper(1))
    assert await delivered(store, channel, 2) == ["2606.90001v1 new", SAID_GONE]


async def test_comments_that_come_with_the_listing_are_heeded(store, channel):
    await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    await announced(store, 1, (paper(1, version=2), REPLACE), paper(2))
    await announced(store, 1, (GONE, REPLACE), paper(2), source="arxiv_listing")
    assert await delivered(store, channel, 1) == ["2606.90002v1 new", SAID_GONE]


async def test_a_word_on_why_there_is_nothing_carries_it_where_that_is_wanted(store, channel):
    place, _ = await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    assert await plan(store, DUE) == 1
    await courier(store, channel, HandClock(DUE)).drain()
    await announced(store, 1, (GONE, REPLACE))
    assert await plan(store, DUE + ONE) == 0
    async with store.write() as tx:
        await tx.subscribers.set_notices(place.id, Notices.ALWAYS)
    assert await plan(store, DUE + 2 * ONE) == 1
    await courier(store, channel, HandClock(DUE + 2 * ONE)).drain()
    assert channel.bodies("#tides")[-1] == SAID_GONE
    assert channel.digests[-1].silence is not None


async def test_a_delivery_that_is_given_up_leaves_it_to_the_next_one(store, channel):
    _, (subscription,) = await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    await announced(store, 1, (GONE, REPLACE), paper(2))
    await planned(store, MORNING + ONE)
    async with store.write() as tx:
        await tx.subscribers.unsubscribe(subscription.id)
    assert await delivered(store, channel, 1) == []
    assert await states(store) == ["sent"], "nobody asks for its papers any more"
    assert [row.delivery_id for row in await rows(store, schema.change)] == [None]
    await subscribed(store, "cs.LG")
    await announced(store, 2, paper(3))
    assert await delivered(store, channel, 2) == ["2606.90003v1 new", SAID_GONE]


async def test_each_destination_is_told_by_its_own_digest(store, channel):
    for address in ("#1", "#2"):
        await subscribed(store, "cs.LG", address=address)
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    await announced(store, 1, (GONE, REPLACE), paper(2))
    await delivered(store, channel, 1)
    for address in ("#1", "#2"):
        assert channel.bodies(address)[-1] == SAID_GONE
