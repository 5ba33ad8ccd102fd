"""What has matched: found by day and by paper, replaced, forgotten."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes import DAY, matched, paper, subscribed


async def test_what_matched_is_found_by_day_and_by_paper(store):
    place, (one, two) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, one, paper(1))
    await matched(store, two, paper(1))
    await matched(store, two, paper(2), day=DAY - timedelta(days=1))
    async with store.read() as tx:
        today = await tx.matches.on(place.id, DAY)
        of_second = await tx.matches.of(place.id, "2606.90002")
    assert [(match.paper_id, match.subscription_id) for match in today] == [
        ("2606.90001", one.id),
        ("2606.90001", two.id),
    ]
    assert [match.date for match in of_second] == [DAY - timedelta(days=1)]
    assert today[0].reasons[0].field == "title"


async def test_matching_again_replaces_what_had_matched(store):
    place, (one,) = await subscribed(store)
    await matched(store, one, *(paper(n) for n in range(1, 451)))  # more than fit into one statement
    async with store.write() as tx:
        await tx.matches.replace([(paper(n).id, 1) for n in range(1, 451)], [])
        assert await tx.planning.waiting(place.id) == 0


async def test_forgetting_a_subscription_drops_what_it_had_waiting(store):
    place, (one, two) = await subscribed(store, "cs.LG", "cs.AI")
    await matched(store, one, paper(1))
    await matched(store, two, paper(2))
    async with store.write() as tx:
        await tx.matches.forget(one.id)
        assert await tx.planning.waiting(place.id) == 1
