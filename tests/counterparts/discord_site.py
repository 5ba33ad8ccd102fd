"""Discord on a loopback port: REST and gateway over real sockets, for the unmodified discord.py.

Behaves as Discord does where it is not told otherwise: buckets with headers, a global limit, nonces remembered,
bodies held to Discord's own schema, sessions that can be resumed. What discord.py needs to see is noted where it
surprises: JSON only counts with the bare content type, and a 429 only with a `Via` header.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import discord.gateway
import discord.http
import pytest
import yarl
from aiohttp import web

from tests import PATIENCE
from tests.counterparts.discord_payloads import APPLICATION, BOT, Post, interaction, limited, said, shown, too_much
from tests.counterparts.discord_schema import faults

TOKEN = "MTIz.fake.token"

LOST = "the request is done, but the connection breaks before the answer"
Fault = web.Response | str | None
"""What the next request meets: an answer instead of the usual one, LOST, or nothing unusual."""


@dataclass
class DiscordSite:
    """`async with DiscordSite() as site, site.used()`: channels 700.. exist; faults are queued by path."""

    bucket: int = 5  # messages in a channel...
    window: float = 5.0  # ...in these seconds
    globally: int = 50  # requests in a second
    latency: float = 0.0
    validates: bool = True  # takes longer than all the rest
    messages: list[Post] = field(default_factory=list)
    threads: dict[str, dict[str, Any]] = field(default_factory=dict)
    commands: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, Any]] = field(default_factory=list)
    refused: dict[str, tuple[int, int]] = field(default_factory=dict)  # channel -> status and code
    guilds: list[dict[str, Any]] = field(default_factory=list)
    limited: int = 0
    invalid: int = 0  # 401, 403 and 404, for which Discord bans an address after 10,000 in ten minutes
    identified: int = 0
    resumed: int = 0
    refuse_gateway: int = 0

    def __post_init__(self) -> None:
        self._ids = itertools.count(10_000)
        self._nonces: dict[tuple[str, str], Post] = {}
        self._buckets: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()
        self._faults: dict[str, deque[Fault]] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._sequence = itertools.count(1)
        self._posts = itertools.count(1)
        self._fatal, self._is_carried_out = 0, False
        self.ready = asyncio.Event()
        self.answered = asyncio.Event()
        self.reached = asyncio.Event()

    def next(self, path: str, *faults: Fault) -> None:
        """Let the next requests to a path (without the prefix of the API) meet these."""
        self._faults.setdefault(path, deque()).extend(faults)

    def never_answers(self, number: int, *, is_carried_out: bool) -> None:
        """Leave that POST without an answer for ever; `reached` tells when it has come, or was carried out."""
        self._fatal, self._is_carried_out = number, is_carried_out

    def bodies(self, channel: str) -> list[dict[str, Any]]:
        """What a channel shows."""
        return [one.body for one in self.messages if one.channel == channel]

    async def __aenter__(self) -> DiscordSite:
        await self.start(0)
        return self

    async def start(self, port: int) -> None:
        """Listen on a port, on any free one if it is 0."""
        application = web.Application(client_max_size=2**24)
        application.router.add_get("/gw", self._gateway)
        application.router.add_route("*", "/api/v10/{path:.*}", self._rest)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Break every connection, take no new one."""
        for socket in list(self._sockets):
            await socket.close()
        await self._runner.cleanup()

    @contextmanager
    def used(self) -> Iterator[None]:
        """Let discord.py talk to this site."""
        with pointed_at(self.port):
            yield

    # REST

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        is_fatal = request.method == "POST" and next(self._posts) == self._fatal
        if is_fatal and not self._is_carried_out:
            await self._for_ever()
        answer = await self._carried_out(request)
        self.invalid += answer.status in (401, 403, 404)
        if is_fatal:
            await self._for_ever()
        return answer

    async def _for_ever(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()

    async def _carried_out(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        self.requests.append((request.method, path))
        body = json.loads(raw) if (raw := await request.text()) else None
        await asyncio.sleep(self.latency)
        queued = self._faults.get(path)
        fault = queued.popleft() if queued else None
        if isinstance(fault, web.Response):
            return fault
        if not path.startswith(("/interactions/", "/webhooks/")):
            if request.headers.get("Authorization") != f"Bot {TOKEN}":
                return said(401, code=0, message="401: Unauthorized")
            if wait := _full(self._all, self.globally, 1.0):
                self.limited += 1
                return limited(wait, is_global=True)
        answer = self._route(request, path.strip("/").split("/"), body)
        if fault == LOST and request.transport is not None:
            request.transport.abort()
        return answer

    def _route(self, request: web.Request, path: list[str], body: Any) -> web.Response:
        match request.method, path:
            case "GET", ["users", "@me"]:
                return said(200, BOT)
            case "GET", ["oauth2", "applications", "@me"]:
                return said(200, APPLICATION)
            case "GET", ["users", "@me", "guilds"]:
                return said(200, self.guilds)
            case "GET", ["gateway", "bot"]:
                url = f"ws://127.0.0.1:{self.port}/gw"
                limit = {"total": 1000, "remaining": 999, "reset_after": 1, "max_concurrency": 1}
                return said(200, {"url": url, "shards": 1, "session_start_limit": limit})
            case "POST", ["users", "@me", "channels"]:
                return said(200, {"id": f"dm{body['recipient_id']}", "type": 1, "recipients": []})
            case "GET", ["applications", _, "commands"]:
                return said(200, self.commands)
            case "PUT", ["applications", _, "commands"]:
                return self._sync(body)
            case "POST", ["channels", channel, "messages"]:
                return self._post(channel, body)
            case "PATCH", ["channels", channel, "messages", message]:
                return self._edit(channel, message, body)
            case "POST", ["channels", channel, "messages", message, "threads"]:
                return self._open(channel, message, body)
            case "PATCH", ["channels", thread] if thread in self.threads:
                return self._change(thread, body)
            case "POST", ["interactions", _, _, "callback"]:
                return self._answered("callback", body, request)
            case "POST" | "PATCH", ["webhooks", _, _, *_]:
                return self._answered("followup", body, request)
        return said(404, code=0, message="404: Not Found")

    def _sync(self, body: Any) -> web.Response:
        checked = body if self.validates else []  # it takes so long that requests meanwhile look like a burst
        if wrong := [fault for one in checked for fault in faults("ApplicationCommandCreateRequest", one)]:
            return said(400, code=50035, message=str(wrong))
        self.commands = [
            one | {"id": str(next(self._ids)), "application_id": "123", "version": "1"} for one in body
        ]
        return said(200, self.commands)

    def _refusal(self, channel: str) -> web.Response | None:
        if channel in self.refused:
            status, code = self.refused[channel]
            return said(status, code=code, message="refused")
        if not channel.startswith(("7", "dm")) and channel not in self.threads:
            return said(404, code=10003, message="Unknown Channel")
        return None

    def _post(self, channel: str, body: dict[str, Any]) -> web.Response:
        if (refusal := self._refusal(channel)) is not None:
            return refusal
        recent = self._buckets.setdefault(channel, deque())
        if wait := _full(recent, self.bucket, self.window):
            self.limited += 1
            return limited(wait)
        headers = {
            "X-RateLimit-Limit": str(self.bucket),
            "X-RateLimit-Remaining": str(self.bucket - len(recent)),
            "X-RateLimit-Reset": f"{time.time() + self.window:.3f}",
            "X-RateLimit-Reset-After": f"{self.window:.3f}",
            "X-RateLimit-Bucket": "messages",
        }
        if wrong := self.validates and (faults("MessageCreateRequest", body) or too_much(body)):
            return said(400, code=50035, message=str(wrong))
        known = self._nonces.get((channel, str(body.get("nonce")))) if body.get("enforce_nonce") else None
        if known is None:
            known = Post(str(next(self._ids)), channel, body, time.monotonic())
            self.messages.append(known)
            self._nonces[channel, str(body.get("nonce"))] = known
        return said(200, shown(known), headers)

    def _edit(self, channel: str, message: str, body: dict[str, Any]) -> web.Response:
        if (refusal := self._refusal(channel)) is not None:
            return refusal
        at = next((n for n, one in enumerate(self.messages) if (one.id, one.channel) == (message, channel)), None)
        if at is None:
            return said(404, code=10008, message="Unknown Message")
        if self.threads.get(channel, {}).get("archived"):
            return said(400, code=50083, message="Thread is archived")
        if wrong := faults("MessageEditRequestPartial", body) or too_much(body):
            return said(400, code=50035, message=str(wrong))
        self.messages[at] = replace(self.messages[at], body=self.messages[at].body | body)
        return said(200, shown(self.messages[at]))

    def _change(self, thread: str, body: dict[str, Any]) -> web.Response:
        if wrong := faults("UpdateThreadRequestPartial", body):
            return said(400, code=50035, message=str(wrong))
        if self.threads[thread].get("locked"):
            return said(403, code=50013, message="Missing Permissions")
        self.threads[thread] |= body
        return said(200, self.threads[thread])

    def _open(self, channel: str, message: str, body: dict[str, Any]) -> web.Response:
        if wrong := faults("CreateTextThreadWithMessageRequest", body):
            return said(400, code=50035, message=str(wrong))
        if f"threads of {channel}" in self.refused:
            status, code = self.refused[f"threads of {channel}"]
            return said(status, code=code, message="refused")
        if message in self.threads:
            return said(400, code=160004, message="A thread has already been created for this message")
        self.threads[message] = {"id": message, "parent_id": channel, "name": body["name"], "type": 11}
        return said(201, self.threads[message])

    def _answered(self, kind: str, body: Any, request: web.Request) -> web.Response:
        self.answers.append((kind, body))
        self.answered.set()
        if kind == "callback" and "with_response" not in request.query:
            return web.Response(status=204)
        if kind == "callback":
            return said(200, {"interaction": {"id": "1", "type": 2}})
        return said(200, shown(Post(str(next(self._ids)), "700", body, 0.0)))

    # Gateway

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_gateway:
            self.refuse_gateway -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        async for frame in socket:
            if frame.type is aiohttp.WSMsgType.TEXT:
                await self._received(socket, json.loads(frame.data))
        self._sockets.discard(socket)
        return socket

    async def _received(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        match frame["op"]:
            case 1:
                await socket.send_json({"op": 11})
            case 2 if frame["d"]["token"] != TOKEN:
                await socket.close(code=4004, message=b"Authentication failed")
            case 2:
                self.identified += 1
                await self._dispatch(socket, "READY", self._session())
                for guild in self.guilds:
                    await self._dispatch(socket, "GUILD_CREATE", guild)
                self.ready.set()
            case 6:
                self.resumed += 1
                await self._dispatch(socket, "RESUMED", {})
                self.ready.set()

    def _session(self) -> dict[str, Any]:
        return {
            "v": 10,
            "user": BOT,
            "session_id": "s1",
            "shard": [0, 1],
            "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gw",
            "guilds": [{"id": one["id"], "unavailable": True} for one in self.guilds],
            "application": {"id": "123", "flags": 0},
        }

    async def _dispatch(self, socket: web.WebSocketResponse, kind: str, data: Any) -> None:
        await socket.send_json({"op": 0, "t": kind, "s": next(self._sequence), "d": data})

    async def interact(self, **data: Any) -> list[tuple[str, Any]]:
        """Somebody does something; the answers after it, when the first follow-up is there."""
        before = len(self.answers)
        for socket in list(self._sockets):
            await self._dispatch(socket, "INTERACTION_CREATE", interaction(str(next(self._ids)), **data))
        async with asyncio.timeout(PATIENCE):
            while not any(kind == "followup" for kind, _ in self.answers[before:]):
                self.answered.clear()
                await self.answered.wait()
        return self.answers[before:]

    async def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame to whoever is connected: op 7 asks to reconnect, op 9 ends the session."""
        self.ready.clear()
        for socket in list(self._sockets):
            await socket.send_json(frame)

    @property
    def is_connected(self) -> bool:
        """Whether somebody is at the gateway."""
        return bool(self._sockets)

    def fall_silent(self, *, again: bool = False) -> None:
        """Hear nothing more by any gateway connection, or, `again`, what has come meanwhile."""
        for socket in list(self._sockets):
            assert socket._req is not None
            transport: Any = socket._req.transport
            transport.resume_reading() if again else transport.pause_reading()

    def cut(self) -> None:
        """Break every gateway connection without a word."""
        self.ready.clear()
        for socket in list(self._sockets):
            assert socket._req is not None
            assert socket._req.transport is not None
            socket._req.transport.abort()


@contextmanager
def pointed_at(port: int) -> Iterator[None]:
    """Let discord.py talk to a port of this machine: it has no setting for that."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discord.http.Route, "BASE", f"http://127.0.0.1:{port}/api/v10")
        gateway = yarl.URL(f"ws://127.0.0.1:{port}/gw")
        patch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        yield


def _full(recent: deque[float], most: int, window: float) -> float:
    """Seconds to wait when there were too many lately, else 0 and it is counted."""
    now = time.monotonic()
    while recent and now - recent[0] > window:
        recent.popleft()
    if len(recent) >= most:
        return max(window - (now - recent[0]), 0.01)
    recent.append(now)
    return 0.0
