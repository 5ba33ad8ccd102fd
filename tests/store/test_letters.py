"""A mail is answered once, whoever reads it; what waits for a confirmation is done once, and does not last."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.store import Store, schema
from bot.store.incoming_emails import Taken, Unconfirmed
from tests.fakes import MORNING, rows

WISH = Unconfirmed(0, "ada@reader.test", "subscribe cs.LG")


async def take(store: Store, key: str, now: datetime = MORNING, *, sender: str = "ada", limit: int = 3) -> Taken:
    async with store.write() as tx:
        return await tx.incoming_emails.take(key, sender, now, limit)


async def ask(store: Store, key: str, now: datetime = MORNING, wish: Unconfirmed = WISH) -> Unconfirmed | None:
    async with store.write() as tx:
        return await tx.incoming_emails.ask(key, wish, now, mailbox=wish.address, limit=3, of_all=6)


async def use(store: Store, number: int, by: str) -> Unconfirmed | None:
    async with store.write() as tx:
        return await tx.incoming_emails.use(number, by)


async def test_one_of_several_readers_answers_a_mail(store):
    taken = await asyncio.gather(*(take(store, "m1") for _ in range(5)))
    assert sorted(one.name for one in taken) == ["BUSY"] * 4 + ["OURS"]


async def test_what_is_answered_is_never_answered_again(store):
    assert await take(store, "m1") is Taken.OURS
    async with store.write() as tx:
        await tx.incoming_emails.finish("m1")
    assert await take(store, "m1", MORNING + timedelta(hours=3)) is Taken.DONE


async def test_what_failed_is_tried_again_with_growing_pauses_and_given_up_after_most_of_a_day(store):
    now, tries = MORNING, 0
    while (taken := await take(store, "m1", now)) is not Taken.HOPELESS:
        tries += taken is Taken.OURS
        now += timedelta(minutes=5)
    assert tries == 20
    assert timedelta(hours=16) < now - MORNING < timedelta(hours=24)
    assert await take(store, "m1", now + timedelta(hours=1)) is Taken.DONE


async def test_a_sender_gets_so_many_answers_an_hour_and_others_are_not_touched(store):
    assert [await take(store, f"m{n}") for n in range(4)] == [Taken.OURS] * 3 + [Taken.FLOOD]
    assert await take(store, "m3") is Taken.DONE
    assert await take(store, "other", sender="bob") is Taken.OURS
    assert await take(store, "later", MORNING + timedelta(minutes=61)) is Taken.OURS


async def test_strangers_get_so_many_answers_an_hour_together_and_readers_are_not_touched(store):
    async def stranger(number: int, now: datetime = MORNING) -> Taken:
        async with store.write() as tx:
            return await tx.incoming_emails.take(f"s{number}", f"nobody{number}", now, 3, of_strangers=4)

    assert [await stranger(number) for number in range(6)] == [Taken.OURS] * 4 + [Taken.FLOOD] * 2
    assert await take(store, "reader") is Taken.OURS
    assert await stranger(7, MORNING + timedelta(minutes=61)) is Taken.OURS


async def test_the_installation_asks_for_so_many_confirmations_an_hour(store):
    wishes = [Unconfirmed(0, f"ada{number}@reader.test", "list") for number in range(8)]
    asked = [await ask(store, f"k{number}", wish=wish) for number, wish in enumerate(wishes)]
    assert [one is not None for one in asked] == [True] * 6 + [False] * 2
    assert await ask(store, "later", MORNING + timedelta(minutes=61)) is not None


async def test_a_mailbox_may_ask_for_so_many_confirmations_an_hour(store):
    made = [await ask(store, f"m{n}") for n in range(4)]
    assert [one is not None for one in made] == [True, True, True, False]
    assert await ask(store, "m5", MORNING + timedelta(minutes=61)) is not None


async def test_a_person_may_ask_about_so_many_mailboxes_an_hour(store):
    wishes = [Unconfirmed(0, f"victim{n}@reader.test", "", "slack", "T1/U1") for n in range(4)]
    made = [await ask(store, f"m{n}", wish=one) for n, one in enumerate(wishes)]
    assert [one is not None for one in made] == [True, True, True, False]
    assert await ask(store, "m5", wish=Unconfirmed(0, "x@reader.test", "", "slack", "T1/U2")) is not None


async def test_asking_twice_by_the_same_mail_is_asking_once(store):
    first = await ask(store, "m1")
    assert first == await ask(store, "m1")
    assert len(await rows(store, schema.unconfirmed)) == 1


async def test_it_is_confirmed_once_and_a_crash_in_between_may_do_it_again(store):
    made = await ask(store, "m1")
    assert made is not None
    used = await asyncio.gather(*(use(store, made.id, f"click{n}") for n in range(5)))
    (by,) = [n for n, one in enumerate(used) if one]
    assert await use(store, made.id, f"click{by}") == made
    assert await use(store, made.id, "another") is None
    async with store.read() as tx:
        assert await tx.incoming_emails.unconfirmed(made.id) is None


@pytest.mark.parametrize(("hours", "left"), [(47, 2), (49, 1)])
async def test_nothing_of_it_lasts(store, hours, left):
    later = MORNING + timedelta(hours=hours)
    await ask(store, "m1")
    await take(store, "m1")
    await ask(store, "m2", later)
    await take(store, "m2", later)
    assert len(await rows(store, schema.unconfirmed)) == left
    assert len(await rows(store, schema.incoming_email)) == left
