"""Mails that did not arrive are noticed in whatever form a server says so; nothing else is taken for that."""

from __future__ import annotations

import base64
import quopri
from email.message import EmailMessage

import pytest

from bot.channels.email import bounces, incoming
from tests.channels.email.test_bounces import TOKEN

TO = f"papers+{TOKEN}@sudi.test"
GONE = "gone@reader.test"
HEAD = f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: <{TO}>\n"

# ruff: noqa: E501 (forms as servers write them)
# The form, and whether what it says is that the mailbox is gone.
TEXTS = {
    "qmail": (
        "Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.org.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        f"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{GONE}>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n",
        True,
    ),
    "qmail, remote": (
        f"Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.org.\n\n<{GONE}>:\n"
        "192.0.2.7 does not like recipient.\nRemote host said: 550 No such user\nGiving up on 192.0.2.7.\n",
        True,
    ),
    "qmail, full": (
        f"Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.org.\n\n<{GONE}>:\n"
        "The e-mail message could not be delivered because the user's mailfolder is full.\n",
        False,
    ),
    "exim": (
        f"X-Failed-Recipients: {GONE}\nSubject: Mail delivery failed: returning message to sender\n\n"
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be\n"
        "delivered to one or more of its recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"  {GONE}\n    Unrouteable address\n\n------ This is a copy of the message, including all the headers. ------\n",
        True,
    ),
    "exim, remote": (
        f"X-Failed-Recipients: {GONE}\nSubject: Mail delivery failed\n\nThe following address(es) failed:\n\n"
        f"  {GONE}\n    host mx.reader.test [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<{GONE}>:\n"
        "    550 5.1.1 User unknown\n",
        True,
    ),
    "exim, spam": (
        f"X-Failed-Recipients: {GONE}\nSubject: Mail delivery failed\n\nThe following address(es) failed:\n\n"
        f"  {GONE}\n    SMTP error from remote mail server after end of data:\n    554 DT:SPM 163 smtp5\n",
        False,
    ),
    "postfix": (
        'Content-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Description: Notification\n'
        "Content-Type: text/plain\n\n                 The Postfix program\n\n"
        f"<{GONE}>: host mx.reader.test[192.0.2.7] said: 550 <{GONE}>: Recipient address rejected:\n"
        "    User unknown in virtual mailbox table\n\n--B--\n",
        True,
    ),
    "exchange": (
        "Subject: Undeliverable: x\n\nYour message\n\n  did not reach the following recipient(s):\n\n"
        f"{GONE} on Wed, 10 Jun 2026 09:00:00 +0200\n    The recipient name is not recognized\n"
        "    MSEXCH:IMS:Example:MX 0 (000C05A6) Unknown Recipient\n",
        True,
    ),
    "exchange, text": (
        "Subject: Undeliverable: x\n\nDelivery has failed to these recipients or groups:\n\n"
        f"Delivery to the following recipients failed.\n\n       {GONE}\n\nThe e-mail account does not exist.\n",
        True,
    ),
    "yahoo": (
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\n\nMessage from  yahoo.com.\n"
        "Unable to deliver message to the following address(es).\n\n"
        f"<{GONE}>:\nThis user doesn't have a yahoo.com account ({GONE}) [0]\n\n--- Original message follows.\n",
        True,
    ),
    "yahoo, full": (
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\n\n"
        f"Unable to deliver message to the following address(es).\n\n<{GONE}>:\nThis account is over quota.\n\n---\n",
        False,
    ),
    "smtp32": (
        "X-Mailer: <SMTP32 v8.05>\nSubject: Undeliverable Mail\n\n"
        f"Invalid final delivery userid: {GONE}\n\nOriginal message follows.\n",
        True,
    ),
    "smail": (
        "Subject: mail failed, returning to sender\n\n|------------------------- Failed addresses follow: ------|\n"
        f" {GONE} ... unknown host\n|------------------------- Message text follows: ----------|\n",
        True,
    ),
    "google": (
        "Subject: Delivery Status Notification (Failure)\n\nDelivery to the following recipient failed permanently:\n\n"
        f"     {GONE}\n\nTechnical details of permanent failure:\nThe email account that you tried to reach does not exist.\n"
        "\n----- Original message -----\n",
        True,
    ),
    "kundenserver": (
        "Subject: Mail delivery failed\n\nA message that you sent could not be delivered to one or more recipients.\n\n"
        f"<{GONE}>:\nSMTP error from remote server after RCPT command:\nhost mx.reader.test[192.0.2.7]:\n550 user unknown\n\n---\n",
        True,
    ),
    "mail.ru": (
        "Subject: Mail failure.\n\nThis message was created automatically by mail.ru\n\n"
        f"A message that you sent was rejected by the local scanning code\n  Local mailbox {GONE} is unavailable: user not found\n",
        True,
    ),
    "eyou": (
        "Subject: failure\n\nThis is the deliver program at mx.example.org.\n\n"
        f"{GONE}\nUser's mailbox is full, mail returned.\n\n--- x\n",
        False,
    ),
}


