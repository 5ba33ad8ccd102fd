"""Mail as it is sent, against real servers on this machine."""

import asyncio
import email
import gc
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels import Channel
from bot.channels.email import channel
from bot.channels.email.outgoing import OutgoingEmail
from bot.channels.email.server import from_url
from bot.errors import ChannelError, SettingsError
from tests import PATIENCE
from tests.channels.cards import card, digest, settings
from tests.channels.mailservers import PASSWORD, USER, Mailboxes, aiosmtpd, authenticate, certificate, scripted

ADA = "ada@reader.test"
ACCOUNT = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@"
GREETING = ["220 hello", "250 sudi.test"]
MINUTES = timedelta(minutes=5)


MADE: list[Channel] = []


def mail(url: str, sender: str = "Sudi 速递 <papers@sudi.test>") -> Channel:
    MADE.append(channel(settings(smtp_url=url, smtp_from=sender)))
    return MADE[-1]


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while MADE:
        await MADE.pop().close()


async def refusal(of: Channel, address: str = ADA) -> ChannelError:
    (body,) = of.render(digest(card()))
    with pytest.raises(ChannelError) as caught:
        await of.send(address, body, "41.1")
    assert PASSWORD not in str(caught.value)
    assert ADA not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(tls: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of a certificate that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[0]))
    return tls[1]


def read(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


async def test_twenty_papers_in_both_languages_arrive_complete_in_one_mail(trusted: ssl.SSLContext):
    cards = [card(number) for number in range(1, 21)]
    mailboxes = Mailboxes()
    account = {"auth_required": True, "authenticator": authenticate}
    with aiosmtpd(mailboxes, tls_context=trusted, require_starttls=True, **account) as port:
        sudi = mail(f"smtp://{ACCOUNT}localhost:{port}")
        (body,) = sudi.render(digest(*cards))
        reference = await sudi.send(ADA, body, "41.1")
        await sudi.close()
    assert reference == "250 OK queued as 4F2A"
    (envelope,) = mailboxes.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == (USER, [ADA])
    assert mailboxes.greeted_by == "sudi.test"
    message = read(envelope.content)
    assert message["Date"].datetime is not None
    assert message["Subject"] == f"{cards[0].paper.title} and 19 more · 10 June"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        content = part.get_content()
        for one in cards:
            assert one.summary
            for text in (one.paper.title, one.paper.abstract, one.paper.url, one.paper.comments, "José Arrabal"):
                assert text in content
            for text in (one.summary.title, one.summary.one_line, one.summary.abstract):
                assert text in content


async def test_a_message_over_tls_from_the_start(trusted: ssl.SSLContext):
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes, ssl_context=trusted, server_hostname="localhost") as port:
        sudi = mail(f"smtps://localhost:{port}")
        (body,) = sudi.render(digest(card()))
        await sudi.send(ADA, body, "41.1")
    assert len(mailboxes.taken) == 1


class Frozen(Mailboxes):
    """Answers nobody from a good-bye on, or from when it is frozen, until it thaws."""

    def __init__(self) -> None:
        super().__init__()
        self.is_frozen, self.thaw = threading.Event(), threading.Event()

    async def handle_DATA(self, *about: Any) -> str:
        self.loop = asyncio.get_running_loop()
        return await super().handle_DATA(*about)

    async def handle_QUIT(self, *_: Any) -> str:
        self._freeze()
        return "221 Bye"

    def freeze(self) -> None:
        self.loop.call_soon_threadsafe(self._freeze)
        assert self.is_frozen.wait(PATIENCE)

    def _freeze(self) -> None:
        self.is_frozen.set()
        self.thaw.wait(PATIENCE)


@pytest.mark.parametrize("is_sent", [True, False], ids=["sent", "checked"])
def test_no_connection_is_left_open_to_a_server_that_does_not_answer_a_good_bye(
    trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, is_sent: bool
):
    monkeypatch.setattr("bot.channels.email.server._QUIT_TIMEOUT", 0.1)
    mailboxes = Frozen()
    gc.collect()  # what other tests have left is theirs

    async def conversation(sudi: Channel) -> None:
        if is_sent:
            (body,) = sudi.render(digest(card()))
            await sudi.send(ADA, body, "41.1")
            mailboxes.freeze()
        else:
            await sudi.check()
        await sudi.close()

    with (
        warnings.catch_warnings(record=True) as told,
        aiosmtpd(mailboxes, ssl_context=trusted, server_hostname="localhost") as port,
    ):
        warnings.simplefilter("always", ResourceWarning)
        asyncio.run(conversation(mail(f"smtps://localhost:{port}")))
        gc.collect()
        mailboxes.thaw.set()
    assert [str(one.message) for one in told] == []


