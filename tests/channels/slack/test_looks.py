"""An app of many workspaces looks for a message once a minute in each, and every look gets its turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.channels.slack.looks import Looks
from bot.channels.slack.post import Clients, Postman
from bot.errors import ChannelError
from tests.counterparts.slack_edge import BOT_TOKEN, ML, TEAM, SlackEdge

MINUTE = timedelta(minutes=1)


class Minutes:
    """Turns at looks, by a clock in seconds that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.looks = Looks(clock=lambda: self.now, sleep=self._sleep)
        self.looks.reserve = self._reserve
        self._free: dict[str, float] = {}

    async def _sleep(self, seconds: float) -> None:
        self.now += seconds

    async def _reserve(self, key: str, every: timedelta, count: int) -> float:
        await asyncio.sleep(0)  # as a database takes its time
        first = max(self._free.get(key, 0), self.now)
        self._free[key] = first + count * every.total_seconds()
        return first

    async def turn(self, key: str, team: str = TEAM) -> float:
        """How many minutes later one has to come again; none when the turn is now."""
        try:
            await self.looks.turn(team, key)
        except ChannelError as error:
            if error.permanent or error.retry_after or error.again_in is None:  # for which all the workspace waits
                raise
            return error.again_in / MINUTE
        return 0.0


async def test_who_comes_while_another_has_looked_has_the_next_turn_for_itself():
    minutes = Minutes()
    assert await minutes.turn("first") == 0
    assert await minutes.turn("second") == 1
    minutes.now += 20
    assert await minutes.turn("second") == pytest.approx(2 / 3)
    minutes.now += 40
    assert await minutes.turn("second") == 0
    assert await minutes.turn("first") == 1


async def test_who_ask_at_the_same_time_each_keep_their_turn():
    minutes = Minutes()
    assert await asyncio.gather(*map(minutes.turn, "abc")) == [0, 1, 2]
    minutes.now += 60
    assert await minutes.turn("b") == 0
    assert await minutes.turn("c") == 1


async def test_another_workspace_has_turns_of_its_own():
    minutes = Minutes()
    assert await minutes.turn("first") == await minutes.turn("second", "T02OTHER") == 0


async def test_a_long_queue_is_not_booked_and_everybody_gets_a_turn():
    minutes, due, passed = Minutes(), dict.fromkeys("abcdefgh", 0.0), 0
    while due and passed < 20:
        for key in [key for key, at in due.items() if at <= passed]:
            if later := await minutes.turn(key):
                due[key] = passed + later
            else:
                del due[key]
        minutes.now += 60
        passed += 1
    assert passed == 8


async def test_turns_that_nobody_comes_for_keep_nobody_away():
    minutes = Minutes()
    assert [await minutes.turn(f"gone {n}") for n in range(4)] == [0, 1, 2, 3]
    minutes.now += 600
    assert await minutes.turn("another") == 0


async def test_only_the_app_of_many_workspaces_takes_turns_before_it_looks(slack):
    alone, shared = Postman(_to(slack), None), Minutes()
    of_many = Postman(_to(slack), shared.looks)
    for one, waits in ((alone, []), (of_many, [MINUTE])):
        again = []
        for key in ("1.1", "2.1"):
            try:
                assert await one.find(f"{TEAM}/{ML}", key, datetime.now(UTC)) is None
            except ChannelError as error:
                again.append(error.again_in)
        assert again == waits
    assert slack.calls["conversations.history"] == 3


def _to(slack: SlackEdge) -> Clients:
    async def client(_team: str) -> AsyncWebClient:
        return AsyncWebClient(BOT_TOKEN, base_url=slack.api)

    return client
