"""Digests on their way to Slack, through real sockets: each arrives once, whatever happens to an answer."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.slack import Slack, channel
from bot.errors import ChannelError, SettingsError
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.settings import Settings
from bot.store import schema
from tests.channels.cards import digest
from tests.channels.slack.conftest import settings
from tests.counterparts.slack_edge import ALICE, BOB, ML, PRIVATE, TEAM, Fault
from tests.databases import sqlite_path
from tests.fakes import HandClock, alerts, bare, matched, paper, planned, rows, states, subscribed

PLACE = f"{TEAM}/{ML}"
DIES = """
import asyncio, os, signal, sys
from bot.channels.slack import Slack
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.settings import Settings
from bot.store import Store
from tests.fakes import MORNING

class Dying(Slack):
    async def send(self, address, body, key):
        reference = await super().send(address, body, key)
        die("root")
        return reference

    async def send_below(self, root, address, body, key):
        await super().send_below(root, address, body, key)
        die("thread")

def die(at):
    if at == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    settings = Settings(_env_file=None, slack_api_url=sys.argv[2], slack_bot_token="xoxb-test-token")
    store = Store.open(f"sqlite:///{sys.argv[1]}", exclusive=False)
    composer = Composer(store, cap=50, clock=lambda: MORNING)
    await Courier(store, Dying(settings), composer, owner="dies", clock=lambda: MORNING).drain()

