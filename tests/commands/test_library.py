"""save, saved, unsave, cite, follow: what a person keeps of papers, and whom they read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands import library
from bot.model import AnnounceType, Language
from bot.store import saved
from tests.commands.conftest import AXION, CHINESE, PAGES, TIDAL, Conversation, listing
from tests.fakes import MORNING, rows


async def kept(talk: Conversation, text: str = "saved", **how: object) -> list[str]:
    """The papers of the cards of an answer."""
    return [card.paper.id for card in (await talk.reply(text, **how)).cards]  # type: ignore[arg-type]


async def test_a_paper_is_saved_once_and_shown_wherever_the_person_is(talk: Conversation):
    said = await talk.says("save https://arxiv.org/abs/2606.90001v1")
    assert said.startswith("Saved 2606.90001: Tidal: Per-Head Quantization of the KV Cache")
    assert said.endswith("You have 1 saved paper now. To see it: saved")
    assert (await talk.says("save 2606.90001")).startswith("Already saved, 2606.90001")
    await talk.says("save 2606.90004", destination="#hep")
    assert await kept(talk, destination="alice") == ["2606.90004", "2606.90001"]
    assert await kept(talk, sender="bob") == []
    assert not (await talk.reply("saved")).is_public
    assert (await talk.reply("saved")).cards[1].summary == CHINESE


async def test_saving_needs_nobodys_leave(talk: Conversation):
    assert (await talk.says("save 2606.90001", may_manage=False)).startswith("Saved")
    assert await kept(talk, may_manage=False) == ["2606.90001"]
    assert (await talk.says("unsave 2606.90001", may_manage=False)).startswith("No longer saved")
    assert "Only people who manage" in await talk.says("follow 2606.90001 1", may_manage=False)


async def test_saved_papers_are_found_by_a_query(talk: Conversation):
    for one in (TIDAL, PAGES, AXION):
        await talk.says(f"save {one.id}")
    assert await kept(talk, 'saved "kv cache"') == [PAGES.id, TIDAL.id]
    assert await kept(talk, "saved hep-th") == [AXION.id]
    assert await kept(talk, "saved au:abelard") == [PAGES.id]
    assert await kept(talk, "已收藏 注意力") == [TIDAL.id]
    assert "None of your saved papers matches." in await talk.says("saved quaternion")
    assert "▶" in await talk.says("saved cs.LG ((")


async def test_very_many_are_shown_page_by_page(talk: Conversation):
    many = [replace(AXION, id=f"2606.91{number:03}") for number in range(45)]
    await talk.announce(listing("hep-th", *((one, AnnounceType.NEW) for one in many)))
    for one in many:
        talk.now += timedelta(seconds=1)
        await talk.says(f"save {one.id}")
    first, last = await talk.reply("saved"), await talk.reply("saved 3")
    assert "45 saved papers" in first.text
    assert "Page 1 of 3.\nNext page: saved 2" in first.text
    assert [card.paper.id for card in first.cards][:2] == ["2606.91044", "2606.91043"]
    assert len(last.cards) == 5
    assert await talk.says("saved 4") == "There are 3 pages. The last one: saved 3"
    assert "The first 20." in await talk.says("saved hep-th")


async def test_a_person_saves_two_thousand_and_not_one_more(talk: Conversation):
    async with talk.store.write() as tx:
        person = await tx.subscribers.person("console", "alice", MORNING)
        values = [
            {"subscriber_id": person, "paper_id": f"2501.{number:05}", "at": MORNING}
            for number in range(saved.MOST)
        ]
        await tx.connection.execute(saved.saved.insert(), values)
    assert await talk.says("save 2606.90001") == "The limit of 2000 saved papers is reached. Remove one: unsave ID"
    assert len(await rows(talk.store, saved.saved)) == 2000
    assert (await talk.says("unsave 2501.00007")).startswith("No longer saved: 2501.00007")
    assert (await talk.says("save 2606.90001")).startswith("Saved")
    assert "I have only the IDs of these: 2501." in await talk.says("saved")


async def test_what_was_not_saved_is_not_let_go(talk: Conversation):
    assert await talk.says("unsave 2606.90001") == "You haven't saved 2606.90001. To see what you have: saved"
    assert "Add an arXiv ID" in await talk.says("unsave everything")
    assert "Add an arXiv ID" in await talk.says("save")


async def test_forgetting_a_person_forgets_what_they_have_saved(talk: Conversation):
    await talk.says("save 2606.90001", destination="alice")
    await talk.says("save 2606.90001", destination="bob", sender="bob")
    assert "saved papers" in await talk.says("forget", destination="alice")
    await talk.says("forget yes", destination="alice")
    assert await kept(talk, destination="alice") == []
    assert await kept(talk, destination="bob", sender="bob") == ["2606.90001"]


async def test_bibtex_of_one_paper_comes_as_a_file(talk: Conversation):
    reply = await talk.reply("cite 2606.90001")
    assert reply.text == "BibTeX of 1 paper."
    assert reply.attachment
    assert reply.attachment.name == "2606.90001.bib"
    assert reply.attachment.text.startswith("@misc{arrabal2026_2606_90001,\n  title = {{Tidal: Per-Head")


async def test_bibtex_of_all_that_is_saved_comes_as_one_file(talk: Conversation):
    assert "You have no saved papers" in await talk.says("cite saved")
    for one in (TIDAL, PAGES, AXION):
        await talk.says(f"save {one.id}")
    for text in ("cite saved", "引用 已收藏"):
        reply = await talk.reply(text)
        assert reply.attachment
        assert reply.attachment.name == "saved.bib"
        assert reply.attachment.text.count("@misc{") == len(reply.attachment.pieces) == 3
    reply = await talk.reply("cite saved hep-th")
    assert reply.attachment
    assert AXION.id in reply.attachment.text
    assert reply.attachment.text.count("@misc{") == 1


async def test_a_file_that_would_be_too_large_says_how_much_of_it_is_there(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
):
    for one in (TIDAL, PAGES, AXION):
        await talk.says(f"save {one.id}")
    monkeypatch.setattr(library, "MOST_BYTES", 600)
    reply = await talk.reply("cite saved")
    assert reply.attachment
    assert 0 < len(reply.attachment.pieces) < 3
    assert f"{len(reply.attachment.pieces)} of 3" in reply.text


async def test_the_only_author_is_followed_at_once_and_read_back(talk: Conversation):
    said = await talk.says("follow 2606.90002")
    assert said.startswith('Subscribed (#1): author:"Ruth Abelard"')
    assert "That is:" in said
    assert await talk.queries() == ['author:"Ruth Abelard"']


async def test_of_several_authors_the_person_says_which_one(talk: Conversation):
    reply = await talk.reply("follow 2606.90001")
    assert "1. José Arrabal\n2. Wen Shuyi" in reply.text
    assert [(one.label, one.command) for one in reply.offers] == [
        ("José Arrabal", "follow 2606.90001#1"), ("Wen Shuyi", "follow 2606.90001#2"),
    ]  # fmt: skip
    assert await talk.queries() == []
    await talk.says("follow 2606.90001#2")
    await talk.says("follow 2606.90001 josé")
    await talk.says("关注作者 2606.90001 1")
    assert await talk.queries() == ['author:"Wen Shuyi"', 'author:"José Arrabal"']
    for typed in ("3", "0", "nobody", "s"):
        assert "is not one author of that paper" in await talk.says(f"follow 2606.90001 {typed}")


async def test_odd_names_make_queries_all_the_same(talk: Conversation):
    names = ('Ann "Q" O\'Neil', "{\\L}ukasz (PI) K", "温淑仪", "ATLAS Collaboration")
    odd = replace(AXION, id="2606.95001", authors=names)
    await talk.announce(listing("hep-th", (odd, AnnounceType.NEW)))
    for number in range(1, 5):
        assert (await talk.says(f"follow 2606.95001 {number}")).startswith("Subscribed"), number
    assert await talk.queries() == [
        'author:"Ann Q O\'Neil"', 'author:"Łukasz PI K"', 'author:"温淑仪"', 'author:"ATLAS Collaboration"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["收藏 2606.90001", "保存2606.90001", "取消收藏 2606.90001", "收藏夹", "引用 2606.90001"]
)
async def test_all_of_it_is_understood_and_answered_in_chinese(talk: Conversation, text: str):
    await talk.says("save 2606.90001")
    assert "收藏" in await talk.says(text, language=Language.ZH) or text.startswith("引用")
