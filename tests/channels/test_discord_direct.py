"""Direct messages on Discord: conversations are kept and opened slowly, and a pause holds for everybody."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels.discord import Discord, rest
from bot.errors import ChannelError
from bot.store import Store
from bot.store.conversations import StoredConversations
from tests.channels.test_discord_sending import parts
from tests.counterparts.discord_payloads import said
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.fakes import HandClock

OPENED = ("POST", "/users/@me/channels")
BODY = parts()[0]


class Processes:
    """Processes of one installation, each with an account of its own to send by."""

    def __init__(self, store: Store) -> None:
        self.clock, self._store = HandClock(), store
        self._started: list[Discord] = []

    def start(self) -> Discord:
        """One more process."""
        one = Discord(TOKEN)
        one.remember(StoredConversations(self._store, "discord", self.clock))
        self._started.append(one)
        return one

    async def stop(self) -> None:
        for one in self._started:
            await one.close()


@pytest.fixture
async def processes(store: Store, discord: DiscordSite) -> AsyncIterator[Processes]:
    made = Processes(store)
    yield made
    await made.stop()


async def test_after_a_restart_a_conversation_is_not_opened_again(processes: Processes, discord: DiscordSite):
    for number in (1, 2):
        await processes.start().send("@42", BODY, f"41.{number}")
    assert discord.requests.count(OPENED) == 1
    assert len(discord.bodies("dm42")) == 2


async def test_conversations_are_opened_one_after_another(
    processes: Processes, discord: DiscordSite, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rest, "OPENING", timedelta(seconds=0.3))
    began = time.monotonic()
    for person in ("@42", "@43", "@44"):  # the clock of the turns stands still: they are 0, 0.3 and 0.6 s away
        await processes.start().send(person, BODY, "41.1")
    assert time.monotonic() - began > 0.9
    monkeypatch.setattr(rest, "OPENING", timedelta(minutes=1))
    await processes.start().send("@45", BODY, "41.1")
    with pytest.raises(ChannelError) as caught:
        await processes.start().send("@46", BODY, "41.1")
    assert caught.value.retry_after > timedelta(seconds=50)
    assert discord.requests.count(OPENED) == 4, "nobody is asked before it is time"
    await processes.start().send("@42", BODY, "41.2")


@pytest.mark.parametrize(("code", "pause"), [(40003, timedelta(minutes=10)), (20026, timedelta(hours=1))])
async def test_when_too_many_are_opened_nobody_is_written_to_directly_for_a_while(
    processes: Processes, discord: DiscordSite, code: int, pause: timedelta, caplog: pytest.LogCaptureFixture
):
    discord.next("/users/@me/channels", said(403, code=code, message="You are opening direct messages too fast"))
    for person in ("@42", "@43", "@44"):
        with pytest.raises(ChannelError) as caught:
            await processes.start().send(person, BODY, "41.1")
        assert not caught.value.permanent
        assert caught.value.retry_after == pause
    assert discord.requests.count(OPENED) == 1
    assert f"discord_direct_pause code={code}" in caplog.text
    await processes.start().send("700", BODY, "41.1")
    processes.clock.now += pause
    await processes.start().send("@43", BODY, "41.1")
    assert len(discord.bodies("dm43")) == 1


async def test_a_quarantine_that_is_noticed_by_a_message_pauses_all_of_them(
    processes: Processes, discord: DiscordSite
):
    await processes.start().send("@42", BODY, "41.1")
    discord.refused["dm42"] = (403, 20026)
    with pytest.raises(ChannelError):
        await processes.start().send("@42", BODY, "41.2")
    with pytest.raises(ChannelError):
        await processes.start().send("@43", BODY, "41.1")
    assert discord.requests.count(OPENED) == 1


async def test_a_conversation_that_is_gone_is_opened_again_once(
    processes: Processes, discord: DiscordSite, store: Store
):
    await StoredConversations(store, "discord", processes.clock).keep("42", "gone")
    discord.refused["gone"] = (404, 10003)
    await processes.start().send("@42", BODY, "41.1")
    assert len(discord.bodies("dm42")) == 1
    discord.refused["dm42"] = (404, 10003)
    with pytest.raises(ChannelError) as caught:
        await processes.start().send("@42", BODY, "41.2")
    assert caught.value.permanent


async def test_too_many_edits_of_old_messages_are_called_by_their_name(ours: Discord, discord: DiscordSite):
    said_so = "Maximum number of edits to messages older than 1 hour reached"
    discord.next("/channels/700/messages/1", said(429, code=30046, message=said_so))
    with pytest.raises(ChannelError, match=r"older than an hour \(30046\)") as caught:
        await ours.edit("700", "1", BODY, "")
    assert not caught.value.permanent
