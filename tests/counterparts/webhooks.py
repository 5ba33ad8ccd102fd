"""The webhooks of chat services on a loopback port: Feishu, WeCom, DingTalk, Telegram and Mattermost.

Mattermost is asked directly; the others, whose hosts are fixed, through the same port as an HTTPS proxy, with a
certificate that is its own authority. Each refuses what is over its limit, in the manner of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import ssl
import subprocess
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.counterparts.needed import need

FEISHU, WECOM = "open.feishu.cn", "qyapi.weixin.qq.com"
DINGTALK, TELEGRAM = "oapi.dingtalk.com", "api.telegram.org"
MATTERMOST = "mattermost"


_HEAD = b"HTTP/1.1 %d x\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
Answer = tuple[int, Mapping[str, Any] | bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """One message that a service shows."""

    host: str
    path: str
    text: str


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for the fixed hosts that is its own authority, and a server's side of it."""
    need("openssl", None if shutil.which("openssl") else "certificates of the tests are made with it")
    cert, key = folder / "ca.pem", folder / "key.pem"
    names = ",".join(f"DNS:{host}" for host in (FEISHU, WECOM, DINGTALK, TELEGRAM))
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=webhooks"
    )
    files = ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return cert, context


@dataclass
class Webhooks:
    """`async with Webhooks() as running`: `answers` are given first, instead of the usual ones."""

    context: ssl.SSLContext | None = None
    taken: list[Taken] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)
    requests: int = 0
    is_gone: bool = False
    is_losing: bool = False  # the next message is taken, but the connection breaks before the answer

    async def __aenter__(self) -> Webhooks:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._server.close()

    def texts(self, host: str) -> list[str]:
        """What a host shows."""
        return [one.text for one in self.taken if one.host == host]

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            method, target, length = await self._head(reader)
            if method == "CONNECT":
                assert self.context is not None, f"{target} was asked for without a certificate for it"
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await writer.drain()
                await writer.start_tls(self.context)
                host = target.partition(":")[0]
                method, target, length = await self._head(reader)
            else:
                host = MATTERMOST
            answer = self._answer(host, target, json.loads(await reader.readexactly(length)), length)
            if answer is not None:
                status, body = answer
                content = json.dumps(body).encode() if isinstance(body, Mapping) else body
                writer.write(_HEAD % (status, len(content)) + content)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client has hung up, as it may
        finally:
            writer.close()

    async def _head(self, reader: asyncio.StreamReader) -> tuple[str, str, int]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        method, target = lines[0].split()[:2]
        return method, target, int(headers.get("content-length", "0"))

    def _answer(self, host: str, path: str, body: Any, length: int) -> Answer | None:
        self.requests += 1
        if self.is_gone:
            return 404, {"message": "this webhook has been deleted"}
        if self.answers:
            return self.answers.popleft()
        text, refusal = _read(host, body, length)
        if refusal is not None:
            return refusal
        self.taken.append(Taken(host, unquote(path), text))
        if self.is_losing:
            self.is_losing = False
            return None
        return 200, {FEISHU: {"code": 0, "msg": "success"}, TELEGRAM: {"ok": True, "result": {}}}.get(
            host, b"ok" if host == MATTERMOST else {"errcode": 0, "errmsg": "ok"}
        )


def _read(host: str, body: Any, length: int) -> tuple[str, Answer | None]:
    """The text of a message as it is shown, and the refusal of one that is over a limit."""
    if host == FEISHU:  # https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: 20 KB a request
        card = body.get("card")
        text = card["elements"][0]["text"]["content"] if card else body["content"]["text"]
        return text, (200, {"code": 9499, "msg": "Bad Request"}) if length > 20_480 else None
    if host == WECOM:  # https://developer.work.weixin.qq.com/document/path/91770: 2,048 bytes
        text = body["text"]["content"]
        return text, (200, {"errcode": 40058, "errmsg": "exceed max length"}) if len(
            text.encode()
        ) > 2_048 else None
    if host == DINGTALK:  # https://open.dingtalk.com/document/orgapp/custom-robot-access: 20,000 bytes a request
        text = body["markdown"]["text"] if body["msgtype"] == "markdown" else body["text"]["content"]
        return text, (200, {"errcode": 460101, "errmsg": "message too long"}) if length > 20_000 else None
    if host == TELEGRAM:  # https://core.telegram.org/bots/api#sendmessage: 4,096 characters after the entities
        if unknown := set(re.findall(r"</?(\w+)", body["text"])) - {"b", "a"}:
            return "", (400, {"ok": False, "description": f"Bad Request: can't parse entities: {unknown}"})
        text = unescape(re.sub(r'<a href="([^"]*)">([^<]*)</a>', r"\2 \1", body["text"]))
        text = unescape(re.sub(r"</?b>", "", text)) if "<b>" in text else text
        over = len(text.encode("utf-16-le")) // 2 > 4_096
        return text, (400, {"ok": False, "description": "Bad Request: message is too long"}) if over else None
    text = body["text"]  # https://developers.mattermost.com/integrate/webhooks/incoming/: 16,383 characters
    return text, (413, {"message": "too large"}) if len(text) > 16_383 else None
