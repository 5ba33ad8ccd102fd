"""Texts are made once for everybody, within the budget, and never stand in the way of a digest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digest import Lack
from bot.errors import MakerError
from bot.jobs.plan import plan
from bot.jobs.summarize import Budget, Summarizer
from bot.matching import Matcher
from bot.model import UNKNOWN, AnnounceType, Language, Summary
from bot.store import Store, schema
from bot.summaries import Answer, Job, TextField
from bot.summaries.chain import Chain
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    HandClock,
    RunningClock,
    courier,
    ingest,
    listing,
    matches,
    paper,
    subscribed,
)
from tests.texts import ABSTRACT, TEXTS, TIDES, TITLE, WORST, FakeMaker, fails, in_english, tide, well

SLOT = MORNING + timedelta(hours=3)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def summarizer(store: Store, clock: HandClock, *makers: FakeMaker, tokens: int = 0) -> Summarizer:
    return Summarizer(store, Chain(makers, at_once=4), clock, budget=Budget(tokens), matcher=Matcher())


async def readers(store: Store, count: int, query: str = "cs.LG", language: Language = Language.BOTH) -> None:
    for number in range(count):
        destination, _ = await subscribed(store, query, address=f"#{query} {number}")
        async with store.write() as tx:
            await tx.subscribers.set_language(destination.id, language)


async def summary(store: Store, number: int = 1, language: Language = Language.ZH) -> Summary | None:
    version = (paper(number).id, 1)
    async with store.read() as tx:
        return (await tx.texts.best([version], language)).get(version)


async def test_fifty_readers_and_one_paper_are_one_call_and_a_second_run_is_none(store, clock):
    await readers(store, 50)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    maker = FakeMaker()
    report = await summarizer(store, clock, maker).run()
    assert (report.papers, report.made, report.failed) == (1, 4, 0)
    assert (report.spent.calls, report.spent.tokens, report.spent.cost) == (1, 400, 200)
    await summarizer(store, clock, maker).run()
    assert [fields for _, fields, _ in maker.asked] == [tuple(TEXTS)]
    assert (await summary(store)).abstract == TEXTS[TextField.ABSTRACT]
    assert (await summary(store, language=Language.EN)).one_line == TEXTS[TextField.ENGLISH_LINE]


async def test_a_new_version_is_made_again_and_another_prompt_or_model_is_no_reason_to(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    await summarizer(store, clock, FakeMaker()).run()
    other = FakeMaker("llm:two", prompt="2")
    await summarizer(store, clock, other).run()
    assert other.asked == []
    await ingest(store, [listing("cs.LG", tide(1, version=2))], MORNING)
    await summarizer(store, clock, other).run()
    assert len(other.asked) == 1


async def test_only_what_is_wanted_is_made(store, clock):
    await readers(store, 1, language=Language.ZH)
    await readers(store, 1, "cs.AI", language=Language.EN)
    await readers(store, 1, "hep-th")
    carried = Summary(TIDES[2].id, 1, Language.ZH, "标题", "一句话", "摘要", "arxivdaily")
    await ingest(store, [listing("cs.LG", tide(1)), listing("cs.AI", tide(2, "cs.AI"))], MORNING)
    await ingest(store, [listing("hep-th", tide(3, "hep-th"), tide(4, "hep-th"))], MORNING)
    async with store.write() as tx:
        await tx.texts.carry([carried], MORNING)
    maker = FakeMaker()
    await summarizer(store, clock, maker).run()
    wanted = {number: fields for number, fields, _ in maker.asked}
    assert wanted == {
        TIDES[0].id: (TextField.TITLE, TextField.ONE_LINE, TextField.ABSTRACT),
        TIDES[1].id: (TextField.ENGLISH_LINE,),
        TIDES[2].id: (TextField.ENGLISH_LINE,),
        TIDES[3].id: tuple(TEXTS),
    }


async def test_what_does_not_pass_is_asked_once_more_with_the_reason_and_then_of_the_next(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    first, second = FakeMaker(always=in_english), FakeMaker("llm:two")
    report = await summarizer(store, clock, first, second).run()
    assert [bool(reason) for _, _, reason in first.asked] == [False, True]
    assert (len(second.asked), report.flawed, report.failed) == (1, 2, 0)
    assert (await summary(store)).provenance == "llm:two"


async def test_what_nobody_makes_well_is_paid_once_and_the_card_goes_out_in_english(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    maker = FakeMaker(always=in_english)
    await summarizer(store, clock, maker).run()
    await summarizer(store, clock, maker).run()
    clock.forward(hours=12)
    await summarizer(store, clock, maker).run()
    assert len(maker.asked) == 2
    assert await summary(store) is None
    await plan(store, SLOT, patience=timedelta(minutes=20))
    channel = FakeChannel()
    await courier(store, channel, clock).drain()
    (digest,) = channel.digests
    assert digest.lacks
    assert digest.cards[0].summary is None
    assert digest.cards[0].english.provenance == "extract"


async def test_one_paper_that_fails_touches_no_other_and_is_tried_again_later(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:5])], MORNING)
    maker = FakeMaker(script=[well, fails(), fails(is_final=True)])
    one = summarizer(store, clock, maker)
    report = await one.run()
    assert (report.made, report.failed) == (12, 2)
    await one.run()
    assert len(maker.asked) == 5
    clock.forward(minutes=6)
    await one.run()
    assert len(maker.asked) == 6, "the one that was refused is not asked for again"


async def test_a_call_that_failed_is_not_charged_unless_it_may_have_been_billed(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:2])], MORNING)
    maker = FakeMaker(script=[fails(), fails(billed=(WORST.tokens, WORST.cost))])
    report = await summarizer(store, clock, maker).run()
    assert (report.spent.calls, report.spent.tokens) == (2, WORST.tokens)


async def test_a_flawed_text_whose_mending_failed_is_asked_for_again(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    maker = FakeMaker(script=[in_english, fails()])
    one = summarizer(store, clock, maker)
    assert (await one.run()).failed == 1
    clock.forward(hours=1)
    await one.run()
    assert len(maker.asked) == 3
    assert (await summary(store)).abstract == TEXTS[TextField.ABSTRACT]


async def test_a_call_that_is_worth_it_is_made_once_more_at_once_and_booked_for_itself(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:2])], MORNING)
    seen = set()

    def fails_at_first(job: Job, reason: str) -> Answer:
        if job.paper.id in seen:
            return well(job, reason)
        seen.add(job.paper.id)
        raise MakerError("busy", again=True, billed=(400, 200))

    report = await summarizer(store, clock, FakeMaker(always=fails_at_first)).run()
    assert (report.made, report.failed) == (8, 0)
    assert (report.spent.calls, report.spent.tokens) == (4, 1600)


async def test_a_text_of_use_is_not_replaced_by_one_that_is_of_none(store, clock):
    longer = "我们用稀疏注意力预测潮汐。潮汐会涨。潮汐会落。"

    def too_much(job: Job, _reason: str) -> Answer:
        return Answer(TEXTS | {TextField.ABSTRACT: longer})

    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    await summarizer(store, clock, FakeMaker(script=[too_much, in_english])).run()
    found = await summary(store)
    assert found.abstract == longer
    assert found.flaws, "it is labelled"


async def test_a_text_that_another_paper_has_is_refused_also_when_it_is_in_the_store(store, clock):
    other = paper(1, title="Harbour: Sparse Attention for Tides", abstract=ABSTRACT)
    await readers(store, 1)
    carried = Summary(other.id, 1, Language.ZH, TEXTS[TextField.TITLE], "", "", "arxivdaily")
    await ingest(store, [listing("cs.LG", other, TIDES[1])], MORNING)
    async with store.write() as tx:
        await tx.texts.carry([carried], MORNING)
    report = await summarizer(store, clock, FakeMaker()).run()
    assert report.flawed
    found = await summary(store, 2)
    assert found is None or not found.title


async def test_the_budget_goes_to_what_most_read_and_the_rest_is_made_the_next_day_and_nothing_twice(store, clock):
    await readers(store, 1)
    await readers(store, 2, "cs.AI")
    both = [paper(n, title=TITLE, abstract=ABSTRACT, categories=("cs.LG", "cs.AI")) for n in (5, 6)]
    await ingest(store, [listing("cs.LG", *TIDES[:4], *both), listing("cs.AI", *both)], MORNING)
    maker = FakeMaker()
    one = Summarizer(store, Chain([maker]), clock, budget=Budget(tokens=2200), matcher=Matcher())
    report = await one.run()
    assert report.is_over_budget
    assert one.lack() is Lack.BUDGET
    assert report.spent.tokens <= 2200
    done = [number for number, _, _ in maker.asked]
    assert set(done[:2]) == {TIDES[4].id, TIDES[5].id}
    await plan(store, SLOT, patience=timedelta(minutes=20))
    channel = FakeChannel()
    clock.now = SLOT
    await courier(store, channel, clock).drain()
    assert channel.bodies("#cs.LG 0") == [], "it waits for texts"
    await one.run()
    await courier(store, channel, clock).drain()
    assert len(channel.bodies("#cs.LG 0")) == 6, "but not for a budget that is used up"
    async with store.write() as tx:  # as an Editor has it
        await tx.connection.execute(schema.delivery.update().values(lacks=True))
    clock.forward(days=1)
    await one.run()
    clock.forward(days=1)
    await one.run()
    assert sorted(number for number, _, _ in maker.asked) == sorted(one.id for one in TIDES[:6])
    assert one.lack() is Lack.LATE


async def test_a_digest_leaves_at_its_deadline_whatever_the_model_does(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    maker = FakeMaker(gate=asyncio.Event())
    running = asyncio.create_task(summarizer(store, clock, maker).run())
    channel = FakeChannel()
    try:
        clock.now = SLOT
        await plan(store, clock(), patience=timedelta(minutes=20))
        clock.forward(minutes=19)
        await courier(store, channel, clock).drain()
        assert channel.arrived == []
        clock.forward(minutes=1)
        await courier(store, channel, clock).drain()
        assert len(channel.arrived) == 1
    finally:
        maker.gate.set()
        await running


async def test_a_digest_leaves_as_soon_as_its_texts_are_there(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    clock.now = SLOT
    await plan(store, clock(), patience=timedelta(minutes=20))
    await summarizer(store, clock, FakeMaker()).run()
    channel = FakeChannel()
    await courier(store, channel, clock).drain()
    assert channel.digests[0].cards[0].summary.title == TEXTS[TextField.TITLE]


async def test_nobody_waits_when_everybody_who_makes_texts_rests(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:9])], MORNING)
    clock.now = SLOT
    await plan(store, clock(), patience=timedelta(minutes=20))
    maker = FakeMaker(always=fails("401", rest=timedelta(minutes=30)))
    one = summarizer(store, clock, maker)
    report = await one.run()
    assert report.all_makers_down
    assert len(maker.asked) <= 6, "no more than are in preparation at once"
    channel = FakeChannel()
    await courier(store, channel, clock).drain()
    assert len(channel.arrived) == 9


async def test_two_processes_do_not_make_the_same_and_who_died_is_followed(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    slow, other = FakeMaker(gate=asyncio.Event()), FakeMaker()
    running = asyncio.create_task(summarizer(store, clock, slow).run())
    await slow.reached.wait()
    await summarizer(store, clock, other).run()
    assert other.asked == []
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await summarizer(store, clock, other).run()
    assert len(other.asked) == 1


async def test_a_call_that_takes_longer_than_the_turn_is_not_repeated_by_another_process(store, monkeypatch):
    monkeypatch.setattr("bot.jobs.summarize.LEASE", timedelta(seconds=2))
    clock = RunningClock()

    def process(maker: FakeMaker) -> Summarizer:
        return Summarizer(store, Chain([maker]), clock, budget=Budget(), matcher=Matcher())

    await readers(store, 1)
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    slow, other = FakeMaker(gate=asyncio.Event()), FakeMaker()
    running = asyncio.create_task(process(slow).run())
    await slow.reached.wait()
    for _ in range(3):
        await asyncio.sleep(0.9)
        await process(other).run()
    slow.gate.set()
    await running
    await process(other).run()
    assert (len(slow.asked), len(other.asked)) == (1, 0)


async def test_who_was_asleep_while_another_process_took_the_work_asks_for_nothing_more(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:3])], MORNING)
    asleep, other = FakeMaker(gate=asyncio.Event()), FakeMaker(gate=asyncio.Event())
    first, second = (
        Summarizer(store, Chain([one]), clock, budget=Budget(), matcher=Matcher()) for one in (asleep, other)
    )
    sleeping = asyncio.create_task(first.run())
    await asleep.reached.wait()
    clock.forward(minutes=4)
    following = asyncio.create_task(second.run())
    await other.reached.wait()
    asleep.gate.set()
    await sleeping
    other.gate.set()
    await following
    assert len(asleep.asked) == 1
    assert len({number for number, _, _ in other.asked}) == 3


async def test_an_answer_is_kept_although_who_asked_is_stopped(store, clock):
    await readers(store, 1)
    await ingest(store, [listing("cs.LG", *TIDES[:2])], MORNING)
    first = FakeMaker(script=[well])
    stopped = Summarizer(store, Chain([first]), clock, budget=Budget(), matcher=Matcher())

    def crash(_job: Job, _reason: str) -> Answer:
        raise RuntimeError("killed")

    first.script.append(crash)
    with pytest.raises(ExceptionGroup):
        await stopped.run()
    second = FakeMaker()
    await summarizer(store, clock, second).run()
    assert len(second.asked) == 1
    assert first.asked[0][0] != second.asked[0][0]


async def test_who_asks_in_chinese_gets_the_paper_when_its_texts_come(store, clock):
    await readers(store, 1)
    await readers(store, 1, "港口")
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    assert len(await matches(store)) == 1
    await summarizer(store, clock, FakeMaker()).run()
    assert len(await matches(store)) == 2


async def test_nothing_is_made_of_what_is_a_week_old_or_read_by_nobody(store, clock):
    await ingest(store, [listing("cs.LG", TIDES[0])], MORNING)
    await readers(store, 1, "cs.AI")
    await ingest(store, [listing("cs.AI", TIDES[1], day=DAY - timedelta(days=9))], MORNING)
    maker = FakeMaker()
    await summarizer(store, clock, maker).run()
    assert maker.asked == []


async def test_texts_of_a_paper_that_gets_its_version_while_they_are_made_are_made_again_for_that(store, clock):
    untold = replace(tide(1), version=UNKNOWN, is_version_known=False)
    await readers(store, 1, "cs.LG type:replace")
    await ingest(store, [listing("cs.LG", (untold, AnnounceType.REPLACE), source="arxiv_listing")], MORNING)
    slow = FakeMaker(gate=asyncio.Event())
    at_work = asyncio.create_task(summarizer(store, clock, slow).run())
    await slow.reached.wait()
    told = listing("cs.LG", (replace(tide(1), version=4), AnnounceType.REPLACE))
    await ingest(store, [told], MORNING)
    slow.gate.set()
    await at_work
    await summarizer(store, clock, FakeMaker()).run()
    async with store.read() as tx:
        found = await tx.texts.best([(untold.id, 4)], Language.ZH)
    assert found[untold.id, 4].abstract == TEXTS[TextField.ABSTRACT]


async def test_papers_that_nobody_waits_for_come_last_and_only_where_all_are_to_have_chinese(store, clock):
    await readers(store, 1, query="cs.CL")
    await ingest(store, [listing("cs.LG", *TIDES[:2]), listing("cs.CL", tide(3, "cs.CL"))], MORNING)
    maker = FakeMaker()
    await summarizer(store, clock, maker).run()
    assert [of for of, _, _ in maker.asked] == [paper(3).id]
    whole = Summarizer(store, Chain([maker]), clock, budget=Budget(), matcher=Matcher(), makes_all=True)
    await whole.run()
    assert [of for of, _, _ in maker.asked] == [paper(3).id, paper(1).id, paper(2).id]
    await whole.run()
    assert len(maker.asked) == 3
