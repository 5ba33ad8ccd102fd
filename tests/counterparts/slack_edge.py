"""Slack as a bot meets it: local-slack behind an edge that adds what it lacks.

Block Kit's limits, tokens, membership, metadata, 429, answers that get lost, envelopes that come twice, sockets
that break or are refreshed, response URLs that end after five uses. What is posted is written down with its time.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.counterparts import block_kit, local_slack

TEAM, BOT_TOKEN, APP_TOKEN, SECRET = "T01TEST", "xoxb-test-token", "xapp-test-token", "test-signing-secret"
ALICE, BOB, GUEST, BOT = "U0ALICE", "U0BOB", "U0GUEST", "U0BOT"
ML, PRIVATE = "C0ML", "C0SECRET"
_USES = 5  # of a response URL


def workspace(channels: int = 0, **app: Any) -> dict[str, Any]:
    """Three people, a channel with the bot, one without it, and as many more as are wanted."""
    rooms = [
        {"id": ML, "name": "ml", "members": [ALICE, BOB, GUEST, BOT]},
        {"id": PRIVATE, "name": "secret", "is_private": True, "members": [ALICE]},
    ]
    rooms += [{"id": f"C{n:05}", "name": f"room-{n}", "members": [ALICE, BOT]} for n in range(channels)]
    people = [{"id": ALICE, "name": "alice"}, {"id": BOB, "name": "bob"}, {"id": GUEST, "name": "guest"}]
    return {
        "workspace": {"name": "Acme", "teamId": TEAM},
        "app": {"botUserId": BOT, "botName": "sudi", **app},
        "users": people,
        "channels": rooms,
    }


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that Slack has stored."""

    channel: str
    ts: str
    message: Mapping[str, Any]
    at: float  # monotonic seconds
    token: str = BOT_TOKEN

    @property
    def thread(self) -> str:
        """The message that it hangs under, if any."""
        return str(self.message.get("thread_ts") or "")

    @property
    def text(self) -> str:
        """Everything that can be read in it."""
        return "\n".join([self.message.get("text", ""), *block_kit.strings(self.message.get("blocks"), "text")])


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call; the first that matches is used up."""

    method: str
    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_lost: bool = False  # done, but the connection breaks before the answer
    seconds: float = 0.0  # until the answer, which is as usual unless something else is said


@dataclass
class SlackEdge:
    """Opened by :func:`edge`."""

    upstream: str
    rooms: dict[str, dict[str, Any]]
    url: str = ""
    posts: list[Posted] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    faults: deque[Fault] = field(default_factory=deque)
    refused: dict[str, str] = field(default_factory=dict)  # channel -> error
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    answers: list[dict[str, Any]] = field(default_factory=list)  # through response URLs
    views: list[dict[str, Any]] = field(default_factory=list)  # opened, updated and published
    envelopes: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)  # seconds from envelope to answer
    is_doubling: bool = False
    is_lenient: bool = False  # about Block Kit: looking takes the time that a bench measures
    shown: Callable[[Any], Any] | None = None  # how blocks are changed for local-slack's page
    session: aiohttp.ClientSession | None = None
    tokens: set[str] = field(default_factory=lambda: {BOT_TOKEN, APP_TOKEN})
    page: int = 1_000  # messages of a history that are shown at once
    keeps_time: bool = False  # histories are cut by time; not where the bot's clock is moved by hand
    looks: int | None = None  # into histories that are allowed, if they are counted; as for apps that are sold
    scopes: str = ""  # what the app was granted, if Slack is to say so
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    silent: set[web.WebSocketResponse] = field(default_factory=set)  # open, and nothing comes or is heard
    is_speechless: bool = False  # new sockets are silent from the start
    _transports: list[asyncio.Transport] = field(default_factory=list)
    _answers: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    _presses: Iterator[int] = field(default_factory=itertools.count)
    _uses: Counter[str] = field(default_factory=Counter)
    _links: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    @property
    def api(self) -> str:
        """What to set as SLACK_API_URL."""
        return f"{self.url}/api/"

    def posted(self, channel: str) -> list[Posted]:
        """What was posted to a channel, in order."""
        return [one for one in self.posts if one.channel == channel]

    async def control(self, deed: str, /, **values: Any) -> Any:
        """Do what a person does, through local-slack."""
        where = f"{self.upstream}/_control/{deed}"
        async with aiohttp.ClientSession() as session, session.post(where, json=values) as answer:
            return await answer.json()

    async def command(self, text: str, *, channel: str = ML, user: str = ALICE) -> Any:
        """Type `/papers ...`."""
        return await self.control("command", channel=channel, user=user, command="/papers", text=text)

    async def says(self, text: str, *, channel: str = ML, user: str = ALICE) -> Any:
        """Write a message."""
        return await self.control("message", channel=channel, user=user, text=text)

    async def direct(self, user: str) -> str:
        """The channel in which a person and the bot are alone."""
        where = f"{self.upstream}/api/conversations.open"
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(where, data={"users": user}, headers=headers) as a,
        ):
            return str((await a.json())["channel"]["id"])

    async def clicks(self, post: Posted, action: str, *, user: str = ALICE) -> Any:
        """Press a button of a message."""
        return await self.presses(post.channel, post.ts, post.message["blocks"], action, user)

    async def presses(self, channel: str, ts: str, blocks: Any, action: str, user: str = ALICE) -> Any:
        """Press the first button with that action."""
        pressed = _button(blocks, action)
        return await self.control("interact", channel=channel, messageTs=ts, user=user, action=pressed)

    async def presses_at_home(self, view: Mapping[str, Any], action: str, *, user: str = ALICE) -> Any:
        """Press the first button of a home tab with that action."""
        return await self._interacts(user, "block_actions", view, actions=[_button(view["blocks"], action)])

    async def changes(self, view: Mapping[str, Any], state: Mapping[str, Any], *, user: str = ALICE) -> Any:
        """Fill in a form, without sending it."""
        action = {"action_id": "form:any", "block_id": "form:any", "type": "plain_text_input"}
        return await self._interacts(user, "block_actions", view, state=state, actions=[action])

    def pressed(self, user: str, team: str, value: str, organisation: str = "") -> dict[str, Any]:
        """The body of a button in a shared channel, pressed by somebody of a workspace, which it names; on
        Enterprise Grid, of an organisation: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
        grid = {"enterprise": {"id": organisation}, "is_enterprise_install": False} if organisation else {}
        return {
            "type": "block_actions",
            "team": {"id": team} | ({"enterprise_id": organisation} if organisation else {}),
            "user": {"id": user, "team_id": team},
            "channel": {"id": ML},
            "trigger_id": f"pressed-{next(self._presses)}",
            "response_url": f"{self.url}/_hooks/response/elsewhere",
            "actions": [{"type": "button", "action_id": "command:0", "block_id": "b", "value": value}],
            **grid,
        }

    async def interacts(self, payload: Mapping[str, Any]) -> Any:
        """Tell of a button by the socket."""
        return await self._tells("interactive", payload, accepts_response_payload=True)

    async def submits(self, view: Mapping[str, Any], state: Mapping[str, Any], *, user: str = ALICE) -> Any:
        """Send a form; what the bot answers to it."""
        return await self._interacts(user, "view_submission", view, state=state)

    async def _interacts(
        self, user: str, kind: str, view: Mapping[str, Any], state: Mapping[str, Any] | None = None, **more: Any
    ) -> Any:
        """An interaction with a view, of which local-slack knows only those of its own page."""
        payload = {
            "type": kind,
            "team": {"id": TEAM},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": f"edge-{len(self._answers)}",
            "view": {**view, "state": {"values": state or {}}},
            **more,
        }
        return await self._tells("interactive", payload, accepts_response_payload=True)

    async def happens(self, kind: str, *, team: str = TEAM, **more: Any) -> Any:
        """An event that local-slack does not know; waits until it was acknowledged."""
        return await self._tells("events_api", self.event(kind, team=team, **more), accepts_response_payload=False)

    def event(
        self, kind: str, *, team: str = TEAM, installed: str = "", organisation: str = "", **more: Any
    ) -> dict[str, Any]:
        """The body of an event. In a channel that is shared with others, `team` may be that of who acts, while
        the app is `installed` in ours; on Enterprise Grid both belong to an `organisation`:
        https://docs.slack.dev/apis/events-api/#authorizations"""
        grid = {"enterprise_id": organisation} if organisation else {}
        return {
            "type": "event_callback",
            "team_id": team,
            "event_id": f"Ev{len(self._answers)}{kind}",
            "is_ext_shared_channel": bool(installed),
            "authorizations": [
                {"team_id": installed or team, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}
                | grid
            ],
            **grid,
            "event": {"type": kind, "event_ts": "1.0", **more},
        }

    async def _tells(self, kind: str, payload: Mapping[str, Any], **more: Any) -> Any:
        name = f"edge-{len(self._answers)}"
        self._answers[name] = asyncio.get_running_loop().create_future()
        await self.sockets[-1].send_str(json.dumps({"envelope_id": name, "type": kind, "payload": payload} | more))
        return await asyncio.wait_for(self._answers[name], 3)

    async def drop_sockets(self) -> None:
        """Break every socket, without a word."""
        for transport in self._transports:
            transport.abort()
        self._transports.clear()

    def fall_silent(self) -> None:
        """Keep every socket open, but neither tell nor hear anything by it, not even a ping."""
        self.silent |= set(self.sockets)
        for transport in self._transports:
            transport.pause_reading()  # type: ignore[attr-defined]

    def hear_again(self) -> None:
        """Read what has come meanwhile by the sockets that fell silent."""
        for transport in self._transports:
            transport.resume_reading()  # type: ignore[attr-defined]

    async def serve_api(self, request: web.Request) -> web.StreamResponse:
        """One call of the Web API."""
        method, raw = request.match_info["method"], await request.read()
        self.calls[method] += 1
        asked = _arguments(request, raw)
        fault = next((one for one in self.faults if one.method == method), None)
        if fault:
            self.faults.remove(fault)
            await asyncio.sleep(fault.seconds)
            if fault.error or fault.status != HTTPStatus.OK:
                return web.json_response(
                    {"ok": False, "error": fault.error}, status=fault.status, headers=fault.headers
                )
        if method in ("conversations.history", "conversations.replies") and self.looks is not None:
            if not self.looks:
                error = {"ok": False, "error": "ratelimited"}
                return web.json_response(error, status=429, headers={"Retry-After": "60"})
            self.looks -= 1
        if error := self._refusal(request, method, asked):
            return web.json_response({"ok": False, "error": error})
        if asked.get("trigger_id") in self._answers:  # of our own making: local-slack would not know it
            answer = {"ok": True, "view": {"id": "V0EDGE"}}
        else:
            answer = await self._forward(request, f"/api/{method}", raw, self._for_the_page(asked))
        self._note(method, asked | {"token": _token(request, asked)}, answer)
        if fault and fault.is_lost:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(answer, headers={"X-OAuth-Scopes": self.scopes} if self.scopes else {})

    def _refusal(self, request: web.Request, method: str, asked: Mapping[str, Any]) -> str:
        if _token(request, asked) not in self.tokens:
            return "invalid_auth"
        if method.startswith("views."):
            return "; ".join(block_kit.view_faults(_json(asked["view"])))
        if method not in ("chat.postMessage", "conversations.history", "conversations.info"):
            return ""
        if error := self.refused.get(asked["channel"]):
            return error
        room = self.rooms.get(asked["channel"])
        if room and BOT not in room["members"] and (room.get("is_private") or method != "conversations.info"):
            return "channel_not_found" if room.get("is_private") else "not_in_channel"
        is_looked_at = method == "chat.postMessage" and not self.is_lenient
        return "; ".join(block_kit.faults(_message(asked))) if is_looked_at else ""

    def _note(self, method: str, asked: Mapping[str, Any], answer: dict[str, Any]) -> None:
        """Write down what was stored, and add to the answer what local-slack does not know."""
        if method == "chat.postMessage" and answer.get("ok"):
            message = _message({name: value for name, value in asked.items() if name != "token"})
            self.posts.append(Posted(answer["channel"], answer["ts"], message, time.monotonic(), asked["token"]))
        elif method in ("conversations.history", "conversations.replies"):
            known = {(one.channel, one.ts): one.message.get("metadata") for one in self.posts}
            for message in answer.get("messages", []):
                message["metadata"] = known.get((asked["channel"], message["ts"])) or {}
            self._turn_pages(asked, answer)
        elif method == "users.info" and answer.get("ok"):
            answer["user"] |= self.people[asked["user"]]
        elif method == "conversations.info" and answer.get("ok"):
            answer["channel"]["is_member"] = BOT in self.rooms.get(asked["channel"], {"members": [BOT]})["members"]
        elif method.startswith("views.") and answer.get("ok"):
            self.views.append({**_json(asked["view"]), "id": answer["view"]["id"]})
        elif method == "apps.connections.open":
            link = str(len(self._links))
            self._links[link] = answer["url"]
            answer["url"] = f"{self.url.replace('http', 'ws', 1)}/link/{link}"

    def _turn_pages(self, asked: Mapping[str, Any], answer: dict[str, Any]) -> None:
        """Leave what was asked for of a history, page by page: local-slack always gives all of it."""
        oldest, latest = (float(asked.get(name) or most) for name, most in (("oldest", 0), ("latest", "inf")))
        if not self.keeps_time:
            oldest, latest = 0, float("inf")
        found = [one for one in answer.get("messages", []) if oldest <= float(one["ts"]) <= latest]
        start, most = int(asked.get("cursor") or 0), min(int(asked.get("limit") or 100), self.page)
        following = str(start + most) if len(found) > start + most else ""
        answer |= {"messages": found[start : start + most], "response_metadata": {"next_cursor": following}}

    async def serve_response(self, request: web.Request) -> web.StreamResponse:
        """One use of a response URL."""
        raw = await request.read()
        said = json.loads(raw)
        name = request.match_info["id"]
        self._uses[name] += 1
        if self._uses[name] > _USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        if wrong := block_kit.faults(said):
            return web.json_response({"ok": False, "error": "; ".join(wrong)}, status=400)
        self.answers.append(said)
        await self._forward(request, f"/_hooks/response/{name}", raw, self._for_the_page(said))
        return web.Response(text="ok")

    def _for_the_page(self, asked: Mapping[str, Any]) -> Any:
        """What is stored instead, when somebody is to look at it."""
        if self.shown is None or not ("blocks" in asked or "view" in asked):
            return None
        view = _json(asked["view"]) if "view" in asked else {}
        blocks = [self.shown(block) for block in _json(asked.get("blocks")) or view["blocks"]]
        return dict(asked) | ({"view": {**view, "blocks": blocks}} if view else {"blocks": blocks})

    async def _forward(self, request: web.Request, path: str, raw: bytes, instead: Any = None) -> Any:
        headers = {
            name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers
        }
        if instead is not None:
            raw, headers["Content-Type"] = json.dumps(instead).encode(), "application/json"
        assert self.session is not None
        where = self.upstream + path
        async with self.session.request(
            request.method, where, data=raw, headers=headers, params=request.query
        ) as answer:
            text = await answer.text()
            return json.loads(text) if text.startswith("{") else {}

    async def serve_socket(self, request: web.Request) -> web.StreamResponse:
        """One connection of Socket Mode, relayed both ways."""
        here = web.WebSocketResponse()
        await here.prepare(request)
        if self.is_speechless:
            self.silent.add(here)
        assert request.transport is not None
        self._transports.append(request.transport)
        sent: dict[str, float] = {}
        link = self._links[request.match_info["id"]]
        async with aiohttp.ClientSession() as session, session.ws_connect(link) as there:
            hello = await there.receive()
            self.sockets.append(here)  # not before what is said finds its way down
            down = asyncio.create_task(self._down(hello, there, here, sent))
            try:
                async for frame in here:
                    envelope = json.loads(frame.data).get("envelope_id") if frame.data[:1] == "{" else None
                    if envelope in self._answers:
                        self._answers[envelope].set_result(json.loads(frame.data).get("payload"))
                        continue
                    if envelope in sent:
                        self.acknowledged.append(time.monotonic() - sent.pop(envelope))
                    await there.send_str(frame.data)
            finally:
                down.cancel()
                self.sockets.remove(here)
        return here

    async def _down(
        self,
        hello: aiohttp.WSMessage,
        there: aiohttp.ClientWebSocketResponse,
        here: web.WebSocketResponse,
        sent: dict[str, float],
    ) -> None:
        await self._relay(hello, here, sent)
        async for frame in there:
            await self._relay(frame, here, sent)

    async def _relay(self, frame: aiohttp.WSMessage, here: web.WebSocketResponse, sent: dict[str, float]) -> None:
        if frame.type is not aiohttp.WSMsgType.TEXT or here in self.silent:
            return
        text = frame.data.replace(self.upstream, self.url)
        envelope = json.loads(text) if text[:1] == "{" else {}
        if "envelope_id" in envelope:
            self.envelopes.append(envelope)
            sent[envelope["envelope_id"]] = time.monotonic()
        for _ in range(2 if self.is_doubling and "envelope_id" in envelope else 1):
            await here.send_str(text)


