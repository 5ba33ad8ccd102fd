"""mute, unmute: for one place, over all its subscriptions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.commands.conftest import AXION, LISTINGS, TIDAL, Conversation


async def waiting(talk: Conversation) -> str:
    return next(line for line in (await talk.says("status")).splitlines() if "queued" in line)


@pytest.mark.parametrize("typed", ["kv cache", 'au:"J. Arrabal"', "2606.90001", "arXiv:2606.90001v1", "注意力"])
async def test_what_is_muted_before_it_is_announced_does_not_come(empty: Conversation, typed: str):
    await empty.says("subscribe cs.LG tidal, axion*")
    await empty.says("subscribe cs.CL, hep-th")
    await empty.says(f"mute {typed}")
    await empty.announce(*LISTINGS)
    assert await waiting(empty) == "1 paper queued for the next digest."
    assert [card.paper for card in (await empty.reply("today")).cards] == [AXION]


async def test_what_waits_already_is_dropped(empty: Conversation):
    await empty.says("subscribe cs.CL, hep-th")
    await empty.announce(*LISTINGS)
    assert await waiting(empty) == "2 papers queued for the next digest."
    reply = await empty.reply("mute tidal")
    assert reply.text.splitlines() == [
        "Muted here: tidal",
        "That is: papers with the word “tidal” (also its plural).",
        "1 queued paper was dropped.",
        "To undo: unmute tidal",
    ]
    assert reply.is_public
    assert await waiting(empty) == "1 paper queued for the next digest."


async def test_other_places_still_get_it(empty: Conversation):
    await empty.says("subscribe hep-th", destination="#other")
    await empty.says("subscribe hep-th")
    await empty.says("mute axion*")
    await empty.announce(*LISTINGS)
    assert (await empty.reply("today")).cards == ()
    assert len((await empty.reply("today", destination="#other")).cards) == 1


async def test_unmute_lets_it_come_again(empty: Conversation):
    await empty.says("subscribe hep-th, cs.CL")
    await empty.says("mute axion*")
    await empty.says("屏蔽 2606.90001")
    assert (await empty.says("unmute axion*")).startswith("No longer muted: axion*.")
    await empty.announce(*LISTINGS)
    assert [card.paper for card in (await empty.reply("today")).cards] == [AXION]
    await empty.says("unmute all")
    assert {card.paper.id for card in (await empty.reply("today")).cards} == {AXION.id, TIDAL.id}


async def test_mute_alone_lists_what_is_muted(empty: Conversation):
    assert (await empty.says("mute")).startswith("Nothing is muted here.")
    await empty.says("mute survey")
    empty.now += timedelta(minutes=1)
    await empty.says("mute 2606.90001")
    expected = "2 mutes for all subscriptions here:\n• survey\n• 2606.90001"
    assert await empty.says("mute") == expected
    assert (await empty.says("mute survey")).startswith("Muted here already: survey")
    assert await empty.says("unmute") == f"Which one? Type it after unmute, or: unmute all\n{expected}"
    assert await empty.says("unmute storage") == f"“storage” is not muted here.\n{expected}"


async def test_a_wrong_mute_is_explained_and_only_managers_mute(empty: Conversation):
    assert (await empty.says("mute -x")).startswith("This would match nearly every paper")
    await empty.says("subscribe hep-th")
    assert "Only people who manage" in (await empty.reply("mute survey", may_manage=False)).text


async def test_a_place_has_not_any_number_of_mutes(empty: Conversation):
    for number in range(100):
        await empty.says(f"mute word{number}")
    assert (await empty.says("mute survey")).startswith("The limit of 100 mutes is reached here.")


async def test_why_names_what_muted_a_paper(empty: Conversation):
    await empty.says("subscribe hep-th")
    await empty.says("mute au:forsgard")
    await empty.announce(*LISTINGS)
    assert (await empty.says("why-not 2606.90004")).splitlines()[2:] == [
        "#1 (hep-th) matches: hep-th",
        "Muted here by: author:forsgard. To undo: unmute author:forsgard",
        "Not sent here.",
    ]
