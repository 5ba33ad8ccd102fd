"""A digest is drafted without a turn to write, and fixed in one write, unless another one came in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.digest import Digest, Lack
from bot.jobs.compose import Composer, OvertakenError
from bot.model import Destination, Language, Paper, Subscription, Summary
from bot.presentation.cards import digest_lines
from bot.store import Store, schema
from bot.store.outbox import Claim, Composed
from bot.store.parts import StoredPart
from tests.fakes import MORNING, HandClock, composed, matched, paper, planned, rows, subscribed, waiting


async def two_claims(store: Store, clock: HandClock) -> list[Claim]:
    """Two deliveries of one destination that are both on their way, and neither of them composed."""
    (destination,) = await waiting(store, 1, papers=3)
    await planned(store)
    async with store.write() as tx:
        (first,) = await tx.outbox.claim("fake", owner="one", now=clock(), lease=timedelta(minutes=2), most=5)
        await tx.connection.execute(
            schema.delivery.insert().values(
                destination_id=destination.id, channel="fake", slot_due=MORNING + timedelta(hours=1),
                state="ready", due_at=MORNING, created_at=MORNING,
            )
        )  # fmt: skip
        (second,) = await tx.outbox.claim("fake", owner="two", now=clock(), lease=timedelta(minutes=2), most=5)
    return [first, second]


async def test_a_draft_is_not_fixed_when_another_digest_was_fixed_meanwhile(store: Store) -> None:
    clock = HandClock()
    composer = Composer(store, cap=2, clock=clock)
    first, second = await two_claims(store, clock)
    (early,), (late,) = await composer.draft([first]), await composer.draft([second])
    assert early.digest.matched == late.digest.matched == 3
    async with store.write() as tx:
        await composer.fix(tx, [early])
        assert await tx.outbox.compose([Composed(first, [StoredPart(1, "one")], early.contents)])
    with pytest.raises(OvertakenError):
        async with store.write() as tx:
            await composer.fix(tx, [late])
    (again,) = await composer.draft([second])
    assert again.is_empty
    async with store.write() as tx:
        await composer.fix(tx, [again])
    (kept,) = await rows(store, schema.delivery)
    assert kept.id == first.id


async def test_what_is_muted_on_a_day_of_nothing_else_does_not_come_when_it_is_found_again(store: Store) -> None:
    """It was not for this reader on that day, and is no news once the mute has gone."""
    first, (subscription,) = await subscribed(store)
    assert await morning(store, subscription, 0, paper(1)) == [paper(1).id]
    await muted(store, first, paper(2))
    assert await morning(store, subscription, 1, paper(2)) == []
    await muted(store, first, paper(2), no_longer=True)
    assert await morning(store, subscription, 2, paper(2)) == []
    assert await morning(store, subscription, 3, paper(2), paper(3)) == [paper(3).id]


async def test_what_is_muted_before_the_first_digest_does_not_come_when_it_is_found_again(store: Store) -> None:
    first, (subscription,) = await subscribed(store)
    await muted(store, first, paper(1))
    assert await morning(store, subscription, 0, paper(1)) == []
    await muted(store, first, paper(1), no_longer=True)
    assert await morning(store, subscription, 1, paper(1)) == []
    async with store.read() as tx:
        assert await tx.carried.history(first.id, 5) == [], "nothing was sent"
        assert (await tx.carried.earlier([first.id]))[first.id].last(0, MORNING) is None, "so no thread goes on"
    assert await morning(store, subscription, 2, paper(1), paper(2)) == [paper(2).id]


async def morning(store: Store, subscription: Subscription, day: int, *papers: Paper) -> list[str]:
    """The papers that come on a day on which these are found."""
    now = MORNING + timedelta(days=day)
    await matched(store, subscription, *papers, day=now.date(), now=now)
    await planned(store, now)
    async with store.write() as tx:
        claims = await tx.outbox.claim("fake", owner="one", now=now, lease=timedelta(minutes=2), most=5)
    digests = [await composed(store, claim) for claim in claims]
    async with store.write() as tx:
        for claim in claims:
            await tx.outbox.finish([claim], now)
    return [card.paper.id for one in digests if one for card in one.cards]


async def muted(store: Store, destination: Destination, one: Paper, *, no_longer: bool = False) -> None:
    async with store.write() as tx:
        if no_longer:
            await tx.mutes.remove(destination.id, one.id)
        else:
            await tx.mutes.add(destination.id, one.id, MORNING)


async def test_only_what_is_shown_is_explained_and_the_others_are_named_by_title(store: Store) -> None:
    clock = HandClock()
    await waiting(store, 1, papers=4)
    await planned(store)
    async with store.write() as tx:
        (claim,) = await tx.outbox.claim("fake", owner="one", now=clock(), lease=timedelta(minutes=2), most=5)
    digest = (await Composer(store, cap=1, clock=clock).draft([claim]))[0].digest
    assert [bool(card.paper.abstract) for card in (*digest.cards, *digest.rest)] == [True, False, False, False]
    assert all(card.paper.title and card.subscriptions for card in digest.rest)
    assert digest.cards[0].reasons


async def test_a_destination_has_as_many_papers_whole_as_it_wants_and_never_more_than_the_admin_allows(
    store: Store,
) -> None:
    clock = HandClock()
    few, many = await waiting(store, 2, papers=4)
    async with store.write() as tx:
        await tx.subscribers.set_limit(few.id, 1)
        await tx.subscribers.set_limit(many.id, 9)
    await planned(store)
    async with store.write() as tx:
        claims = await tx.outbox.claim("fake", owner="one", now=clock(), lease=timedelta(minutes=2), most=5)
    composer = Composer(store, cap=3, clock=clock)
    digests = {one.claim.destination.id: one.digest for one in await composer.draft(claims)}
    shown = {each: (len(one.cards), len(one.named), one.matched) for each, one in digests.items()}
    assert shown == {few.id: (1, 3, 4), many.id: (3, 1, 4)}


async def one_digest(store: Store, language: Language, lack: Lack, *, chinese: bool = False) -> Digest:
    """The digest of a paper for somebody who reads this, where Chinese texts are missing for a reason."""
    clock = HandClock()
    (destination,) = await waiting(store, 1)
    async with store.write() as tx:
        await tx.subscribers.set_language(destination.id, language)
        if chinese:
            await tx.texts.carry([Summary(paper(1).id, 1, Language.ZH, "潮汐", provenance="arxivdaily")], MORNING)
    await planned(store)
    async with store.write() as tx:
        (claim,) = await tx.outbox.claim("fake", owner="one", now=clock(), lease=timedelta(minutes=2), most=5)
    return (await Composer(store, cap=3, clock=clock, lack=lambda: lack).draft([claim]))[0].digest


NAGGING = ("No Chinese text yet", "OPENAI_API_KEY", "暂缺", "管理员")


@pytest.mark.parametrize("language", [Language.BOTH, Language.BOTH_HANT])
async def test_who_reads_both_reads_english_where_nobody_makes_chinese_texts(
    store: Store, language: Language
) -> None:
    digest = await one_digest(store, language, Lack.SETUP)
    assert digest.destination.language is Language.EN
    assert digest.lacks, "so that it is filled in when somebody makes them after all"
    assert not any(word in str(digest_lines(digest)) for word in NAGGING)


async def test_who_reads_chinese_is_not_told_every_day_that_there_is_none(store: Store) -> None:
    digest = await one_digest(store, Language.ZH, Lack.SETUP)
    assert digest.destination.language is Language.ZH
    assert not any(word in str(digest_lines(digest)) for word in NAGGING)


async def test_texts_that_came_from_elsewhere_are_shown_though_nobody_makes_any(store: Store) -> None:
    digest = await one_digest(store, Language.BOTH, Lack.SETUP, chinese=True)
    assert digest.destination.language is Language.BOTH
    assert "潮汐" in str(digest_lines(digest))
    assert not any(word in str(digest_lines(digest)) for word in NAGGING[1:])


@pytest.mark.parametrize("lack", [Lack.LATE, Lack.BUDGET])
async def test_a_text_that_may_still_come_is_awaited_aloud(store: Store, lack: Lack) -> None:
    digest = await one_digest(store, Language.BOTH, lack)
    assert digest.destination.language is Language.BOTH
    assert "No Chinese text yet" in str(digest_lines(digest))
