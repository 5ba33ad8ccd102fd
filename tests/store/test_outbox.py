"""The outbox: who may send a delivery, what a zombie may not, and what is known afterwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from bot.model import AnnounceType, Language, Receipt
from bot.store import Store, schema
from bot.store.migrate import migrate
from bot.store.outbox import Claim, Composed
from bot.store.packing import pack
from bot.store.parts import Arrived, StoredPart
from bot.store.texts import Made
from tests import PATIENCE
from tests.counterparts import postgres
from tests.fakes import (
    MORNING,
    composed,
    ingest,
    listing,
    matched,
    paper,
    planned,
    rows,
    states,
    subscribed,
    waiting,
)

DUE = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REPLACE = AnnounceType.REPLACE


async def claimed(
    store: Store, owner: str = "one", now: datetime = MORNING, most: int = 20, channel: str = "fake"
) -> list[Claim]:
    async with store.write() as tx:
        return await tx.outbox.claim(channel, owner=owner, now=now, lease=MINUTE, most=most)


def written(claim: Claim, *bodies: str, begun: datetime | None = None) -> Composed:
    """Messages of a delivery; the first of them is about to be sent if they are begun."""
    parts = [StoredPart(n, body, begun if n == 1 else None) for n, body in enumerate(bodies, 1)]
    return Composed(claim, parts)


async def test_the_messages_of_a_digest_are_one_statement_in_which_nobody_can_stand_still(store):
    await waiting(store, 1)
    await planned(store)
    (claim,) = await claimed(store)
    pipelines: list[object] = []

    def note(*said: object) -> None:
        pipelines.append(said)

    event.listen(store._writer.sync_engine, "do_executemany", note)
    async with store.write() as tx:
        assert await tx.outbox.compose([written(claim, "one", "two", "three")])
    event.remove(store._writer.sync_engine, "do_executemany", note)
    assert pipelines == []
    async with store.read() as tx:
        assert [part.body for part in await tx.parts.of(claim.id)] == ["one", "two", "three"]


# Claims


async def test_a_claim_is_for_one_channel_and_for_as_many_as_were_asked(store):
    await waiting(store, 7)
    await waiting(store, 2, channel="other")
    await planned(store)
    assert [len(await claimed(store, most=3)) for _ in range(4)] == [3, 3, 1, 0]
    assert len(await claimed(store, channel="other")) == 2


async def test_a_claim_takes_no_more_than_asked_however_postgresql_joins(store, store_url):
    if store_url.startswith("sqlite"):
        return
    await waiting(store, 12)
    await planned(store)
    async with store.write() as tx:
        for way in ("hashagg", "hashjoin", "mergejoin", "sort", "material", "indexscan", "bitmapscan"):
            await tx.connection.execute(text(f"SET LOCAL enable_{way} = off"))
        claims = await tx.outbox.claim("fake", owner="one", now=MORNING, lease=MINUTE, most=3)
    assert len(claims) == 3


async def test_who_claims_does_not_wait_for_another_who_is_claiming(store, store_url):
    if store_url.startswith("sqlite"):
        return  # it has one writer
    await waiting(store, 5)
    await planned(store)
    async with store.write() as tx:
        first = await tx.outbox.claim("fake", owner="one", now=MORNING, lease=MINUTE, most=2)
        async with asyncio.timeout(PATIENCE):
            second = await claimed(store, "two")
    assert sorted(claim.id for claim in [*first, *second]) == [1, 2, 3, 4, 5]


async def test_what_is_due_first_is_claimed_first(store):
    await waiting(store, 3)
    await planned(store)
    (first,) = await claimed(store, most=1)
    async with store.write() as tx:
        await tx.outbox.retry(first, at=MORNING - MINUTE, reason="busy")
    assert [one.id for one in await claimed(store, most=1)] == [first.id]


async def test_claims_at_the_same_moment_never_overlap(store):
    await waiting(store, 30)
    await planned(store)
    found = await asyncio.gather(*(claimed(store, owner=f"w{n}", most=7) for n in range(8)))
    taken = [claim.id for claims in [*found, await claimed(store, most=30)] for claim in claims]
    assert len(taken) == len(set(taken)) == 30
    assert max(map(len, found)) == 7


async def test_a_lease_is_respected_until_its_last_second_and_then_taken_over(store):
    await waiting(store, 1)
    await planned(store)
    (first,) = await claimed(store, "one")
    assert await claimed(store, "two", MORNING + MINUTE) == []
    (second,) = await claimed(store, "two", MORNING + MINUTE + timedelta(seconds=1))
    assert (second.id, second.owner, second.attempt) == (first.id, "two", 2)


async def test_an_owner_renews_all_leases_at_once_and_no_others(store):
    await waiting(store, 3)
    await planned(store)
    mine = await claimed(store, most=2)
    (other,) = await claimed(store, "two")
    later, ids = MORNING + timedelta(seconds=50), [claim.id for claim in (*mine, other)]
    async with store.write() as tx:
        renewed = await tx.outbox.renew("one", ids, now=later, lease=MINUTE)
    assert renewed == {(claim.id, 1): True for claim in mine}
    assert [one.id for one in await claimed(store, "heir", later + timedelta(seconds=30))] == [other.id]


async def test_a_delivery_that_is_just_being_written_to_is_renewed_with_the_next_look(postgres_url):
    """To wait for it might break one of the two off: who writes may want another row that is renewed."""
    async with postgres.database(postgres_url) as url:
        store = Store.open(url)
        await migrate(store)
        await waiting(store, 2)
        await planned(store)
        first, second = await claimed(store)
        ids = [first.id, second.id]
        async with store.write() as writing, asyncio.timeout(PATIENCE):
            assert await writing.outbox.is_ours(first)
            async with store.write() as tx:
                renewed = await tx.outbox.renew("one", ids, now=MORNING, lease=MINUTE)
            assert renewed == {(first.id, 1): False, (second.id, 1): True}
        async with store.write() as tx:
            assert all((await tx.outbox.renew("one", ids, now=MORNING, lease=MINUTE)).values())
        await store.close()


async def test_on_postgresql_leases_end_by_its_own_clock(postgres_url):
    async with postgres.database(postgres_url) as url:
        store = Store.open(url, has_clock=True)
        await migrate(store)
        await waiting(store, 1)
        await planned(store)
        years = MORNING + timedelta(days=3650)
        async with store.write() as tx:
            lease = timedelta(seconds=0.5)
            (claim,) = await tx.outbox.claim("fake", owner="one", now=MORNING, lease=lease, most=1)
        assert await claimed(store, "two", years) == [], "however wrong the clock of the other is"
        async with store.write() as tx:
            assert await tx.outbox.renew("one", [claim.id], now=MORNING, lease=lease) == {(claim.id, 1): True}
        await asyncio.sleep(0.6)
        assert [one.id for one in await claimed(store, "two", MORNING)] == [claim.id]
        assert abs(await store.clock_skew(lambda: datetime.now(UTC))) < timedelta(seconds=1)
        assert await store.clock_skew(lambda: datetime.now(UTC) + MINUTE) > timedelta(seconds=50)
        assert await store.clock_skew(lambda: datetime.now(UTC) - MINUTE) < -timedelta(seconds=50)
        await store.close()


@pytest.mark.parametrize("owner", ["two", "one"], ids=["taken over", "claimed again by itself"])
async def test_a_zombie_changes_no_row_but_its_receipt_is_kept(store, owner):
    (destination,) = await waiting(store, 1)
    await planned(store)
    (zombie,) = await claimed(store)
    async with store.write() as tx:
        assert await tx.outbox.compose([written(zombie, "first", "second")])
    (heir,) = await claimed(store, owner, MORNING + 2 * MINUTE)
    before = await rows(store, schema.delivery), await rows(store, schema.part)
    async with store.write() as tx:
        assert not await tx.outbox.compose([written(zombie, "other")])
        assert not await tx.outbox.finish([zombie], MORNING)
        assert not await tx.outbox.retry(zombie, at=MORNING, reason="busy")
        assert not await tx.outbox.refuse(zombie, reason="gone", now=MORNING)
    assert (await rows(store, schema.delivery), await rows(store, schema.part)) == before
    async with store.write() as tx:
        await tx.parts.arrived([Arrived(zombie.id, 1, Receipt("ref-1", MORNING))])
        assert (await tx.subscribers.find_destination(destination.id)).paused == ""
    async with store.read() as tx:
        assert [(one.body, one.sent_at) for one in await tx.parts.of(heir.id)] == [
            ("", MORNING),
            ("second", None),
        ]


async def test_a_receipt_is_written_once(store):
    await waiting(store, 1)
    await planned(store)
    (claim,) = await claimed(store)
    async with store.write() as tx:
        await tx.outbox.compose([written(claim, "one")])
        await tx.parts.arrived([Arrived(claim.id, 1, Receipt("ref-1", MORNING))])
        await tx.parts.arrived([Arrived(claim.id, 1, Receipt("ref-2", MORNING + MINUTE))])
    (part,) = await rows(store, schema.part)
    assert (part.reference, part.sent_at) == ("ref-1", MORNING)


async def test_a_receipt_and_the_part_that_is_begun_with_it_are_noted_each_at_its_own(store):
    await waiting(store, 1)
    await planned(store)
    (claim,) = await claimed(store)
    first, second = Receipt("ref-1", MORNING), Receipt("ref-2", MORNING + 2 * MINUTE)
    async with store.write() as tx:
        await tx.outbox.compose([written(claim, "one", "two", "three", begun=MORNING)])
        await tx.parts.arrived([Arrived(claim.id, 1, first, begun=(2, MORNING + MINUTE))])
        await tx.parts.arrived([Arrived(claim.id, 1, second, begun=(3, MORNING + 2 * MINUTE))])
    found = [
        (part.body, part.reference, part.sent_at, part.attempted_at) for part in await rows(store, schema.part)
    ]
    assert found == [
        ("", "ref-1", MORNING, MORNING),
        ("two", None, None, MORNING + MINUTE),
        ("three", None, None, MORNING + 2 * MINUTE),
    ]


async def test_a_finished_delivery_is_not_changed_by_anybody(store):
    await waiting(store, 1)
    await planned(store)
    (claim,) = await claimed(store)
    async with store.write() as tx:
        assert await tx.outbox.finish([claim], MORNING)
        assert not await tx.outbox.finish([claim], MORNING)
        assert not await tx.outbox.retry(claim, at=MORNING, reason="busy")
        assert await tx.outbox.release("one", MORNING) == 0
    assert await claimed(store, "two", MORNING + timedelta(days=1)) == []
    assert await states(store) == ["sent"]


async def test_what_is_given_back_can_be_claimed_at_once(store):
    await waiting(store, 3)
    await planned(store)
    await claimed(store, most=2)
    await claimed(store, "two", most=1)
    async with store.write() as tx:
        assert await tx.outbox.release("one", MORNING) == 2
    assert [claim.attempt for claim in await claimed(store, "three")] == [2, 2]
    assert await states(store) == ["sending"] * 3


async def test_everything_that_is_claimed_can_be_given_back_whoever_has_it(store):
    await waiting(store, 3)
    await planned(store)
    (done, *_) = await claimed(store, most=2)
    await claimed(store, "two", most=1)
    async with store.write() as tx:
        assert await tx.outbox.finish([done], MORNING)
        assert await tx.outbox.release(None, MORNING) == 2
    assert sorted(await states(store)) == ["ready", "ready", "sent"]


async def test_what_waits_for_another_try_can_be_hurried_on_its_channel(store):
    await waiting(store, 1)
    await waiting(store, 1, channel="other")
    await planned(store)
    (one,), (two,) = await claimed(store), await claimed(store, channel="other")
    async with store.write() as tx:
        for claim in (one, two):
            await tx.outbox.retry(claim, at=MORNING + timedelta(hours=1), reason="busy")
        await tx.planning.hurry(["fake"], MORNING)
    assert len(await claimed(store)) == 1
    assert await claimed(store, channel="other") == []


async def test_the_deliveries_of_a_paused_destination_are_left_alone(store):
    (destination,) = await waiting(store, 1)
    await planned(store)
    async with store.write() as tx:
        await tx.subscribers.pause(destination.id, "holidays", MORNING)
    assert await claimed(store) == []
    async with store.read() as tx:
        assert await tx.outbox.next_at("fake") is None
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
    assert len(await claimed(store)) == 1


async def test_a_refused_destination_is_paused_keeps_what_it_asked_for_and_is_revived_by_resuming(store):
    first, other = await waiting(store, 2)
    await planned(store)
    claims = {claim.destination.id: claim for claim in await claimed(store)}
    async with store.write() as tx:
        assert await tx.outbox.refuse(claims[first.id], reason="no such mailbox", now=MORNING)
    async with store.read() as tx:
        assert (await tx.subscribers.find_destination(first.id)).paused == "no such mailbox"
        assert (await tx.subscribers.find_destination(other.id)).paused == ""
        assert len(await tx.subscribers.subscriptions(first.id)) == 1
        assert await tx.outbox.counts() == {"dead": 1, "sending": 1}
    later = MORNING + timedelta(days=3)
    assert [claim.destination.id for claim in await claimed(store, "two", later)] == [other.id]
    async with store.write() as tx:
        await tx.subscribers.resume(first.id)
        assert await tx.outbox.revive(first.id, later) == 1
        assert await tx.outbox.revive(other.id, later) == 0
    (again,) = await claimed(store, "two", later)
    digest = await composed(store, again)
    assert [card.paper.id for card in digest.cards] == ["2606.90001"]


# What people are told


async def test_the_next_instant_of_a_channel_is_the_first_due_or_the_first_lease_to_end(store):
    await waiting(store, 2)
    async with store.read() as tx:
        assert await tx.outbox.next_at("fake") is None
    await planned(store)
    first, second = await claimed(store)
    async with store.write() as tx:
        await tx.outbox.retry(first, at=MORNING + timedelta(hours=1), reason="busy")
    async with store.read() as tx:
        assert await tx.outbox.next_at("fake") == MORNING + MINUTE
    async with store.write() as tx:
        await tx.outbox.finish([second], MORNING)
    async with store.read() as tx:
        at = await tx.outbox.next_at("fake")
    assert at == MORNING + timedelta(hours=1)
    assert at.utcoffset() == timedelta(0)


async def test_the_history_of_a_destination_is_newest_first(store):
    destination, (subscription,) = await subscribed(store)
    await matched(store, subscription, paper(1), paper(2))
    await planned(store)
    (claim,) = await claimed(store)
    await composed(store, claim)
    async with store.write() as tx:
        await tx.parts.add({claim.id: [StoredPart(1, "two papers")]})
        await tx.outbox.finish([claim], MORNING + MINUTE)
    await matched(store, subscription, paper(3))
    await planned(store, MORNING + timedelta(days=1))
    async with store.read() as tx:
        newest, oldest = await tx.carried.history(destination.id, 5)
        assert len(await tx.carried.history(destination.id, 1)) == 1
        fate = await tx.carried.fate(destination.id, "2606.90001")
        assert await tx.carried.fate(destination.id, "2606.99999") is None
    assert (newest.state, newest.papers, newest.done_at) == ("ready", None, None)
    assert (oldest.state, oldest.papers, oldest.created_at) == ("sent", 2, MORNING)
    assert oldest.done_at == MORNING + MINUTE
    assert oldest.done_at.utcoffset() == timedelta(0)
    assert (fate.state, fate.done_at) == ("sent", MORNING + MINUTE)


async def test_the_texts_of_messages_are_dropped_when_all_have_arrived_and_receipts_stay(store):
    await waiting(store, 1)
    await planned(store)
    (claim,) = await claimed(store)
    async with store.write() as tx:
        await tx.outbox.compose([written(claim, "one")])
        await tx.parts.arrived([Arrived(claim.id, 1, Receipt("ref-1", MORNING))])
        await tx.outbox.finish([claim], MORNING)
    (part,) = await rows(store, schema.part)
    assert (part.body, part.reference) == ("", "ref-1")


async def test_a_digest_whose_texts_have_come_is_found_behind_any_number_that_lack_theirs_still(store):
    destination, _ = await subscribed(store)
    await ingest(store, [listing("cs.LG", paper(1))], MORNING)
    (stored,) = await rows(store, schema.paper)
    sent = [
        {
            "destination_id": destination.id, "channel": "fake", "slot_due": MORNING + number * MINUTE,
            "state": "sent", "due_at": MORNING, "created_at": MORNING, "done_at": MORNING + number * MINUTE,
            "lacks": True, "filled_at": MORNING, "papers": pack([stored.n + (number < 2_100)]), "shown": 1,
            "found_by": pack([0]),
        }
        for number in range(2_101)
    ]  # fmt: skip
    async with store.write() as tx:
        await tx.connection.execute(schema.delivery.insert(), sent)
        assert await tx.outbox.lacking("fake", MORNING - MINUTE, 5) == []
        made = Made(Language.ZH, "abstract", "llm:one", "", "", "潮汐")
        await tx.texts.add((stored.id, stored.version), [made], MORNING + MINUTE)
        (found,) = await tx.outbox.lacking("fake", MORNING - MINUTE, 5)
    assert found.due == sent[-1]["slot_due"]
