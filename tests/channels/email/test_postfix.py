"""Mail through a real postfix: encrypted on the way in, greylisted, and back as a bounce."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels import Channel
from bot.channels.email import channel
from bot.channels.email.outgoing import LINK, restored
from bot.errors import ChannelError
from bot.store import Store
from tests.channels.cards import card, digest, settings
from tests.counterparts.postfix import Postfix
from tests.fakes import HandClock, courier, matched, paper, planned, states, subscribed


@pytest.fixture
async def sudi(mail_server: Postfix, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Channel]:
    """Our side, which trusts the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server.certificate))
    url = f"smtp://localhost:{mail_server.port}"
    made = channel(settings(smtp_url=url, smtp_from="Sudi 速递 <papers@sudi.test>"))
    yield made
    await made.close()


def texts(mail: bytes) -> tuple[str, ...]:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    return tuple(part.get_content() for part in parsed.iter_parts())


async def test_a_digest_arrives_as_it_was_composed(mail_server: Postfix, sudi: Channel):
    (body,) = sudi.render(digest(*(card(n) for n in range(1, 6))))
    before = len(mail_server.mails("@reader.test"))
    await sudi.send("ada@reader.test", body, "41.1")
    arrived = mail_server.wait("@reader.test", before + 1)[-1]
    assert b"with ESMTPS" in arrived
    outgoing = restored(body)
    link = "mailto:papers@sudi.test?subject=unsubscribe"
    assert [one.replace("\r\n", "\n") for one in texts(arrived)] == [
        one.replace(LINK, link) for one in (outgoing.text, outgoing.html)
    ]


async def test_what_is_greylisted_is_refused_for_now_and_taken_when_it_comes_again(
    mail_server: Postfix, sudi: Channel
):
    (body,) = sudi.render(digest(card()))
    with pytest.raises(ChannelError) as caught:
        await sudi.send("ada@grey.test", body, "41.1")
    assert caught.value.retry_after == timedelta(minutes=5)
    assert not caught.value.permanent
    await sudi.send("ada@grey.test", body, "41.1")
    assert texts(mail_server.wait("@grey.test", 1)[0])[0].startswith("1 paper, Wed 10 June 2026")


async def test_a_mailbox_that_is_unknown_at_once_is_refused_for_good(sudi: Channel):
    (body,) = sudi.render(digest(card()))
    with pytest.raises(ChannelError) as caught:
        await sudi.send("ada@refused.test", body, "41.1")
    assert caught.value.permanent


async def test_a_mailbox_that_proves_unknown_later_sends_a_bounce(mail_server: Postfix, sudi: Channel):
    (body,) = sudi.render(digest(card()))
    before = len(mail_server.mails("papers@sudi.test"))
    await sudi.send("ada@gone.test", body, "41.1")
    bounce = mail_server.wait("papers@sudi.test", before + 1)[-1]
    parsed = email.message_from_bytes(bounce, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert b"Status: 5.1.1" in bounce


async def test_a_greylisted_digest_waits_in_the_outbox_and_arrives_once(
    sqlite_store: Store, mail_server: Postfix, sudi: Channel
):
    for name in ("cyd", "dee"):
        _, (subscription,) = await subscribed(sqlite_store, channel="email", address=f"{name}@grey.test")
        await matched(sqlite_store, subscription, paper(1), paper(2))
    await planned(sqlite_store)
    before = len(mail_server.mails("@grey.test"))
    clock = HandClock()
    mine = courier(sqlite_store, sudi, clock)
    assert (await mine.drain()).retried == 2
    clock.forward(minutes=4)
    assert (await mine.drain()).retried == 0
    clock.forward(minutes=1)
    assert (await mine.drain()).sent == 2
    arrived = mail_server.wait("@grey.test", before + 2)[before:]
    assert {email.message_from_bytes(one)["To"] for one in arrived} == {"cyd@grey.test", "dee@grey.test"}
    assert await states(sqlite_store) == ["sent", "sent"]
