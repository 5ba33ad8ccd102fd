"""After a restored backup nothing is sent twice without being looked up or asked about."""

from __future__ import annotations

from datetime import timedelta

from bot.sources.calendar import following, newest
from bot.store import schema
from tests.fakes import (
    DAY,
    MORNING,
    FakeChannel,
    courier,
    matched,
    paper,
    planned,
    rows,
    states,
    subscribed,
    waiting,
)

LATER = MORNING + timedelta(hours=6)


class Looking(FakeChannel):
    """A channel that can look, and finds that everything has arrived."""

    has_lookup = True

    async def find(self, _address, key, _since, _root):
        return f"found {key}"


async def under_way(store, channel, clock) -> None:
    """Three digests that were written down, of which none had arrived when the backup was taken."""
    await waiting(store, 3)
    await planned(store)

    async def refuses(_sent):
        raise OSError

    for number in range(1, 4):
        channel.next_does(f"#{number}", refuses)
    one = courier(store, channel, clock)
    for _ in range(3):
        try:
            await one.drain()
        except OSError:
            break


async def test_what_was_written_down_is_looked_up_where_the_channel_can_do_that(store, clock):
    channel = Looking()
    await under_way(store, channel, clock)
    channel.arrived.clear()
    async with store.write() as tx:
        outcome = await tx.restored.begin(MORNING, ["fake"])
    assert outcome.looked_up >= 1
    assert outcome.held == 0
    before = len(channel.arrived)
    written = {one.delivery_id for one in await rows(store, schema.part)}
    await courier(store, channel, clock, owner="restored").drain()
    sent = {int(one.key.rpartition("-")[2].partition(".")[0]) for one in channel.arrived[before:]}
    assert not sent & written, "found, and not sent again"
    assert set(await states(store)) == {"sent"}


async def test_what_was_written_down_waits_for_an_admin_where_nobody_can_look(store, clock):
    channel = FakeChannel()
    await under_way(store, channel, clock)
    written = {one.delivery_id for one in await rows(store, schema.part)}
    async with store.write() as tx:
        outcome = await tx.restored.begin(MORNING, [])
        held = await tx.outbox.held()
    assert (outcome.looked_up, outcome.held) == (0, len(written))
    assert {one.id for one in held} == written
    assert "restored from the backup of 2026-06-10" in held[0].reason


async def test_what_was_announced_in_between_is_taken_for_sent_and_what_a_pause_holds_stays(store, channel, clock):
    _, (one,) = await subscribed(store, "cs.LG", address="#tides")
    paused, (other,) = await subscribed(store, "cs.LG tide", address="#paused")
    await matched(store, one, paper(1))
    await matched(store, other, paper(2))
    async with store.write() as tx:
        await tx.subscribers.pause(paused.id, "paused on request", MORNING)
        await tx.listings.watch(["cs.LG"], DAY)
        await tx.restored.begin(MORNING, [])
        await tx.restored.take_for_sent(LATER, following(newest(LATER)))
    clock.now = LATER
    await planned(store, LATER)
    await courier(store, channel, clock).drain()
    assert channel.arrived == []
    (slot,) = await rows(store, schema.slot)
    assert slot.next_due > LATER
    (watched,) = await rows(store, schema.watch)
    assert watched.since == following(newest(LATER))
    async with store.write() as tx:
        await tx.subscribers.resume(paused.id)
    await planned(store, LATER)
    await courier(store, channel, clock).drain()
    assert channel.papers("#paused") == ["2606.90002v1"]
