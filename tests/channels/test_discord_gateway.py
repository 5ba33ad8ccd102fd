"""The connection to Discord over real sockets: it comes back by itself, and stops at a wrong token."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aiohttp import web

from bot.channels import Invocation, Reply
from bot.channels.discord import Discord
from bot.channels.discord.supervisor import Supervisor
from bot.commands import SPECS
from bot.model import Language
from bot.store import Store
from tests import PATIENCE
from tests.counterparts.discord_payloads import Post, command, contents, guild, said, shown
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.fakes import HandClock, courier, matched, paper, planned, states, subscribed


class Answering:
    """Repeats what was asked."""

    specs = SPECS

    def __init__(self) -> None:
        self.asked: list[Invocation] = []

    async def __call__(self, invocation: Invocation) -> Reply:
        self.asked.append(invocation)
        return Reply(f"heard: {invocation.text}", Language.EN)


@pytest.fixture
async def site() -> AsyncIterator[DiscordSite]:
    async with DiscordSite(guilds=[guild()]) as running:
        with running.used():
            yield running


@asynccontextmanager
async def connected(
    site: DiscordSite, handle: Answering, token: str = TOKEN, *, is_there: bool = True
) -> AsyncIterator[list[float]]:
    """A supervisor at work; the pauses that it makes between connections are noted and not waited for."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.01)

    running = asyncio.create_task(Supervisor(token, handle, "thread", pause).run())
    try:
        if is_there:
            async with asyncio.timeout(PATIENCE):
                ready = asyncio.create_task(site.ready.wait())
                await asyncio.wait({running, ready}, return_when="FIRST_COMPLETED")
        yield pauses
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_command_is_deferred_then_answered_for_the_person_alone(site: DiscordSite):
    handle = Answering()
    async with connected(site, handle):
        answers = await site.interact(**command("subscribe", query="cs.LG tide"))
    assert answers[0] == ("callback", {"type": 5, "data": {"flags": 64}})
    assert contents(answers) == ["heard: subscribe cs.LG tide"]
    assert answers[1][1]["allowed_mentions"] == {"parse": []}
    assert [(one.text, one.destination, one.sender, one.may_manage) for one in handle.asked] == [
        ("subscribe cs.LG tide", "700", "@42", True)
    ]


async def test_a_button_of_a_message_from_before_is_answered(site: DiscordSite):
    handle = Answering()
    async with connected(site, handle):
        pressed = {"custom_id": "sudi:at:show hep-th/9901001", "component_type": 2, "id": 1}
        row = {"type": 1, "components": [{"type": 2, "style": 2, "label": "x", **pressed}]}
        message = shown(Post("5", "700", {"components": [row]}, 0.0))
        answers = await site.interact(type=3, data=pressed, message=message)
    assert contents(answers) == ["heard: show hep-th/9901001"]


async def test_commands_are_sent_to_discord_only_when_they_have_changed(site: DiscordSite):
    puts = [("PUT", "/applications/123/commands")]
    async with connected(site, Answering()):
        assert [one for one in site.requests if one[0] == "PUT"] == puts
    site.ready.clear()
    async with connected(site, Answering()):
        assert [one for one in site.requests if one[0] == "PUT"] == puts
    site.ready.clear()
    site.commands[0]["options"][0]["description"] = "an older one"
    async with connected(site, Answering()):
        assert [one for one in site.requests if one[0] == "PUT"] == puts * 2


@pytest.mark.parametrize(
    "break_it",
    [lambda site: site.tell({"op": 7, "d": None}), lambda site: _cut(site)],
    ids=["asked to reconnect", "connection cut"],
)
async def test_a_broken_connection_is_resumed_and_commands_work_again(
    site: DiscordSite, break_it: Callable[..., Any]
):
    handle = Answering()
    async with connected(site, handle):
        await break_it(site)
        async with asyncio.timeout(PATIENCE):
            await site.ready.wait()
        assert contents(await site.interact(**command("status"))) == ["heard: status"]
    assert (site.identified, site.resumed) == (1, 1)


