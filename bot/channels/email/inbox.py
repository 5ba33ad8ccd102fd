"""The mailbox that people write to, over IMAP: its unread mails, one after another.

The library blocks, so that each step runs in a thread. It waits with IDLE where the server has it.
"""

from __future__ import annotations

import asyncio
import imaplib
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError, UnexpectedCommandStatusError

from bot.channels.email.server import TokenSource, quoted
from bot.errors import ChannelError
from bot.supervision import to_its_end

LARGEST = 1_000_000
"""Bytes of a mail: a bounce that carries a whole digest is smaller. Larger ones are marked as read and left."""

_MOST_AT_ONCE = 500  # mails of one look; the rest is found by the next
_KNOWN = {
    "uid": re.compile(r"\bUID (\d+)", re.IGNORECASE),
    "flags": re.compile(r"\bFLAGS \(([^)]*)\)", re.IGNORECASE),
    "size": re.compile(r"\bRFC822\.SIZE (\d+)", re.IGNORECASE),
}
# A refusal that is none of the account (https://www.rfc-editor.org/rfc/rfc5530), and what servers say instead.
_FOR_NOW = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|OVERQUOTA|THROTTLED)\]"
    r"|too many|simultaneous|try again|later|temporar|busy|limit|频繁|稍后",
    re.IGNORECASE,
)
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
    tokens: TokenSource | None = field(default=None, repr=False)  # instead of a password


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
        token = await account.tokens.token() if account.tokens else ""
        try:
            return cls(account, await asyncio.to_thread(_logged_in, account, token))
        except ChannelError:
            if account.tokens:
                account.tokens.forget()
            raise

    async def unseen(self) -> list[str]:
        """The numbers of the unread mails; those that are too large are marked as read first."""
        found: list[str] = await self._do(self._unseen)
        return found

    def _unseen(self) -> list[str]:
        self._session.client.noop()  # a search finds what the server had seen at the end of the last command
        self._session.client.response("EXISTS")  # what comes from here on is news to `wait`
        found: list[str] = []
        for uid, flags, size in self._known(_search(self._session)[:_MOST_AT_ONCE]):
            if MailMessageFlags.SEEN.lower() in flags.lower():
                continue
            if size > LARGEST:
                log.warning("mail_skipped uid=%s reason=larger than %d bytes", uid, LARGEST)
                self._session.flag(uid, MailMessageFlags.SEEN, value=True)
            else:
                found.append(uid)
        return found

    def _known(self, uids: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """The number, flags and size of mails: there are servers that ignore what a search asks for."""
        if not uids:
            return
        _, rows = self._session.client.uid("FETCH", ",".join(uids), "(UID FLAGS RFC822.SIZE)")
        for row in rows:
            said = (row[0] if isinstance(row, tuple) else row or b"").decode("ascii", "replace")
            found = {name: pattern.search(said) for name, pattern in _KNOWN.items()}
            if found["uid"] and found["uid"][1] in uids:
                flags, size = found["flags"], found["size"]
                yield found["uid"][1], flags[1] if flags else "", int(size[1]) if size else 0

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
        with _translated(self._account):
            return await to_its_end(asyncio.to_thread(step))


def _logged_in(account: Account, token: str = "") -> BaseMailBox:
    with _translated(account):
        session = _connected(account)
    client: Any = session.client
    # A bare `OK` is enough of an answer; the library wants words after it.
    client.tagre = re.compile(rb"(?P<tag>" + client.tagpre + rb"\d+) (?P<type>[A-Z]+) ?(?P<data>.*)", re.ASCII)
    where = "IMAP_OAUTH" if token else "the user and the password in IMAP_URL"
    what = f"refuses the login: see {where}"
    try:
        if token:
            said = iter((f"user={account.user}\1auth=Bearer {token}\1\1".encode(), b""))  # a fault wants an answer
            client.authenticate("XOAUTH2", lambda _: next(said, b""))
        else:  # IMAP's LOGIN knows only ASCII
            log_in = session.login if account.password.isascii() else session.login_utf8
            log_in(account.user, account.password, None)
        what = "does not open: see the folder in IMAP_URL"
        _introduce(session)
        session.folder.set(account.folder)
    except (ImapToolsError, imaplib.IMAP4.error, OSError) as error:
        with suppress(OSError):
            session.client.shutdown()
        is_broken = isinstance(error, OSError | imaplib.IMAP4.abort)
        is_refused = not is_broken and not _FOR_NOW.search(_words(error))
        reason = type(error).__name__ if is_broken else f"{what} ({_said(error, account)})"
        raise ChannelError(f"{account.host}: {reason}", permanent=is_refused) from None
    return session


def _introduce(session: BaseMailBox) -> None:
    """Send our ID where the server supports it (RFC 2971): NetEase opens no mailbox before."""
    client = session.client
    _, said = client.capability()
    client.capabilities = tuple(b" ".join(one for one in said if one).decode("ascii", "replace").upper().split())
    if "ID" in client.capabilities:
        client.xatom("ID", '("name" "Sudi" "vendor" "Sudi" "version" "1")')


def _search(session: BaseMailBox) -> list[str]:
    """The numbers of unread mails; without a charset, which Aliyun refuses."""
    kind, found = session.client.uid("SEARCH", "UNSEEN")
    if kind != "OK":
        raise imaplib.IMAP4.error(found[-1])
    return [uid.decode("ascii", "replace") for row in found if row for uid in row.split()]


def _connected(account: Account) -> BaseMailBox:
    if account.security == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=_TIMEOUT)
    trusted = ssl.create_default_context()
    if account.security == "tls":
        return MailBox(account.host, account.port, timeout=_TIMEOUT, ssl_context=trusted)
    return MailBoxStartTls(account.host, account.port, timeout=_TIMEOUT, ssl_context=trusted)


@contextmanager
def _translated(account: Account) -> Iterator[None]:
    """Errors of the library as ours, with what the server said."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ChannelError(f"{account.host}: its certificate is not valid: {error.verify_message}") from None
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
        where, said = f"{account.host}:{account.port}", _said(error, account)
        raise ChannelError(f"{where} cannot be read: {said or type(error).__name__}") from None


def _said(error: Exception, account: Account) -> str:
    """What the server said, without the password and addresses, should it repeat them."""
    said = _words(error)
    for secret in (account.password, account.user):
        said = said.replace(secret, "…") if len(secret) > 2 else said
    return quoted(said)


def _words(error: Exception) -> str:
    result = error.command_result if isinstance(error, UnexpectedCommandStatusError) else error.args
    words = result[-1] if result else ""
    while isinstance(words, list | tuple):
        words = words[-1] if words else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words or "")


async def check(account: Account) -> str:
    """Open the mailbox, search it, and leave; one line that says what was reached."""
    inbox = await Inbox.opened(account)
    try:
        unread = len(await inbox.unseen())
        return f"mailbox at {account.host}:{account.port}, encrypted by {account.security}, {unread} unread"
    finally:
        await inbox.close()
