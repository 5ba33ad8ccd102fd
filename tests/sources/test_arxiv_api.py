"""One paper of any number, asked of arXiv's API: through real sockets, and at its pace."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import SourceError
from bot.sources import arxiv_api
from bot.sources.arxiv_api import look_up, read
from bot.sources.client import PoliteClient
from tests.channels.cards import settings
from tests.counterparts.processes import free_port

ENTRY = """<entry><id>http://arxiv.org/abs/{id}</id><title>Attention
  Is All You Need</title><summary>  We propose $\\beta$
  networks.</summary><category term="cs.LG"/><category term="68T07 (Primary)"/><category term="cs.CL"/>
  <arxiv:primary_category term="cs.CL"/><arxiv:comment>15 pages</arxiv:comment><arxiv:doi>10.1000/182</arxiv:doi>
  <arxiv:journal_ref>NeurIPS 30</arxiv:journal_ref>
  <author><name>Ashish Vaswani</name></author><author><name>J{{\\'o}}se Roe</name></author></entry>"""
FEED = """<?xml version='1.0' encoding='UTF-8'?><feed xmlns:arxiv="http://arxiv.org/schemas/atom"
  xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/x</id><title>arXiv Query</title>{entry}</feed>"""


def answer(entry: str = "", **values: str) -> bytes:
    return FEED.format(entry=(entry or ENTRY).format(**{"id": "1706.03762v7"} | values)).encode()


def test_an_answer_has_all_that_is_kept_of_a_paper():
    one = read(answer(), "1706.03762")
    assert one is not None
    assert (one.id, one.version, one.title) == ("1706.03762", 7, "Attention Is All You Need")
    assert one.abstract == "We propose $\\beta$ networks."
    assert one.authors == ("Ashish Vaswani", "Jóse Roe")
    assert one.categories == ("cs.CL", "cs.LG"), "the primary one first, and none of other schemes"
    assert (one.comments, one.doi, one.journal_ref) == ("15 pages", "10.1000/182", "NeurIPS 30")


def test_no_entry_is_no_paper():
    assert read(answer(" "), "1706.03762") is None


def test_real_answers_are_read(samples: Path):
    body = (samples / "api" / "alpha-radar_25.xml").read_bytes()
    one = read(body, "2605.12495")
    assert one is not None
    assert (one.version, one.primary, one.comments) == (1, "cs.CV", "ICML2026")
    assert len(one.authors) == 5
    for name in ("id_0000.0000_s0_m100_8b51d9633a68.json", "id_abc_s0_m100_b79c8dcf6bc3.json"):
        body = json.loads((samples / "api" / name).read_text("utf-8"))["body"].encode()
        assert read(body, "0000.0000") is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><body>busy</body></html>", answer()[:400], answer(id="1706.03763v1"), answer(id="evil"),
        answer(ENTRY.replace("<summary>  We propose $\\beta$\n  networks.</summary>", "")),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + answer(), b"<feed>" * 200 + b"</feed>" * 200,
        answer(ENTRY.replace("networks", "x" * 60_000)),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error_and_never_a_paper(body: bytes):
    with pytest.raises(SourceError):
        read(body, "1706.03762")


@asynccontextmanager
async def arxiv(*answers: web.Response, delay: float = 0) -> AsyncIterator[tuple[str, list[str]]]:
    """An API on the loopback, and what it was asked."""
    asked: list[str] = []
    waiting = list(answers)

    async def handle(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        await asyncio.sleep(delay)
        return waiting.pop(0)

    app = web.Application()
    app.router.add_get("/api/query", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        await runner.cleanup()


async def test_arxiv_is_asked_for_one_id_by_the_polite_client():
    async with arxiv(web.Response(body=answer(id="hep-th/9901001v2"))) as (url, asked):
        given = settings(arxiv_api_url=url, bot_contact="me@example.org")
        client = PoliteClient.create(given)
        try:
            one = await look_up(given, client)("hep-th/9901001")
        finally:
            await client.close()
    assert one is not None
    assert (one.id, one.version) == ("hep-th/9901001", 2)
    assert asked == ["/api/query?id_list=hep-th/9901001&max_results=1"]


@pytest.mark.parametrize("status", [429, 500, 503, 404])
async def test_an_arxiv_that_is_away_is_an_error(status: int):
    async with arxiv(web.Response(status=status)) as (url, _):
        given = settings(arxiv_api_url=url)
        client = PoliteClient.create(given)
        with pytest.raises(SourceError):
            await look_up(given, client)("1706.03762")
        await client.close()


async def test_nobody_waits_for_an_arxiv_that_does_not_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(arxiv_api, "PATIENCE", timedelta(seconds=0.2))
    async with arxiv(web.Response(body=answer()), delay=1) as (url, _):
        given = settings(arxiv_api_url=url)
        client = PoliteClient.create(given)
        with pytest.raises(SourceError, match="in time"):
            await look_up(given, client)("1706.03762")
        await client.close()
