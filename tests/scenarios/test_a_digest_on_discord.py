"""From the outbox to Discord over real sockets: whatever breaks, each part is there exactly once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import web

from bot.channels.discord import Discord
from bot.store import Store, schema
from tests.counterparts.discord_payloads import said
from tests.counterparts.discord_site import LOST, TOKEN, DiscordSite
from tests.fakes import HandClock, alerts, courier, matched, paper, planned, rows, states, subscribed

PAPERS = 12
POSTS = 5  # the root, its thread, and three messages with cards


class Killing(DiscordSite):
    """A site that tells when a request has come, or was carried out, and answers it never."""

    at = 0
    is_after = False
    posts = 0

    def kill(self, at: int, *, is_after: bool) -> asyncio.Event:
        """Stop at that request."""
        self.at, self.is_after, self.reached = at, is_after, asyncio.Event()
        return self.reached

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        self.posts += request.method == "POST"
        is_last = self.posts == self.at and request.method == "POST"
        if is_last and not self.is_after:
            await self._hang()
        answer = await super()._rest(request)
        if is_last:
            await self._hang()
        return answer

    async def _hang(self) -> None:
        self.at = 0
        self.reached.set()
        await asyncio.Event().wait()


@pytest.fixture
async def site() -> AsyncIterator[Killing]:
    async with Killing(window=0.2) as running:
        with running.used():
            yield running


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def bot(site: Killing) -> AsyncIterator[Discord]:
    one = Discord(TOKEN)
    yield one
    await one.close()


@pytest.fixture
async def store(sqlite_store: Store) -> Store:
    """A digest of twelve papers is due in one channel."""
    _place, (subscription,) = await subscribed(sqlite_store, address="700", channel="discord", owner="@42")
    await matched(sqlite_store, subscription, *(paper(number) for number in range(1, PAPERS + 1)))
    await planned(sqlite_store)
    return sqlite_store


def arrived_once(site: Killing) -> None:
    root, *others = site.messages
    assert root.channel == "700"
    assert {one.channel for one in others} == {root.id}
    shown = [embed["url"].rpartition("/")[2] for one in others for embed in one.body["embeds"]]
    assert shown == [paper(number).id for number in range(1, PAPERS + 1)]


@pytest.mark.parametrize("is_after", [False, True], ids=["before it is stored", "after it is stored"])
@pytest.mark.parametrize("at", range(1, POSTS + 1))
async def test_a_process_killed_at_any_request_repeats_nothing(
    store: Store, site: Killing, clock: HandClock, bot: Discord, at: int, is_after: bool
):
    reached = site.kill(at, is_after=is_after)
    killed = asyncio.create_task(courier(store, bot, clock).drain())
    async with asyncio.timeout(10):
        await reached.wait()
    killed.cancel()
    with suppress(asyncio.CancelledError):
        await killed
    clock.forward(minutes=2)  # its lease ends, and Discord still knows its nonces
    another = Discord(TOKEN)
    await courier(store, another, clock, "another").drain()
    await another.close()
    arrived_once(site)
    assert await states(store) == ["sent"]


@pytest.mark.parametrize("at", range(POSTS))
async def test_an_answer_lost_at_any_request_repeats_nothing(
    store: Store, site: Killing, clock: HandClock, bot: Discord, at: int
):
    paths = ["/channels/700/messages", "/channels/700/messages/10000/threads", *["/channels/10000/messages"] * 3]
    site.next(paths[at], *[None] * max(at - 2, 0), LOST)
    await courier(store, bot, clock).drain()
    assert await states(store) == ["ready"]
    clock.forward(seconds=20)
    await courier(store, bot, clock).drain()
    arrived_once(site)
    assert await states(store) == ["sent"]


async def test_an_outage_in_the_middle_is_waited_out(store: Store, site: Killing, clock: HandClock, bot: Discord):
    unavailable = [said(503, message="service unavailable") for _ in range(3)]
    site.next("/channels/10000/messages", None, *unavailable)
    for _ in range(4):
        await courier(store, bot, clock).drain()
        clock.forward(minutes=10)
    arrived_once(site)


async def test_rights_taken_in_the_middle_pause_the_place_and_its_owner_is_told_once(
    store: Store, site: Killing, clock: HandClock, bot: Discord
):
    site.next("/channels/10000/messages", None, said(403, code=50013, message="Missing Permissions"))
    await courier(store, bot, clock).drain()
    await alerts(store, clock, bot).tell()
    assert await states(store) == ["dead"]
    (place,) = await rows(store, schema.destination)
    assert place.paused == "Discord: the bot lacks rights in the channel (50013)"
    assert len(await rows(store, schema.subscription)) == 1
    (told,) = site.bodies("dm42")
    assert "/papers resume" in told["content"]
    clock.forward(minutes=30)
    await courier(store, bot, clock).drain()
    await alerts(store, clock, bot).tell()
    assert len(site.bodies("dm42")) == 1
    async with store.write() as tx:
        await tx.subscribers.resume(place.id)
        await tx.outbox.revive(place.id, clock())
    await courier(store, bot, clock).drain()
    site.messages = [one for one in site.messages if one.channel != "dm42"]
    arrived_once(site)


async def test_a_wrong_token_pauses_nobody(store: Store, site: Killing, clock: HandClock):
    wrong = Discord("MTIz.wrong.token")
    for _ in range(5):
        await courier(store, wrong, clock).drain()
        clock.forward(hours=2)
    assert await states(store) == ["ready"]
    assert len(site.requests) == 1
    await wrong.close()
