"""Conversations in hard times: a slow database, a slow Slack, two processes, old messages."""

from __future__ import annotations

import asyncio
import time
from io import BytesIO

import aiohttp
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import true

from bot.channels.slack import people
from bot.commands.subscriptions import MOST
from bot.query import LENGTH_LIMIT, parse
from bot.store import schema
from tests.channels.slack.talk import answered, is_private, messages, read, running, until
from tests.channels.slack.test_windows import LG, filled
from tests.counterparts import block_kit, postgres
from tests.counterparts.local_slack import free_port
from tests.counterparts.slack_edge import ALICE, BOT, BOT_TOKEN, GUEST, ML, SECRET, TEAM, Fault, SlackEdge
from tests.fakes import matched, paper, rows, subscribed

LATE = 3.0  # seconds after which Slack tells people that the app has failed


async def test_everything_is_acknowledged_while_the_database_is_busy_and_answered_afterwards(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        async with app.store.write():
            await slack.command("subscribe cs.LG tide")
            await slack.says(f"<@{BOT}> list")
            await until(lambda: len(slack.acknowledged) == 3, "a command, a mention and its message", LATE)
            assert await messages(slack) == []
        found = await answered(slack, ML, 0, least=3)
        assert "cs.LG tide" in "".join(map(read, found))
    assert max(slack.acknowledged) < LATE / 2


async def test_a_form_is_acknowledged_while_slack_is_slow_to_say_who_somebody_is(slack, tmp_path, monkeypatch):
    monkeypatch.setattr(people, "_FRESH", 0.0)
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe")
        await until(lambda: slack.views, "a form")
        slack.faults.append(Fault("users.info", seconds=2 * LATE))
        await slack.submits(slack.views[-1], filled(slack.views[-1], categories=LG))  # fails when it is late
        await answered(slack, ML, 0, least=2)
        (query,) = await rows(app.store, schema.query)
        assert query.text == "cs.LG"


async def test_where_no_form_can_be_opened_any_more_the_command_is_explained(slack, tmp_path):
    async with running(slack, tmp_path):
        slack.faults.append(Fault("views.open", error="expired_trigger_id"))
        await slack.command("subscribe")
        (one,) = await answered(slack, ML, 0)
        assert is_private(one)
        assert "Type: subscribe QUERY" in read(one)


async def test_slack_is_answered_on_the_port_of_the_pages_if_it_has_signed(slack, tmp_path):
    listen = f"127.0.0.1:{free_port()}"
    url, now = f"http://{listen}", str(int(time.time()))
    body = f"payload=%7B%7D&more={'x' * 100_000}"
    sign = SignatureVerifier(SECRET).generate_signature(timestamp=now, body=body)
    signed = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": sign}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with (
        running(slack, tmp_path, listen=listen, bot_public_url=url),
        aiohttp.ClientSession() as session,
        session.get(url) as page,
        session.post(f"{url}/slack/events", data=body, headers=form | signed) as heard,
        session.post(f"{url}/slack/events", data=body, headers=form) as refused,
        session.post(f"{url}/slack/events", data=BytesIO(body.encode() * 20), headers=form | signed) as too_large,
    ):
        assert (page.status, refused.status, too_large.status) == (200, 401, 413)
        assert heard.status == 404, "it is from Slack, and nothing that we know"


async def test_a_request_that_never_ends_holds_up_no_stop(slack, tmp_path):
    listen = f"127.0.0.1:{free_port()}"
    async with running(slack, tmp_path, listen=listen):
        reader, writer = await asyncio.open_connection(*listen.split(":"))
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x.test\r\nContent-Length: 10\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.2)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 2 * LATE, "hosts kill after thirty seconds"
    assert await reader.read() == b"", "the connection is closed, without an answer"
    writer.close()


