"""The mailbox over IMAP, as dovecot serves it: encrypted or not at all, with IDLE or without."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from bot.channels.email import inbox
from bot.channels.email.inbox import Inbox, from_url
from bot.errors import ChannelError
from tests import PATIENCE
from tests.counterparts import dovecot
from tests.counterparts.needed import need


@pytest.fixture(scope="module", params=[True, False], ids=["idle", "no idle"])
def imap(request: pytest.FixtureRequest) -> Iterator[dovecot.Dovecot]:
    need("dovecot", dovecot.missing())
    with dovecot.server(has_idle=request.param) as running:
        yield running


@pytest.fixture
def trusted(imap: dovecot.Dovecot, monkeypatch: pytest.MonkeyPatch) -> dovecot.Dovecot:
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.certificate))
    return imap


def mail(subject: str = "list", size: int = 0) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "ada@reader.test", subject
    made.set_content("x" * 70 + "\n" if size == 0 else ("x" * 70 + "\n") * (size // 71 + 1))
    return made.as_bytes()


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
async def test_a_mail_is_fetched_as_it_came_and_stays_unread_until_it_is_marked(trusted, scheme):
    opened = await Inbox.opened(from_url(trusted.url(scheme=scheme)))
    trusted.put(mail())
    (uid,) = await opened.unseen()
    assert (await opened.fetch(uid)).replace(b"\r\n", b"\n") == mail()
    assert await opened.unseen() == [uid]
    await opened.mark_seen(uid)
    assert await opened.unseen() == []
    assert await opened.fetch("99999") == b""
    await opened.close()


async def test_a_mail_that_comes_ends_the_waiting(trusted, monkeypatch):
    monkeypatch.setattr(inbox, "_POLL", 2.0)
    opened = await Inbox.opened(from_url(trusted.url()))
    waiting = asyncio.create_task(opened.wait(60))
    await asyncio.sleep(0.5)
    trusted.put(mail())
    async with asyncio.timeout(PATIENCE):
        await waiting
    for uid in await opened.unseen():
        await opened.mark_seen(uid)
    await opened.close()


async def test_waiting_ends_by_itself_and_when_it_is_cancelled(trusted):
    opened = await Inbox.opened(from_url(trusted.url()))
    async with asyncio.timeout(PATIENCE):
        await opened.wait(0.2)
        waiting = asyncio.create_task(opened.wait(60))
        await asyncio.sleep(0.2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await opened.unseen() == []  # the session is as good as before
    await opened.close()


async def test_a_mail_that_is_too_large_is_never_fetched(trusted, caplog):
    opened = await Inbox.opened(from_url(trusted.url()))
    trusted.put(mail("large", inbox.LARGEST))
    trusted.put(mail("small"))
    (uid,) = await opened.unseen()
    assert b"small" in await opened.fetch(uid)
    assert "mail_skipped" in caplog.text
    await opened.mark_seen(uid)
    assert trusted.unseen() == 0
    await opened.close()


async def test_a_wrong_password_is_said_without_it(trusted):
    with pytest.raises(ChannelError) as caught:
        await Inbox.opened(from_url(trusted.url(password="hunter2 wrong")))
    assert caught.value.permanent
    assert "IMAP_URL" in caught.value.reason
    assert "hunter2" not in str(caught.value)


async def test_a_folder_that_is_not_there_is_a_wrong_setting(trusted):
    with pytest.raises(ChannelError, match="the folder"):
        await Inbox.opened(from_url(trusted.url() + "/Nowhere"))


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(imap, scheme, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(ChannelError, match="certificate is not valid"):
        await Inbox.opened(from_url(imap.url(scheme=scheme)))


async def test_a_server_that_is_away_is_no_wrong_setting(trusted):
    with pytest.raises(ChannelError) as caught:
        await Inbox.opened(from_url("imaps://u:p@127.0.0.1:1"))
    assert not caught.value.permanent


async def test_doctor_opens_the_mailbox(trusted):
    assert "mailbox at localhost" in await inbox.check(from_url(trusted.url()))


def test_the_url_says_how_it_is_reached():
    assert (from_url("imaps://u:p@h").port, from_url("imap://u:p@h").port) == (993, 143)
    account = from_url("imap://a%40b:p%2Fw@h/Sub%20folder?tls=none")
    assert (account.user, account.password, account.folder, account.security) == (
        "a@b",
        "p/w",
        "Sub folder",
        "none",
    )
    assert "p/w" not in repr(account)
