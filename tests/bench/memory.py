"""`python -m tests.bench memory`: what the worst of what is read from outside takes, above an idle process.

Each is as large as its limit lets through, or without an end. A process of its own measures one after another.
"""
# ruff: noqa: E501 (pieces of mails and pages)

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx2 as httpx

from bot.bodies import answer_to
from bot.channels.email import bounces, incoming
from bot.channels.email.inbox import LARGEST
from bot.commands.email_parser import commands_in
from bot.errors import QueryError, SourceError
from bot.query import parse
from bot.sources import arxiv_api, arxiv_feed, arxivdaily
from bot.sources.arxiv_listing.page import sheet
from bot.sources.limits import MAX_BYTES
from bot.summaries import TextField, answers, completions
from bot.summaries.completions import NotACompletionError
from bot.summaries.llm import _LARGEST, _LARGEST_STREAM
from tests.counterparts.arxiv_feeds import feed
from tests.counterparts.arxiv_pages import listing_page
from tests.fakes import DAY, paper
from tests.sources.mutations import NEW

MOST = 150  # MB
PEAK = Path("/proc/self/clear_refs")
"""Where a peak begins anew: https://docs.kernel.org/filesystems/proc.html"""

_HEAD = b"From: ada@reader.test\r\nSubject: list\r\n"
_LISTING = listing_page("cs.LG", DAY, [(paper(1), NEW)])
_FEED = feed("cs.LG", DAY, [(paper(1), NEW)])


