"""Where a server takes no password, it gets an access token, which is asked for when it is needed, and renewed."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from bot.channels.email import inbox
from bot.channels.email.inbox import from_url
from bot.channels.email.oauth import AccessTokens, Grant, grant
from bot.channels.email.server import Server
from bot.errors import ChannelError, SettingsError
from bot.settings import Settings
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.counterparts import dovecot
from tests.counterparts.needed import need
from tests.counterparts.odd_imap import OddImap, running


class TokenServer(HTTPServer):
    """Gives an access token for the right refresh token, as Microsoft and Google do."""

    asked: list[dict[str, list[str]]]
    answer: dict[str, Any]
    status: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/token"


class Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.asked.append(parse_qs(self.rfile.read(length).decode()))
        self._answer(self.server.status, self.server.answer)

    def do_GET(self) -> None:
        """Vouch for the access token, as a mail server asks (RFC 7662)."""
        is_good = self.headers["Authorization"] == f"Bearer {self.server.answer['access_token']}"
        self._answer(200, {"active": is_good, **({"email": dovecot.USER} if is_good else {})})

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def tokens_of(**answer: Any) -> Iterator[TokenServer]:
    server = TokenServer(("127.0.0.1", 0), Handler)
    server.asked, server.status = [], 200
    server.answer = {"access_token": "fresh", "token_type": "Bearer", "expires_in": 3600} | answer
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Forged:
    """Access tokens that nobody has made."""

    async def token(self) -> str:
        return "forged"

    def forget(self) -> None:
        """There is nothing to forget."""


class OnlyTokens(Mailboxes):
    """Takes XOAUTH2 with one access token, and no password."""

    def __init__(self, right: str) -> None:
        super().__init__()
        self._right = right

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1]).decode()
        return AuthResult(success=f"auth=Bearer {self._right}\x01" in said, handled=False)

    async def auth_PLAIN(self, _: SMTP, __: list[str]) -> AuthResult:
        return AuthResult(success=False, handled=False)


@contextmanager
def smtp(right: str = "fresh") -> Iterator[int]:
    with aiosmtpd(OnlyTokens(right), auth_require_tls=False, auth_exclude_mechanism=["LOGIN"]) as port:
        yield port


async def test_mail_is_sent_by_a_token_where_no_password_is_taken():
    with tokens_of() as made, smtp() as port:
        tokens = AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", "old"))
        server = Server("127.0.0.1", port, "none", "papers@sudi.test", "", tokens)
        assert "logged in" in await server.check("papers@sudi.test")
        await server.check("papers@sudi.test")
        assert made.asked == [{"grant_type": ["refresh_token"], "client_id": ["app"], "refresh_token": ["old"]}]


async def test_a_password_is_refused_there_and_told_in_the_words_of_the_server():
    with smtp() as port, pytest.raises(ChannelError) as caught:
        await Server("127.0.0.1", port, "none", "papers@sudi.test", "hunter2").check("papers@sudi.test")
    assert "535" in caught.value.reason
    assert "SMTP_URL" in caught.value.reason


async def test_a_token_that_the_server_refuses_is_made_again_the_next_time():
    with tokens_of() as made, smtp(right="another") as port:
        tokens = AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", "old"))
        server = Server("127.0.0.1", port, "none", "papers@sudi.test", "", tokens)
        for _ in range(2):
            with pytest.raises(ChannelError, match="SMTP_OAUTH"):
                await server.check("papers@sudi.test")
        assert len(made.asked) == 2


async def test_a_mailbox_is_opened_by_a_token_where_no_password_is_taken():
    with tokens_of() as made:
        async with running(OddImap(token="fresh")) as odd:
            with pytest.raises(ChannelError, match="LOGIN failed"):
                await inbox.check(from_url(odd.url()))
            tokens = AccessTokens("IMAP_OAUTH", Grant(made.endpoint, "app", "old", "sesame", "a b"))
            account = from_url(odd.url("papers%40sudi.test"))
            opened = inbox.Account(account.host, account.port, "none", account.user, "INBOX", "", tokens)
            assert "0 unread" in await inbox.check(opened)
            odd.token = "another"
            with pytest.raises(ChannelError, match="IMAP_OAUTH"):
                await inbox.check(opened)
        assert made.asked[0]["client_secret"] == ["sesame"]
        assert made.asked[0]["scope"] == ["a b"]


async def test_dovecot_that_asks_who_made_the_token_opens_the_mailbox(monkeypatch):
    need("dovecot", dovecot.missing())
    with tokens_of() as made, dovecot.server(introspection=made.endpoint) as real:
        monkeypatch.setenv("SSL_CERT_FILE", str(real.certificate))
        with pytest.raises(ChannelError, match="password"):
            await inbox.check(from_url(real.url()))
        tokens = AccessTokens("IMAP_OAUTH", Grant(made.endpoint, "app", "old"))
        account = replace(from_url(real.url()), tokens=tokens)
        assert "0 unread" in await inbox.check(account)
        with pytest.raises(ChannelError, match="IMAP_OAUTH"):
            await inbox.check(replace(account, tokens=Forged()))


async def test_a_token_is_used_as_long_as_it_is_good():
    now = [0.0]
    with tokens_of(expires_in=600) as made:
        tokens = AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", "old"), lambda: now[0])
        for now[0] in (0.0, 500.0, 539.0, 541.0, 600.0):
            assert await tokens.token() == "fresh"
        assert len(made.asked) == 2


async def test_a_newer_refresh_token_is_used_and_kept_in_its_file(tmp_path):
    file = tmp_path / "refresh"
    file.write_text("old\n")
    with tokens_of(refresh_token="newer") as made:
        tokens = AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", str(file)))
        await tokens.token()
        tokens.forget()
        await tokens.token()
        assert [one["refresh_token"] for one in made.asked] == [["old"], ["newer"]]
    assert file.read_text() == "newer\n"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_refusal_is_told_in_the_words_of_who_makes_tokens():
    with tokens_of() as made:
        made.status, made.answer = 400, {"error": "invalid_grant", "error_description": "AADSTS700082: expired"}
        with pytest.raises(ChannelError, match=r"SMTP_OAUTH.*400.*invalid_grant AADSTS700082: expired") as caught:
            await AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", "hunter2")).token()
    assert "hunter2" not in caught.value.reason


@pytest.mark.parametrize("answer", [{"access_token": None}, {"access_token": ["x"]}])
async def test_an_odd_answer_is_no_token(answer):
    with tokens_of(**answer) as made, pytest.raises(ChannelError, match="makes no token"):
        await AccessTokens("SMTP_OAUTH", Grant(made.endpoint, "app", "old")).token()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://x.test/t",
        "https://x.test/t client=a",
        "http://x.test client=a refresh=b",
        "https://x refresh=b d=e",
    ],
)
def test_a_setting_that_lacks_something_is_said(text):
    with pytest.raises(SettingsError, match="IMAP_OAUTH"):
        grant("IMAP_OAUTH", text)


def test_no_part_of_the_setting_is_shown():
    text = "https://x.test/token client=app secret=sesame refresh=hunter2"
    assert {"sesame", "hunter2"} <= Settings(_env_file=None, smtp_oauth=text).secrets()  # type: ignore[call-arg]
    assert "hunter2" not in repr(grant("SMTP_OAUTH", text))
