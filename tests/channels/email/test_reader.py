"""One mail costs itself at the most: whatever is wrong with it, it is marked as read, and the next are read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from bot.channels import IncomingEmail, Reply
from bot.channels.email import incoming
from bot.channels.email import receiver as reading
from bot.channels.email.inbox import Inbox, from_url
from bot.channels.email.outgoing import OutgoingEmail
from bot.channels.email.receiver import Receiver
from bot.errors import ChannelError
from tests import PATIENCE
from tests.counterparts.odd_imap import OddImap, running, simple

POISON = {
    "nested brackets": b"From: " + b"[" * 500 + b"ada@reader.test" + b"]" * 500,
    "brackets": b"From: " + b"<" * 5_000 + b"ada@reader.test",
    "comments": b"From: " + b"(" * 5_000 + b"ada@reader.test",
    "groups": b"From: " + b"a:" * 5_000 + b"ada@reader.test",
    "quotes": b'From: "' + b'\\"' * 5_000 + b"ada@reader.test",
    "a broken type": b"From: ada@reader.test\r\nContent-Type: multipart/mixed; boundary*0*=utf-8''%; boundary*1=",
    "a broken word": b"From: ada@reader.test\r\nSubject: =?utf-16?B?////?= =?hz?Q?~?=",
    "nested parts": b"From: ada@reader.test\r\n"
    + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 300,
    "messages in messages": b"From: ada@reader.test\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 400,
    "nothing": b"",
}


@dataclass
class Office:
    """Answers every mail, but for one on which it breaks, and one for which it has no time yet."""

    heard: list[IncomingEmail] = field(default_factory=list)
    breaks_on: str = "bug"
    waits_for: str = "nothing"

    async def receive(self, mail: IncomingEmail, send: Callable[[Reply], Awaitable[None]]) -> bool:
        if mail.lines[0] == self.breaks_on:
            raise ZeroDivisionError("a bug")
        self.heard.append(mail)
        return mail.lines[0] != self.waits_for

    async def bounced(self, key: str, destination_id: int, reason: str, *, permanent: bool) -> bool:
        raise AssertionError

    async def announced(self, text: str) -> bool:
        raise AssertionError


async def read_all(odd: OddImap, email_workflow: Office, until: Callable[[], bool]) -> None:
    async def send(address: str, outgoing: OutgoingEmail) -> None:
        raise ChannelError("nobody is answered here")

    reader = Receiver("papers@sudi.test", None, email_workflow, send)
    task = asyncio.create_task(reader.read_for_ever(from_url(odd.url())))
    try:
        async with asyncio.timeout(PATIENCE):
            while not until():
                assert not task.done()
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON)
async def test_a_poisoned_mail_costs_itself(poison):
    mails = {1: (poison + b"\r\n\r\nhelp\r\n", False), 2: (simple("list"), False)}
    email_workflow = Office()
    async with running(OddImap(mails=mails)) as odd:
        await read_all(odd, email_workflow, lambda: all(seen for _, seen in odd.mails.values()))
    assert email_workflow.heard[-1].lines == ("list",)


@pytest.mark.parametrize("stage", ["understood", "reason_not_to_answer"])
async def test_a_bug_of_ours_costs_one_mail_and_is_logged(stage, monkeypatch, caplog):
    right = getattr(incoming, stage)

    def broken(mail, *more):
        if "poison" in mail["Subject"]:
            raise RecursionError("too deep")
        return right(mail, *more)

    monkeypatch.setattr(incoming, stage, broken)
    email_workflow = Office()
    async with running(OddImap(mails={1: (simple("poison"), False), 2: (simple("list"), False)})) as odd:
        await read_all(odd, email_workflow, lambda: all(seen for _, seen in odd.mails.values()))
    assert [one.lines for one in email_workflow.heard] == [("list",)]
    assert "work_failed name=mail" in caplog.text


async def test_a_mail_that_takes_long_to_read_holds_up_nothing_else(monkeypatch):
    right, seen = incoming.understood, list[threading.Thread]()

    def watched(mail):
        seen.append(threading.current_thread())
        return right(mail)

    monkeypatch.setattr(incoming, "understood", watched)
    async with running(OddImap(mails={1: (simple("list"), False)})) as odd:
        await read_all(odd, Office(), lambda: odd.mails[1][1])
    assert threading.main_thread() not in seen


async def test_a_bug_in_the_answer_costs_one_mail():
    email_workflow = Office()
    async with running(OddImap(mails={1: (simple("bug"), False), 2: (simple("list"), False)})) as odd:
        await read_all(odd, email_workflow, lambda: all(seen for _, seen in odd.mails.values()))
    assert [one.lines for one in email_workflow.heard] == [("list",)]


async def test_a_mail_that_has_to_wait_stays_unread_and_holds_up_no_other(monkeypatch):
    monkeypatch.setattr(reading, "_FIRST_WAIT", 0.05)
    email_workflow = Office(waits_for="later")
    async with running(OddImap(mails={1: (simple("later"), False), 2: (simple("list"), False)})) as odd:
        await read_all(odd, email_workflow, lambda: odd.mails[2][1] and len(email_workflow.heard) >= 3)
        assert not odd.mails[1][1]


async def test_a_mail_that_comes_after_a_long_silence_and_has_to_wait_is_looked_at_again_soon(monkeypatch):
    monkeypatch.setattr(reading, "_FIRST_WAIT", 0.05)
    email_workflow, looks = Office(waits_for="later"), list[float]()
    right = Inbox.wait

    async def wait(inbox: Inbox, seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 4:
            odd.mails[1] = simple("later"), False
        await right(inbox, min(seconds, 0.05))

    monkeypatch.setattr(Inbox, "wait", wait)
    async with running(OddImap(mails={})) as odd:
        await read_all(odd, email_workflow, lambda: len(looks) >= 8)
    assert [round(seconds, 2) for seconds in looks[:8]] == [0.05, 0.2, 0.8, 3.2, 0.05, 0.2, 0.8, 3.2]
