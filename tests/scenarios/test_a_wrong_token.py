"""One channel has a wrong token: it stops with one clear line, and the others go on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot import app as root
from bot.errors import CONFIGURE, SettingsError
from bot.store import schema
from tests.channels.slack.conftest import settings
from tests.channels.slack.talk import answered, read, until
from tests.counterparts.discord_payloads import command, contents, guild
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.counterparts.processes import free_port
from tests.counterparts.slack_edge import ML, TEAM, SlackEdge
from tests.fakes import MORNING, HandClock, matched, paper, rows, states, subscribed

WRONG = SecretStr("xoxb-MTIz.wrong.token")
PLACES = {"slack": f"{TEAM}/{ML}", "discord": "700", "email": "ada@reader.test"}


@asynccontextmanager
async def serving(slack: SlackEdge, folder: Path, url: str, **wrong: Any) -> AsyncIterator[root.App]:
    """The whole bot on three channels, with a digest due on each."""
    mails = folder / "mails"
    mails.mkdir()
    values = settings(
        slack,
        database_url=SecretStr(url),
        bot_channels=("slack", "discord", "email"),
        bot_sources=(),
        smtp_url=SecretStr(mails.as_uri()),
        smtp_from="papers@sudi.test",
        bot_listen=f"127.0.0.1:{free_port()}",
        **{"discord_token": SecretStr(TOKEN)} | wrong,
    )
    clock = HandClock(MORNING)
    async with root.opened(values, clock) as app:
        for channel, address in PLACES.items():
            _, (one,) = await subscribed(app.store, channel=channel, address=address, owner=address)
            await matched(app.store, one, paper(1))
        clock.forward(hours=4)
        running = asyncio.create_task(app.run())
        try:
            yield app
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says is wrong for good."""
    return [
        one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR and one.name.startswith("bot")
    ]


async def said(app: root.App) -> str:
    """What /healthz says."""
    async with aiohttp.ClientSession() as session, session.get(f"http://{app.settings.listen}/healthz") as answer:
        assert answer.status == 503
        return await answer.text()


def mails(folder: Path) -> int:
    return len(list((folder / "mails").iterdir()))


async def test_slack_stops_and_discord_and_mail_go_on(slack, discord: DiscordSite, tmp_path, engine_url, caplog):
    discord.guilds = [guild()]
    async with serving(slack, tmp_path, engine_url, slack_bot_token=WRONG) as app:
        await asyncio.wait_for(discord.ready.wait(), 20)
        await until(lambda: complaints(caplog) and mails(tmp_path) and len(discord.messages) == 2, "digests")
        await until(lambda: "not_delivered" in caplog.text, "a refusal")
        assert contents(await discord.interact(**command("list")))[0].startswith("1 subscription here")
        paused = {one.channel: one.paused for one in await rows(app.store, schema.destination)}
        assert "invalid_auth" in paused.pop("slack")
        assert set(paused.values()) == {""}
        assert "slack refuses us, and trying again is of no use: Slack says invalid_auth" in await said(app)
    (line,) = complaints(caplog)
    assert line.startswith(
        "slack_stopped reason=Slack says invalid_auth (copy SLACK_BOT_TOKEN again from https://"
    )
    assert "wrong" not in caplog.text


async def test_discord_stops_and_slack_and_mail_go_on(slack, discord: DiscordSite, tmp_path, engine_url, caplog):
    async with serving(slack, tmp_path, engine_url, discord_token=WRONG) as app:
        await until(lambda: slack.sockets, "a socket")
        await until(lambda: complaints(caplog) and mails(tmp_path) and len(slack.posts) == 2, "digests")
        before = len(slack.posted(ML))
        await slack.command("list")
        assert "1 subscription here" in read((await answered(slack, ML, before))[0])
        assert {one.paused for one in await rows(app.store, schema.destination)} == {""}
        async with asyncio.timeout(20):  # receipts are kept a moment after what has arrived
            while sorted(await states(app.store)) != ["ready", "sent", "sent"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert "discord refuses us, and trying again is of no use: Discord refuses DISCORD_TOKEN" in await said(
            app
        )
    (line,) = complaints(caplog)
    assert line.startswith("discord_stopped reason=Discord refuses DISCORD_TOKEN: copy the bot's token again")
    assert "wrong" not in caplog.text


@pytest.mark.parametrize("name", ["slack", "discord"])
async def test_a_sole_channel_that_refuses_us_ends_the_process_and_says_what_to_configure(
    slack, discord: DiscordSite, tmp_path, name
):
    values = settings(
        slack,
        database_url=SecretStr(f"sqlite:///{tmp_path / 'sudi.db'}"),
        bot_channels=(name,),
        bot_sources=(),
        discord_token=WRONG,
        slack_bot_token=WRONG,
    )
    async with root.opened(values) as app:
        with pytest.raises(SettingsError, match=f"^{name} refuses us, and trying again is of no use: ") as caught:
            await asyncio.wait_for(app.run(), 20)
    assert caught.value.exit_code == CONFIGURE
    assert "wrong" not in str(caught.value)
