"""Chinese texts that come after the announcement: the matches are those that they would have been with them."""

from __future__ import annotations

import random
import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.jobs import match as jobs_match
from bot.jobs.plan import plan_all
from bot.matching import Matcher, candidates, match, prepare
from bot.model import Announcement, Language, Listing, Summary
from bot.pending import waiting_for
from bot.query import parse
from bot.text.normal import HAN
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    courier,
    ingest,
    listing,
    matches,
    paper,
    subscribed,
)
from tests.matching.invented import candidate, leaf, queries

NOON = MORNING + timedelta(hours=6)
HARBOUR = paper(1, title="Harbour", abstract="Nothing of the kind.")
TEXTS = Summary(HARBOUR.id, 1, Language.ZH, "潮汐表的稀疏注意力综述", provenance="llm:invented")


async def arrive(store, *texts, matcher=None):
    async with store.write() as tx:
        await tx.texts.carry(texts, MORNING)
    return await jobs_match.match(store, MORNING, matcher)


async def coming(store):
    """What comes to whom, muted papers left out: the destination, the paper, its types by query."""
    found = []
    async with store.read() as tx:
        for destination in await tx.subscribers.destinations():
            queries = {one.id: one.query for one in await tx.subscribers.subscriptions(destination.id)}
            for one in (await waiting_for(tx, destination.id)).papers:
                types = {queries[number]: kind for number, kind in one.types.items()}
                found.append((destination.address, one.paper_id, one.version, one.date, types))
    return sorted(found, key=lambda one: one[:3])


async def mute(store, destination, *texts):
    async with store.write() as tx:
        for text in texts:
            await tx.mutes.add(destination.id, text, MORNING)


async def test_late_texts_find_those_who_ask_in_chinese_and_say_where_they_were_found(store):
    await subscribed(store, "潮汐", "cs.LG")
    await ingest(store, [listing("cs.LG", HARBOUR)], MORNING)
    assert await arrive(store, TEXTS) == 1
    assert [(one.query, one.type) for one in await matches(store)] == [("cs.LG", "new"), ("潮汐", "new")]
    await plan_all(store, ["fake"], MORNING)
    channel = FakeChannel()
    await courier(store, channel, HandClock(NOON)).drain()
    (card,) = channel.digests[0].cards
    assert [(one.term, one.field) for one in card.reasons] == [("潮汐", "title_zh"), ("cs.LG", "category")]


async def test_late_texts_may_be_told_twice(store):
    await subscribed(store, "潮汐", "cs.LG -综述")
    await ingest(store, [listing("cs.LG", HARBOUR)], MORNING)
    assert await arrive(store, TEXTS) == 1
    before = await coming(store)
    assert await arrive(store, TEXTS) == 0
    assert await coming(store) == before
    assert [one.query for one in await matches(store)] == ["潮汐"]


async def test_what_a_late_text_excludes_does_not_come_unless_it_was_in_a_digest_already(store):
    await subscribed(store, "cs.LG -综述")
    muting, _ = await subscribed(store, "cs.LG", address="#muting")
    await mute(store, muting, "综述")
    await ingest(store, [listing("cs.LG", HARBOUR, paper(2))], MORNING)
    await plan_all(store, ["fake"], MORNING)
    channel = FakeChannel()
    await courier(store, channel, HandClock(NOON)).drain()
    await ingest(store, [listing("cs.LG", paper(3))], NOON)
    await arrive(store, TEXTS, *(Summary(paper(n).id, 1, Language.ZH, "综述", provenance="x") for n in (2, 3)))
    await plan_all(store, ["fake"], NOON)
    await courier(store, channel, HandClock(NOON)).drain()
    for address in ("#tides", "#muting"):
        assert sorted(channel.papers(address)) == [f"{HARBOUR.id}v1", f"{paper(2).id}v1"]


async def test_late_texts_give_the_matches_that_they_would_have_given_from_the_start(
    store_url, store, sqlite_other
):
    dice = random.Random(20260610)
    day = [candidate(dice, number) for number in range(60)]
    chosen = queries(dice, 150)
    announced = [Announcement(one.paper, code, DAY, kind) for one in day for code, kind in one.types.items()]
    texts = tuple(
        Summary(one.paper.id, 1, Language.ZH, one.summary.title, abstract=one.summary.abstract, provenance="x")
        for one in day
        if one.summary
    )
    for each in (store, sqlite_other):
        for number in range(5):
            destination, _ = await subscribed(each, *chosen[number::5], address=f"#{number}")
            await mute(
                each, destination, *[["模型", "图神经网络"], ["KV缓存"], ["models"], ["2606.10003"], []][number]
            )
    await ingest(sqlite_other, [Listing("page", "all", DAY, tuple(announced), summaries=texts)], MORNING)
    matcher = Matcher()
    await ingest(store, [Listing("page", "all", DAY, tuple(announced))], MORNING, matcher)
    expected = await coming(sqlite_other)
    assert await coming(store) != expected
    for first in range(0, len(texts), 7):
        await arrive(store, *texts[first : first + 7], matcher=matcher)
    assert await coming(store) == expected


@given(st.randoms(use_true_random=False))
def test_a_query_without_chinese_does_not_care_for_chinese_texts(dice):
    one = candidate(dice, 1)
    try:
        query = parse(leaf(dice))
    except QueryError:
        return
    if re.search(f"[{HAN}]", str(query)) is None:
        bare = candidates([Announcement(one.paper, code, one.date, kind) for code, kind in one.types.items()], {})
        assert match(query, prepare(one)) == match(query, prepare(bare[0]))