asyncio.run(main())
"""


@dataclass
class Clock(HandClock):
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.forward(seconds=seconds)


@dataclass
class Run:
    """A destination with papers waiting, and who delivers them."""

    store: object
    ours: Slack
    clock: Clock = field(default_factory=Clock)

    async def wait(self, *numbers: int, address: str = PLACE, owner: str = f"{TEAM}/{ALICE}") -> None:
        _, (subscription,) = await subscribed(self.store, channel="slack", address=address, owner=owner)
        await matched(self.store, subscription, *map(paper, numbers or (1,)), now=self.clock())
        await planned(self.store, self.clock())

    async def deliver(self, **much: float) -> None:
        self.clock.forward(**much)
        composer = Composer(self.store, cap=50, clock=self.clock)
        courier = Courier(self.store, self.ours, composer, owner="me", clock=self.clock, sleep=self.clock.sleep)
        await courier.drain()
        await alerts(self.store, self.clock, self.ours, admins=[f"slack:{TEAM}/{BOB}"]).tell()


@pytest.fixture
def run(sqlite_store, ours) -> Run:
    return Run(sqlite_store, ours)


async def test_it_offers_the_outbox_all_that_slack_needs(ours):
    assert ours.has_lookup
    assert ours.has_edits
    assert ours.pace == timedelta(seconds=1)


async def test_a_login_for_everybody_in_netrc_is_none_for_slack(slack, run, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ottoline password swordfish\n")
    monkeypatch.setenv("NETRC", str(netrc))
    await run.wait(1)
    await run.deliver()
    assert len(slack.posted(ML)) == 2
    assert await states(run.store) == ["sent"]


async def test_a_digest_is_one_message_and_its_thread_with_the_key_of_each_part(slack, run):
    await run.wait(1, 2)
    await run.deliver()
    root, cards = slack.posted(ML)
    assert "2 papers" in root.text
    assert "Harbour 1" in cards.text
    assert not root.thread
    assert cards.thread == root.ts
    assert [bare(one.message["metadata"]["event_payload"]["key"]) for one in (root, cards)] == ["1.1", "1.2"]
    assert root.message["unfurl_links"] in (False, "0", "false")
    assert await states(run.store) == ["sent"]


async def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(slack, run):
    await run.wait()
    slack.faults.append(Fault("chat.postMessage", is_lost=True))
    await run.deliver()
    assert await states(run.store) == ["ready"]
    await run.deliver(minutes=2)
    assert await states(run.store) == ["sent"]
    assert len(slack.posted(ML)) == 2
    references = [row.reference for row in await rows(run.store, schema.part)]
    assert references == [f"{ML}/{one.ts}" for one in slack.posted(ML)]


async def test_a_card_whose_answer_was_lost_is_found_in_its_thread(slack, run):
    await run.wait()
    root = await run.ours.send(PLACE, run.ours.render(digest())[0], "1.1")
    body = run.ours.render(digest())[0]
    slack.faults.append(Fault("chat.postMessage", is_lost=True))
    with pytest.raises(ChannelError) as lost:
        await run.ours.send_below(root, PLACE, body, "1.2")
    assert lost.value.ambiguous
    found = await run.ours.find(PLACE, "1.2", run.clock(), root)
    assert found == f"{ML}/{slack.posts[-1].ts}"
    assert await run.ours.find(PLACE, "1.3", run.clock(), root) is None


async def test_a_look_that_is_allowed_once_a_minute_goes_on_where_it_was_and_holds_up_nobody(slack, ours):
    slack.page, slack.looks = 2, 0
    sent = [await ours.send(PLACE, ours.render(digest())[0], f"{number}.1") for number in range(5)]
    now = datetime.now(UTC)
    for seen in range(3):
        with pytest.raises(ChannelError) as caught:
            await ours.find(PLACE, "0.1", now, "")
        assert not caught.value.permanent
        assert caught.value.retry_after is None, "the workspace would wait for it"
        if seen < 2:
            slack.looks = 1
    slack.looks = 1
    assert await ours.find(PLACE, "0.1", now, "") == sent[0]
    assert slack.calls["conversations.history"] == 6


async def test_a_look_ends_some_minutes_after_the_attempt_however_much_was_written_since(slack, ours):
    slack.keeps_time = True
    await ours.send(PLACE, ours.render(digest())[0], "1.1")
    assert await ours.find(PLACE, "1.1", datetime.now(UTC), "") is not None
    assert await ours.find(PLACE, "1.1", datetime.now(UTC) - timedelta(hours=1), "") is None


async def test_in_a_thread_that_is_gone_there_is_nothing_to_find(slack, ours):
    slack.faults.append(Fault("conversations.replies", error="thread_not_found"))
    assert await ours.find(PLACE, "1.2", datetime.now(UTC), f"{ML}/1.0") is None


async def test_a_direct_message_whose_answer_was_lost_is_found_too(slack, run):
    await run.wait(address=f"{TEAM}/{ALICE}")
    slack.faults.append(Fault("chat.postMessage", is_lost=True))
    await run.deliver()
    await run.deliver(minutes=2)
    assert await states(run.store) == ["sent"]
    assert len(slack.posts) == 2
    assert slack.calls["conversations.open"] == 1


@pytest.mark.parametrize(("at", "posted"), [("root", 1), ("thread", 2)])
async def test_a_process_that_is_killed_between_posting_and_committing_leaves_one_message(slack, run, at, posted):
    await run.wait()
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, str(sqlite_path(run.store.url)), slack.api, at
    )
    assert await killed.wait() == -signal.SIGKILL
    assert len(slack.posted(ML)) == posted
    assert await states(run.store) == ["sending"]
    await run.deliver(hours=1)
    assert await states(run.store) == ["sent"]
    keys = [bare(one.message["metadata"]["event_payload"]["key"]) for one in slack.posted(ML)]
    assert keys == ["1.1", "1.2"]


async def test_a_429_is_waited_for_by_the_whole_workspace_and_then_sent_once(slack, run):
    await run.wait()
    await run.wait(address=f"{TEAM}/{BOB}", owner=f"{TEAM}/{BOB}")
    slack.faults.append(Fault("chat.postMessage", 429, "ratelimited", {"Retry-After": "30"}))
    await run.deliver()
    tried = slack.calls["chat.postMessage"]
    await run.deliver(seconds=5)
    assert slack.calls["chat.postMessage"] == tried
    await run.deliver(seconds=30)
    assert set(await states(run.store)) == {"sent"}
    assert len(slack.posts) == 4
    assert slack.calls["conversations.history"] == 0  # what was refused is not looked for


async def test_messages_to_one_channel_are_a_second_apart(slack, run):
    await run.wait(*range(1, 41))
    await run.deliver()
    assert len(slack.posted(ML)) > 2
    assert run.clock.waits[1:] == [1.0] * (len(slack.posted(ML)) - 1)


@pytest.mark.parametrize(
    "error",
    ["channel_not_found", "is_archived", "not_in_channel", "account_inactive", "token_revoked", "invalid_auth",
     "missing_scope", "restricted_action", "user_not_visible", "invalid_user_combination",
     "two_factor_setup_required"],
)  # fmt: skip
async def test_a_refusal_pauses_the_place_keeps_what_it_asked_for_and_tells_the_owner_once(slack, run, error):
    await run.wait()
    slack.refused[ML] = error
    await run.deliver()
    await run.deliver(hours=3)
    assert await states(run.store) == ["dead"]
    (destination,) = await rows(run.store, schema.destination)
    assert error in destination.paused
    assert len(await rows(run.store, schema.subscription)) == 1
    (told,) = slack.posts
    assert told.message["channel"] == ALICE
    assert error in told.text
    assert f"<#{ML}>" in told.text


async def test_an_admin_is_told_when_the_owner_cannot_be(slack, run):
    await run.wait()
    slack.refused |= {ML: "is_archived", ALICE: "user_disabled"}
    await run.deliver()
    assert [one.message["channel"] for one in slack.posts] == [BOB]


async def test_a_channel_archived_in_the_middle_of_a_thread_gets_the_rest_when_it_is_back(slack, run):
    await run.wait(*range(1, 41))
    run.clock.waits.clear()

    async def archived(seconds: float) -> None:
        if len(slack.posts) == 1:
            slack.refused[ML] = "is_archived"

    run.clock.sleep = archived
    await run.deliver()
    assert await states(run.store) == ["dead"]
    slack.refused.clear()
    async with run.store.write() as tx:
        await tx.subscribers.resume(1)
        await tx.outbox.revive(1, run.clock())
    run.clock.sleep = Clock().sleep
    await run.deliver(minutes=1)
    keys = [bare(one.message["metadata"]["event_payload"]["key"]) for one in slack.posted(ML)]
    assert keys == [f"1.{number}" for number in range(1, len(keys) + 1)]
    assert await states(run.store) == ["sent"]


@pytest.mark.parametrize("fault", [Fault("chat.postMessage", 503), Fault("chat.postMessage", error="fatal_error")])
async def test_an_error_that_says_nothing_is_looked_up_and_sent_again(slack, run, fault):
    await run.wait()
    slack.faults.append(fault)
    await run.deliver()
    await run.deliver(minutes=2)
    assert await states(run.store) == ["sent"]
    assert slack.calls["conversations.history"] == 1
    assert len(slack.posted(ML)) == 2


async def test_slack_that_is_away_is_tried_again_and_looked_for_nowhere(slack, run):
    await run.wait()
    ours = channel(settings(slack, slack_api_url="http://127.0.0.1:9/api/"))
    with pytest.raises(ChannelError, match="cannot reach Slack: check the network") as away:
        await ours.send(PLACE, '{"text":"x","blocks":[]}', "1.1")
    assert not away.value.ambiguous
    assert not away.value.permanent
    await ours.close()


@pytest.mark.parametrize("address", ["#ml", f"{TEAM}/", "T01TEST/../C1", PRIVATE])
async def test_an_address_that_is_none_is_refused_for_good(ours, address):
    with pytest.raises(ChannelError, match="TEAM/CHANNEL") as refused:
        await ours.send(address, "{}", "1.1")
    assert refused.value.permanent


async def test_a_private_channel_without_the_bot_says_how_to_invite_it(ours):
    with pytest.raises(ChannelError, match="/invite @sudi") as refused:
        await ours.send(f"{TEAM}/{PRIVATE}", ours.render(digest())[0], "1.1")
    assert refused.value.permanent


async def test_the_doctor_says_who_we_are_or_where_the_token_stands(slack, ours):
    assert "Acme" in await ours.check()
    wrong = channel(settings(slack, slack_bot_token="xoxb-wrong"))
    with pytest.raises(ChannelError, match=r"invalid_auth.*api\.slack\.com/apps") as refused:
        await wrong.check()
    assert "xoxb" not in str(refused.value)
    await wrong.close()


def test_without_a_token_it_says_where_there_is_one():
    with pytest.raises(SettingsError, match=r"SLACK_BOT_TOKEN.*OAuth & Permissions"):
        channel(Settings(_env_file=None))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"slack_bot_token": "xapp-1"}, "SLACK_BOT_TOKEN: must begin with xoxb-"),
        ({"slack_bot_token": "xoxe.xoxb-1"}, "SLACK_BOT_TOKEN: this token ends after hours.*sudi slack manifest"),
        ({"slack_app_token": "xoxb-1"}, "SLACK_APP_TOKEN: must begin with xapp-"),
        ({"slack_api_url": "slack.com"}, "SLACK_API_URL: must be https://"),
    ],
)
def test_a_setting_that_was_taken_for_another_is_said_before_slack_is_asked(changes, what):
    with pytest.raises(SettingsError, match=what):
        channel(Settings(_env_file=None, **{"slack_bot_token": "xoxb-1"} | changes))


async def test_the_doctor_names_the_app_token_and_where_it_stands(slack):
    ours = channel(settings(slack, slack_app_token="xapp-wrong"))
    with pytest.raises(ChannelError, match=r"invalid_auth \(copy SLACK_APP_TOKEN.*connections:write"):
        await ours.check()
    await ours.close()


async def test_the_doctor_names_a_scope_that_is_missing(slack, ours):
    slack.scopes = "chat:write,commands"
    with pytest.raises(ChannelError, match=r"lacks app_mentions:read.*sudi slack manifest"):
        await ours.check()