@pytest.mark.parametrize(
    ("lose_it", "identified"),
    [
        (lambda site: site.tell({"op": 7, "d": None}), 1),
        (lambda site: _cut(site), 1),
        (lambda site: site.tell({"op": 9, "d": False}), 2),
    ],
    ids=["asked to reconnect", "connection cut", "session lost"],
)
async def test_a_gateway_that_is_lost_in_the_middle_of_a_digest_repeats_nothing_and_comes_back(
    site: DiscordSite, sqlite_store: Store, lose_it: Callable[..., Any], identified: int
):
    _destination, (subscription,) = await subscribed(sqlite_store, address="700", channel="discord", owner="@42")
    await matched(sqlite_store, subscription, *map(paper, range(1, 13)))
    await planned(sqlite_store)
    handle, bot = Answering(), Discord(TOKEN)
    site.latency = 0.05
    async with connected(site, handle):
        sending = asyncio.create_task(courier(sqlite_store, bot, HandClock()).drain())
        async with asyncio.timeout(PATIENCE):
            while len(site.messages) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await lose_it(site)
            assert not sending.done()
            await asyncio.gather(sending, site.ready.wait())
        assert contents(await site.interact(**command("status"))) == ["heard: status"]
    await bot.close()
    root, *others = site.messages
    assert (root.channel, {one.channel for one in others}) == ("700", {root.id})
    links = [embed["url"] for one in others for embed in one.body["embeds"]]
    assert links == [paper(number).url for number in range(1, 13)]
    assert (site.identified, await states(sqlite_store), len(handle.asked)) == (identified, ["sent"], 1)


async def test_where_nobody_listens_yet_is_connected_to_once_somebody_does(site: DiscordSite):
    await site.stop()
    async with connected(site, Answering(), is_there=False) as pauses:
        async with asyncio.timeout(PATIENCE):
            while len(pauses) < 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await site.start(site.port)
        async with asyncio.timeout(PATIENCE):
            await site.ready.wait()
        assert contents(await site.interact(**command("help"))) == ["heard: help"]


async def test_a_refused_first_connection_is_tried_again(site: DiscordSite):
    site.refuse_gateway = 1
    site.next("/gateway/bot", _unavailable())
    async with connected(site, Answering()) as pauses:
        async with asyncio.timeout(PATIENCE):
            await site.ready.wait()
        assert contents(await site.interact(**command("help"))) == ["heard: help"]
    assert len(pauses) == 1
    assert pauses[0] <= 2


async def test_a_connection_that_never_closes_holds_up_no_stop_and_leaves_nothing_behind(
    site: DiscordSite, caplog: pytest.LogCaptureFixture
):
    before = len(asyncio.all_tasks())
    async with connected(site, Answering()):
        site.fall_silent()
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 8, "hosts kill after thirty seconds"
    site.fall_silent(again=True)
    async with asyncio.timeout(PATIENCE):
        while site.is_connected or len(asyncio.all_tasks()) > before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    gc.collect()
    assert "Unclosed" not in caplog.text


async def test_pauses_grow_and_differ(site: DiscordSite):
    site.next("/users/@me", *(_unavailable() for _ in range(6)))
    async with connected(site, Answering()) as pauses:
        assert len(pauses) == 6
    for earlier, later in zip(pauses, pauses[2:], strict=False):
        assert later >= earlier
    assert pauses[5] <= 64


async def test_a_wrong_token_ends_this_channel_with_one_line(site: DiscordSite, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR, "bot"):
        async with connected(site, Answering(), "MTIz.wrong.token") as pauses:
            pass
    assert pauses == []
    assert [one.getMessage() for one in caplog.records if one.name.startswith("bot")] == [
        "discord_stopped reason=Discord refuses DISCORD_TOKEN: copy the bot's token again from the developer"
        " portal (Bot > Reset Token)"
    ]
    assert len(site.requests) == 1


async def test_a_form_that_takes_too_long_is_answered_in_words_before_discord_gives_up(site: DiscordSite):
    class Slow(Answering):
        async def __call__(self, invocation: Invocation) -> Reply:
            await asyncio.sleep(30)
            raise AssertionError("nobody has waited so long")

    async with connected(site, Slow()):
        begun = time.monotonic()
        asking = asyncio.create_task(site.interact(**command("edit", subscription="1")))
        async with asyncio.timeout(PATIENCE):
            while not site.answers:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert time.monotonic() - begun < 3
        asking.cancel()
    ((kind, body),) = site.answers
    assert (kind, body["type"], body["data"]["flags"]) == ("callback", 4, 64)
    assert body["data"]["content"].startswith("Something went wrong here")


async def test_an_error_of_ours_is_logged_and_said(site: DiscordSite, caplog: pytest.LogCaptureFixture):
    class Broken(Answering):
        async def __call__(self, invocation: Invocation) -> Reply:
            raise RuntimeError("power")

    async with connected(site, Broken()):
        answers = await site.interact(**command("status"), locale="zh-CN")
    assert contents(answers) == ["出错了，管理员可在日志中查看原因。请过一分钟再试。"]
    assert "power" in caplog.text


async def _cut(site: DiscordSite) -> None:
    site.cut()


def _unavailable() -> web.Response:
    return said(503, message="service unavailable")