async def test_lines_that_begin_with_a_dot_arrive():
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes) as port:
        outgoing = OutgoingEmail("sudi.1.1", "x", ".\n..a\nb\n")
        await mail(f"smtp://127.0.0.1:{port}?tls=none").send(ADA, outgoing.stored(), "1")
    assert read(mailboxes.taken[0].content).get_content().split() == [".", "..a", "b"]


async def test_nothing_is_sent_when_the_server_offers_no_starttls():
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes, auth_require_tls=False, authenticator=authenticate) as port:
        error = await refusal(mail(f"smtp://{ACCOUNT}127.0.0.1:{port}"))
    assert "offers no STARTTLS" in error.reason
    assert (error.permanent, error.ambiguous) == (False, False)
    assert mailboxes.taken == []


async def test_nothing_is_sent_to_a_server_with_a_certificate_that_nobody_trusts(tls: tuple[Path, ssl.SSLContext]):
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes, tls_context=tls[1]) as port:
        error = await refusal(mail(f"smtp://localhost:{port}"))
    assert "its certificate is not valid: self-signed certificate" in error.reason
    with aiosmtpd(mailboxes, ssl_context=tls[1], server_hostname="localhost") as port:
        assert "its certificate is not valid" in (await refusal(mail(f"smtps://localhost:{port}"))).reason
    assert mailboxes.taken == []


@pytest.mark.parametrize(
    "answer",
    [
        "550 no such user",
        "550 5.1.1 <ada@reader.test>: unknown",
        "551 user not local",
        "553 5.1.3 bad",
        "554 nobody: no such mailbox",
        "550 5.2.1 off",
    ],
)
async def test_a_refused_recipient_is_permanent(answer: str):
    with aiosmtpd(Mailboxes({ADA: answer})) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert error.permanent
    assert error.reason.startswith("127.0.0.1 refuses the recipient: 55")


@pytest.mark.parametrize(
    "answer", ["554 5.7.1 Relay access denied", "552 5.2.2 full", "530 5.7.0 login first", "550 5.1.8 bad sender"]
)
async def test_a_refusal_that_is_not_about_the_mailbox_is_tried_again(answer: str):
    with aiosmtpd(Mailboxes({ADA: answer})) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.ambiguous, error.retry_after) == (False, False, None)


async def test_greylisting_is_tried_again_in_five_minutes():
    with aiosmtpd(Mailboxes({ADA: "451 4.7.1 come back later"})) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.retry_after) == (False, MINUTES)


@pytest.mark.parametrize(
    ("answer", "permanent", "retry_after"),
    [
        ("554 5.7.1 looks like spam", False, None),
        ("554 transaction failed", False, None),
        ("550 5.1.1 no such user", True, None),
        ("452 4.3.1 disk full", False, MINUTES),
    ],
)
async def test_a_refused_message_is_not_a_refused_mailbox(
    answer: str, permanent: bool, retry_after: timedelta | None
):
    with aiosmtpd(Mailboxes(after_data=answer)) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.retry_after, error.ambiguous) == (permanent, retry_after, False)
    assert "refuses the message" in error.reason


async def test_a_server_that_is_down_is_tried_again(unused_tcp_port_factory: Callable[[], int]):
    error = await refusal(mail(f"smtp://127.0.0.1:{unused_tcp_port_factory()}?tls=none"))
    assert (error.permanent, error.retry_after, error.ambiguous) == (False, None, False)
    assert "cannot be used" in error.reason


async def test_a_wrong_password_is_the_admins_business(trusted: ssl.SSLContext):
    options = {"tls_context": trusted, "auth_required": True, "authenticator": authenticate}
    with aiosmtpd(Mailboxes(), **options) as port:
        error = await refusal(mail(f"smtp://{quote(USER)}:wrong@localhost:{port}"))
    assert (error.permanent, error.ambiguous) == (False, False)
    said = "535 5.7.8 Authentication credentials invalid"
    assert error.reason == f"localhost refuses the login: {said}; see the user and the password in SMTP_URL"


@pytest.mark.parametrize(
    "answers",
    [
        [],
        ["220 hello"],
        [*GREETING, "250 sender"],
        [*GREETING, "250 sender", "250 recipient"],
    ],
    ids=["greeting", "hello", "sender", "recipient"],
)
async def test_a_connection_that_breaks_before_the_message_is_tried_again(answers: list[str]):
    async with scripted(answers) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.ambiguous) == (False, False)


async def test_a_connection_that_breaks_after_the_message_leaves_it_open():
    async with scripted([*GREETING, "250 sender", "250 recipient", "354 go", "..."]) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.ambiguous) == (False, True)


