"""Sending to Discord over real sockets: each part exactly once, refusals told apart, limits kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

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


@pytest.fixture
async def site() -> AsyncIterator[DiscordSite]:
    async with DiscordSite(window=0.3) as running:
        with running.used():
            yield running


@pytest.fixture
async def bot(site: DiscordSite) -> AsyncIterator[Discord]:
    one = Discord(TOKEN)
    yield one
    await one.close()


def parts(count: int = 2, destination: Destination = CHANNEL) -> tuple[str, ...]:
    return Discord("x").render(digest(*(card(n) for n in range(1, count + 1)), destination=destination))


async def refusal(bot: Discord, address: str = "700") -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await bot.send(address, parts()[0], "41.1")
    assert TOKEN not in str(caught.value)
    return caught.value


async def test_the_cards_arrive_in_the_thread_of_the_first_message(bot: Discord, site: DiscordSite):
    first, *others = parts(12)
    root = await bot.send("700", first, "41.1")
    for number, body in enumerate(others, 2):
        await bot.send_below(root, "700", body, f"41.{number}")
    assert [one.channel for one in site.messages] == ["700", root, root, root]
    assert site.threads[root]["name"] == "Sudi 速递 · 2026-06-10 · 12 papers · 12 篇"
    rendered = [json.loads(body)["message"] for body in (first, *others)]
    assert [one.body["embeds"] for one in site.messages] == [one["embeds"] for one in rendered]


async def test_a_thread_that_a_killed_process_has_opened_is_used(bot: Discord, site: DiscordSite):
    first, second = parts()
    root = await bot.send("700", first, "41.1")
    site.threads[root] = {"id": root, "name": "opened before"}
    await bot.send_below(root, "700", second, "41.2")
    assert len(site.bodies(root)) == 1


@pytest.mark.parametrize("code", [50001, 50013, 50024, 160006])
async def test_where_no_thread_can_be_opened_the_cards_follow_in_the_channel(
    bot: Discord, site: DiscordSite, code: int
):
    site.refused["threads of 700"] = (403, code)
    first, second = parts()
    root = await bot.send("700", first, "41.1")
    await bot.send_below(root, "700", second, "41.2")
    assert len(site.bodies("700")) == 2


async def test_a_person_gets_everything_as_direct_messages(bot: Discord, site: DiscordSite):
    mine = Destination(2, "discord", "@42", Language.BOTH, NINE, owner="@42")
    for number, body in enumerate(parts(12, mine), 1):
        await (bot.send("@42", body, "7.1") if number == 1 else bot.send_below("1", "@42", body, f"7.{number}"))
    assert {one.channel for one in site.messages} == {"dm42"}
    assert [path for _, path in site.requests].count("/users/@me/channels") == 1


async def test_the_nonce_is_short_stable_and_enforced(bot: Discord, site: DiscordSite):
    first = parts()[0]
    once = await bot.send("700", first, "41.1")
    again = Discord(TOKEN)  # another process
    assert await again.send("700", first, "41.1") == once
    await again.close()
    assert len(site.messages) == 1
    assert site.messages[0].body["enforce_nonce"] is True
    assert len(site.messages[0].body["nonce"]) <= 25
    assert await bot.send("701", first, "41.1") != once


@pytest.mark.parametrize(
    "fault",
    [limited(0.05), limited(0.05, is_global=True), said(500, message="oops"), said(502, message="bad gateway")],
    ids=["429 of a bucket", "429 for all", "500", "502"],
)
async def test_what_passes_is_waited_for(bot: Discord, site: DiscordSite, fault: web.Response):
    site.next("/channels/700/messages", fault)
    await bot.send("700", parts()[0], "41.1")
    assert len(site.messages) == 1


async def test_unavailable_is_for_the_outbox_to_try_again(bot: Discord, site: DiscordSite):
    site.next("/channels/700/messages", said(503, message="service unavailable"))
    error = await refusal(bot)
    assert not error.permanent
    await bot.send("700", parts()[0], "41.1")
    assert len(site.messages) == 1


async def test_an_answer_that_is_lost_after_storing_leads_to_no_second_message(bot: Discord, site: DiscordSite):
    site.next("/channels/700/messages", LOST)
    error = await refusal(bot)
    assert error.ambiguous
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() <= 60
    await bot.send("700", parts()[0], "41.1")
    assert len(site.messages) == 1


@pytest.mark.parametrize("code", [10003, 10004, 50001, 50007, 50013, 50083, 160005])
async def test_a_refusal_of_the_destination_is_final(bot: Discord, site: DiscordSite, code: int):
    site.refused["700"] = (403, code)
    error = await refusal(bot)
    assert error.permanent
    assert str(code) in error.reason


async def test_our_own_mistake_is_not_the_destinations_fault(bot: Discord, site: DiscordSite):
    site.refused["700"] = (400, 50035)
    assert not (await refusal(bot)).permanent


async def test_a_ban_is_waited_out_for_long(bot: Discord, site: DiscordSite):
    site.next("/channels/700/messages", web.Response(status=429, text="<html>Access denied"))
    error = await refusal(bot)
    assert error.retry_after is not None
    assert error.retry_after.total_seconds() >= 600


async def test_a_wrong_token_is_tried_once_and_pauses_nobody(site: DiscordSite):
    bot = Discord("MTIz.wrong.token")
    for _ in range(5):
        error = await refusal(bot)
        assert "DISCORD_TOKEN" in error.reason
        assert not error.permanent
    assert len(site.requests) == 1
    await bot.close()


async def test_an_unreachable_discord_is_no_ones_fault(site: DiscordSite):
    bot = Discord(TOKEN)
    await site.stop()
    error = await refusal(bot)
    assert not error.permanent
    assert not error.ambiguous
    await bot.close()


async def test_the_owner_is_told_once_by_direct_message_where_nothing_is_sent(bot: Discord, site: DiscordSite):
    await bot.tell("@42", "the bot lacks rights (50013)", "700")
    (body,) = site.bodies("dm42")
    assert body["content"].startswith("<#700>\n")
    assert "50013" in body["content"]


async def test_a_channel_is_no_person_to_be_told(bot: Discord, site: DiscordSite):
    with pytest.raises(ChannelError):
        await bot.tell("700", "closed", "700")
    assert site.requests == []


async def test_doctor_tells_who_the_bot_is(bot: Discord, site: DiscordSite):
    assert await bot.check() == "logged in as sudi, on 0 servers; to install it: sudi discord invite"
    site.guilds = [guild()]
    assert await bot.check() == "logged in as sudi, on 1 server"


async def test_doctor_tells_a_wrong_token_from_missing_rights(bot: Discord, site: DiscordSite):
    site.guilds = [guild(rights="1024")]  # may see, and nothing else
    with pytest.raises(ChannelError, match="rights are missing on 'Lab 900': Send Messages, Embed Links"):
        await bot.check()
    wrong = Discord("wrong")
    with pytest.raises(ChannelError, match="refuses DISCORD_TOKEN"):
        await wrong.check()


async def test_the_install_link_asks_for_exactly_what_is_needed(bot: Discord):
    link = await bot.invite()
    assert link.startswith("https://discord.com/oauth2/authorize?client_id=123&scope=bot+applications.commands")
    assert link.endswith("&permissions=309237664768")
    flat = Discord(TOKEN, "flat")
    assert "permissions=19456" in await flat.invite()
    await flat.close()
