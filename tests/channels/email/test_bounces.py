"""Reports of mails that did not arrive: which are about a mailbox of ours, and that hostile ones do nothing."""

import email
import email.policy
from datetime import UTC, datetime
from email.message import Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.email.bounces import Bounce, read
from bot.tokens import Purpose, Tokens

NOW = datetime(2026, 6, 10, tzinfo=UTC)
TOKENS = Tokens(b"k" * 32)
TOKEN = TOKENS.sign(Purpose.BOUNCE, 7, NOW)

REPORT = """\
Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Tue, 24 Nov 2026 16:55:19 +0000 (UTC)

Final-Recipient: rfc822; ada@reader.test
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b
Content-Type: message/rfc822

From: papers@sudi.test
Subject: x

hello
--b--
"""


def report(
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <ada@reader.test>: unknown",
    action: str = "failed",
    to: str = f"papers+{TOKEN}@sudi.test",
) -> Bounce | None:
    text = REPORT.format(status=status, diagnostic=diagnostic, action=action, to=to)
    return read(email.message_from_string(text))


def test_a_bounce_says_which_destination_and_why_without_the_address():
    bounce = report()
    assert bounce == Bounce(TOKEN, True, "5.1.1", "smtp; 550 5.1.1 <…@…>: unknown")
    assert TOKENS.read(Purpose.BOUNCE, bounce.token, NOW) == 7


@pytest.mark.parametrize(
    ("status", "diagnostic", "is_hard"),
    [
        ("5.1.1", "smtp; 550 no", True),
        ("5.1.2", "X-Postfix; unknown domain", True),
        ("5.2.1", "smtp; 550 5.2.1 disabled", True),
        ("5.0.0", "smtp; 550 5.1.1 unknown", True),
        ("5.0.0", "smtp; 550 no such user here", True),
        ("5.0.0", "smtp; 554 5.7.1 looks like spam", False),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", False),
        ("5.7.1", "smtp; 550 5.7.1 blocked", False),
        ("5.4.4", "X-Postfix; Host or domain name not found", False),
        ("4.4.7", "smtp; delivery time expired", False),
        ("4.2.2", "X-Postfix; 452 4.2.2 mailbox full", False),
        ("", "", False),
        ("5.1.1.1.1", "", False),
    ],
)
def test_only_a_mailbox_that_is_gone_is_a_hard_bounce(status: str, diagnostic: str, is_hard: bool):
    bounce = report(status, diagnostic)
    assert bounce is not None
    assert bounce.is_hard == is_hard


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_is_only_late_or_has_arrived_is_no_bounce(action: str):
    assert report(action=action) is None


@pytest.mark.parametrize("to", ["papers@sudi.test", "papers+x@sudi.test", f"papers+{TOKEN}x@sudi.test"])
def test_what_did_not_come_to_an_address_of_a_mail_of_ours_is_no_bounce(to: str):
    assert report(to=to) is None


def test_the_case_of_an_address_does_not_matter():
    bounce = report(to=f"PAPERS+{TOKEN.upper()}@SUDI.TEST")
    assert bounce is not None
    assert bounce.token == TOKEN


def test_a_person_who_answers_to_the_return_path_is_no_bounce():
    assert (
        read(email.message_from_string(f"To: papers+{TOKEN}@sudi.test\nSubject: Re: x\n\nThanks! 5.1.1\n")) is None
    )


def test_the_hard_one_of_several_reports_counts():
    text = REPORT.format(status="4.2.2", diagnostic="x", action="failed", to=f"papers+{TOKEN}@sudi.test")
    second = (
        "\nFinal-Recipient: rfc822; b@reader.test\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: message"
    )
    bounce = read(email.message_from_string(text.replace("\n--b\nContent-Type: message/rfc", second + "/rfc")))
    assert bounce is not None
    assert bounce.is_hard


WHOLE = REPORT.format(
    status="5.1.1", diagnostic="smtp; 550 5.1.1 x", action="failed", to=f"papers+{TOKEN}@sudi.test"
).encode()
PIECES = [
    b"\n",
    b"\r\n\r\n",
    b"--b\n",
    b"Content-Type: message/delivery-status\n\n",
    b"=?utf-8?q?",
    b"\xff\xfe",
    b"\0",
]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.sampled_from(PIECES) | st.binary())),
    st.sampled_from([email.policy.default, email.policy.compat32]),
)
def test_no_damaged_or_hostile_report_raises_or_says_more_than_one_short_line(changes, policy):
    content = WHOLE
    for at, length, piece in changes:
        content = content[:at] + piece + content[at + length :]
    message = email.message_from_bytes(content, policy=policy)
    assert isinstance(message, Message)
    bounce = read(message)
    if bounce is not None:
        assert len(bounce.token) == 40
        assert len(bounce.diagnostic) <= 200
        assert bounce.diagnostic.isprintable()
        assert "@reader" not in bounce.diagnostic


def test_a_report_with_a_thousand_parts_or_endless_headers_is_read_in_no_time():
    part = "--b\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n\n"
    head = WHOLE.decode().partition("\n\n")[0]
    assert read(email.message_from_string(f"{head}\n\n{part * 1000}--b--\n")) is not None
    assert report(diagnostic="x" * 1_000_000) is not None
    assert report(to="a" * 1_000_000 + "@sudi.test") is None