@pytest.mark.parametrize(
    ("answers", "retry_after"),
    [
        (["421 too many connections"], MINUTES),
        ([*GREETING, "553 5.1.8 not your address"], None),
        ([*GREETING, "250 sender", "250 recipient", "451 not now"], MINUTES),
    ],
    ids=["busy", "sender", "data"],
)
async def test_other_refusals_are_tried_again(answers: list[str], retry_after: timedelta | None):
    async with scripted(answers) as port:
        error = await refusal(mail(f"smtp://127.0.0.1:{port}?tls=none"))
    assert (error.permanent, error.ambiguous, error.retry_after) == (False, False, retry_after)


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b\r\nRCPT TO:<c@d>", "a b@c.test", "<a@b.test>", "a@b.test,c@d.test"]
)
async def test_what_is_no_address_is_refused_for_good(address: str):
    error = await refusal(mail("smtp://127.0.0.1:9"), address)
    assert error.permanent


async def test_the_check_says_what_was_reached(trusted: ssl.SSLContext):
    options = {"tls_context": trusted, "auth_required": True, "authenticator": authenticate}
    with aiosmtpd(Mailboxes(), **options) as port:
        said = await mail(f"smtp://{ACCOUNT}localhost:{port}").check()
        assert said.startswith(
            f"localhost:{port}, TLSv1.3, logged in; readers have no page on which they may stop"
        )
    with aiosmtpd(Mailboxes()) as port:
        url = f"smtp://127.0.0.1:{port}?tls=none"
        assert (await mail(url).check()).startswith(f"127.0.0.1:{port}, NOT ENCRYPTED, no login; readers")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({}, "SMTP_URL: the email channel needs the address of a mail server"),
        ({"smtp_url": "smtp://host.test"}, "SMTP_FROM: must be the address that the mail comes from"),
        ({"smtp_url": "smtp://user:x@host.test"}, "SMTP_FROM: must be the address that the mail comes from"),
        ({"smtp_url": "smtp://host.test", "smtp_from": "Sudi"}, "SMTP_FROM: must be the address"),
    ],
)
def test_settings_that_are_missing_or_wrong_are_named_with_an_example(values: dict[str, str], fault: str):
    with pytest.raises(SettingsError) as caught:
        channel(settings(**values))
    (line,) = caught.value.faults
    assert line.startswith(fault)
    assert "(for example: SMTP_" in line


def test_the_sender_is_the_user_when_that_is_an_address():
    made = channel(settings(smtp_url="smtp://ada%40lab.test:x@host.test"))
    assert made.name == "email"
    assert "From: Sudi <ada@lab.test>\n" in made.preview(made.render(digest(card())))


def test_the_mail_server_may_say_how_fast():
    assert channel(settings(smtp_url="smtp://ada%40lab.test:x@host.test", smtp_rate=30)).pace == timedelta(
        seconds=2
    )
    assert not channel(settings(smtp_url="smtp://ada%40lab.test:x@host.test")).pace


def test_the_password_is_in_no_representation():
    assert "secret" not in repr(vars(channel(settings(smtp_url="smtp://a%40b.test:secret@host"))))


async def test_what_somebody_has_to_know_is_a_short_mail_that_stays_one_mail_on_that_day():
    mailboxes = Mailboxes()
    with aiosmtpd(mailboxes) as port:
        one = mail(f"smtp://127.0.0.1:{port}?tls=none")
        for _ in range(2):
            await one.tell(ADA, "潮汐表晚了。\nBcc: eve@evil.test\nThe tide is late.")
    first, second = (read(taken.content) for taken in mailboxes.taken)
    assert first["Subject"] == "Sudi 速递 · 潮汐表晚了。"
    assert first["To"] == ADA
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Bcc"] is None
    assert "The tide is late." in first.get_content()
    assert first["Message-ID"] == second["Message-ID"]
    assert mailboxes.taken[0].rcpt_tos == [ADA]
    with pytest.raises(ChannelError):
        await one.tell("not an address", "x")


class Strict(Mailboxes):
    """Lets only some senders pass."""

    async def handle_MAIL(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if "+" in address or address.startswith("other"):
            return "501 mail from address must be same as authorization user"
        envelope.mail_from = address
        return "250 OK"


@pytest.mark.parametrize(
    ("sender", "bounces", "wrong"),
    [("other@sudi.test", "", "SMTP_FROM"), ("papers@sudi.test", f"papers+{'a' * 40}@sudi.test", "SMTP_BOUNCES")],
)
async def test_doctor_offers_both_senders_and_names_the_setting_that_is_refused(sender, bounces, wrong):
    strict = Strict()
    with aiosmtpd(strict) as port:
        server = from_url(f"smtp://127.0.0.1:{port}?tls=none")
        with pytest.raises(ChannelError, match=f"refuses {wrong} as the sender: 501 mail from address must"):
            await server.check(sender, bounces)
        assert "no login" in await server.check("papers@sudi.test")
    assert strict.taken == []
