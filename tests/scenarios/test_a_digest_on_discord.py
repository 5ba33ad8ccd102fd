"""From the outbox to Discord over real sockets: whatever breaks, each part is there exactly once and in order."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

import pytest

from bot.channels.discord import Discord
from bot.store import Store, schema
from tests import PATIENCE
from tests.counterparts.discord_payloads import said
from tests.counterparts.discord_site import LOST, TOKEN, DiscordSite
from tests.fakes import MORNING, HandClock, alerts, courier, matched, paper, planned, rows, states, subscribed
from tests.scenarios import worker

PAPERS = 12
POSTS = 5  # the root, its thread, and three messages with cards
WRITES = 7  # claim, compose and start, four receipts, finish


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def store(sqlite_store: Store) -> Store:
    """A digest of twelve papers is due in one channel."""
    _destination, (subscription,) = await subscribed(sqlite_store, address="700", channel="discord", owner="@42")
    await matched(sqlite_store, subscription, *(paper(number) for number in range(1, PAPERS + 1)))
    await planned(sqlite_store)
    return sqlite_store


def arrived_once(discord: DiscordSite) -> None:
    root, *others = discord.messages
    assert root.channel == "700"
    assert {one.channel for one in others} == {root.id}
    shown = [embed["url"].rpartition("/")[2] for one in others for embed in one.body["embeds"]]
    assert shown == [paper(number).id for number in range(1, PAPERS + 1)]


@pytest.fixture
def url(store: Store) -> str:
    """The database of `store`, for other processes."""
    return store.url


async def completed(url: str, discord: DiscordSite) -> None:
    """Let another process go on, when the lease has ended and Discord still knows the nonces."""
    async with worker.reopened(url) as survivor:
        another = Discord(TOKEN)
        await courier(survivor, another, HandClock(MORNING + timedelta(minutes=2)), "another").drain()
        await another.close()
        assert await states(survivor) == ["sent"]
    arrived_once(discord)


@pytest.mark.parametrize("is_carried_out", [False, True], ids=["before it is stored", "after it is stored"])
@pytest.mark.parametrize("at", range(1, POSTS + 1))
async def test_a_process_killed_at_any_request_repeats_nothing(
    store: Store, url: str, discord: DiscordSite, at: int, is_carried_out: bool
):
    await store.close()
    discord.never_answers(at, is_carried_out=is_carried_out)
    doomed = worker.start(worker.deliver_to_discord, url, discord.port, MORNING)
    async with asyncio.timeout(PATIENCE):
        await discord.reached.wait()
    doomed.kill()
    assert await worker.ended(doomed) == -signal.SIGKILL
    await completed(url, discord)


@pytest.mark.parametrize("number", range(1, WRITES + 1))
@pytest.mark.parametrize("when", ["in", "after"])
async def test_a_process_killed_at_any_write_repeats_nothing(
    store: Store, url: str, discord: DiscordSite, when: str, number: int
):
    await store.close()
    doomed = worker.start(worker.deliver_to_discord, url, discord.port, MORNING, f"{when} write {number}")
    assert await worker.ended(doomed) == -signal.SIGKILL
    await completed(url, discord)


@pytest.mark.parametrize("at", range(POSTS))
async def test_an_answer_lost_at_any_request_repeats_nothing(
    store: Store, discord: DiscordSite, clock: HandClock, ours: Discord, at: int
):
    paths = ["/channels/700/messages", "/channels/700/messages/10000/threads", *["/channels/10000/messages"] * 3]
    discord.next(paths[at], *[None] * max(at - 2, 0), LOST)
    await courier(store, ours, clock).drain()
    assert await states(store) == ["ready"]
    clock.forward(seconds=20)
    await courier(store, ours, clock).drain()
    arrived_once(discord)
    assert await states(store) == ["sent"]


async def test_an_outage_in_the_middle_is_waited_out(
    store: Store, discord: DiscordSite, clock: HandClock, ours: Discord
):
    unavailable = [said(503, message="service unavailable") for _ in range(3)]
    discord.next("/channels/10000/messages", None, *unavailable)
    for _ in range(4):
        await courier(store, ours, clock).drain()
        clock.forward(minutes=10)
    arrived_once(discord)


async def test_rights_taken_in_the_middle_pause_the_place_and_its_owner_is_told_once(
    store: Store, discord: DiscordSite, clock: HandClock, ours: Discord
):
    discord.next("/channels/10000/messages", None, said(403, code=50013, message="Missing Permissions"))
    await courier(store, ours, clock).drain()
    await alerts(store, clock, ours).tell()
    assert await states(store) == ["dead"]
    (destination,) = await rows(store, schema.destination)
    assert destination.paused == "Discord: the bot lacks rights in the channel (50013)"
    assert len(await rows(store, schema.subscription)) == 1
    (told,) = discord.bodies("dm42")
    assert "/papers resume" in told["content"]
    clock.forward(minutes=30)
    await courier(store, ours, clock).drain()
    await alerts(store, clock, ours).tell()
    assert len(discord.bodies("dm42")) == 1
    async with store.write() as tx:
        await tx.subscribers.resume(destination.id)
        await tx.outbox.revive(destination.id, clock())
    await courier(store, ours, clock).drain()
    discord.messages = [one for one in discord.messages if one.channel != "dm42"]
    arrived_once(discord)


async def test_a_wrong_token_pauses_nobody(store: Store, discord: DiscordSite, clock: HandClock):
    wrong = Discord("MTIz.wrong.token")
    for _ in range(5):
        await courier(store, wrong, clock).drain()
        clock.forward(hours=2)
    assert await states(store) == ["ready"]
    assert len(discord.requests) == 1
    await wrong.close()


async def test_a_day_of_refusals_costs_a_handful_of_invalid_requests(
    store: Store, discord: DiscordSite, clock: HandClock, ours: Discord
):
    """https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans"""
    discord.refused |= {"701": (403, 50013), "702": (404, 10003), "703": (403, 50001), "dm42": (403, 50007)}
    discord.next("/channels/700/messages/10000/threads", said(403, code=50013, message="Missing Permissions"))
    for address in ("701", "702", "703"):
        _, (one,) = await subscribed(store, address=address, channel="discord", owner="@42")
        await matched(store, one, paper(1))
    await planned(store)
    telling = alerts(store, clock, ours)
    for _ in range(24 * 6):
        await courier(store, ours, clock).drain()
        await telling.tell()
        clock.forward(minutes=10)
    assert await states(store) == ["sent", "dead", "dead", "dead"]
    assert len(discord.bodies("700")) == 4
    destinations, owners = 3, 3 * 8  # each owner is asked less and less often
    assert discord.invalid <= 1 + destinations + owners
