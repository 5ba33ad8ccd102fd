"""Messages that were posted are changed, through the real discord.py: in the channel, its thread, or directly."""

from __future__ import annotations

import json

import pytest

from bot.channels.discord import Discord
from bot.errors import ChannelError
from bot.model import Destination, Language
from tests.channels.cards import card, digest
from tests.counterparts.discord_payloads import limited
from tests.counterparts.discord_site import LOST, DiscordSite
from tests.fakes import NINE

CHANNEL = Destination(1, "discord", "700", Language.BOTH, NINE, owner="@42")
MINE = Destination(2, "discord", "@42", Language.BOTH, NINE, owner="@42")


def parts(*, chinese: bool, destination: Destination = CHANNEL) -> tuple[str, ...]:
    made = digest(*(card(number, chinese=chinese) for number in range(1, 4)), destination=destination)
    return Discord("x").render(made)


def shown(discord: DiscordSite) -> list[str]:
    """All that readers see, message by message."""
    return [json.dumps(one.body["embeds"], ensure_ascii=False) for one in discord.messages]


async def posted(ours: Discord, address: str = "700") -> tuple[str, str]:
    """The first message and the first of its cards, in English, of a digest for that destination."""
    first, second = parts(chinese=False, destination=MINE if address.startswith("@") else CHANNEL)[:2]
    root = await ours.send(address, first, "41.1")
    return root, await ours.send_below(root, address, second, "41.2")


async def edit(ours: Discord, root: str, below: str, address: str = "700") -> None:
    first, second = parts(chinese=True, destination=MINE if address.startswith("@") else CHANNEL)[:2]
    await ours.edit(address, root, first, "")
    await ours.edit(address, below, second, root)


async def test_the_first_message_and_one_in_its_thread_get_their_chinese_and_stay_two(
    ours: Discord, discord: DiscordSite
):
    assert ours.has_edits
    root, below = await posted(ours)
    assert not any("潮汐" in one for one in shown(discord))
    for _ in range(2):
        await edit(ours, root, below)
    assert [(one.id, one.channel) for one in discord.messages] == [(root, "700"), (below, root)]
    assert all("潮汐" in one for one in shown(discord))


async def test_what_a_message_does_not_have_any_more_is_gone(ours: Discord, discord: DiscordSite):
    root, below = await posted(ours)
    assert discord.messages[1].body["components"]
    bare = json.loads(parts(chinese=True)[1])
    del bare["message"]["components"]
    await ours.edit("700", below, json.dumps(bare), root)
    assert discord.messages[1].body["components"] == []


async def test_a_thread_that_was_archived_meanwhile_is_opened_for_it(ours: Discord, discord: DiscordSite):
    root, below = await posted(ours)
    discord.threads[root]["archived"] = True
    await edit(ours, root, below)
    assert all("潮汐" in one for one in shown(discord))


async def test_a_thread_that_somebody_has_locked_is_a_final_refusal(ours: Discord, discord: DiscordSite):
    root, below = await posted(ours)
    discord.threads[root] |= {"archived": True, "locked": True}
    with pytest.raises(ChannelError) as caught:
        await edit(ours, root, below)
    assert caught.value.permanent


async def test_where_no_thread_could_be_opened_the_message_in_the_channel_is_changed(
    ours: Discord, discord: DiscordSite
):
    discord.refused["threads of 700"] = (403, 50013)
    root, below = await posted(ours)
    await edit(ours, root, below)
    assert {one.channel for one in discord.messages} == {"700"}
    assert all("潮汐" in one for one in shown(discord))


async def test_direct_messages_are_changed(ours: Discord, discord: DiscordSite):
    first = parts(chinese=False, destination=MINE)[0]
    reference = await ours.send("@42", first, "7.1")
    await ours.edit("@42", reference, parts(chinese=True, destination=MINE)[0], "")
    assert [one.channel for one in discord.messages] == ["dm42"]
    assert "潮汐" in shown(discord)[0]


async def test_a_message_that_is_gone_is_a_final_refusal(ours: Discord, discord: DiscordSite):
    root, below = await posted(ours)
    discord.messages = discord.messages[:1]
    with pytest.raises(ChannelError, match="the message is gone") as caught:
        await edit(ours, root, below)
    assert caught.value.permanent
    assert len(discord.messages) == 1


async def test_an_answer_that_is_lost_is_tried_again_and_changes_the_same_message(
    ours: Discord, discord: DiscordSite
):
    root, below = await posted(ours)
    discord.next(f"/channels/700/messages/{root}", LOST)
    with pytest.raises(ChannelError) as caught:
        await edit(ours, root, below)
    assert not caught.value.permanent
    await edit(ours, root, below)
    assert len(discord.messages) == 2
    assert all("潮汐" in one for one in shown(discord))


async def test_a_limit_is_waited_for(ours: Discord, discord: DiscordSite):
    root, below = await posted(ours)
    discord.next(f"/channels/700/messages/{root}", limited(0.05))
    await edit(ours, root, below)
    assert all("潮汐" in one for one in shown(discord))