def _filled(before: bytes, piece: bytes, after: bytes = b"", size: int = LARGEST) -> bytes:
    return before + piece * ((size - len(before) - len(after)) // len(piece)) + after


def _nested(before: bytes, head: bytes, tail: bytes, size: int = LARGEST) -> bytes:
    many = (size - len(before)) // (len(head) + len(tail))
    return before + head * many + tail * many


MAILS: dict[str, Callable[[], bytes]] = {
    "headers": lambda: _filled(_HEAD, b"X: y\r\n"),
    "parts": lambda: _filled(_HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n", b"--a\r\n\r\nlist\r\n"),
    "nested parts": lambda: _filled(_HEAD, b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"),
    "messages in messages": lambda: _filled(_HEAD, b"Content-Type: message/rfc822\r\n\r\n"),
    "senders": lambda: _filled(b"From: ", b"a@b.test, ", b"c@d.test\r\n\r\nlist\r\n"),
    "receivers": lambda: _filled(_HEAD + b"To: ", b"a@b.test, ", b"c@d.test\r\n\r\nlist\r\n"),
    "groups": lambda: _filled(b"From: ", b"a:"),
    "brackets": lambda: _nested(b"From: ", b"<", b">"),
    "encoded words": lambda: _filled(b"From: a@b.test\r\nSubject: ", b"=?utf-8?B?5r2u?= "),
    "references": lambda: _filled(_HEAD + b"References: ", b"<a@b> "),
    "parameters": lambda: _filled(_HEAD + b"Content-Type: text/plain", b"; a*0=b"),
    "lines": lambda: _filled(_HEAD + b"\r\n", b"a\r\n"),
    "quotations": lambda: _filled(_HEAD + b"\r\n", b">" * 500 + b"\r\n"),
    "HTML": lambda: _filled(_HEAD + b"Content-Type: text/html\r\n\r\n", b"<a>"),
    "deep HTML": lambda: _nested(_HEAD + b"Content-Type: text/html\r\n\r\n", b"<div>", b"</div>"),
    "an unknown charset": lambda: _filled(_HEAD + b"Content-Type: text/plain; charset=x\r\n\r\n", b"\xb6\xa9\xd4\xc4"),
    "a report": lambda: _filled(b"Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n",
                                b"Action: failed\r\nStatus: 5.1.1\r\nFinal-Recipient: rfc822;a@b.test\r\n\r\n"),
}  # fmt: skip
PAGES: dict[str, Callable[[], bytes]] = {
    "links": lambda: _filled(_LISTING[:-20], b"<a>", size=MAX_BYTES),
    "deep tags": lambda: _nested(_LISTING[:-20], b"<div>", b"</div>", MAX_BYTES),
    "rows": lambda: _filled(_LISTING[:-20], b"<dt><dd>", size=MAX_BYTES),
    "attributes": lambda: _filled(_LISTING[:-20] + b"<a ", b"b=c ", size=MAX_BYTES),
    "entities": lambda: _filled(_LISTING[:-20], b"&amp;", size=MAX_BYTES),
    "items": lambda: _filled(_FEED[:-20], b"<item/>", size=MAX_BYTES),
    "deep items": lambda: _nested(_FEED[:-20], b"<a>", b"</a>", MAX_BYTES),
    "namespaces": lambda: _filled(_FEED[:-20], b'<a xmlns="b"/>', size=MAX_BYTES),
    "text": lambda: _filled(b"arXivDaily\n", "潮汐 ".encode(), size=MAX_BYTES),
}
ANSWERS: dict[str, Callable[[], bytes]] = {
    "lists": lambda: _filled(b'{"choices": [', b"[],", b"1]}", _LARGEST),
    "objects": lambda: _filled(b'{"choices": [', b"{},", b"1]}", _LARGEST),
    "deep lists": lambda: _nested(b'{"choices": ', b"[", b"]", _LARGEST),
    "a long text": lambda: json.dumps({"choices": [{"message": {"content": "{" * (_LARGEST - 100)}}]}).encode(),
    "objects in a text": lambda: json.dumps(
        {"choices": [{"message": {"content": "{}" * (_LARGEST // 2 - 100)}}]}
    ).encode(),
    "a stream": lambda: _filled(
        b"", b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n', size=_LARGEST_STREAM
    ),
}


def mail(raw: bytes) -> None:
    """Read a mail as `Receiver` does."""
    if (one := incoming.parsed(raw)) is not None:
        understood = incoming.understood(one)
        bounces.read(one)
        incoming.reason_not_to_answer(one, {"papers@sudi.test"})
        commands_in((understood.subject, *understood.lines))


def page(body: bytes) -> None:
    """Read a page as whatever it may be taken for."""
    for read in (lambda: arxiv_feed.parse(body, "cs.LG"), lambda: sheet(body, "cs.LG"), lambda: arxivdaily.read(body),
                 lambda: arxiv_api.read(body, "2606.90001")):  # fmt: skip
        with suppress(SourceError):
            read()


def answer(body: bytes) -> None:
    """Read an answer of a model."""
    with suppress(NotACompletionError):
        answers.texts(completions.read(httpx.Response(200, content=body)).content, tuple(TextField))


def query(body: bytes) -> None:
    """Read a line of a person."""
    with suppress(QueryError):
        parse(body.decode())


def fetched(body: bytes) -> None:
    """Fetch a body again and again, packed, without an end."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield body

    async def go() -> None:
        for headers in ({}, {"Content-Encoding": "gzip"}):
            response = httpx.Response(200, headers=headers, content=endless())
            async with httpx.AsyncClient(
                transport=httpx.MockTransport(lambda _request, one=response: one)
            ) as client:
                with suppress(httpx.HTTPError):
                    await answer_to(client, "GET", "https://a.test/", most=MAX_BYTES)

    asyncio.run(go())


ALL: list[tuple[str, Callable[[bytes], None], Callable[[], bytes]]] = [
    *((f"a mail of {name}", mail, made) for name, made in MAILS.items()),
    *((f"a page of {name}", page, made) for name, made in PAGES.items()),
    *((f"an answer of {name}", answer, made) for name, made in ANSWERS.items()),
    ("a body without an end", fetched, lambda: bytes(2**16)),
    ("a bomb", fetched, lambda: gzip.compress(bytes(2**28))),
    ("a long query", query, lambda: _filled(b"cs.LG ", b"(a OR b) ")),
]


def _memory(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def measured(read: Callable[[bytes], None], body: bytes) -> int:
    """MB that reading takes at the most, above what the process had."""
    gc.collect()
    PEAK.write_text("5")
    before = _memory("VmRSS")
    read(body)
    return _memory("VmHWM") - before


def bench(names: Sequence[str] = ()) -> bool:
    """Print what each of these takes, or of all; whether it is within the floor."""
    mail(_HEAD + b"\r\nlist\r\n")
    page(_LISTING)
    page(_FEED)
    found = {}
    for name, read, made in (one for one in ALL if not names or one[0] in names):
        body, began = made(), time.process_time()
        found[name] = measured(read, body)
        print(
            f"{name:40} {len(body) / 1e6:5.1f} MB, {time.process_time() - began:6.2f} s of CPU, takes {found[name]:4} MB"
        )
    worst = max(found, key=lambda name: found[name])
    print(f"the most: {worst}, {found[worst]} MB, floor {MOST} MB {'met' if found[worst] <= MOST else 'MISSED'}")
    return found[worst] <= MOST


if __name__ == "__main__":
    raise SystemExit(not bench(sys.argv[1:]))
