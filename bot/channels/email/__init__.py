"""Outgoing mail: one message for each digest and recipient, as HTML and as plain text of the same worth.

`pages` composes emails, `message` writes them as they are sent, and `writing` adds what is ours and secret;
`server` knows the mail server and what its answers mean, `connections` keeps it open, `folder` stands in for it.
Mail that comes in: `inbox` fetches it, `incoming` and `bounces` read it, `reader` gives it to whom it is for, and
`answers` writes back.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bot.channels import Channel, Correspondence, Reply
from bot.channels.email.answers import question
from bot.channels.email.connections import Connections
from bot.channels.email.folder import Folder
from bot.channels.email.note import note
from bot.channels.email.oauth import AccessTokens, grant
from bot.channels.email.outgoing import OutgoingEmail, mailbox, restored
from bot.channels.email.pages import emails
from bot.channels.email.server import from_url
from bot.channels.email.writing import Writer
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.pacing import Reserve
from bot.settings import EXAMPLES, Settings
from bot.tokens import Links


def channel(settings: Settings) -> Email:
    """The mail channel of SMTP_URL and SMTP_FROM; SettingsError says which of them is missing or wrong."""
    if settings.smtp_url is None:
        raise SettingsError([_fault("SMTP_URL", "the email channel needs the address of a mail server")])
    url = settings.smtp_url.get_secret_value()
    is_folder = url.startswith("file:")
    server = Folder(Path(unquote(urlsplit(url).path))) if is_folder else _connections(url, settings)
    user = "" if is_folder else from_url(url).user
    name, address = parseaddr(settings.smtp_from) if settings.smtp_from else ("Sudi", user)
    sender = mailbox(address, " ".join(name.split()))
    if sender is None:
        raise SettingsError([_fault("SMTP_FROM", "must be the address that the mail comes from")])
    pace = timedelta(minutes=1) / settings.smtp_rate if settings.smtp_rate else timedelta()
    mailbox_url = _mailbox_to_read(settings)
    tokens = _tokens("IMAP_OAUTH", settings.imap_oauth)
    return Email(
        server, Writer(sender, settings), mailbox_url, pace, authserv=settings.imap_authserv, imap_tokens=tokens
    )


class Email(Channel):
    """A mail server and the address we write from."""

    name = "email"
    most_copies = 3
    second_chance = timedelta(days=7)

    def __init__(
        self,
        server: Connections | Folder,
        writer: Writer,
        mailbox_url: str = "",
        pace: timedelta = timedelta(),
        *,
        authserv: str = "",
        imap_tokens: AccessTokens | None = None,
    ) -> None:
        self._server = server
        self._writer = writer
        self._authserv = authserv
        self._imap_tokens = imap_tokens
        self._mailbox_url = mailbox_url
        self.pace = pace  # what SMTP_RATE leaves between two mails

    def link(self, links: Links) -> None:
        """Take what the links in mails are made with."""
        self._writer.link(links)

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where turns under SMTP_DOMAIN_RATE are booked."""
        if isinstance(self._server, Connections):
            self._server.reserve = reserve

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One outgoing email for each mail; it becomes a message when it is sent."""
        writer, takes_commands = self._writer, bool(self._mailbox_url)
        made = emails(digest, has_page=writer.has_page, takes_commands=takes_commands, contact=writer.contact)
        return tuple(outgoing.stored() for outgoing in made)

    def preview(self, bodies: Sequence[str]) -> str:
        """The messages as they would be sent now; nothing is sent."""
        nobody, now = Address(username="you", domain="example.org"), datetime.now(UTC)
        written = (self._writer.message(restored(body), nobody, now) for body in bodies)
        return "\n".join(message.decode("ascii").replace("\r\n", "\n") for message in written)

    async def send(self, address: str, body: str, key: str) -> str:
        """Hand the message to the server and return its answer; the Message-ID in it is the stable key."""
        recipient = mailbox(address)
        if recipient is None:
            raise ChannelError("the address of the destination is not a mail address", permanent=True)
        outgoing, now = restored(body), datetime.now(UTC)
        content = await asyncio.to_thread(self._writer.message, outgoing, recipient, now)
        return await self._server.deliver(self._writer.return_path(outgoing, now), recipient.addr_spec, content)

    def queue_key(self, address: str) -> str:
        """All mails go by one account, and share its pace."""
        return "account"

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Send a short mail; told again on the same day, it has the same Message-ID."""
        await self.send(person, note(text, person, datetime.now(UTC).date()).stored(), "")

    async def correspond(self, email_workflow: Correspondence) -> None:
        """Read the mailbox of IMAP_URL, if there is one, until cancelled."""
        if not self._mailbox_url:
            await super().correspond(email_workflow)
        inbox = importlib.import_module("bot.channels.email.inbox")
        reader = importlib.import_module("bot.channels.email.receiver").Receiver
        writer = self._writer
        reading = reader(
            writer.sender.addr_spec,
            writer.links,
            email_workflow,
            self._send,
            server=self._authserv,
            connection=self.connection,
        )
        await reading.read_for_ever(replace(inbox.from_url(self._mailbox_url), tokens=self._imap_tokens))

    async def ask(self, mailbox: str, reply: Reply) -> None:
        """Ask a mailbox for a confirmation."""
        await self._send(mailbox, question(reply))

    async def _send(self, address: str, outgoing: OutgoingEmail) -> None:
        await self.send(address, outgoing.stored(), "")

    async def check(self) -> str:
        """Connect, encrypt, log in, and leave, here and at the mailbox; see what the DNS says of us."""
        reached = await self._server.check(self._writer.sender.addr_spec, self._writer.sample_return_path)
        lacking = await self._writer.lacking() if isinstance(self._server, Connections) else []
        if self._mailbox_url:
            inbox = importlib.import_module("bot.channels.email.inbox")
            reached += (
                f"; {await inbox.check(replace(inbox.from_url(self._mailbox_url), tokens=self._imap_tokens))}"
            )
        return "; ".join([reached, *lacking])

    async def close(self) -> None:
        """Leave the server."""
        await self._server.close()


def _connections(url: str, settings: Settings) -> Connections:
    rate = settings.smtp_domain_rate
    server = replace(from_url(url), tokens=_tokens("SMTP_OAUTH", settings.smtp_oauth))
    return Connections(server, spacing_seconds=60 / rate if rate else 0.0)


def _mailbox_to_read(settings: Settings) -> str:
    """IMAP_URL; SettingsError when nothing here can read it."""
    if settings.imap_url is None:
        return ""
    if find_spec("imap_tools") is None:
        raise SettingsError(["IMAP_URL: reading mail needs the library imap_tools: pip install 'sudi[email]'"])
    url = settings.imap_url.get_secret_value()
    if not urlsplit(url).password and settings.imap_oauth is None:
        raise SettingsError([_fault("IMAP_URL", "must have the password, unless there is IMAP_OAUTH")])
    return url


def _tokens(setting: str, given: SecretStr | None) -> AccessTokens | None:
    return AccessTokens(setting, grant(setting, given.get_secret_value())) if given else None


def _fault(name: str, what: str) -> str:
    return f"{name}: {what} (for example: {name}={EXAMPLES[name]})"
