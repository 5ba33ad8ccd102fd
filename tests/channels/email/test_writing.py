"""What is added to an email when it is sent: links, return path and signature; and what the DNS should say."""

import email
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels.email import channel
from bot.channels.email.bounces import read
from bot.channels.email.outgoing import OutgoingEmail, restored
from bot.channels.email.pages import emails
from bot.channels.email.writing import Writer
from bot.errors import SettingsError
from bot.model import Language
from bot.tokens import Links, Purpose, Tokens
from tests.channels.cards import card, digest, settings
from tests.channels.mailservers import signing_key
from tests.counterparts.postfix import Postfix

dkim = pytest.importorskip("dkim", reason="the package dkimpy is not installed (`make setup`)")

SENDER = Address("Sudi 速递", "papers", "sudi.test")
ADA = Address(username="ada", domain="reader.test")
NOW = datetime(2026, 6, 10, 9, 30, tzinfo=UTC)
TOKENS = Tokens(b"k" * 32)
LINKS = Links(TOKENS, "https://papers.example.org")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A private key, and its record in the DNS."""
    return signing_key(tmp_path_factory.mktemp("dkim"))


def writer(**values: object) -> Writer:
    made = Writer(SENDER, settings(**values))
    made.link(LINKS)
    return made


def outgoing() -> OutgoingEmail:
    (made,) = emails(digest(card()), has_page=True)
    return made


def parsed(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail


def is_valid(content: bytes, record: str) -> bool:
    asked: list[bytes] = []

    def answer(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return record.encode()

    verified = bool(dkim.verify(content, dnsfunc=answer))
    assert asked == [b"sudi._domainkey.sudi.test."]
    return verified


def test_the_reader_gets_a_link_of_their_own_in_the_headers_and_in_both_parts():
    mail = parsed(writer().message(outgoing(), ADA, NOW))
    page, by_mail = mail["List-Unsubscribe"].split(", ")
    token = page.removeprefix("<https://papers.example.org/mail/").removesuffix(">")
    assert TOKENS.read(Purpose.MANAGE, token, NOW) == 1
    assert by_mail == f"<mailto:papers@sudi.test?subject=unsubscribe%20{token}>"
    for part in mail.iter_parts():
        assert f"https://papers.example.org/mail/{token}" in part.get_content()


def test_no_token_waits_in_the_outbox():
    made = channel(settings(smtp_url="smtp://localhost", smtp_from="papers@sudi.test"))
    made.link(LINKS)
    assert all("https://papers.example.org" not in body for body in made.render(digest(card())))


def test_a_mail_that_is_repeated_later_on_the_same_day_says_the_same():
    first, second = (parsed(writer().message(outgoing(), ADA, NOW + timedelta(hours=n))) for n in (0, 9))
    assert [one.get_content() for one in first.iter_parts()] == [one.get_content() for one in second.iter_parts()]
    for name in set(first.keys()) - {"Date"}:
        assert first[name] == second[name]


def test_a_file_is_attached_as_it_is_and_signed_with_the_rest(key: tuple[Path, str]):
    text = "@misc{roe2026_1,\n  title = {{潮汐 \\& Tides}}\n}\n" * 300
    sent = OutgoingEmail(
        id="sudi.answer.1", subject="BibTeX", text="二", attachment=("saved.bib", text), is_answer=True
    )
    unsigned, again = (writer().message(restored(sent.stored()), ADA, NOW) for _ in range(2))
    assert unsigned == again
    content = writer(dkim_key=str(key[0])).message(restored(sent.stored()), ADA, NOW)
    assert content.endswith(unsigned)
    assert content.isascii()
    assert is_valid(content, key[1])
    mail = parsed(content)
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("saved.bib", "text/x-bibtex")
    assert file.get_payload(decode=True) == text.encode()
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "二"


def test_a_bounce_goes_to_an_address_that_says_whose_it_is():
    path = writer(smtp_bounces="papers+{token}@sudi.test").return_path(outgoing(), NOW)
    token = path.removeprefix("papers+").removesuffix("@sudi.test")
    assert TOKENS.read(Purpose.BOUNCE, token, NOW) == 1
    assert len(path.partition("@")[0]) <= 64
    assert writer().return_path(outgoing(), NOW) == "papers@sudi.test"
    assert (
        writer(smtp_bounces="papers+{token}@sudi.test").return_path(OutgoingEmail("1", "x", "x"), NOW)
        == SENDER.addr_spec
    )


def test_the_signature_covers_what_matters_and_nothing_may_be_added(key: tuple[Path, str]):
    path, record = key
    content = writer(dkim_key=str(path)).message(outgoing(), ADA, NOW)
    assert is_valid(content, record)
    covered = [
        name.strip().lower() for name in parsed(content)["DKIM-Signature"].split("h=")[1].split(";")[0].split(":")
    ]
    assert {"from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post"} <= set(
        covered
    )
    for before, after in [
        (b"Subject: ", b"Subject: x"),
        (b"List-Unsubscribe: <https://papers", b"List-Unsubscribe: <https://evil"),
        (b"One-Click", b"Two-Click"),
        (b"From: ", b"From: eve@evil.test\r\nFrom: "),
        (b"--=_", b"x\r\n--=_"),
    ]:
        assert before in content
        assert not is_valid(content.replace(before, after, 1), record), before


async def test_the_signature_holds_after_a_hop(
    key: tuple[Path, str], mail_server: Postfix, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate))
    values = {"smtp_url": f"smtp://localhost:{mail_server.port}", "smtp_from": "Sudi 速递 <papers@sudi.test>"}
    made = channel(settings(dkim_key=str(key[0]), **values))
    before = len(mail_server.mails("@reader.test"))
    for body in made.render(digest(*(card(n) for n in range(1, 9)))):
        await made.send("ada@reader.test", body, "41.1")
    await made.close()
    assert is_valid(mail_server.wait("@reader.test", before + 1)[-1], key[1])


async def test_a_bounce_comes_back_to_the_mailbox_and_says_whose_it_is(
    mail_server: Postfix, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate))
    values = {"smtp_url": f"smtp://localhost:{mail_server.port}", "smtp_from": "papers@sudi.test"}
    made = channel(settings(smtp_bounces="papers+{token}@sudi.test", **values))
    made.link(LINKS)
    before = len(mail_server.mails("papers@sudi.test"))
    (body,) = made.render(digest(card()))
    await made.send("ada@gone.test", body, "41.1")
    await made.close()
    bounce = read(email.message_from_bytes(mail_server.wait("papers@sudi.test", before + 1)[-1]))
    assert bounce is not None
    assert TOKENS.read(Purpose.BOUNCE, bounce.token, datetime.now(UTC)) == 1
    assert (bounce.is_hard, bounce.status, bounce.diagnostic) == (True, "5.1.1", "X-Postfix; no such mailbox")


@pytest.mark.parametrize(("content", "fault"), [(None, "cannot read"), ("no key", "holds no RSA key")])
def test_a_key_that_cannot_be_used_is_named(tmp_path: Path, content: str | None, fault: str):
    if content:
        (tmp_path / "dkim.pem").write_text(content)
    with pytest.raises(SettingsError, match=fault):
        writer(dkim_key=str(tmp_path / "dkim.pem"))


GOOD = {"lab.edu": "v=spf1 mx -all", "_dmarc.lab.edu": "v=DMARC1; p=none"}


@pytest.fixture
def lacking(key: tuple[Path, str]) -> Callable[..., Awaitable[list[str]]]:
    """What is lacking for papers.lab.edu when the DNS has these TXT records."""
    records = pytest.importorskip("bot.channels.email.records")
    signing = pytest.importorskip("bot.channels.email.signing")

    async def ask(texts: Mapping[str, str], *, domain: str = "lab.edu", is_signed: bool = True) -> list[str]:
        async def lookup(name: str) -> list[str]:
            if "away" in texts:
                raise OSError("Timeout")
            return [text.replace("KEY", key[1]) for at, text in texts.items() if at == name]

        signer = signing.signer(str(key[0]), "sudi", domain) if is_signed else None
        found: list[str] = await records.lacking(domain, signer, lookup)
        return found

    return ask


async def test_the_doctor_names_the_records_that_are_missing(lacking):
    key = {"sudi._domainkey.lab.edu": "KEY"}
    assert await lacking(GOOD | key) == []
    assert await lacking(GOOD, is_signed=False) == []
    assert await lacking(GOOD) == ["no DKIM record at sudi._domainkey.lab.edu"]
    other = {"sudi._domainkey.lab.edu": "v=DKIM1; k=rsa; p=AAAA"}
    assert await lacking(GOOD | other) == ["another key than DKIM_KEY at sudi._domainkey.lab.edu"]
    assert await lacking(key) == ["no SPF record at lab.edu", "no DMARC record at _dmarc.lab.edu"]


async def test_a_policy_of_the_domain_above_is_enough(lacking):
    above = {"papers.lab.edu": "v=spf1 -all", "_dmarc.lab.edu": "v=DMARC1; p=none"}
    assert await lacking(above, domain="papers.lab.edu", is_signed=False) == []


async def test_a_dns_that_is_away_is_no_missing_record(lacking):
    assert await lacking({"away": ""}) == ["the DNS does not answer about lab.edu (Timeout)"]


async def test_nothing_is_looked_up_about_domains_that_nobody_can_own(lacking):
    assert await lacking({"away": ""}, domain="papers.example.org") == []


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({}, "write to you@sudi.test: a person reads that"),
        ({"imap_url": SecretStr("imaps://u:p@imap.sudi.test")}, "send one with the subject"),
        ({"bot_public_url": "https://papers.example.org"}, None),
    ],
)
def test_a_mail_names_a_way_to_stop_it_that_somebody_reads(values, way):
    ours = channel(
        settings(
            smtp_url=SecretStr("smtp://localhost"),
            smtp_from="papers@sudi.test",
            bot_contact="you@sudi.test",
            **values,
        )
    )
    ours.link(Links(TOKENS, str(values.get("bot_public_url", ""))))
    shown = ours.preview(ours.render(digest(card(), language=Language.EN)))
    said = email.message_from_string(shown, policy=default).get_body(("plain",)).get_content()
    for one in ("write to you@sudi.test: a person reads that", "send one with the subject"):
        assert (one in " ".join(said.split())) == (one == way)


def test_who_unsubscribes_by_a_button_writes_to_somebody_who_reads_it():
    mail = parsed(writer(bot_contact="you@sudi.test").message(outgoing(), ADA, NOW))
    assert "<mailto:you@sudi.test?subject=unsubscribe" in mail["List-Unsubscribe"]
    read_by_us = writer(bot_contact="you@sudi.test", imap_url=SecretStr("imaps://u:p@imap.sudi.test"))
    mail = parsed(read_by_us.message(outgoing(), ADA, NOW))
    assert "<mailto:papers@sudi.test?subject=unsubscribe" in mail["List-Unsubscribe"]