def read(raw: str) -> bounces.Bounce | None:
    parsed = incoming.parsed(raw.encode())
    assert parsed is not None
    return bounces.read(parsed)


@pytest.mark.parametrize(("text", "is_hard"), TEXTS.values(), ids=TEXTS)
def test_a_report_for_people_is_understood(text, is_hard):
    bounce = read(HEAD + text)
    assert bounce is not None
    assert (bounce.token, bounce.is_hard) == (TOKEN, is_hard)
    assert GONE not in bounce.diagnostic


FIELDS = (
    "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: {kind}; gone@reader.test\n"
    "Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n"
)


def report(
    kind: str = "message/delivery-status",
    encoding: str = "",
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 User unknown",
) -> bounces.Bounce | None:
    fields = FIELDS.format(kind="rfc822", action=action, status=status, said=said).encode()
    encoded = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(encoding.lower(), bytes)(
        fields
    )
    head = f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    return read(
        f'{HEAD}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        f"--B\nContent-Type: text/plain\n\nfailed\n--B\nContent-Type: {kind}\n{head}\n{encoded.decode()}\n--B--\n"
    )


@pytest.mark.parametrize("encoding", ["", "7bit", "base64", "quoted-printable", "BASE64"])
@pytest.mark.parametrize(
    "kind", ["message/delivery-status", "message/global-delivery-status", "Message/Delivery-Status"]
)
def test_a_report_for_programs_is_read_in_each_encoding(kind, encoding):
    bounce = report(kind, encoding)
    assert bounce == bounces.Bounce(TOKEN, True, "5.1.1", "smtp; 550 5.1.1 User unknown")


@pytest.mark.parametrize(
    "action", ["failed", "Failed", "failed (5.1.1)", "failed (bad destination mailbox)", "failure", "error"]
)
def test_an_action_with_a_comment_is_a_failure(action):
    bounce = report(action=action)
    assert bounce is not None
    assert bounce.is_hard


@pytest.mark.parametrize(
    "action", ["delayed", "delayed (will retry)", "delivered", "relayed", "expanded", "delivered (failed is not)"]
)
def test_what_did_not_fail_is_no_bounce(action):
    assert report(action=action) is None


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.0.0", "550 Ip frequency limited"),
        ("5.0.0", "554 DT:SPM 163 smtp5"),
        ("5.1.1", "550 5.7.1 rejected as spam"),
        ("5.0.0", "550 rejected"),
        ("5.4.7", "delivery time expired"),
    ],
)
def test_a_failure_of_another_kind_is_soft(status, said):
    bounce = report(status=status, said=said)
    assert bounce is not None
    assert not bounce.is_hard


NO_BOUNCES = {
    "a holiday": "Subject: Out of email_workflow\nAuto-Submitted: auto-replied\n\nI am away until Monday. For the address ada@reader.test\nask Bob.\n",
    "a person": f"Subject: Re: digest\n\nMy mailbox {GONE} does not exist any more, please write to this one.\n",
    "a delay": "Subject: Warning\n\nThis is a warning message only. YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\n"
    f"Delivery attempts to <{GONE}> will be continued.\n",
    "a quotation": "Subject: fun\n\n> Hi. This is the qmail-send program at mx.example.org.\n> I'm afraid I wasn't able to deliver\n",
    "nothing": "Subject: x\n\n",
}


@pytest.mark.parametrize("text", NO_BOUNCES.values(), ids=NO_BOUNCES)
def test_nothing_else_is_taken_for_a_bounce(text):
    assert read(HEAD + text) is None


def test_a_receipt_is_no_bounce():
    made = EmailMessage()
    made["To"] = TO
    made["Content-Type"] = 'multipart/report; report-type=disposition-notification; boundary="B"'
    made.set_payload(
        "--B\nContent-Type: text/plain\n\nread\n--B\nContent-Type: message/disposition-notification\n\n"
        f"Final-Recipient: rfc822; {GONE}\nDisposition: manual-action/MDN-sent-manually; displayed\n--B--\n"
    )
    assert bounces.read(made) is None


def test_a_report_without_our_address_is_nobodys():
    text, _ = TEXTS["qmail"]
    assert read(HEAD.replace(TOKEN, "x") + text) is None


@pytest.mark.parametrize(
    "body",
    [
        "a" * 900_000 + "@" * 90_000,
        "<a@b " * 200_000,
        f"<{GONE}>:\n" * 90_000,
        "Unable to deliver message to\n" * 30_000,
    ],
    ids=["one line", "addresses", "recipients", "phrases"],
)
def test_reports_made_to_take_long_do_not(body):
    read(f"{HEAD}Subject: failure notice\n\nHi. This is the qmail-send program at x.\n\n{body}\n")
