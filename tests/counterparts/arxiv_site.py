"""arXiv's hosts on a loopback port: entity tags, error feeds, refusals, redirects, dropped and slow answers.

Behaves as https://rss.arxiv.org does where it is not told otherwise: the ETag is the hash of the body, a known
one is answered with 304, an unknown feed with 400 and a feed that says so.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

ERROR_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss version="2.0">
  <channel>
    <title>Feed error for query: {path}</title>
    <link>{path}</link>
    <description>Bad subject class. Valid subject classes for the archive 'cs' are: cs.AI, cs.LG.</description>
    <pubDate>Wed, 10 Jun 2026 00:00:00 -0400</pubDate>
  </channel>
</rss>
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `drop` closes the connection in the middle of the body, `delay` is in seconds."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked; header names in lower case."""

    path: str
    headers: Mapping[str, str]


class ArxivSite:
    """`async with ArxivSite() as site`: fill `site.pages`, or queue special answers with `site.next`.

    `more` is asked first, and may answer every request by itself.
    """

    def __init__(self, more: Callable[[Request], Answer | None] = lambda _request: None) -> None:
        self._more = more
        self.pages: dict[str, bytes] = {}
        self.requests: list[Request] = []
        self.most_at_once = 0
        self._queued: dict[str, list[Answer]] = {}
        self._at_once = 0
        self._server: asyncio.Server | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Without a slash at the end."""
        return self._url

    @property
    def feeds(self) -> str:
        """What to set as ARXIV_FEED_URL."""
        return f"{self._url}/rss/{{category}}"

    def next(self, path: str, *answers: Answer) -> None:
        """Answer the next requests for that path like this, then as usual."""
        self._queued.setdefault(path, []).extend(answers)

    async def __aenter__(self) -> ArxivSite:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self._url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            request = Request(head[0].split()[1], {name.lower(): value.strip() for name, _, value in pairs})
            self.requests.append(request)
            await self._answer(self._choose(request), writer)
        except ConnectionError:
            pass  # the client has hung up, as it may
        finally:
            self._at_once -= 1
            writer.close()

    def _choose(self, request: Request) -> Answer:
        if queued := self._queued.get(request.path):
            return queued.pop(0)
        if (answer := self._more(request)) is not None:
            return self._tagged(request, answer)
        if request.path not in self.pages:
            return Answer(400, ERROR_FEED.format(path=request.path).encode())
        return self._tagged(request, Answer(200, self.pages[request.path]))

    def _tagged(self, request: Request, answer: Answer) -> Answer:
        """A page with its entity tag, or that it is still the same."""
        if answer.status != 200 or answer.drop:
            return answer
        body = answer.body
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Answer(304, headers={"ETag": tag})
        form = "application/rss+xml" if request.path.startswith("/rss/") else "text/html; charset=utf-8"
        return Answer(200, body, {"ETag": tag, "Content-Type": form, **answer.headers})

    async def _answer(self, answer: Answer, writer: asyncio.StreamWriter) -> None:
        headers = {"Content-Length": str(len(answer.body)), "Connection": "close", **answer.headers}
        lines = [f"HTTP/1.1 {answer.status} Answer", *(f"{name}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        await asyncio.sleep(answer.delay)
        writer.write(answer.body[: len(answer.body) // 2] if answer.drop else answer.body)
        await writer.drain()
