"""Chinese texts that come a day late, on three real channels at once: messages are edited, mails are not."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import SecretStr

from bot import app as root
from bot.channels import Invocation
from bot.settings import Settings
from bot.summaries import TextField
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.channels.slack.conftest import settings
from tests.channels.slack.talk import messages, read
from tests.counterparts import local_slack
from tests.counterparts.discord_site import TOKEN, DiscordSite
from tests.counterparts.models import Mock
from tests.counterparts.needed import need
from tests.counterparts.slack_edge import ALICE, ML, TEAM, SlackEdge, edge
from tests.fakes import MORNING, RunningClock, ingest, listing
from tests.texts import TEXTS, TIDES

PLACES = {"slack": (f"{TEAM}/{ALICE}", f"{TEAM}/{ML}"), "discord": ("@42", "700"), "email": ("mei@sudi.test",) * 2}
PAPERS = TIDES[:2]
TITLE = TEXTS[TextField.TITLE]
ONE_CALL = 2_400
"""Tokens: room for what one call may use at the worst, and not for a second one beside what the first has used."""


@dataclass
class World:
    """Slack, Discord and a mail server, and what readers see there."""

    slack: SlackEdge
    discord: DiscordSite
    mailboxes: Mailboxes
    port: int

    def settings(self, **values: Any) -> Settings:
        """Those of a bot on all three."""
        mail = {"smtp_url": SecretStr(f"smtp://127.0.0.1:{self.port}?tls=none"), "smtp_from": "papers@sudi.test"}
        names = {"bot_channels": ("slack", "discord", "email"), "discord_token": SecretStr(TOKEN)}
        return settings(self.slack, **mail, **names, **values)

    async def chats(self) -> dict[str, list[str]]:
        """All messages of each chat, with their ids."""
        return {
            "slack": [f"{one['ts']} {read(one)}" for one in await messages(self.slack)],
            "discord": [
                f"{one.id} {json.dumps(one.body['embeds'], ensure_ascii=False)}" for one in self.discord.messages
            ],
        }

    def mails(self) -> list[str]:
        """The texts of all mails."""
        read_ = [
            email.message_from_bytes(one.content, policy=email.policy.default) for one in self.mailboxes.taken
        ]
        return [str(one.get_body(("plain",)).get_content()) for one in read_]


@pytest.fixture
async def world(discord: DiscordSite) -> AsyncIterator[World]:
    need("local-slack", local_slack.missing())
    mailboxes = Mailboxes()
    async with edge() as slack:
        with aiosmtpd(mailboxes) as port:
            yield World(slack, discord, mailboxes, port)


async def a_day(values: Settings, clock: RunningClock) -> None:
    """What a day does after its papers were read: texts, late ones into old digests, new digests."""
    async with root.opened(values, clock) as app:
        await app.summarize()
        await app.fill()
        await app.plan_all()
        await app.deliver()
    clock.forward(days=1)


@pytest.mark.parametrize("trouble", ["budget", "outage"])
async def test_texts_that_come_a_day_late_are_in_the_messages_then_and_nothing_is_paid_twice(
    engine_url: str, world: World, model_server: Mock, trouble: str
):
    model_server.reset()
    if trouble == "outage":
        model_server.does({"type": "fail", "status": 401, "times": 1})
    model_server.answers({one.value: text for one, text in TEXTS.items()})
    clock = RunningClock()
    values = world.settings(
        database_url=SecretStr(engine_url),
        openai_base_url=(model_server.url,),
        openai_model=("gpt-4o-mini",),
        llm_daily_tokens=ONE_CALL if trouble == "budget" else 0,
        llm_at_once=1,
    )
    async with root.opened(values, clock) as app:
        for channel, (person, destination) in PLACES.items():
            await app.commands(Invocation(channel, person, destination, "subscribe cs.LG"))
        await ingest(app.store, [listing("cs.LG", *PAPERS)], MORNING)
    await a_day(values, clock)
    before, mails = await world.chats(), world.mails()
    made = 1 if trouble == "budget" else 0
    for shown in (*map("\n".join, before.values()), "\n".join(mails)):
        assert shown.count("No Chinese text yet") == len(PAPERS) - made
        assert ("Today's budget" in shown) == (trouble == "budget")
        assert (TITLE in shown) == (made == 1)
    await a_day(values, clock)
    after = await world.chats()
    assert world.mails() == mails
    for channel, texts in after.items():
        assert [one.split()[0] for one in texts] == [one.split()[0] for one in before[channel]], "no message more"
        assert "No Chinese text yet" not in "\n".join(texts)
        assert "Today's budget" not in "\n".join(texts)
        assert "\n".join(texts).count(TITLE) == 2 * len(PAPERS), "in the list and on the cards"
    await a_day(values, clock)
    assert await world.chats() == after
    assert sum(one["status"] == 200 for one in model_server.requests()) == len(PAPERS)
