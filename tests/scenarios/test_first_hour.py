"""From nothing to a digest of the day in one's own channel: what a new user types, and how long it takes."""

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
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.channels.slack.talk import until
from tests.counterparts.arxiv_site import ArxivSite
from tests.counterparts.arxiv_world import World
from tests.counterparts.discord_payloads import command, contents
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.counterparts.slack_edge import APP_TOKEN, BOT_TOKEN, ML, SlackEdge

MOST_SECONDS = 600
SUDI = (sys.executable, "-m", "bot")


def environment(site: ArxivSite, **more: str) -> dict[str, str]:
    """What points the bot to counterparts, and nothing that a user would set."""
    ours = {name.upper() for name in Settings.model_fields}
    bare = {name: value for name, value in os.environ.items() if name not in ours}
    return {**bare, "ARXIV_URL": site.url, "ARXIV_FEED_URL": site.feeds, **more}


@asynccontextmanager
async def running(sudi: Sequence[str], folder: Path, settings: dict[str, str]) -> AsyncIterator[None]:
    """`sudi run`, until it is stopped."""
    bot = await asyncio.create_subprocess_exec(*sudi, "run", cwd=folder, env=settings)
    try:
        yield
    finally:
        bot.terminate()
        await bot.wait()


@asynccontextmanager
async def begun(
    sudi: Sequence[str], folder: Path, *flags: str, given: dict[str, str]
) -> AsyncIterator[dict[str, str]]:
    """Steps 1 and 2: `sudi init` ends with a sample digest, then `sudi run`; on a day with papers of tides."""
    world = World(lambda: datetime.now(UTC))
    papers = [*world.papers(4, "cs.LG", title="Diffusion of tides"), *world.papers(9, "cs.LG")]
    world.announce(newest(datetime.now(UTC)), papers)
    async with ArxivSite(world) as site:
        settings = environment(site, **given)
        await says((*sudi, "init", *flags), folder, settings)
        async with running(sudi, folder, settings):
            yield settings


async def says(command: Sequence[str], folder: Path, settings: dict[str, str]) -> str:
    """What a command prints; it has to go well."""
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=settings, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )
    out, err = await done.communicate()
    assert done.returncode == 0, err.decode()
    return out.decode()


async def walk(sudi: Sequence[str], folder: Path, slack: SlackEdge, url: str = "") -> float:
    """Do what a new user of Slack does; how many seconds it takes. `url` is of another database, if any."""
    began = time.monotonic()
    given = {"SLACK_API_URL": slack.api} | ({"DATABASE_URL": url} if url else {})
    flags = ("--channel", "slack", "--slack-bot-token", BOT_TOKEN, "--slack-app-token", APP_TOKEN, "--to", ML)
    async with begun(sudi, folder, *flags, given=given):
        assert "Invented" in str(slack.posted(ML)[0].message)
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


async def walk_on_discord(folder: Path, discord: DiscordSite, sudi: Sequence[str] = ()) -> float:
    """Do what a new user of Discord does; discord.py knows no other Discord, so it is pointed to this one."""
    began = time.monotonic()
    pointed = (
        f"from tests.counterparts.discord_site import pointed_at\nwith pointed_at({discord.port}):\n"
        "    from bot.__main__ import main\n    main()"
    )
    sudi = sudi or (sys.executable, "-c", pointed)
    flags = ("--channel", "discord", "--discord-token", TOKEN, "--to", "700")
    async with begun(sudi, folder, *flags, given={"PYTHONPATH": str(Path(__file__).parents[2])}):
        assert "Invented" in str(discord.bodies("700"))
        await until(lambda: discord.is_connected and discord.ready.is_set(), "the gateway")
        answers = await discord.interact(**command("subscribe", query="cs.LG diffusion"))
        for _ in range(6):
            if "4 of 13 papers match" in str(contents(answers)):
                break
            await asyncio.sleep(5)
            answers = await discord.interact(**command("preview", query="cs.LG diffusion"))
        assert "4 of 13 papers match" in str(contents(answers))
        before = len(discord.messages)
        await discord.interact(**command("now"))
        await until(
            lambda: "Diffusion of tides" in str([one.body for one in discord.messages[before:]]), "a digest"
        )
    return time.monotonic() - began


async def walk_by_mail(sudi: Sequence[str], folder: Path) -> float:
    """Do what somebody does who wants a digest in one mailbox, and has a mail server and a shell."""
    began, ada = time.monotonic(), "ada@reader.test"
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes) as port:
        server = ("--smtp-url", f"smtp://127.0.0.1:{port}?tls=none", "--smtp-from", "papers@sudi.test")
        async with begun(sudi, folder, "--channel", "email", *server, "--to", ada, given={}) as settings:
            assert len(mailboxes.taken) == 1, "a sample"
            there = f"email:{ada}"
            said = await says((*sudi, "subscribe", there, "cs.LG diffusion"), folder, settings)
            for _ in range(6):
                if "4 of 13 papers match" in said:
                    break
                await asyncio.sleep(5)
                said = await says((*sudi, "subscribe", there, "cs.LG diffusion"), folder, settings)
            assert "4 of 13 papers match" in said
            assert "sent now" in await says((*sudi, "now", there), folder, settings)
            await until(lambda: len(mailboxes.taken) == 2, "a digest")
            assert b"Diffusion of tides" in mailboxes.taken[1].original_content
    return time.monotonic() - began


async def test_from_nothing_to_a_digest_of_the_days_papers_in_slack(slack, tmp_path, database_url):
    url = "" if database_url.startswith("sqlite") else database_url
    assert await walk(SUDI, tmp_path, slack, url) < MOST_SECONDS


async def test_from_nothing_to_a_digest_of_the_days_papers_on_discord(tmp_path):
    async with DiscordSite() as discord:
        assert await walk_on_discord(tmp_path, discord) < MOST_SECONDS


async def test_from_nothing_to_a_digest_of_the_days_papers_by_mail(tmp_path):
    assert await walk_by_mail(SUDI, tmp_path) < MOST_SECONDS