async def test_a_token_that_stands_in_the_environment_is_nothing_to_warn_of(slack, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    async with running(slack, tmp_path):
        pass
    assert [one for one in caplog.records if one.name.startswith("slack_bolt")] == []


async def test_two_processes_that_hear_the_same_answer_once(slack, tmp_path, postgres_url):
    """local-slack tells every socket everything, where Slack chooses one."""
    async with (
        postgres.database(postgres_url) as database,
        running(slack, tmp_path, database=database) as one,
        running(slack, tmp_path, sockets=2, database=database),
    ):
        await slack.command("subscribe cs.LG tide")
        await slack.says(f"<@{BOT}> list")
        found = await answered(slack, ML, 0, least=3)
        await until(lambda: [one["type"] for one in slack.envelopes].count("slash_commands") == 2, "both hear it")
        await asyncio.sleep(1)  # for a second answer, if there were one
        assert await messages(slack) == found
        assert len(found) == 3
        assert len(await rows(one.store, schema.subscription)) == 1


async def test_a_button_of_an_old_card_is_checked_for_whoever_presses_it(slack, tmp_path):
    slack.people[GUEST] = {"is_restricted": True}
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe cs.LG tide")
        await answered(slack, ML, 0, least=2)
        async with app.store.read() as tx:
            (one,) = await tx.subscribers.subscriptions_where(true())
        await matched(app.store, one, paper(1))
        await app.plan_all()
        await app.deliver()
        (_, cards) = slack.posted(ML)
        pause = {"type": "button", "action_id": "command:1", "value": f"pause {one.reference}"}  # of older cards
        old = [{"type": "actions", "elements": [pause]}]
        before = len(await messages(slack))
        await slack.presses(cards.channel, cards.ts, old, "command:1", user=GUEST)
        (refusal,) = await answered(slack, ML, before)
        assert is_private(refusal, GUEST)
        assert "Only people who manage" in read(refusal)
        await slack.command("unsubscribe 1")
        await answered(slack, ML, before + 1, least=2)
        await slack.presses(cards.channel, cards.ts, old, "command:1")
        (gone,) = await answered(slack, ML, before + 3)
        assert is_private(gone, ALICE)
        assert "No subscriptions" in read(gone)
        await slack.command("subscribe cs.LG tide")
        await answered(slack, ML, before + 4, least=2)
        await slack.presses(cards.channel, cards.ts, old, "command:1")
        (gone,) = await answered(slack, ML, before + 6)
        assert "This button's subscription is gone" in read(gone)
        (one,) = await rows(app.store, schema.subscription)
        assert (one.number, one.paused) == (2, False)


async def test_as_many_and_as_long_subscriptions_as_there_can_be_are_listed_and_shown_at_home(slack, tmp_path):
    queries = [f"cs.LG {', '.join(f'word{number:02}{n:02}' for n in range(48))}" for number in range(MOST)]
    assert max(map(len, queries)) > LENGTH_LIMIT - 20
    async with running(slack, tmp_path) as app:
        await subscribed(app.store, *map(str, map(parse, queries)), channel="slack", address=f"{TEAM}/{ALICE}")
        direct = await slack.direct(ALICE)
        await slack.command("list", channel=direct)
        await until(lambda: f"{MOST}. cs.LG" in answers(slack), "the last answer")
        said = answers(slack)
        assert all(query in said for query in queries)
        await slack.control("open-home", user=ALICE)
        await until(lambda: slack.views, "a home")
        assert "and 20 more" in "".join(block_kit.strings(slack.views[-1]["blocks"], "text"))


async def test_what_somebody_types_calls_nobody_and_is_no_markup_in_any_answer(slack, tmp_path):
    hostile = '"<!channel> <@U0BOB> *b* `c` &lt;!here&gt;\u202e"'
    async with running(slack, tmp_path):
        await slack.command(f"subscribe cs.LG {hostile}")
        await slack.says(f"<@{BOT}> preview {hostile}")
        await slack.command(f"mute {hostile}")
        await slack.command(f"subscribe (( {hostile}")
        found = await answered(slack, ML, 0, least=6)
    assert any("<!channel>" in read(one) for one in found), "it is shown as it was typed"
    for one in found:
        assert "<" not in one["text"]
        assert "\u202e" not in one["text"] + read(one)
        elements = [part for block in one["blocks"] for row in block["elements"] for part in row["elements"]]
        assert {part["type"] for part in elements} <= {"text", "user"}
        assert {part["user_id"] for part in elements if part["type"] == "user"} <= {ALICE}


def answers(slack: SlackEdge) -> str:
    """What was said through response URLs."""
    return "".join(block_kit.strings([one["blocks"] for one in slack.answers], "text"))
