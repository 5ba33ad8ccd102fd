"""Outgoing mail: one message for each digest and recipient, as HTML and as plain text of the same worth.

`pages` composes it, `message` writes it as it is sent, `server` knows the mail server and what its answers mean,
`connections` keeps it open, `folder` stands in for it. Incoming mail is not here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bot.channels.email.connections import Connections
from bot.channels.email.folder import Folder
from bot.channels.email.letter import mailbox, restored
from bot.channels.email.message import Ways, written
from bot.channels.email.note import note
from bot.channels.email.pages import letters
from bot.channels.email.server import from_url
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.settings import EXAMPLES, Settings
from bot.tokens import Links, Purpose


def channel(settings: Settings) -> Email:
    """The mail channel of SMTP_URL and SMTP_FROM; SettingsError says which of them is missing or wrong."""
    if settings.smtp_url is None:
        raise SettingsError([_fault("SMTP_URL", "the email channel needs the address of a mail server")])
    url = settings.smtp_url.get_secret_value()
    is_folder = url.startswith("file:")
    server = Folder(Path(unquote(urlsplit(url).path))) if is_folder else Connections(from_url(url))
    user = "" if is_folder else from_url(url).user
    name, address = parseaddr(settings.smtp_from) if settings.smtp_from else ("Sudi", user)
    sender = mailbox(address, " ".join(name.split()))
    if sender is None:
        raise SettingsError([_fault("SMTP_FROM", "must be the address that the mail comes from")])
    return Email(server, sender)


class Email:
    """A mail server and the address we write from."""

    def __init__(self, server: Connections | Folder, sender: Address) -> None:
        self._server = server
        self._sender = sender
        self._links: Links | None = None

    def link(self, links: Links) -> None:
        """Take what links are made with: without it, readers can only write to us to stop."""
        self._links = links

    @property
    def name(self) -> str:
        """The name in BOT_CHANNELS."""
        return "email"

    def render(self, digest: Digest) -> tuple[str, ...]:
        """One letter for each mail; it becomes a message when it is sent."""
        return tuple(
            letter.stored() for letter in letters(digest, has_page=bool(self._links and self._links.public_url))
        )

    def preview(self, bodies: Sequence[str]) -> str:
        """The messages as they would be sent now, to nobody."""
        nobody = Address(username="you", domain="example.org")
        return "\n".join(self._written(body, nobody).decode("ascii").replace("\r\n", "\n") for body in bodies)

    async def send(self, address: str, body: str, key: str) -> str:
        """Hand the message to the server and return its answer; the Message-ID in it is the stable key."""
        recipient = mailbox(address)
        if recipient is None:
            raise ChannelError("the address of the destination is not a mail address", permanent=True)
        content = self._written(body, recipient)
        return await self._server.deliver(self._sender.addr_spec, recipient.addr_spec, content)

    def _written(self, body: str, recipient: Address) -> bytes:
        letter = restored(body)
        now = datetime.now(UTC)
        ways = self._ways(letter.destination, now) if letter.destination else None
        return written(letter, self._sender, recipient, now, ways)

    def _ways(self, destination: int, now: datetime) -> Ways:
        """How the reader may stop; the same for a whole day, so that a mail that is repeated is the same mail."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        address = f"mailto:{quote(self._sender.addr_spec, safe='@')}?subject=unsubscribe"
        if self._links is None:
            return Ways(address)
        token = self._links.tokens.sign(Purpose.MANAGE, destination, today)
        return Ways(f"{address}%20{token}", self._links.manage(destination, today))

    async def tell(self, person: str, text: str, about: str = "") -> None:
        """Send a short mail; told again on the same day, it has the same Message-ID."""
        await self.send(person, note(text, person, datetime.now(UTC).date()).stored(), "")

    async def check(self) -> str:
        """Connect, encrypt, log in, and leave."""
        return await self._server.check(self._sender.addr_spec)

    async def close(self) -> None:
        """Leave the server."""
        await self._server.close()


def _fault(name: str, what: str) -> str:
    return f"{name}: {what} (for example: {name}={EXAMPLES[name]})"
