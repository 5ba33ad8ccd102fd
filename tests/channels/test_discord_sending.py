"""Sending to Discord over real sockets: each part exactly once, refusals told apart, limits kept."""

from __future__ import annotations

import json

import pytest
from aiohttp import web

from bot.channels.discord import Discord
from bot.errors import ChannelError
from bot.model import Destination, Language
from tests.channels.cards import card, digest
from tests.counterparts.discord_payloads import guild, limited, said
from tests.counterparts.discord_site import LOST, TOKEN, DiscordSite
from tests.fakes import NINE

CHANNEL = Destination(1, "discord", "700", Language.BOTH, NINE, owner="@42")


def parts(count: int = 2, destination: Destination = CHANNEL) -> tuple[str, ...]:
    return Discord("x").render(digest(*(card(n) for n in range(1, count + 1)), destination=destination))


async def refusal(ours: Discord, address: str = "700") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await ours.send(address, parts()[0], "41.1")
    assert TOKEN not in str(caught.value)
    return caught.value


async def test_the_cards_arrive_in_the_thread_of_the_first_message(ours: Discord, discord: DiscordSite):
    first, *others = parts(12)
    root = await ours.send("700", first, "41.1")
    for number, body in enumerate(others, 2):
        await ours.send_below(root, "700", body, f"41.{number}")
    assert [one.channel for one in discord.messages] == ["700", root, root, root]
    assert discord.threads[root]["name"] == "12 papers, Wed 10 June"
    rendered = [json.loads(body)["message"] for body in (first, *others)]
    assert [one.body["embeds"] for one in discord.messages] == [one["embeds"] for one in rendered]


async def test_a_thread_that_a_killed_process_has_opened_is_used(ours: Discord, discord: DiscordSite):
    first, second = parts()
    root = await ours.send("700", first, "41.1")
    discord.threads[root] = {"id": root, "name": "opened before"}
    await ours.send_below(root, "700", second, "41.2")
    assert len(discord.bodies(root)) == 1


@pytest.mark.parametrize("code", [10008, 50001, 50013, 50024, 160006, 160007])
async def test_where_no_thread_can_be_opened_the_cards_follow_in_the_channel(
    ours: Discord, discord: DiscordSite, code: int
):
    discord.refused["threads of 700"] = (403, code)
    first, second = parts()
    root = await ours.send("700", first, "41.1")
    await ours.send_below(root, "700", second, "41.2")
    assert len(discord.bodies("700")) == 2


@pytest.mark.parametrize("code", [10003, 50083, 160005])
async def test_when_somebody_deletes_or_locks_the_thread_the_rest_follows_in_the_channel(
    ours: Discord, discord: DiscordSite, code: int
):
    first, second, *others = parts(12)
    root = await ours.send("700", first, "41.1")
    await ours.send_below(root, "700", second, "41.2")
    discord.refused[root] = (404 if code == 10003 else 400, code)
    for number, body in enumerate(others, 3):
        await ours.send_below(root, "700", body, f"41.{number}")
    assert (len(discord.bodies(root)), len(discord.bodies("700"))) == (1, 1 + len(others))


async def test_a_channel_that_is_deleted_in_the_middle_is_still_a_final_refusal(
    ours: Discord, discord: DiscordSite
):
    first, second = parts()
    root = await ours.send("700", first, "41.1")
    discord.threads[root] = {"id": root, "name": "opened before"}
    discord.refused |= {root: (404, 10003), "700": (404, 10003)}
    with pytest.raises(ChannelError, match="the channel is gone") as caught:
        await ours.send_below(root, "700", second, "41.2")
    assert caught.value.permanent


async def test_a_person_gets_everything_as_direct_messages(ours: Discord, discord: DiscordSite):
    mine = Destination(2, "discord", "@42", Language.BOTH, NINE, owner="@42")
    for number, body in enumerate(parts(12, mine), 1):
        await (ours.send("@42", body, "7.1") if number == 1 else ours.send_below("1", "@42", body, f"7.{number}"))
    assert {one.channel for one in discord.messages} == {"dm42"}
    assert [path for _, path in discord.requests].count("/users/@me/channels") == 1


async def test_the_nonce_is_short_stable_and_enforced(ours: Discord, discord: DiscordSite):
    first = parts()[0]
    once = await ours.send("700", first, "41.1")
    again = Discord(TOKEN)  # another process
    assert await again.send("700", first, "41.1") == once
    await again.close()
    assert len(discord.messages) == 1
    assert discord.messages[0].body["enforce_nonce"] is True
    assert len(discord.messages[0].body["nonce"]) <= 25
    assert await ours.send("701", first, "41.1") != once