@asynccontextmanager
async def edge(channels: int = 0, **app: Any) -> AsyncIterator[SlackEdge]:
    """A workspace of Slack on loopback ports."""
    config = workspace(channels, **app)
    with tempfile.TemporaryDirectory() as folder, local_slack.server(Path(folder), config) as upstream:
        slack = SlackEdge(upstream, {room["id"]: room for room in config["channels"]})
        served = web.Application(client_max_size=2**24)
        served.router.add_route("*", "/api/{method}", slack.serve_api)
        served.router.add_post("/_hooks/response/{id}", slack.serve_response)
        served.router.add_get("/link/{id}", slack.serve_socket)
        slack.session = aiohttp.ClientSession()
        runner = web.AppRunner(served, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield slack
        finally:
            await slack.drop_sockets()
            await runner.cleanup()
            await slack.session.close()


def _token(request: web.Request, asked: Mapping[str, Any]) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ") or str(asked.get("token"))


def _arguments(request: web.Request, raw: bytes) -> dict[str, Any]:
    if request.content_type == "application/json":
        found: dict[str, Any] = json.loads(raw)
        return found
    return dict(request.query) | dict(parse_qsl(raw.decode(), keep_blank_values=True))


def _button(blocks: Any, action: str) -> Any:
    return next(one for block in blocks for one in block.get("elements", []) if one.get("action_id") == action)


def _message(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) if name in ("blocks", "metadata") else value for name, value in asked.items()}


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
