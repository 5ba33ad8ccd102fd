"""People talk to the bot in Slack, through real sockets and through signed HTTP."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import true

from bot.channels import Invocation, Reply
from bot.channels.slack import channel, connection
from bot.commands import SPECS, understood
from bot.store import schema
from bot.text.harmless import harmless
from bot.verbs import Verb
from tests import PATIENCE
from tests.channels.slack.conftest import settings
from tests.channels.slack.talk import NOON, answered, is_private, messages, read, running, until
from tests.counterparts import block_kit, local_slack
from tests.counterparts.needed import need
from tests.counterparts.processes import free_port
from tests.counterparts.slack_edge import ALICE, BOB, BOT, GUEST, ML, PRIVATE, TEAM, Fault, SlackEdge, edge
from tests.fakes import listing, matched, paper, rows

SCRIPT = """
help
help subscribe
subscribe cs.LG "sparse attention"
subscribe cs.LG "sparse attention"
list
订阅 cs.CL 注意力
列表
edit 2 cs.CL attention
edit 9 cs.CL
pause 1
resume 1
pause
resume
language zh
语言 both
language klingon
time 08:30 Asia/Shanghai
time 99:99
days weekly
days sometimes
limit 5
上限 99
notices always
notices sometimes
preview cs.LG tide
试试 cs.LG tide
today
show 2606.90001
why 2606.90001
why
show 1
save 2606.90001
收藏 2606.90002
save 2606.90001
saved
saved tide
cite 2606.90001
cite saved
unsave 2606.90002
unsave 2606.90002
已收藏
follow 2606.90001
follow 2606.90001 greaves
follow 2606.90001 9
sample
now
mute au:Greaves
屏蔽 survey
mute
unmute au:greaves
unmute cs.LG ((
email ada@reader.test
status
状态
subscribe ((
subscirbe cs.LG
cs.LG tide
unsubscribe 2
退订 1
list
""".strip().splitlines()


ZONE = "America/Los_Angeles"
"""Where local-slack takes everybody to be."""


@pytest.fixture(params=["socket", "http"])
async def workplace(request, tmp_path) -> AsyncIterator[tuple[SlackEdge, str]]:
    """A workspace that speaks to us by a socket, or by HTTP."""
    need("local-slack", local_slack.missing())
    if request.param == "socket":
        async with edge() as opened:
            yield opened, ""
        return
    listen = f"127.0.0.1:{free_port()}"
    async with edge(mode="events", requestUrl=f"http://{listen}/slack/events") as opened:
        yield opened, listen


async def announced(app) -> None:
    papers = [paper(n) for n in range(1, 9)]
    one = listing("cs.LG", *papers)
    async with app.store.write() as tx:
        await tx.papers.add([one], one.announcements, NOON)


def lines(text: str) -> str:
    return "\n".join(row for row in harmless(text).splitlines() if row.strip())


async def destinations(app) -> list[tuple[object, ...]]:
    """What is stored of each destination, without its name and channel."""
    found = []
    for one in await rows(app.store, schema.destination):
        async with app.store.read() as tx:
            asked = [(sub.number, sub.query, sub.paused) for sub in await tx.subscribers.subscriptions(one.id)]
            destination = await tx.subscribers.find_destination(one.id)
        found.append((destination.language, destination.slot, destination.paused, asked))
    return found


async def test_the_same_conversation_has_the_same_replies_and_rows_as_on_the_console(workplace, tmp_path):
    slack, listen = workplace
    async with running(slack, tmp_path, listen=listen) as app:
        await announced(app)
        expected: list[Reply] = [
            await app.answer(Invocation("console", "me", "me", text, zone=ZONE)) for text in SCRIPT
        ]
        wanted = (await destinations(app))[0]
        for text, reply in zip(SCRIPT, expected, strict=True):
            before = len(await messages(slack))
            first, _, rest = reply.text.partition("\n")
            await slack.command(text)
            found = await answered(slack, ML, before, least=2 if reply.is_public and rest else 1)
            private = [one for one in found if is_private(one)]
            assert "".join(map(read, private)).startswith(lines(rest if reply.is_public else reply.text)), text
            assert not reply.is_public or sum(lines(first.rstrip(".。")) in read(one) for one in found) == 1, (
                f"{text}: once"
            )
            assert len(found) - len(private) == reply.is_public, text
            for one in found:
                assert block_kit.faults(one) == []
        assert (await destinations(app))[1] == wanted
    assert all(seconds < 3 for seconds in slack.acknowledged), "Slack waits no longer"
    assert bool(slack.acknowledged) != bool(listen)


async def test_in_a_direct_message_the_same_conversation_is_answered_in_place(workplace, tmp_path):
    slack, listen = workplace
    async with running(slack, tmp_path, listen=listen) as app:
        await announced(app)
        expected = [await app.answer(Invocation("console", "me", "me", text, zone=ZONE)) for text in SCRIPT]
        wanted = (await destinations(app))[0]
        direct = await slack.direct(ALICE)
        for text, reply in zip(SCRIPT, expected, strict=True):
            before = len(await messages(slack, direct))
            await slack.says(text, channel=direct)
            found = await answered(slack, direct, before)
            assert "".join(map(read, found)).startswith(lines(reply.text)), text
            assert not any(map(is_private, found)), text
        assert (await destinations(app))[1] == wanted


def test_the_conversation_has_every_verb():
    verbs = {understood(text)[0].name for text in SCRIPT if text not in ("subscirbe cs.LG", "cs.LG tide")}
    assert verbs | {Verb.FORGET} == {one.name for one in SPECS}, "what it says names who asks"


async def test_a_direct_message_is_answered_in_place_and_is_about_that_person_alone(workplace, tmp_path):
    slack, listen = workplace
    async with running(slack, tmp_path, listen=listen) as app:
        for user, query in ((ALICE, "cs.LG tide"), (BOB, "hep-th axion*")):
            opened = await slack.direct(user)
            before = len(await messages(slack, opened))
            await slack.says(f"subscribe {query}", channel=opened, user=user)
            (one,) = await answered(slack, opened, before)
            assert one.get("subtype") != "ephemeral"
            assert query in read(one)
        async with app.store.read() as tx:
            for user, query in ((ALICE, "cs.LG tide"), (BOB, "hep-th axion*")):
                destination = await tx.subscribers.destination("slack", f"{TEAM}/{user}")
                assert [sub.query for sub in await tx.subscribers.subscriptions(destination.id)] == [query]
        # Bob types in a conversation of Alice's (Slack would not let him): it is still about Bob
        opened = await slack.direct(ALICE)
        before = len(await messages(slack, opened))
        await slack.command("list", channel=opened, user=BOB)
        (one,) = await answered(slack, opened, before)
        assert is_private(one, BOB)
        assert "axion" in read(one)
        assert "tide" not in read(one)


async def test_a_mention_is_answered_like_a_command(workplace, tmp_path):
    slack, listen = workplace
    async with running(slack, tmp_path, listen=listen):
        await slack.says(f"<@{BOT}> subscribe cs.LG &lt;x&gt; <https://a.test|a.test>")
        found = await answered(slack, ML, 0, least=2)
        assert "cs.LG <x> https://a.test" in read(found[0])
        before = len(await messages(slack))
        await slack.says(f"<@{BOT}> help")
        (one,) = await answered(slack, ML, before)
        assert is_private(one)
        assert "/papers" in read(one)


async def test_the_buttons_of_a_digest_save_follow_and_list(workplace, tmp_path):
    slack, listen = workplace
    async with running(slack, tmp_path, listen=listen) as app:
        await slack.command("subscribe cs.LG tide")
        await answered(slack, ML, 0, least=2)
        await announced_and_matched(app)
        await app.plan_all()
        await app.deliver()
        (root, cards) = slack.posted(ML)
        for message, action, said in (
            (cards, "command:save", "Saved 2606.90001"),
            (cards, "command:follow", "Which author of 2606.90001?"),
            (root, "command:list", "1 subscription here"),
        ):
            before = len(await messages(slack))
            await slack.clicks(message, action)
            found = await answered(slack, ML, before)
            assert said in "".join(map(read, found))


async def test_the_buttons_of_a_card_survive_a_restart(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe cs.LG tide")
        await answered(slack, ML, 0, least=2)
        await announced_and_matched(app)
        await app.plan_all()
        await app.deliver()
    (_, cards) = slack.posted(ML)
    async with running(slack, tmp_path) as app:
        for action, said in (("command:save", "Saved 2606.90001"), ("command:follow", "Which author")):
            before = len(await messages(slack))
            await slack.clicks(cards, action, user=BOB)
            (found,) = await answered(slack, ML, before)
            assert is_private(found, BOB)
            assert said in read(found)
        async with app.store.read() as tx:
            bob, alice = [await tx.subscribers.known_person("slack", f"{TEAM}/{user}") for user in (BOB, ALICE)]
            assert list(await tx.saved.of(bob)) == ["2606.90001"]
            assert await tx.saved.count([alice]) == 0


async def announced_and_matched(app) -> None:
    async with app.store.read() as tx:
        (one,) = await tx.subscribers.subscriptions_where(true())
    await matched(app.store, one, paper(1), now=NOON)


async def test_an_envelope_that_comes_twice_is_answered_once(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        slack.is_doubling = True
        await slack.command("subscribe cs.LG tide")
        await slack.says(f"<@{BOT}> list")
        await answered(slack, ML, 0, least=3)
        slack.is_doubling = False
        before = len(await messages(slack))
        await slack.command("help")
        found = await answered(slack, ML, before)
        assert len(found) == 1
        assert before == 3
        assert len(await rows(app.store, schema.seen)) == 3


@pytest.mark.parametrize(
    ("user", "facts", "admins_only", "may"),
    [
        (ALICE, {}, False, True),
        (GUEST, {"is_restricted": True}, False, False),
        (GUEST, {"is_ultra_restricted": True}, False, False),
        (GUEST, {"team_id": "T99OTHER"}, False, False),
        (ALICE, {}, True, False),
        (ALICE, {"is_admin": True}, True, True),
        (ALICE, {"is_owner": True}, True, True),
        (GUEST, {"is_stranger": True, "team_id": "T99OTHER", "is_admin": True}, False, False),
        (GUEST, {"team_id": "T99OTHER", "is_owner": True}, True, False),
        (ALICE, {"deleted": True, "is_admin": True}, False, False),
        (ALICE, {"team_id": "E0ORG", "enterprise_user": {"id": "W1", "teams": [TEAM, "T2SISTER"]}}, False, True),
        (
            ALICE,
            {"team_id": "T2SISTER", "enterprise_user": {"id": "W1", "teams": [TEAM, "T2SISTER"]}},
            False,
            True,
        ),
        (ALICE, {"team_id": None, "enterprise_user": {"id": "W1", "teams": [TEAM]}}, False, True),
        (GUEST, {"team_id": "T2SISTER", "enterprise_user": {"id": "W1", "teams": ["T2SISTER"]}}, False, False),
        (GUEST, {"team_id": TEAM, "enterprise_user": {"id": "W1", "teams": ["T2SISTER"]}}, False, False),
    ],
)
async def test_who_may_change_what_a_channel_gets(slack, tmp_path, user, facts, admins_only, may):
    slack.people[user] = facts
    async with running(slack, tmp_path, slack_admins_only=admins_only) as app:
        await slack.command("subscribe cs.LG tide", user=user)
        found = await answered(slack, ML, 0, least=2 if may else 1)
        assert ("Only people who manage" in read(found[-1])) != may
        assert bool(await rows(app.store, schema.subscription)) == may
        await slack.command("list", user=user)
        await answered(slack, ML, len(found))


async def test_one_of_whom_slack_says_nothing_may_change_nothing(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        slack.faults.append(Fault("users.info", error="internal_error"))
        await slack.command("subscribe cs.LG tide")
        (one,) = await answered(slack, ML, 0)
        assert "Only people who manage" in read(one)
        assert await rows(app.store, schema.subscription) == []


async def test_where_the_bot_is_not_it_says_how_to_invite_it(slack, tmp_path):
    async with running(slack, tmp_path):
        await slack.command("subscribe cs.LG tide", channel=PRIVATE)
        found = await answered(slack, PRIVATE, 0, least=2)
        assert "/invite @sudi" in read(found[-1])


async def test_a_person_is_answered_in_the_language_of_their_slack(slack, tmp_path):
    slack.people[ALICE] = {"locale": "zh-CN"}
    async with running(slack, tmp_path):
        await slack.command("list")
        (one,) = await answered(slack, ML, 0)
        assert "这里还没有订阅" in read(one)


async def test_after_a_socket_that_breaks_and_two_refusals_commands_work_again(slack, tmp_path):
    async with running(slack, tmp_path):
        slack.faults.extend([Fault("apps.connections.open", 500), Fault("apps.connections.open", 500)])
        await slack.drop_sockets()
        await until(lambda: not slack.faults, "two refusals", 60)
        await until(lambda: slack.sockets, "a new socket", 60)
        await slack.command("help")
        await answered(slack, ML, 0)


async def test_a_socket_that_is_refreshed_is_replaced(slack, tmp_path):
    async with running(slack, tmp_path):
        first = slack.sockets[0]
        await first.send_str('{"type":"disconnect","reason":"refresh_requested"}')
        await until(lambda: slack.sockets and first not in slack.sockets, "another socket")
        await slack.command("help")
        await answered(slack, ML, 0)


async def test_a_socket_that_is_open_but_silent_is_given_up_for_another(slack, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(connection, "PING_SECONDS", 0.3)
    async with running(slack, tmp_path):
        (first,) = slack.sockets
        await slack.command("help")
        await answered(slack, ML, 0)
        slack.fall_silent()
        await until(lambda: set(slack.sockets) - {first}, "another socket")
        assert "slack_socket_lost" in caplog.text
        assert not first.closed, "nobody has closed it: only its no_papers tells"
        await slack.command("list")
        await answered(slack, ML, 1)


async def test_a_socket_that_never_closes_holds_up_no_stop_and_leaves_nothing_behind(slack, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "_TEARDOWN", 0.5)
    before = len(asyncio.all_tasks())
    async with running(slack, tmp_path):
        slack.fall_silent()
        stopped = time.monotonic()
    assert time.monotonic() - stopped < 3, "the library alone waits for ten seconds"
    slack.hear_again()
    await until(lambda: not slack.sockets, "the end of the socket")
    await until(lambda: len(asyncio.all_tasks()) <= before, "the end of all tasks")


async def test_a_socket_that_opens_and_never_says_hello_is_given_up_too(slack, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    slack.is_speechless = True
    async with running(slack, tmp_path):
        (first,) = slack.sockets
        slack.is_speechless = False
        await until(lambda: slack.sockets and first not in slack.sockets, "another socket")
        await slack.command("help")
        await answered(slack, ML, 0)


@pytest.mark.parametrize(
    ("which", "token"), [("slack_bot_token", "xoxb-wrong"), ("slack_app_token", "xapp-wrong")]
)
async def test_a_wrong_token_stops_this_channel_with_a_clear_line(slack, tmp_path, caplog, which, token):
    ours = channel(settings(slack, **{which: token}))
    async with asyncio.timeout(PATIENCE):
        await ours.listen(nobody)
    (line,) = [
        one.getMessage() for one in caplog.records if one.levelno == logging.ERROR and one.name.startswith("bot")
    ]
    assert "slack_stopped reason=Slack says invalid_auth" in line
    assert token not in caplog.text
    await ours.close()


async def nobody(_invocation: Invocation) -> Reply:
    raise AssertionError("nobody asks")


async def test_a_bug_is_logged_and_the_person_is_told_in_both_languages(slack, caplog):
    ours = channel(settings(slack))
    listening = asyncio.create_task(ours.listen(nobody))
    await until(lambda: slack.sockets, "a socket")
    await slack.command("help")
    (one,) = await answered(slack, ML, 0)
    assert is_private(one)
    assert "Something went wrong" in one["text"]
    assert "出错了" in one["text"]
    assert "nobody asks" in caplog.text
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await ours.close()