@pytest.mark.parametrize(
    "fault",
    [limited(0.05), limited(0.05, is_global=True), said(500, message="oops"), said(502, message="bad gateway")],
    ids=["429 of a bucket", "429 for all", "500", "502"],
)
async def test_what_passes_is_waited_for(ours: Discord, discord: DiscordSite, fault: web.Response):
    discord.next("/channels/700/messages", fault)
    await ours.send("700", parts()[0], "41.1")
    assert len(discord.messages) == 1


async def test_unavailable_is_for_the_outbox_to_try_again(ours: Discord, discord: DiscordSite):
    discord.next("/channels/700/messages", said(503, message="service unavailable"))
    error = await refusal(ours)
    assert not error.permanent
    await ours.send("700", parts()[0], "41.1")
    assert len(discord.messages) == 1


async def test_an_answer_that_is_lost_after_storing_leads_to_no_second_message(
    ours: Discord, discord: DiscordSite
):
    discord.next("/channels/700/messages", LOST)
    error = await refusal(ours)
    assert error.ambiguous
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() <= 60
    await ours.send("700", parts()[0], "41.1")
    assert len(discord.messages) == 1


@pytest.mark.parametrize("code", [10003, 10004, 50001, 50007, 50013, 50083, 160005])
async def test_a_refusal_of_the_destination_is_final(ours: Discord, discord: DiscordSite, code: int):
    discord.refused["700"] = (403, code)
    error = await refusal(ours)
    assert error.permanent
    assert str(code) in error.reason


async def test_our_own_mistake_is_not_the_destinations_fault(ours: Discord, discord: DiscordSite):
    discord.refused["700"] = (400, 50035)
    assert not (await refusal(ours)).permanent


async def test_a_ban_is_waited_out_for_long(ours: Discord, discord: DiscordSite):
    discord.next("/channels/700/messages", web.Response(status=429, text="<html>Access denied"))
    error = await refusal(ours)
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() >= 600


async def test_a_wrong_token_is_tried_once_and_pauses_nobody(discord: DiscordSite):
    ours = Discord("MTIz.wrong.token")
    for _ in range(5):
        error = await refusal(ours)
        assert "DISCORD_TOKEN" in error.reason
        assert not error.permanent
    assert len(discord.requests) == 1
    await ours.close()


async def test_an_unreachable_discord_is_no_ones_fault(discord: DiscordSite):
    ours = Discord(TOKEN)
    await discord.stop()
    error = await refusal(ours)
    assert "check the network" in error.reason
    assert not error.permanent
    assert not error.ambiguous
    await ours.close()


async def test_the_owner_is_told_once_by_direct_message_where_nothing_is_sent(ours: Discord, discord: DiscordSite):
    await ours.tell("@42", "the bot lacks rights (50013)", "700")
    (body,) = discord.bodies("dm42")
    assert body["content"].startswith("<#700>\n")
    assert "50013" in body["content"]


async def test_a_channel_is_no_person_to_be_told(ours: Discord, discord: DiscordSite):
    with pytest.raises(ChannelError):
        await ours.tell("700", "closed", "701")
    assert discord.requests == []


async def test_a_channel_hears_in_itself_what_concerns_it(ours: Discord, discord: DiscordSite):
    await ours.tell("700", "put back to a backup", "700")
    (body,) = discord.bodies("700")
    assert body["content"] == "put back to a backup"


async def test_doctor_tells_who_the_bot_is(ours: Discord, discord: DiscordSite):
    assert await ours.check() == "logged in as sudi, on 0 servers; to install it: sudi discord invite"
    discord.guilds = [guild()]
    assert await ours.check() == "logged in as sudi, on 1 server"


async def test_doctor_tells_a_wrong_token_from_missing_rights(ours: Discord, discord: DiscordSite):
    discord.guilds = [guild(rights="1024")]  # may see, and nothing else
    with pytest.raises(ChannelError, match="rights are missing on 'Lab 900': Send Messages, Embed Links"):
        await ours.check()
    wrong = Discord("wrong")
    with pytest.raises(ChannelError, match="refuses DISCORD_TOKEN"):
        await wrong.check()


async def test_the_install_link_asks_for_exactly_what_is_needed(ours: Discord):
    link = await ours.invite()
    assert link.startswith("https://discord.com/oauth2/authorize?client_id=123&scope=bot+applications.commands")
    assert link.endswith("&permissions=309237664768")
    flat = Discord(TOKEN, "flat")
    assert "permissions=19456" in await flat.invite()
    await flat.close()
