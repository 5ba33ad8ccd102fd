"""The mailbox that people write to, over IMAP: what nobody has read yet, one mail after another.

The library blocks, so that each step runs in a thread. It waits with IDLE where the server has it.
"""

from __future__ import annotations

import asyncio
import imaplib
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from bot.errors import ChannelError

LARGEST = 1_000_000
"""Bytes of a mail: a bounce that carries a whole digest is smaller. Larger ones are marked as read and left."""

_TIMEOUT = 30.0  # seconds for one step
_SLICE = 2.0  # a thread that waits ends within this time after a stop
_POLL = 30.0  # between two looks where there is no IDLE

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """What IMAP_URL says."""

    host: str
    port: int
    security: str  # starttls, tls or none
    user: str
    folder: str
    password: str = field(repr=False)


def from_url(url: str) -> Account:
    """`imaps://` is TLS, `imap://` is STARTTLS, `?tls=none` is neither; the path is a folder other than INBOX."""
    parts = urlsplit(url)
    security = "tls" if parts.scheme == "imaps" else "starttls"
    if parse_qs(parts.query).get("tls") == ["none"]:
        security = "none"
    port = parts.port or (993 if security == "tls" else 143)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Account(parts.hostname or "", port, security, user, folder, password)


class Inbox:
    """One session; open with :meth:`opened`. Every method raises ChannelError and nothing else."""

    def __init__(self, account: Account, session: BaseMailBox) -> None:
        self._account = account
        self._session = session

    @classmethod
    async def opened(cls, account: Account) -> Inbox:
        """Connect, encrypt, log in and choose the folder; permanent when the login is refused."""
        return cls(account, await asyncio.to_thread(_logged_in, account))

    async def unseen(self) -> list[str]:
        """The numbers of the mails that nobody has read; too large ones are marked as read first."""
        found: list[str] = await self._do(self._unseen)
        return found

    def _unseen(self) -> list[str]:
        self._session.client.noop()  # a search finds what the server had seen at the end of the last command
        self._session.client.response("EXISTS")  # what comes from here on is news to `wait`
        for uid in self._session.uids(f"UNSEEN LARGER {LARGEST}"):
            log.warning("mail_skipped uid=%s reason=larger than %d bytes", uid, LARGEST)
            self._session.flag(uid, MailMessageFlags.SEEN, value=True)
        return list(self._session.uids("UNSEEN"))

    async def fetch(self, uid: str) -> bytes:
        """One mail as it came, empty when it has gone; it stays unread."""
        found: bytes = await self._do(lambda: self._fetch(uid))
        return found

    def _fetch(self, uid: str) -> bytes:
        _, answer = self._session.client.uid("FETCH", uid, "(BODY.PEEK[])")
        parts = [part[1] for part in answer if isinstance(part, tuple)]
        return parts[0] if parts else b""

    async def mark_seen(self, uid: str) -> None:
        """Nobody needs to read it any more."""
        await self._do(lambda: self._session.flag(uid, MailMessageFlags.SEEN, value=True))

    async def wait(self, seconds: float) -> None:
        """Until something may have come, or that long; without IDLE, until it is time to look again."""
        if "IDLE" not in self._session.client.capabilities:
            await asyncio.sleep(min(seconds, _POLL))
            return
        has_news = await self._do(self._start_idle)
        try:
            until = time.monotonic() + seconds
            while not has_news and (left := until - time.monotonic()) > 0:
                has_news = bool(await self._do(partial(self._session.idle.poll, min(left, _SLICE))))
        finally:
            await self._do(self._session.idle.stop)

    def _start_idle(self) -> bool:
        """Whether the server has told of a new mail since we looked, before it began to wait."""
        self._session.idle.start()  # type: ignore[no-untyped-call]
        return self._session.client.response("EXISTS")[1] != [None]

    async def close(self) -> None:
        """Leave, in good order if that is possible."""
        with suppress(ChannelError):
            await self._do(self._session.logout)
        with suppress(OSError):
            self._session.client.shutdown()

    async def _do(self, step: Callable[[], Any]) -> Any:
        """One step in a thread; it is waited for also when we are cancelled, because nothing can stop it."""
        running = asyncio.ensure_future(asyncio.to_thread(step))
        with _translated(self._account):
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])
                raise


def _logged_in(account: Account) -> BaseMailBox:
    with _translated(account):
        session = _connected(account)
    try:
        # IMAP's LOGIN knows only ASCII.
        log_in = session.login if account.password.isascii() else session.login_utf8
        log_in(account.user, account.password, account.folder)
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        with suppress(OSError):
            session.client.shutdown()
        is_refused = isinstance(error, ImapToolsError) or not isinstance(error, OSError | imaplib.IMAP4.abort)
        what = "refuses the login or the folder: see the user and the password in IMAP_URL"
        raise ChannelError(f"{account.host} {what}", permanent=is_refused) from None
    return session


def _connected(account: Account) -> BaseMailBox:
    if account.security == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=_TIMEOUT)
    trusted = ssl.create_default_context()
    if account.security == "tls":
        return MailBox(account.host, account.port, timeout=_TIMEOUT, ssl_context=trusted)
    return MailBoxStartTls(account.host, account.port, timeout=_TIMEOUT, ssl_context=trusted)


@contextmanager
def _translated(account: Account) -> Iterator[None]:
    """Errors of the library repeat what the server said, and that may hold addresses: only their kind is told."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ChannelError(f"{account.host}: its certificate is not valid: {error.verify_message}") from None
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise ChannelError(f"{account.host}:{account.port} cannot be read: {type(error).__name__}") from None


async def check(account: Account) -> str:
    """Open the mailbox, and leave; one line that says what was reached."""
    inbox = await Inbox.opened(account)
    try:
        return f"mailbox at {account.host}:{account.port}, encrypted by {account.security}"
    finally:
        await inbox.close()
