"""A paper that nobody has announced: arXiv is asked once; what is saved outlives restarts and BOT_KEEP_DAYS."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from aiohttp import web

from bot import app as root
from bot.channels import Invocation, Reply
from bot.jobs.prune import prune
from bot.settings import Settings
from tests.channels.cards import settings
from tests.fakes import RunningClock
from tests.sources.test_arxiv_api import answer, arxiv

KEEP = timedelta(days=90)


def given(folder: Path, url: str) -> Settings:
    return settings(database_url=f"sqlite:///{folder / 'sudi.db'}", bot_channels=("console",), arxiv_api_url=url)


async def says(app: root.App, text: str) -> Reply:
    return await app.answer(Invocation("console", "ada", "ada", text))


async def test_it_is_asked_for_once_and_kept_as_long_as_somebody_has_saved_it(tmp_path: Path):
    clock = RunningClock()
    found, missing = web.Response(body=answer()), web.Response(body=answer(" "))
    async with arxiv(found, missing) as (url, asked):
        async with root.opened(given(tmp_path, url), clock) as app:
            (card,) = (await says(app, "show 1706.03762")).cards
            assert (card.paper.label, card.is_announced) == ("1706.03762v7", False)
            assert (await says(app, "save 1706.03762")).text.startswith(
                "Saved 1706.03762: Attention Is All You Need"
            )
            assert (await says(app, "show 2606.99999")).text == "arXiv has no paper 2606.99999. Check the number."
        clock.forward(days=200)
        async with root.opened(given(tmp_path, url), clock) as app:
            await prune(app.store, clock(), KEEP)
            reply = await says(app, "cite saved")
            assert reply.attachment
            assert "eprint = {1706.03762}" in reply.attachment.text
            assert [card.paper.id for card in (await says(app, "saved attention")).cards] == ["1706.03762"]
        assert len(asked) == 2


async def test_an_arxiv_that_is_away_is_one_sentence_and_asked_again(tmp_path: Path):
    async with (
        arxiv(web.Response(status=500), web.Response(body=answer())) as (url, asked),
        root.opened(given(tmp_path, url), RunningClock()) as app,
    ):
        assert "arXiv isn't answering right now" in (await says(app, "show 1706.03762")).text
        assert (await says(app, "show 1706.03762")).cards
    assert len(asked) == 2
