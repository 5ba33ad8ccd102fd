"""Who is told what apart from digests: once, by whatever channel reaches somebody, and never lost in a crash."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.jobs.alert import TELL_AGAIN, Admins
from bot.model import BY_REQUEST, Language
from tests.fakes import FakeChannel, FakeTeller, alerts, courier, fails, planned, subscribed, waiting


@pytest.fixture
def here() -> FakeTeller:
    return FakeTeller()


@pytest.fixture
def mail() -> FakeTeller:
    return FakeTeller("mail")


async def refused(store, channel, clock, *, reason="no such mailbox") -> None:
    """One destination takes nothing any more."""
    await waiting(store, 1)
    await planned(store)
    channel.next_does("#1", fails(reason, permanent=True))
    await courier(store, channel, clock).drain()


async def test_the_owner_of_a_refused_place_is_told_once(store, here, clock):
    await refused(store, here, clock)
    for _ in range(3):
        await alerts(store, clock, here, admins=["fake:boss"]).tell()
        clock.forward(hours=1)
    ((person, text, about),) = here.told
    assert (person, about) == ("owner-1", "#1")
    assert "no such mailbox" in text
    assert "/papers resume" in text


async def test_an_admin_on_any_channel_is_told_when_the_owner_cannot_be(store, here, mail, clock):
    await refused(store, here, clock)
    here.deaf = {"owner-1"}
    await alerts(store, clock, here, mail, admins=["mail:boss@sudi.test", "mail:other@sudi.test"]).tell()
    ((person, text, about),) = mail.told
    assert (person, about) == ("boss@sudi.test", "")
    assert "no such mailbox" in text
    assert "sudi doctor" in text
    assert "#1" not in text, "addresses are nobody's business"


async def test_the_owner_of_a_mailbox_is_told_on_the_channel_to_which_it_is_linked(store, here, mail, clock):
    await refused(store, here, clock)
    async with store.write() as tx:
        await tx.subscribers.link(("fake", "owner-1"), ("mail", "U1"), clock.now)
        await tx.subscribers.link(("fake", "owner-2"), ("mail", "U2"), clock.now)
    here.deaf = {"owner-1"}
    await alerts(store, clock, here, mail, admins=["mail:boss@sudi.test"]).tell()
    ((person, text, about),) = mail.told
    assert (person, about) == ("U1", "")
    assert "Mail to #1 bounces" in text
    assert "no such mailbox" in text


async def test_a_channel_that_tells_nobody_leaves_it_to_an_admin(store, mail, clock):
    silent = FakeChannel()
    await refused(store, silent, clock)
    await alerts(store, clock, silent, mail, admins=["mail:boss@sudi.test"]).tell()
    assert [one[0] for one in mail.told] == ["boss@sudi.test"]


async def test_who_cannot_be_told_now_is_told_when_it_is_possible_and_not_asked_all_the_time(store, here, clock):
    await refused(store, here, clock)
    here.deaf = {"owner-1"}
    one = alerts(store, clock, here)
    await one.tell()
    here.deaf = set()
    await one.tell()
    assert here.told == []
    clock.now += TELL_AGAIN
    await one.tell()
    assert [told[0] for told in here.told] == ["owner-1"]


async def test_who_can_never_be_told_is_asked_less_and_less_often(store, here, clock, caplog):
    await refused(store, here, clock)
    here.deaf = {"owner-1"}
    one = alerts(store, clock, here)
    for _ in range(2 * 24 * 60 // 20):
        await one.tell()
        clock.forward(minutes=20)
    assert 5 < caplog.text.count("not_told") < 12
    here.deaf = set()
    clock.forward(days=1)
    await one.tell()
    assert [told[0] for told in here.told] == ["owner-1"]


async def test_a_crash_between_telling_and_writing_it_down_loses_nothing(store, here, clock):
    class Dying(FakeTeller):
        async def tell(self, person, text, about=""):
            await super().tell(person, text, about)
            await asyncio.Event().wait()

    await refused(store, here, clock)
    dying = Dying()
    telling = asyncio.create_task(alerts(store, clock, dying).tell())
    await dying.arrival.wait()
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    clock.forward(hours=1)
    await alerts(store, clock, here).tell()
    assert {told[0] for told in here.told} == {"owner-1"}
    async with store.read() as tx:
        assert await tx.subscribers.untold() == []


async def test_two_processes_tell_a_thing_once(store, here, clock):
    await refused(store, here, clock)
    await asyncio.gather(*(alerts(store, clock, here).tell() for _ in range(5)))
    assert len(here.told) == 1


async def test_a_place_that_was_resumed_before_anybody_was_told_is_nobodys_news(store, here, clock):
    await refused(store, here, clock)
    async with store.write() as tx:
        await tx.subscribers.resume(1)
    await alerts(store, clock, here).tell()
    assert here.told == []


async def test_a_place_that_refuses_again_is_told_of_again(store, here, clock):
    await refused(store, here, clock)
    await alerts(store, clock, here).tell()
    async with store.write() as tx:
        await tx.subscribers.resume(1)
        await tx.outbox.revive(1, clock())
    here.next_does("#1", fails("no such mailbox", permanent=True))
    await courier(store, here, clock).drain()
    await alerts(store, clock, here).tell()
    assert len(here.told) == 2


async def test_a_pause_on_request_is_nobodys_news(store, here, clock):
    await waiting(store, 1)
    async with store.write() as tx:
        await tx.subscribers.pause(1, "paused on request", clock())
    await alerts(store, clock, here, admins=["fake:boss"]).tell()
    assert here.told == []


async def test_all_admins_are_told_and_one_who_is_away_does_not_keep_it_from_the_others(here, mail, caplog):
    mail.deaf = {"away@sudi.test"}
    admins = ["fake:boss", "mail:away@sudi.test", "slack:T1/U1", "mail:here@sudi.test"]
    people = Admins(admins, {"fake": here, "mail": mail}, Language.BOTH)
    assert await people.tell("the tide is late")
    assert [one[:2] for one in (*here.told, *mail.told)] == [
        ("boss", "the tide is late"),
        ("here@sudi.test", "the tide is late"),
    ]
    assert caplog.text.count("not_told") == 2
    assert "away@sudi.test" not in caplog.text


async def test_it_is_known_whether_an_admin_has_heard(mail):
    mail.deaf = {"away@sudi.test"}
    assert not await Admins(["mail:away@sudi.test"], {"mail": mail}, Language.EN).tell("the tide is late")
    assert await Admins([], {"mail": mail}, Language.EN).tell("the tide is late"), "nobody is waiting for it"


def test_somebody_who_was_not_reached_is_left_alone_for_some_minutes():
    assert timedelta(minutes=1) <= TELL_AGAIN <= timedelta(hours=1)


GONE = "cs.ZZ tide"


async def unreadable(store, *queries: str) -> None:
    """What a reader finds when a category is gone."""
    async with store.write() as tx:
        await tx.unreadable.found(set(queries))


async def test_the_owner_of_a_query_that_is_none_any_more_is_told_once_and_what_to_do(store, here, clock):
    await subscribed(store, "cs.LG", GONE)
    for _ in range(3):
        await unreadable(store, GONE)
        await alerts(store, clock, here, admins=["fake:boss"]).tell()
        clock.forward(hours=1)
    ((person, text, about),) = here.told
    assert (person, about) == ("ottoline", "#tides")
    assert f"I can no longer read your subscription #2, so it finds nothing: {GONE}" in text
    assert "/papers edit 2 QUERY" in text


async def test_an_admin_hears_of_a_place_where_nobody_can_be_told(store, here, mail, clock):
    await subscribed(store, GONE)
    await unreadable(store, GONE)
    here.deaf = {"ottoline"}
    await alerts(store, clock, here, mail, admins=["mail:boss@sudi.test"]).tell()
    ((_, text, _),) = mail.told
    assert text.startswith("1 subscription of a destination on fake can no longer be read")
    assert GONE not in text


async def test_a_query_that_was_mended_is_not_told_of_and_a_new_fault_of_it_is(store, here, clock):
    _, (subscription,) = await subscribed(store, GONE)
    await unreadable(store, GONE)
    async with store.write() as tx:
        await tx.subscribers.set_query(subscription.id, "cs.LG")
    await alerts(store, clock, here).tell()
    assert here.told == []
    async with store.write() as tx:
        await tx.subscribers.set_query(subscription.id, GONE)
    for found in ({GONE}, set(), {GONE}):
        await unreadable(store, *found)
        await alerts(store, clock, here).tell()
    assert len(here.told) == 2


async def test_each_destination_is_told_of_a_restored_backup_once_in_its_place(store, here, clock):
    destinations = await waiting(store, 25)
    async with store.write() as tx:
        await tx.subscribers.pause(destinations[0].id, BY_REQUEST, clock())
        await tx.subscribers.set_language(destinations[1].id, Language.ZH)
        await tx.restored.note("drop", clock())
    telling = alerts(store, clock, here, admins=[])
    for _ in range(3):
        await telling.tell()
    assert {person for person, _, _ in here.told} == {f"#{n}" for n in range(2, 26)}
    assert all(person == about for person, _, about in here.told)
    assert len(here.told) == 24
    texts = {text for _, text, _ in here.told}
    assert any("put back to a backup of 2026-06-10" in text and "may not have come" in text for text in texts)
    assert any("数据已恢复到 2026-06-10" in text for text in texts)


async def test_who_cannot_be_told_of_a_restored_backup_is_tried_again_and_holds_up_nobody(store, here, clock):
    await waiting(store, 2)
    async with store.write() as tx:
        await tx.restored.note("send", clock())
    here.deaf = {"#1"}
    telling = alerts(store, clock, here, admins=[])
    await telling.tell()
    assert [person for person, _, _ in here.told] == ["#2"]
    here.deaf.clear()
    clock.forward(minutes=TELL_AGAIN.total_seconds() / 60)
    await telling.tell()
    assert [person for person, _, _ in here.told] == ["#2", "#1"]
    assert "may come twice" in here.told[-1][1]
