"""Turns at looking whether a message is there: Slack gives an app of many workspaces one a minute in each of them.

https://docs.slack.dev/changelog/2025/05/29/rate-limit-changes-for-non-marketplace-apps
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.errors import ChannelError
from bot.pacing import Reserve, alone

EVERY = timedelta(minutes=1)
_SOON = 10.0  # seconds that one waits here, well within a lease
_FORGOTTEN = 120.0  # seconds after which nobody comes for a turn any more
_MOST = 3  # turns of a workspace that are booked and waited for: others hear when to ask for one


class Looks:
    """Those of one app, which every process takes from the same row."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.reserve: Reserve = alone()
        self._clock = clock
        self._sleep = sleep
        self._booked: dict[str, dict[str, float]] = {}
        """When each turn is that was booked and is waited for, by workspace and by what is looked for."""

    async def turn(self, team: str, key: str) -> None:
        """Wait for a turn that is soon; ChannelError says when to come again for one that is later."""
        now, booked = self._clock(), self._booked.setdefault(team, {})
        for one in [one for one, at in booked.items() if at <= now - _FORGOTTEN]:
            del booked[one]
        if key not in booked and len(booked) >= _MOST:
            raise too_often(timedelta(seconds=max(booked.values()) - now) + EVERY)
        at = booked.pop(key, None) or await self.reserve(f"looks:{team}", EVERY, 1)
        if at > now + _SOON:
            booked[key] = at
            raise too_often(timedelta(seconds=at - now))
        await self._sleep(max(at - now, 0.0))


def too_often(again_in: timedelta) -> ChannelError:
    """Nobody else has to wait: messages may be posted all the while."""
    return ChannelError("Slack lets us see whether a message is there only so often", again_in=again_in)
