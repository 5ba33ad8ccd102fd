"""Whatever strangers send to the site, it goes on, answers clearly, and keeps tokens out of its log."""

from __future__ import annotations

import asyncio
import logging
import random
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from slack_bolt.async_app import AsyncApp

from bot import serving
from bot.channels.slack import connection
from bot.logs import Seldom
from bot.web import Site
from bot.web.health import with_health
from tests import PATIENCE
from tests.counterparts.processes import free_port
from tests.web.conftest import Visit

TOKEN = "a" * 40


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[int]:
    port = free_port()
    task = asyncio.create_task(serving.serve(application, f"127.0.0.1:{port}", "BOT_LISTEN"))
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.02)
        writer.close()
        yield port
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def site(visit: Visit) -> web.Application:
    """Pages and health, as they are served."""

    async def well() -> tuple[bool, list[str]]:
        return True, ["ok"]

    async def nothing() -> list[Any]:
        return []

    return with_health(Site(visit.email_workflow).application(), well, nothing)


@pytest.fixture
async def port(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(serving, "HEADERS_WITHIN", 0.3)
    monkeypatch.setattr("bot.web._PATIENCE", 0.3)
    async with served(site(visit)) as number:
        yield number


async def says(port: int, request: bytes) -> bytes:
    """The first line of what is answered to some bytes, to which nothing comes; empty if it just hangs up.

    Our end stays open: whoever closes it is not answered.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.readline()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_heads_that_never_end_hold_up_nobody(visit, monkeypatch, caplog):
    monkeypatch.setattr(serving, "most_connections", lambda: 40)
    async with served(site(visit)) as port:
        await hold_up(port)
    assert len(caplog.records) < 20


async def hold_up(port: int) -> None:
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(200)]
    for _, writer in held:
        writer.write(b"GET /mail/")
    assert b"200" in await says(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(PATIENCE):
        assert await held[0][0].read() == b""  # the oldest have made room
    for _, writer in held:
        writer.close()


async def test_a_head_that_does_not_come_in_time_ends_the_connection(visit, monkeypatch):
    monkeypatch.setattr(serving, "HEADERS_WITHIN", 0.3)
    async with served(site(visit)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in (b"GET / HT", b"TP/1.1\r\n", b"X: y", b"y"):
            writer.write(piece)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        writer.close()


def test_connections_leave_files_for_the_rest(monkeypatch):
    for soft in (64, 256, 1024, 1_000_000, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _what, soft=soft: (soft, soft))
        assert 8 <= serving.most_connections() <= 512
        assert soft == resource.RLIM_INFINITY or serving.most_connections() <= soft // 4


HEAD = b"POST /mail/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
ODD = [
    b"Content-Type: application/x-www-form-urlencoded; charset=utf-99\r\nContent-Length: 3\r\n\r\na=b",
    b"Content-Type: application/x-www-form-urlencoded; charset=rot13\r\nContent-Length: 3\r\n\r\na=b",
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    b"Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n--",
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n\r\n--y\r\n\r\n--",
    b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 21\r\n\r\n--x\r\nContent: \xff\r\n\r\na--",
    b"Content-Encoding: gzip\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
    b"Content-Encoding: br\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
    b"Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nzz\r\n",
    b"Content-Length: nan\r\n\r\n",
    b"Content-Length: -1\r\n\r\n",
    b"Accept-Language: " + b"zh;q=," * 1_000 + b"\r\nContent-Length: 0\r\n\r\n",
    b"X: " + b"x" * 20_000 + b"\r\n\r\n",
    b"X\x00Y: 1\r\n\r\n",
]
LINES = [
    b"GET /mail/%s HTTP/9.9\r\n\r\n" % TOKEN.encode(),
    b"GET /mail/%s\r\n\r\n" % TOKEN.encode(),
    b"G\x00T /mail/%s HTTP/1.1\r\n\r\n" % TOKEN.encode(),
    b"GET http://[/mail/%s HTTP/1.1\r\nHost: x\r\n\r\n" % TOKEN.encode(),
    b"GET /mail/%s/%%ff%%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % TOKEN.encode(),
    b"GET /mail/%s?lang=%%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % TOKEN.encode(),
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\r\n\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("known", [True, False])
async def test_odd_requests_are_refused_clearly_and_leave_no_token_in_the_log(visit, port, caplog, known):
    caplog.set_level(logging.INFO)
    path = (visit.page(visit.ada) if known else f"/mail/{TOKEN}").removeprefix("/mail/").encode()
    for request in [*(HEAD % path + odd for odd in ODD), *LINES]:
        line = await says(port, request)
        assert line or not request.strip(), request[:200]
        assert line == b"" or line.split()[1][:1] == b"4" or line.split()[1] == b"200", (request[:200], line)
    assert TOKEN not in caplog.text
    assert path.decode() not in caplog.text
    assert "Traceback" not in caplog.text


async def test_two_hundred_invented_requests_cause_no_fault_of_ours(visit, port, caplog):
    invent = random.Random(20260610)
    pieces = [
        b"GET ",
        b"POST ",
        b"/mail/",
        b"/confirm/",
        TOKEN.encode(),
        b" HTTP/1.1",
        b"\r\n",
        b"Host: x",
        b"\r\n\r\n",
    ]
    pieces += [
        b"Content-Length: ",
        b"12",
        b"Content-Type: ",
        b"application/x-www-form-urlencoded",
        b"; charset=",
        b"utf-99",
    ]
    pieces += [
        b"multipart/form-data; boundary=",
        b"a=b&do=pause",
        b"%ff",
        b"\x00",
        b"\xff\xfe",
        b"Transfer-Encoding: chunked",
    ]
    for _ in range(200):
        request = b"".join(invent.choices(pieces, k=invent.randint(1, 25)))
        line = await says(port, request)
        assert not line.startswith(b"HTTP/1.1 5"), request
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("instant", ["nan", "inf", "-1", "1e9", "", "٣", "9" * 400, "1.5"])
async def test_slack_over_http_refuses_odd_instants(instant):
    assert (
        await slack(b"payload=%7B%7D", {"X-Slack-Request-Timestamp": instant, "X-Slack-Signature": "v0=x"}) == 400
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("application/json", b"[1, 2]"),
        ("application/json", b"\xff"),
        ("application/json", b'"text"'),
        ("application/x-www-form-urlencoded", b"payload=%5B1%5D"),
        ("application/x-www-form-urlencoded", b"payload=%7B"),
        ("text/plain; charset=utf-99", b"x"),
    ],
)
async def test_slack_over_http_refuses_odd_bodies(kind, body):
    headers = {"X-Slack-Request-Timestamp": "1781000000", "X-Slack-Signature": "v0=x", "Content-Type": kind}
    assert await slack(body, headers) in (400, 401)


async def slack(body: bytes, headers: dict[str, str]) -> int:
    app = AsyncApp(token="xoxb-1", signing_secret="secret")
    door, site = connection.Door(), web.Application()
    site.router.add_post(connection.EVENTS_PATH, door.answer)
    with door.opened(app, None):
        async with (
            TestClient(TestServer(site)) as client,
            client.post(connection.EVENTS_PATH, data=body, headers=headers) as response,
        ):
            return response.status


def test_the_same_warning_is_logged_so_often_a_minute_and_then_counted(caplog):
    now = [0.0]
    seldom, log = Seldom(3, lambda: now[0]), logging.getLogger("bot.test_strangers")
    log.addFilter(seldom)
    try:
        for number in range(10):
            log.warning("too_often n=%d", number)
        log.warning("another")
        log.setLevel(logging.INFO)
        for number in range(10):
            log.info("ordinary n=%d", number)
        now[0] = 61.0
        log.warning("too_often n=%d", 11)
    finally:
        log.removeFilter(seldom)
    said = [record.getMessage() for record in caplog.records]
    assert [one for one in said if one.startswith("too_often")] == [
        "too_often n=0", "too_often n=1", "too_often n=2", "too_often n=11 left_out=7",
    ]  # fmt: skip
    assert sum(one.startswith("ordinary") for one in said) == 10
    assert "another" in said
