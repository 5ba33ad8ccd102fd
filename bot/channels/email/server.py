"""The mail server: how it is reached, and what its answers mean for the outbox.

Nothing that leaves here holds the password or a whole address: servers repeat addresses in their answers,
so errors of the library are never chained to ours.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.channels.email.verdicts import is_gone
from bot.errors import ChannelError
from bot.leases import ensure_ours

STEP_TIMEOUT = 30.0
"""Seconds for one command."""

ANSWER_TIMEOUT = 60.0
"""Seconds for the answer to a whole message: servers look for spam and viruses before it."""

GREYLIST = timedelta(minutes=5)
"""When to come back to a server that says "not now"."""

_OF_BOUNCES = re.compile(r"[a-z2-7]{40}@", re.IGNORECASE)
_START_INPUT = 354
_QUIT_TIMEOUT = 5.0
_MAILBOX_CODES = frozenset({550, 551, 553, 554, 556})
_ANY_ADDRESS = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")


class TokenSource(Protocol):
    """Where access tokens come from, for a server that takes no password."""

    async def token(self) -> str:
        """A token that is good now."""
        ...

    def forget(self) -> None:
        """The server has refused the last one."""
        ...


class _Client(aiosmtplib.SMTP):
    """Hangs up at once: over TLS the library would wait for the server to do so too, for up to 30 seconds."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
        super().close()


Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server, with the account that we have there, if any."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    tokens: TokenSource | None = field(default=None, repr=False)

    async def check(self, sender: str, bounces: str = "") -> str:
        """Connect, encrypt, log in, and offer the senders of our mails; one line that says what was reached."""
        client = self.client(sender)
        with self.translated():
            try:
                await self.enter(client)
                for address in filter(None, (sender, bounces)):
                    await client.mail(address)
                    await client.rset()
                tls = client.get_transport_info("ssl_object")
                encryption = tls.version() if tls else "NOT ENCRYPTED"
                with suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit(timeout=_QUIT_TIMEOUT)
            finally:
                client.close()
        return f"{self.host}:{self.port}, {encryption}, {'logged in' if self.user else 'no login'}"

    def client(self, sender: str) -> aiosmtplib.SMTP:
        """A client that is not connected yet."""
        return _Client(
            hostname=self.host,
            port=self.port,
            local_hostname=sender.rpartition("@")[2],  # the default asks the DNS and tells the machine's name
            use_tls=self.security == "tls",
            start_tls=False,  # done here, to say clearly what is wrong
            timeout=STEP_TIMEOUT,
        )

    async def enter(self, client: aiosmtplib.SMTP) -> None:
        """Connect until mail may be sent; never in clear text unless the admin asked for that."""
        await client.connect()
        await client.ehlo()
        if self.security == "starttls":
            await self._encrypt(client)
        if self.tokens is not None:
            token = await self.tokens.token()
            try:
                await client.auth_xoauth2(self.user, token)
            except aiosmtplib.SMTPResponseException:
                self.tokens.forget()
                raise
        elif self.user:
            await client.login(self.user, self.password)

    async def _encrypt(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            raise ChannelError(
                f"{self.host} offers no STARTTLS, and nothing is sent in clear text;"
                " SMTP_URL may say smtps://, or ?tls=none to go without encryption on purpose"
            )
        await client.starttls()
        await client.ehlo()

    async def transfer(self, client: aiosmtplib.SMTP, content: bytes) -> str:
        """DATA by hand: only so is it known whether the message had gone out when the connection broke."""
        start = await client.execute_command(b"DATA")
        if start.code != _START_INPUT or client.protocol is None:
            raise aiosmtplib.SMTPDataError(start.code, start.message)
        ensure_ours()
        client.protocol.write(_stuffed(content))
        try:
            answer = await client.protocol.read_response(timeout=ANSWER_TIMEOUT)
        except (aiosmtplib.SMTPException, OSError):
            raise ChannelError(
                f"{self.host} has the message but did not say whether it takes it", ambiguous=True
            ) from None
        if answer.code // 100 != 2:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        return f"{answer.code} {answer.message}"

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn errors of the library into our own, with the decision."""
        try:
            yield
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            raise self._decision(error) from None

    def _decision(self, error: Exception) -> ChannelError:
        """What the outbox should do about an error of the library."""
        match error:
            case aiosmtplib.SMTPAuthenticationError():
                where = "SMTP_OAUTH" if self.tokens else "the user and the password in SMTP_URL"
                reason = f"{self.host} refuses the login: {self._said(error)}; see {where}"
            case aiosmtplib.SMTPSenderRefused():
                name = "SMTP_BOUNCES" if _OF_BOUNCES.search(error.sender) else "SMTP_FROM"
                reason = f"{self.host} refuses {name} as the sender: {_answer(error)}"
            case aiosmtplib.SMTPRecipientRefused():
                reason = f"{self.host} refuses the recipient: {_answer(error)}"
            case aiosmtplib.SMTPDataError():
                reason = f"{self.host} refuses the message: {_answer(error)}"
            case aiosmtplib.SMTPResponseException():
                reason = f"{self.host} answers {_answer(error)}"
            case _:
                reason = f"{self.host}:{self.port} cannot be used: {quoted(_cause(error))}"
        is_later = isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 500
        return ChannelError(reason, permanent=_is_final(error), retry_after=GREYLIST if is_later else None)

    def _said(self, error: aiosmtplib.SMTPResponseException) -> str:
        """What the server said, without the password, should it repeat that."""
        said = _answer(error)
        return said.replace(self.password, "…") if len(self.password) > 3 else said


def from_url(url: str) -> Server:
    """`smtp://` is STARTTLS, `smtps://` is TLS, `?tls=none` is neither."""
    parts = urlsplit(url)
    security: Security = "starttls"
    if parts.scheme == "smtps":
        security = "tls"
    elif parse_qs(parts.query).get("tls") == ["none"]:
        security = "none"
    port = parts.port or {"starttls": 587, "tls": 465, "none": 25}[security]
    return Server(
        parts.hostname or "", port, security, unquote(parts.username or ""), unquote(parts.password or "")
    )


def _is_final(error: Exception) -> bool:
    """Whether the mailbox itself is refused, as opposed to our account, the message, or a full disk."""
    if not isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError):
        return False
    return error.code in _MAILBOX_CODES and is_gone(f"{error.code} {error.message}")


def _answer(error: aiosmtplib.SMTPResponseException) -> str:
    return quoted(f"{error.code} {error.message}")


def _cause(error: Exception) -> str:
    causes = (error, error.__cause__, error.__context__)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
    return str(error) or type(error).__name__


def quoted(answer: str) -> str:
    """Words of a server: one printable line without addresses, at most 200 characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in answer).split())
    return _ANY_ADDRESS.sub("…@…", line)[:200]


def _stuffed(content: bytes) -> bytes:
    """A message as DATA carries it: dots doubled at the start of lines, the end mark (RFC 5321, 4.5.2)."""
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"
