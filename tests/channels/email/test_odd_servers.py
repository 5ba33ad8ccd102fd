"""Mailboxes of hosts with manners of their own are opened, searched and read; what a server says is told."""

from __future__ import annotations

import pytest

from bot.channels.email import inbox
from bot.channels.email.inbox import Inbox, from_url
from bot.errors import ChannelError
from tests.counterparts.odd_imap import OddImap, running, simple


async def test_who_asks_for_an_introduction_gets_one_before_the_mailbox_is_opened():
    async with running(OddImap(wants_id=True)) as odd:
        assert "0 unread" in await inbox.check(from_url(odd.url()))
    said = [one.partition(" ")[0] for one in odd.heard]
    assert said.index("LOGIN") < said.index("ID") < said.index("SELECT")


async def test_who_does_not_know_introductions_gets_none():
    async with running(OddImap()) as odd:
        await inbox.check(from_url(odd.url()))
    assert not any(one.startswith("ID") for one in odd.heard)


async def test_a_server_without_charsets_is_searched():
    async with running(OddImap(refuses_charset=True, mails={1: (simple("list"), False)})) as odd:
        opened = await Inbox.opened(from_url(odd.url()))
        assert await opened.unseen() == ["1"]
        await opened.close()


async def test_a_server_that_ignores_what_is_searched_for_hides_no_mail_and_shows_none_twice():
    mails = {1: (simple("old"), True), 2: (simple("new"), False), 3: (simple("large"), False)}
    async with running(OddImap(ignores_search=True, mails=mails, sizes={3: inbox.LARGEST + 1})) as odd:
        opened = await Inbox.opened(from_url(odd.url()))
        assert await opened.unseen() == ["2"]
        assert [seen for _, seen in odd.mails.values()] == [True, False, True]  # only the large one was marked
        assert b"new" in await opened.fetch("2")
        await opened.close()


async def test_doctor_says_that_a_mailbox_cannot_be_searched_and_what_the_server_says():
    async with running(OddImap(refuses_search="parse command error")) as odd:
        with pytest.raises(ChannelError, match="parse command error"):
            await inbox.check(from_url(odd.url()))


@pytest.mark.parametrize(
    ("said", "is_wrong_setting"),
    [
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", True),
        (
            "[ALERT] Application-specific password required: https://support.google.com/accounts/answer/185833",
            True,
        ),
        ("LOGIN Login error password error", True),
        ("Login fail. Account is abnormal, service is not open, password is incorrect", True),
        ("[ALERT] Too many simultaneous connections. (Failure)", False),
        ("[UNAVAILABLE] Temporary authentication failure", False),
        ("[INUSE] mailbox is busy", False),
    ],
)
async def test_a_refused_login_is_told_in_the_words_of_the_server(said, is_wrong_setting):
    async with running(OddImap(refuses_login=said)) as odd:
        with pytest.raises(ChannelError) as caught:
            await Inbox.opened(from_url(odd.url()))
    assert said[:150] in caught.value.reason
    assert "IMAP_URL" in caught.value.reason
    assert caught.value.permanent is is_wrong_setting


async def test_a_server_that_repeats_the_password_is_not_quoted_with_it():
    async with running(OddImap(refuses_login="wrong password hunter2 of papers@sudi.test")) as odd:
        with pytest.raises(ChannelError) as caught:
            await Inbox.opened(from_url(odd.url("papers%40sudi.test:hunter2")))
    assert "hunter2" not in caught.value.reason
    assert "papers@sudi.test" not in caught.value.reason
