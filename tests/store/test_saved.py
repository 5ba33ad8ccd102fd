"""What a person has saved, whichever of their identities has saved it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.store import Store, saved
from tests.fakes import MORNING, rows

CHAT, MAIL = ("fake", "ottoline"), ("email", "ottoline@reader.test")


async def save(store: Store, who: tuple[str, str], *papers: str) -> int:
    async with store.write() as tx:
        person = await tx.subscribers.person(*who, MORNING)
        for number, paper_id in enumerate(papers):
            await tx.saved.add(person, paper_id, MORNING + timedelta(seconds=number))
    return person


async def kept(store: Store, who: tuple[str, str]) -> list[str]:
    async with store.read() as tx:
        person = await tx.subscribers.known_person(*who)
        return list(await tx.saved.of(person)) if person is not None else []


async def test_the_last_one_comes_first_and_each_is_there_once(store):
    person = await save(store, CHAT, "2606.90001", "2606.90002", "2606.90001")
    assert await kept(store, CHAT) == ["2606.90002", "2606.90001"]
    async with store.write() as tx:
        assert not await tx.saved.add(person, "2606.90001", MORNING)
        assert await tx.saved.remove(person, "2606.90001")
        assert not await tx.saved.remove(person, "2606.90001")
        assert await tx.saved.count([person]) == 1
    assert await kept(store, CHAT) == ["2606.90002"]
    assert await kept(store, MAIL) == []


async def test_identities_that_are_linked_have_what_both_have_saved(store):
    await save(store, CHAT, "2606.90001", "2606.90002")
    await save(store, MAIL, "2606.90002", "2606.90003")
    async with store.write() as tx:
        await tx.subscribers.link(MAIL, CHAT, MORNING)
    assert sorted(await kept(store, CHAT)) == ["2606.90001", "2606.90002", "2606.90003"]
    assert await kept(store, MAIL) == await kept(store, CHAT)
    assert len(await rows(store, saved.saved)) == 3


async def test_what_others_of_the_same_person_have_saved_stays_with_them(store):
    other = ("discord", "@7")
    await save(store, MAIL, "2606.90001")
    await save(store, CHAT)
    async with store.write() as tx:
        await tx.subscribers.link(other, MAIL, MORNING)
        await tx.subscribers.link(MAIL, CHAT, MORNING)
    assert await kept(store, other) == ["2606.90001"]
    assert await kept(store, CHAT) == []


async def test_two_who_are_one_keep_the_last_of_what_one_person_may_have(store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saved, "MOST", 3)
    await save(store, CHAT, "2606.90001", "2606.90002", "2606.90003")
    await save(store, MAIL, "2606.90004", "2606.90005", "2606.90006")
    async with store.write() as tx:
        await tx.subscribers.link(MAIL, CHAT, MORNING)
    found = await kept(store, CHAT)
    assert len(found) == 3
    assert {"2606.90003", "2606.90006"} <= set(found)


async def test_two_who_save_at_once_are_counted_one_after_the_other(store):
    person = await save(store, CHAT)

    async def one_more(number: int) -> int:
        async with store.write() as tx:
            await tx.saved.hold(person)
            count = await tx.saved.count([person])
            await asyncio.sleep(0.01)
            await tx.saved.add(person, f"2606.9{number:04}", MORNING)
            return count

    assert sorted(await asyncio.gather(*map(one_more, range(4)))) == [0, 1, 2, 3]


async def test_an_answer_of_arxiv_is_noted_and_the_next_one_replaces_it(store):
    async with store.write() as tx:
        assert await tx.saved.looked_up("1706.03762") is None
        await tx.saved.note_lookup("1706.03762", MORNING, is_there=False)
        await tx.saved.note_lookup("1706.03762", MORNING + timedelta(days=1), is_there=True)
        assert await tx.saved.looked_up("1706.03762") == (MORNING + timedelta(days=1), True)
