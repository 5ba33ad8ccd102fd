"""Several workers of the bot as operators start them, and a Slack on a loopback port to which they post."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from bot.channels.slack.post import EVENT
from tests import PATIENCE

TEAM, TOKEN = "T01QUICK", "xoxb-quick"


@dataclass
class QuickSlack:
    """As much of Slack as posting and looking for what was posted need."""

    posts: list[tuple[str, str, float]] = field(default_factory=list)  # channel, key and time
    latency: float = 0.05  # seconds
    port: int = 0

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """On a free port."""
        made = web.Application(client_max_size=2**24)
        made.router.add_post("/api/chat.postMessage", self._post)
        made.router.add_post("/api/chat.update", self._edit)
        made.router.add_get("/api/conversations.history", self._history)
        made.router.add_get("/api/conversations.replies", self._history)
        runner = web.AppRunner(made, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield
        finally:
            await runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        asked = await request.json()
        key = asked["metadata"]["event_payload"]["key"]
        self.posts.append((asked["channel"], key, time.time()))
        stamp = f"1.{len(self.posts):06}"
        await asyncio.sleep(self.latency)
        return web.json_response({"ok": True, "channel": asked["channel"], "ts": stamp})

    async def _edit(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response({"ok": True, "channel": asked["channel"], "ts": asked["ts"]})

    async def _history(self, request: web.Request) -> web.Response:
        channel = request.query["channel"]
        found = [
            {"ts": f"1.{number:06}", "metadata": {"event_type": EVENT, "event_payload": {"key": key}}}
            for number, (where, key, _) in enumerate(self.posts, 1)
            if where == channel
        ]
        return web.json_response({"ok": True, "messages": found})


class Workers:
    """Processes of the bot on one database, with their logs in a folder."""

    def __init__(self, folder: Path, url: str, slack: QuickSlack) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "DATABASE_URL": url,
            "BOT_CHANNELS": "slack",
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": f"http://127.0.0.1:{slack.port}/api/",
        }
        self._logs: dict[int, Path] = {}
        self.running: list[subprocess.Popen[bytes]] = []

    @asynccontextmanager
    async def at_work(self, count: int) -> AsyncIterator[None]:
        """That many, past their start."""
        try:
            for _ in range(count):
                self.start()
            await self.are_ready()
            yield
        finally:
            for one in self.running:
                one.kill()
                one.wait()
            self.running.clear()

    def start(self) -> None:
        """One more."""
        log = self._folder / f"worker-{len(self._logs)}.log"
        command = [sys.executable, "-W", "ignore", "-m", "bot", "run", "--role", "worker"]
        with log.open("w") as said:
            one = subprocess.Popen(command, env=self._environment, stderr=said)
        self._logs[one.pid] = log
        self.running.append(one)

    async def are_ready(self) -> None:
        """Wait until all of them have started."""
        await until(lambda: all("ready: " in self._logs[one.pid].read_text() for one in self.running))

    def kill(self) -> None:
        """End the oldest one at once, as by a power cut."""
        self.running[0].kill()
        self.running.pop(0).wait()

    @property
    def tracebacks(self) -> int:
        """How many there are in all logs."""
        return sum(log.read_text().count("Traceback") for log in self._logs.values())


async def until(is_so: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait for what other processes do."""
    async with asyncio.timeout(patience):
        while not is_so():  # noqa: ASYNC110  # they tell nobody
            await asyncio.sleep(0.05)
