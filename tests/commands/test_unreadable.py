"""A stored query that is none any more: what is said of it, and that everything else goes on."""

from __future__ import annotations

import pytest

from tests.commands.conftest import Conversation

GONE = "cs.ZZ tide"


@pytest.fixture
async def stale(talk: Conversation) -> Conversation:
    """A destination whose first subscription can be read, and whose second one cannot."""
    await talk.says('subscribe cs.LG "kv cache"')
    async with talk.store.write() as tx:
        destination = await tx.subscribers.destination("console", talk.destination)
        assert destination is not None
        await tx.subscribers.subscribe(destination.id, GONE, talk.now)
    return talk


def named(said: str) -> bool:
    """Whether it says which subscription cannot be read, why not, and what to do."""
    return all(part in said for part in (f"I can no longer read #2, so it finds nothing: {GONE}",
        "arXiv has no category", "edit 2 QUERY", "unsubscribe 2"))  # fmt: skip


async def test_today_shows_what_the_others_match(stale: Conversation):
    reply = await stale.reply("today")
    assert [card.paper.id for card in reply.cards] == ["2606.90001", "2606.90002"]
    assert named(reply.text)


async def test_why_explains_the_others(stale: Conversation):
    said = await stale.says("why 2606.90001")
    assert '#1 (cs.LG "kv cache") matches' in said
    assert named(said)


async def test_why_alone_names_the_misses_of_the_others(stale: Conversation):
    await stale.says('edit 1 cs.LG "kv cache" zeppelin')
    said = await stale.says("why")
    assert "zeppelin" in said
    assert named(said)


async def test_the_list_says_it_in_chinese_too(stale: Conversation):
    assert named(await stale.says("list"))
    assert f"#2 无法识别，订阅已失效，不再推送：{GONE}" in await stale.says("列表", language=None)


async def test_it_ends_by_its_number_by_its_own_words_and_by_another_query(stale: Conversation):
    assert "2" in await stale.says(f"unsubscribe {GONE}")
    assert await stale.queries() == ['cs.LG "kv cache"']


async def test_another_query_mends_it(stale: Conversation):
    await stale.says("edit 2 cs.LG tide")
    assert "can no longer read" not in await stale.says("list")


async def test_a_place_that_has_nothing_else_gets_answers_as_well(talk: Conversation):
    await talk.says("subscribe cs.LG tide")
    async with talk.store.write() as tx:
        await tx.subscribers.set_query(1, GONE)
    for command in ("today", "why", "why 2606.90001", "status", "list"):
        said = await talk.says(command)
        assert "Something went wrong" not in said
    assert "I can no longer read #1" in await talk.says("today")


async def test_a_mute_that_is_none_any_more_says_so_and_can_be_ended(talk: Conversation):
    await talk.says("mute zeppelin")
    await talk.says("mute 2606.90001")
    async with talk.store.write() as tx:
        await tx.mutes.add(1, GONE, talk.now)
    said = await talk.says("mute")
    assert f"• {GONE} (I can no longer read it, so it hides nothing)" in said
    assert said.count("can no longer read") == 1
    assert GONE in await talk.says(f"unmute {GONE}")
    assert GONE not in await talk.says("mute")
