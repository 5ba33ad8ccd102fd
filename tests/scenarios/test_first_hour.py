"""From nothing to a digest of the day in one's own Slack: what a new user types, and how long it takes."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.settings import Settings
from bot.sources.calendar import newest
from tests.channels.slack.talk import until
from tests.counterparts.arxiv_site import ArxivSite
from tests.counterparts.arxiv_world import World
from tests.counterparts.slack_edge import APP_TOKEN, BOT_TOKEN, ML, SlackEdge

MOST_SECONDS = 600
SUDI = (sys.executable, "-m", "bot")


def environment(slack: SlackEdge, site: ArxivSite) -> dict[str, str]:
    """What points the bot to counterparts, and nothing that a user would set."""
    ours = {name.upper() for name in Settings.model_fields}
    bare = {name: value for name, value in os.environ.items() if name not in ours}
    return {**bare, "SLACK_API_URL": slack.api, "ARXIV_URL": site.url, "ARXIV_FEED_URL": site.feeds}


@asynccontextmanager
async def running(sudi: Sequence[str], folder: Path, settings: dict[str, str]) -> AsyncIterator[None]:
    """`sudi run`, until it is stopped."""
    bot = await asyncio.create_subprocess_exec(*sudi, "run", cwd=folder, env=settings)
    try:
        yield
    finally:
        bot.terminate()
        await bot.wait()


async def walk(sudi: Sequence[str], folder: Path, slack: SlackEdge, url: str = "") -> float:
    """Do what a new user does; how many seconds it takes. `url` is of another database than the usual one."""
    world = World(lambda: datetime.now(UTC))
    day = newest(datetime.now(UTC))
    world.announce(day, [*world.papers(4, "cs.LG", title="Diffusion of tides"), *world.papers(9, "cs.LG")])
    began = time.monotonic()
    async with ArxivSite(world) as site:
        settings = environment(slack, site) | ({"DATABASE_URL": url} if url else {})
        tokens = ("--slack-bot-token", BOT_TOKEN, "--slack-app-token", APP_TOKEN)
        init = await asyncio.create_subprocess_exec(
            *sudi, "init", "--channel", "slack", *tokens, "--to", ML, cwd=folder, env=settings,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await init.wait() == 0
        assert "Invented" in str(slack.posted(ML)[0].message)
        async with running(sudi, folder, settings):
            await until(lambda: slack.sockets, "a socket")
            await slack.command("subscribe cs.LG diffusion")
            for _ in range(6):  # a machine that is busy has the first papers a moment after its answer
                with suppress(AssertionError):
                    await until(lambda: "4 of 13 papers match" in str(slack.answers), "what matches", 10)
                    break
                await slack.command("preview cs.LG diffusion")
            before = len(slack.posted(ML))
            await slack.command("now")
            await until(
                lambda: "Diffusion of tides" in str([one.message for one in slack.posted(ML)[before:]]), "a digest"
            )
    return time.monotonic() - began


async def test_from_nothing_to_a_digest_of_the_days_papers_in_slack(slack, tmp_path, database_url):
    url = "" if database_url.startswith("sqlite") else database_url
    assert await walk(SUDI, tmp_path, slack, url) < MOST_SECONDS
