"""What has become of a paper is told once to who has it, with the next digest, and makes no digest of its own."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.jobs.plan import plan
from bot.model import AnnounceType, Notices, Paper
from bot.query import parse
from bot.store import Store
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    courier,
    ingest,
    listing,
    paper,
    planned,
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


async def test_who_got_it_when_it_was_back_is_told_that_it_is_withdrawn_again(store, channel):
    await subscribed(store, "cs.LG", address="#first")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    await announced(store, 1, (GONE, REPLACE), paper(2))
    assert await delivered(store, channel, 1) == ["2606.90002v1 new", SAID_GONE]
    await subscribed(store, "cs.LG (type:replace, type:new)", address="#later")
    await announced(store, 2, (paper(1, version=3), REPLACE), paper(3))
    assert "2606.90001v3 replace" in await delivered(store, channel, 2)
    await announced(store, 3, (paper(1, version=4, comments=WITHDRAWN), CROSS), paper(4))
    await delivered(store, channel, 3)
    told = {one.destination.address: [str(c.kind) for c in one.changes] for one in channel.digests[-2:]}
    assert told == {"#first": [], "#later": ["withdrawn"]}


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
    destination, _ = await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    await delivered(store, channel, 0)
    async with store.write() as tx:
        await tx.mutes.add(destination.id, "2606.90001", MORNING)
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
    destination, _ = await subscribed(store, "cs.LG")
    await announced(store, 0, paper(1))
    assert await plan(store, DUE) == 1
    await courier(store, channel, HandClock(DUE)).drain()
    await announced(store, 1, (GONE, REPLACE))
    assert await plan(store, DUE + ONE) == 0
    async with store.write() as tx:
        await tx.subscribers.set_notices(destination.id, Notices.ALWAYS)
    assert await plan(store, DUE + 2 * ONE) == 1
    await courier(store, channel, HandClock(DUE + 2 * ONE)).drain()
    assert channel.bodies("#tides")[-1] == SAID_GONE
    assert channel.digests[-1].no_papers is not None


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


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_comes_in_whatever_order_each_place_is_told_of_each_withdrawal_once(
    sqlite_store, channel, seed
):
    """Papers and what becomes of them, read in any order over four days, and again; digests when they please."""
    dice = random.Random(seed)
    queries = ["cs.LG", "cs.AI", str(parse("cs.LG type:new, type:replace")), str(parse("cs.LG, cs.AI ti:harbour"))]
    for number in range(6):
        await subscribed(sqlite_store, dice.choice(queries), address=f"#{number}")
    days: list[tuple[int, set[str], Paper, AnnounceType]] = []
    for number in range(12):
        at, category = dice.randrange(3), dice.choice(["cs.LG", "cs.AI"])
        first = paper(number, categories=(category, *dice.sample(["cs.AI", "cs.LG", "stat.ML"], 1)))
        days.append((at, {category}, first, AnnounceType.NEW))
        if number % 2:
            gone = replace(first, version=2, comments=WITHDRAWN)
            later = dice.randrange(at + 1, 4)
            days.append((later, {category, "cs.AI"} & {*gone.categories}, gone, REPLACE))
    dice.shuffle(days)
    for step, (at, categories, one, kind) in enumerate([*days, *dice.sample(days, 8)]):
        told = [listing(category, (one, kind), day=DAY + at * ONE) for category in sorted(categories)]
        await ingest(sqlite_store, told, MORNING + 9 * ONE)
        if dice.random() < 0.3:
            await delivered(sqlite_store, channel, 10 + step)
    for number in range(90, 92):  # a digest for everybody, twice
        new = [listing(category, paper(number)) for category in ("cs.LG", "cs.AI")]
        await ingest(sqlite_store, new, MORNING + 9 * ONE)
        await delivered(sqlite_store, channel, 100 + number)
    withdrawn = {one.id for _, _, one, kind in days if kind is REPLACE}
    for number in range(6):
        said = [line for body in channel.bodies(f"#{number}") for line in body.splitlines()]
        newest = {each: max(v for i, v in versions(said) if i == each) for each, _ in versions(said)}
        expected = sorted(f"{each} withdrawn" for each in withdrawn if newest.get(each) == 1)
        assert sorted(line for line in said if line.endswith("withdrawn")) == expected


def versions(said: list[str]) -> list[tuple[str, int]]:
    """The papers whose cards have come, with their versions."""
    found = [line.split()[0].partition("v") for line in said if not line.endswith("withdrawn")]
    return [(paper_id, int(version)) for paper_id, _, version in found]
