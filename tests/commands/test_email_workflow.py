"""By mail nothing changes before a mailbox has proved itself; a mail is answered once; bounces stop a mailbox."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import true
from sqlalchemy.exc import OperationalError

from bot.channels import IncomingEmail, Invocation, Reply
from bot.commands import Commands
from bot.commands.email_workflow import EmailWorkflow
from bot.commands.mailboxes import Mailboxes, mailbox_of
from bot.errors import ChannelError
from bot.model import Language
from bot.store import Store, schema
from bot.store.outbox import Composed
from bot.text.normal import has_han
from bot.text.traditional import traditional
from bot.tokens import Links, Purpose, Tokens
from tests.commands.conftest import DEFAULTS
from tests.fakes import FakeChannel, HandClock, listing, planned, rows, subscribed
from tests.fakes import matched as let_match
from tests.fakes import paper as invented

ADA = "ada@reader.test"


@dataclass
class Asking(FakeChannel):
    """A channel of mails that writes down whom it asks."""

    asked_of: list[tuple[str, Reply]] = field(default_factory=list)
    fault: ChannelError | None = None

    async def correspond(self, _email_workflow: object) -> None:
        """Nobody writes."""

    async def ask(self, mailbox: str, reply: Reply) -> None:
        if self.fault:
            raise self.fault
        self.asked_of.append((mailbox, reply))


@dataclass
class Writing:
    """Somebody writes mails, and gets replies."""

    store: Store
    allow: tuple[str, ...] = ()
    public_url: str = "https://sudi.test"
    replies: list[Reply] = field(default_factory=list)
    faults: list[ChannelError] = field(default_factory=list)
    channel: Asking = field(default_factory=lambda: Asking("email"))
    _count: int = 0

    def __post_init__(self) -> None:
        self.clock = HandClock()
        self.tokens = Tokens(b"k" * 32)
        defaults = replace(DEFAULTS, mailboxes=Mailboxes(self.allow))
        commands = Commands(self.store, defaults, self.clock)
        links = Links(self.tokens, self.public_url)
        self.email_workflow = EmailWorkflow(commands, self.store, links, self.clock)

    async def send(self, reply: Reply) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.replies.append(reply)

    async def mail(
        self, *lines: str, sender: str = ADA, token: str = "", key: str = "", offset: timedelta | None = None
    ) -> bool:
        self._count += 1
        return await self.email_workflow.receive(
            IncomingEmail(key or f"key-{self._count}", sender, lines, token, offset), self.send
        )

    async def says(self, *lines: str, **how: Any) -> Reply:
        before = len(self.replies)
        assert await self.mail(*lines, **how)
        (reply,) = self.replies[before:]
        return reply

    async def confirmed(self, *lines: str) -> Reply:
        return await self.says("Re: please confirm", "yes", token=(await self.says(*lines)).token)

    async def queries(self) -> list[str]:
        async with self.store.read() as tx:
            return [one.query for one in await tx.subscribers.subscriptions_where(true())]


@pytest.fixture
def writing(store: Store) -> Writing:
    return Writing(store)


CHANGES = [
    ["subscribe cs.LG tide"],
    ["unsubscribe all"],
    ["cancel"],
    ["edit 1 cs.CL"],
    ["pause"],
    ["resume"],
    ["language zh"],
    ["time 08:00"],
    ["days weekly"],
    ["notices always"],
    ["mute survey"],
    ["unmute all"],
    ["subscribe cs.CL", "unsubscribe 1", "pause"],
]
TABLES = [schema.subscriber, schema.identity, schema.destination, schema.subscription, schema.mute, schema.slot]


@pytest.mark.parametrize("lines", CHANGES, ids=" | ".join)
async def test_no_change_takes_effect_before_it_is_confirmed(writing, lines):
    await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    before = [await rows(writing.store, table) for table in TABLES]
    reply = await writing.says(*lines)
    assert [await rows(writing.store, table) for table in TABLES] == before
    assert reply.token
    assert f"https://sudi.test/confirm/{reply.token}" in reply.text
    assert "Nothing has changed" in reply.text


async def test_a_stranger_leaves_nothing_behind_that_lasts(writing):
    await writing.says("subscribe cs.LG tide", "list", "help")
    assert [await rows(writing.store, table) for table in TABLES] == [[]] * len(TABLES)
    writing.clock.forward(days=3)
    await writing.says("help", sender="bob@reader.test")
    assert await rows(writing.store, schema.unconfirmed) == []
    assert len(await rows(writing.store, schema.incoming_email)) == 1


async def test_all_commands_of_a_mail_are_confirmed_by_one_answer(writing):
    reply = await writing.confirmed(
        "subscribe cs.LG tide", "subscribe hep-th", "language zh", "time 08:00 Asia/Shanghai"
    )
    assert await writing.queries() == ["cs.LG tide", "hep-th"]
    assert [part.splitlines()[0] for part in reply.text.split("\n\n")] == [
        "Subscribed (#1): cs.LG tide",
        "Subscribed (#2): hep-th",
        "Papers now come in: Chinese.",
        reply.text.split("\n\n")[3].splitlines()[0],
    ]
    (destination,) = await rows(writing.store, schema.destination)
    assert (destination.address, destination.language) == (ADA, "zh")


async def test_a_confirmation_works_once(writing):
    token = (await writing.says("subscribe cs.LG tide")).token
    assert await writing.email_workflow.asked(token) is not None
    first, second = await asyncio.gather(
        writing.email_workflow.confirm(token, "a"), writing.email_workflow.confirm(token, "b")
    )
    assert sorted(["Subscribed" in one.text for one in (first, second)]) == [False, True]
    assert await writing.email_workflow.asked(token) is None
    await writing.confirmed("unsubscribe all")
    assert "already used" in (await writing.says("Re:", "yes", token=token)).text
    assert await writing.queries() == []


async def test_an_old_forged_or_foreign_token_changes_nothing(writing):
    token = (await writing.says("subscribe cs.LG tide")).token
    now, other = writing.clock.now, Tokens(b"another" * 5)
    forged = [
        other.sign(Purpose.CONFIRM, 1, now),
        writing.tokens.sign(Purpose.BOUNCE, 1, now),
        writing.tokens.sign(Purpose.CONFIRM, 99, now),
        token[:-1] + ("a" if token[-1] != "a" else "b"),
    ]
    for one in forged:
        assert "already used" in (await writing.says("Re:", "yes", token=one)).text
    writing.clock.forward(hours=25)
    assert "already used" in (await writing.says("Re:", "yes", token=token)).text
    assert await writing.queries() == []


SUBJECT = "subscribe cs.LG tide · please confirm"


@pytest.mark.parametrize("said", ["I am on holiday until Monday.", "", "no"])
async def test_a_program_that_answers_a_question_confirms_nothing_and_asks_for_nothing(writing, said):
    token = (await writing.says("subscribe cs.LG tide")).token
    reply = await writing.says(SUBJECT, said, token=token)
    assert "the one word: yes" in reply.text
    assert not reply.token
    assert await writing.queries() == []
    assert len(await rows(writing.store, schema.unconfirmed)) == 1


async def test_a_command_in_the_answer_to_a_question_is_a_new_one(writing):
    token = (await writing.says("subscribe cs.LG tide")).token
    reply = await writing.says(SUBJECT, "subscribe cs.CL", token=token)
    assert reply.token != token
    assert "• subscribe cs.CL" in reply.text
    assert "tide" not in reply.text


async def test_a_query_that_cannot_be_read_is_told_before_anybody_confirms_it(writing):
    reply = await writing.says("subscribe cs.XX tide")
    assert "cs.XX" in reply.text
    assert not reply.token


async def test_read_only_commands_are_answered_and_only_about_the_mailbox_itself(writing):
    await subscribed(writing.store, "hep-th axion*", channel="email", address="bob@reader.test")
    for command in ("list", "status", "today", "today 2026-06-10 1", "why 2606.90001", "help", "preview cs.LG"):
        reply = await writing.says(command)
        assert "axion" not in reply.text
        assert "bob" not in reply.text
        writing.clock.forward(minutes=20)
    assert "axion" in (await writing.says("list", sender="bob@reader.test")).text


async def test_a_mistake_below_an_answer_with_papers_is_told_too(writing):
    destination, _ = await subscribed(writing.store, channel="email", address=ADA)
    one = listing("cs.LG", invented(1))
    async with writing.store.write() as tx:
        await tx.subscribers.set_language(destination.id, Language.BOTH)
        await tx.papers.add([one], one.announcements, writing.clock())
    reply = await writing.says("preview cs.LG", "subscribee cs.CL")
    assert len(reply.cards) == 1
    assert "subscribee" in reply.text


async def test_a_mailbox_of_traditional_characters_is_written_to_in_them(writing):
    destination, _ = await subscribed(writing.store, channel="email", address=ADA)
    async with writing.store.write() as tx:
        await tx.subscribers.set_language(destination.id, Language.ZH_HANT)
    for lines in (["Good morning!", "we met in Paris"], ["subscribe cs.CL"], ["subscribe cs.XX"], ["list"]):
        reply = await writing.says(*lines)
        assert reply.language is Language.ZH_HANT
        assert has_han(reply.text)
        assert traditional(reply.text) == reply.text
        writing.clock.forward(minutes=20)


async def test_without_a_site_a_confirmation_is_an_answer(store):
    writing = Writing(store, public_url="")
    reply = await writing.says("subscribe cs.LG tide")
    assert "http" not in reply.text
    assert "reply to this mail with the one word: yes" in reply.text


async def test_a_mail_without_commands_says_how_to_write_them(writing):
    assert "no command in your mail" in (await writing.says("Good morning!", "we met in Paris")).text
    assert "Did you mean subscribe?" in (await writing.says("subscirbe cs.LG")).text


async def test_a_flood_is_not_answered_and_confirmations_are_rarer(writing):
    replies = 0
    for n in range(40):
        assert await writing.mail(f"subscribe word{n}")
        replies = len(writing.replies)
    assert replies == 5
    assert sum(bool(one.token) for one in writing.replies) == 5
    await subscribed(writing.store, "hep-th", channel="email", address="bob@reader.test")
    for n in range(40):
        assert await writing.mail(f"subscribe word{n}", sender="bob@reader.test")
    assert len(writing.replies) - replies == 30
    assert sum(bool(one.token) for one in writing.replies) == 10
    writing.clock.forward(minutes=61)
    assert (await writing.says("subscribe tide")).token


@pytest.mark.parametrize(
    ("allow", "sender", "may"),
    [
        ((), "ada@reader.test", True),
        (("reader.test",), "ada@reader.test", True),
        (("@reader.test",), "ada@reader.test", True),
        (("reader.test",), "ada@evil-reader.test", False),
        (("reader.test",), "ada@reader.test.evil.test", False),
        (("ada@reader.test",), "ada@reader.test", True),
        (("ada@reader.test",), "bob@reader.test", False),
    ],
)
async def test_who_may_write(store, allow, sender, may):
    writing = Writing(store, allow)
    assert await writing.mail("help", sender=sender)
    assert bool(writing.replies) == may
    assert bool(await rows(store, schema.incoming_email)) == may


async def test_a_crash_before_the_answer_has_gone_repeats_it_and_one_after_it_does_not(writing):
    writing.faults.append(ChannelError("busy", retry_after=timedelta(minutes=5)))
    assert not await writing.mail("subscribe cs.LG tide", key="m1")
    assert not await writing.mail("subscribe cs.LG tide", key="m1")  # not before its lease is over
    assert writing.replies == []
    writing.clock.forward(minutes=6)
    assert await writing.mail("subscribe cs.LG tide", key="m1")
    assert await writing.mail("subscribe cs.LG tide", key="m1")
    (reply,) = writing.replies
    assert len(await rows(writing.store, schema.unconfirmed)) == 1
    assert await writing.email_workflow.asked(reply.token) is not None


async def test_an_answer_that_was_lost_after_the_confirmation_is_given_again(writing):
    token = (await writing.says("subscribe cs.LG tide")).token
    writing.faults.append(ChannelError("busy"))
    assert not await writing.mail("Re:", "yes", token=token, key="m2")
    writing.clock.forward(minutes=6)
    assert "(#1): cs.LG tide" in (await writing.says("Re:", "yes", token=token, key="m2")).text
    assert await writing.queries() == ["cs.LG tide"]


async def test_a_sender_who_takes_no_mail_is_left_alone(writing):
    writing.faults.append(ChannelError("no such mailbox", permanent=True))
    assert await writing.mail("help")
    writing.clock.forward(hours=1)
    assert await writing.mail("help", key="key-1")
    assert writing.replies == []


async def test_the_token_of_a_digest_unsubscribes_by_mail_whoever_sends_it(writing):
    destination, _ = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    token = writing.tokens.sign(Purpose.MANAGE, destination.id, writing.clock.now)
    reply = await writing.says("unsubscribe", token=token, sender="ada@elsewhere.test")
    assert await writing.queries() == []
    assert not reply.token
    assert "#1: hep-th" in reply.text


async def test_who_only_has_a_digest_is_told_nothing_of_its_mailbox(writing):
    destination, _ = await subscribed(writing.store, "hep-th axion*", channel="email", address=ADA)
    token = writing.tokens.sign(Purpose.MANAGE, destination.id, writing.clock.now)
    for command in ("list", "status"):
        assert "axion" not in (await writing.says(command, token=token, sender="eve@elsewhere.test")).text


async def test_such_a_token_is_worth_nothing_for_places_that_are_no_mailboxes(writing):
    destination, _ = await subscribed(writing.store, "hep-th", channel="slack", address="T1/C1")
    token = writing.tokens.sign(Purpose.MANAGE, destination.id, writing.clock.now)
    await writing.says("unsubscribe", token=token)
    assert await writing.queries() == ["hep-th"]


async def linking(writing: Writing, text: str, *, sender: str = "T1/U1", allow: tuple[str, ...] = ()) -> Reply:
    """Somebody types a command in Slack."""
    mailboxes = Mailboxes(allow)
    commands = Commands(writing.store, replace(DEFAULTS, mailboxes=mailboxes), writing.clock)
    links = Links(writing.tokens, writing.public_url)
    email_workflow = EmailWorkflow(commands, writing.store, links, writing.clock, channel=writing.channel)
    invocation = Invocation("slack", sender, "T1/C1", text, Language.EN)
    reply = await commands(invocation)
    return await email_workflow.invite(reply, invocation) if reply.mailbox else reply


async def linked(writing: Writing) -> list[tuple[str, str]]:
    async with writing.store.read() as tx:
        return await tx.subscribers.linked("email", ADA)


async def test_a_mailbox_is_linked_to_a_person_in_slack_after_it_has_confirmed(writing):
    assert "I've sent a mail to ada@reader.test" in (await linking(writing, f"email {ADA}")).text
    ((mailbox, question),) = writing.channel.asked_of
    assert mailbox == ADA
    assert "Slack" in question.text
    assert "T1/U1" not in question.text
    assert await linked(writing) == []
    assert await rows(writing.store, schema.identity) == []
    await writing.says("Re: please confirm", "yes", token=question.token)
    assert await linked(writing) == [("slack", "T1/U1")]
    await writing.says("Re: please confirm", "yes", token=question.token)
    assert len(await rows(writing.store, schema.subscriber)) == 1


async def test_a_mailbox_that_was_known_keeps_what_it_has_and_moves_to_the_person(writing):
    await subscribed(writing.store, "hep-th", channel="email", address=ADA, owner=ADA)
    await linking(writing, f"邮箱 {ADA}", sender="T1/U2")
    await writing.says("Re:", "确认", token=writing.channel.asked_of[0][1].token)
    assert await linked(writing) == [("slack", "T1/U2")]
    assert await writing.queries() == ["hep-th"]
    assert len(await rows(writing.store, schema.subscriber)) == 1


@pytest.mark.parametrize(
    ("text", "allow", "said"),
    [
        ("email", (), "Type a mail address"),
        ("email ada", (), "Type a mail address"),
        ("email ada@reader.test, bob@reader.test", (), "Type a mail address"),
        ("email ada@reader.test\r\nBcc: eve@reader.test", (), "Type a mail address"),
        (f"email {ADA}", ("sudi.test",), "may not write to ada@reader.test"),
    ],
)
async def test_what_is_no_mailbox_of_ours_is_not_asked(writing, text, allow, said):
    assert said in (await linking(writing, text, allow=allow)).text
    assert writing.channel.asked_of == []


async def test_nobody_can_have_a_mailbox_asked_all_the_time(writing):
    said = [(await linking(writing, f"email {ADA}", sender=f"T1/U{n}")).text for n in range(8)]
    assert len(writing.channel.asked_of) == 5
    assert "to confirm already" in said[-1]


async def test_a_mail_server_that_is_away_is_said(writing):
    writing.channel.fault = ChannelError("away")
    assert "couldn't send mail" in (await linking(writing, f"email {ADA}")).text


async def bounce(writing: Writing, number: int, destination: int, *, permanent: bool = False) -> None:
    await writing.email_workflow.bounced(f"bounce-{number}", destination, "4.2.2 full", permanent=permanent)


async def sent(writing: Writing, destination, subscription, number: int) -> None:
    """Let one more digest go out."""
    await let_match(writing.store, subscription, invented(number), now=writing.clock.now)
    await planned(writing.store, writing.clock.now)
    async with writing.store.write() as tx:
        lease = timedelta(minutes=1)
        for claim in await tx.outbox.claim("email", owner="me", now=writing.clock.now, lease=lease, most=10):
            await tx.outbox.compose([Composed(claim, [])])
            await tx.outbox.finish([claim], writing.clock.now)


async def test_a_mailbox_that_is_gone_is_paused_at_once_and_somebody_has_to_be_told(writing):
    destination, _ = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    await bounce(writing, 1, destination.id, permanent=True)
    async with writing.store.read() as tx:
        (stopped,) = await tx.subscribers.untold()
    assert (stopped.id, stopped.paused) == (destination.id, "4.2.2 full")


async def test_five_digests_in_a_row_that_bounced_pause_a_mailbox(writing):
    destination, (subscription,) = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    for number in range(1, 6):
        await sent(writing, destination, subscription, number)
        writing.clock.forward(hours=1)
        for twice in (1, 2):  # both mails of one digest
            async with writing.store.read() as tx:
                assert (await tx.subscribers.find_destination(destination.id)).paused == ""
            await bounce(writing, number * 10 + twice, destination.id)
            writing.clock.forward(minutes=1)
            if number == 5:
                break
        writing.clock.forward(hours=22)
    async with writing.store.read() as tx:
        assert (await tx.subscribers.find_destination(destination.id)).paused == "4.2.2 full"


async def test_digests_that_arrive_in_between_begin_the_row_anew(writing):
    destination, (subscription,) = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    for number in range(1, 10):
        for each in range(3):
            await sent(writing, destination, subscription, number * 10 + each)
            writing.clock.forward(hours=1)
        await bounce(writing, number, destination.id)
        writing.clock.forward(hours=20)
    (row,) = await rows(writing.store, schema.destination)
    assert (row.paused, row.bounces) == ("", 1)


async def test_a_bounce_that_is_read_twice_counts_once(writing):
    destination, _ = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    await asyncio.gather(*(bounce(writing, 1, destination.id) for _ in range(3)))
    await bounce(writing, 1, 99)
    (row,) = await rows(writing.store, schema.destination)
    assert row.bounces == 1


async def test_while_the_database_is_away_a_mail_waits(writing, monkeypatch, caplog):
    def away():
        raise OperationalError("SELECT 1", {}, OSError("the server closed the connection"))

    with monkeypatch.context() as patched:
        patched.setattr(writing.store, "write", away)
        assert not await writing.mail("help", key="waits")
        assert not await writing.email_workflow.bounced("key", 1, "5.1.1", permanent=True)
    assert "mail_waits" in caplog.text
    assert await writing.mail("help", key="waits")
    assert len(writing.replies) == 1


@pytest.mark.parametrize(
    "address",
    [
        "ada+{}@reader.test",
        "Ada+{}@Poller.test",
        "ada+x+{}@reader.test",
        "a.d.a+{}@gmail.com",
        "ada+{}@googlemail.com",
    ],
)
async def test_a_mailbox_gets_five_confirmations_an_hour_whatever_is_added_to_its_address(writing, address):
    for number in range(60):
        await writing.mail("subscribe cs.LG", sender=address.format(number))
    assert sum(bool(one.token) for one in writing.replies) == 5
    assert len(writing.replies) == 5


async def test_dots_are_another_mailbox_but_at_gmail():
    assert mailbox_of("a.da@reader.test") != mailbox_of("ada@reader.test")
    assert mailbox_of("A.da+x@googlemail.com") == mailbox_of("ada@gmail.com")
    assert mailbox_of("+x@reader.test") == "+x@reader.test"


async def test_forged_senders_get_no_more_than_a_hundred_answers_an_hour_and_readers_get_theirs(writing):
    await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    for number in range(150):
        await writing.mail("help", sender=f"nobody{number}@victim.test")
    assert len(writing.replies) == 100
    await writing.says("list")


async def test_a_mailbox_that_bounced_is_tried_once_more_after_a_week(writing):
    destination, _ = await subscribed(writing.store, "hep-th", channel="email", address=ADA)
    await writing.email_workflow.bounced("first", destination.id, "5.1.1 unknown", permanent=True)
    (row,) = await rows(writing.store, schema.destination)
    assert row.paused == "5.1.1 unknown"
    assert row.retry_at == writing.clock() + timedelta(days=7)


async def test_the_clock_of_a_first_mail_is_offered_as_cities_and_never_taken(writing):
    reply = await writing.says("subscribe cs.LG", offset=timedelta(hours=-7))
    assert "Digests come by the clock of Asia/Shanghai." in reply.text
    assert "time 09:00 America/Los_Angeles, time 09:00 America/Vancouver" in reply.text
    await writing.says("Re: please confirm", "yes", token=reply.token, offset=timedelta(hours=-7))
    assert [one.zone for one in await rows(writing.store, schema.slot)] == ["Asia/Shanghai"]
    again = await writing.says("subscribe cs.CL", offset=timedelta(hours=-7))
    assert "by the clock of" not in again.text, "asked once"


@pytest.mark.parametrize("offset", [None, timedelta(hours=8)])
async def test_a_mail_whose_clock_is_not_known_or_is_ours_is_offered_nothing(writing, offset):
    assert "by the clock of" not in (await writing.says("subscribe cs.LG", offset=offset)).text


async def test_who_writes_a_time_is_not_asked_for_one(writing):
    reply = await writing.says("subscribe cs.LG", "time 08:00 Europe/Berlin", offset=timedelta(hours=-7))
    assert "by the clock of" not in reply.text
