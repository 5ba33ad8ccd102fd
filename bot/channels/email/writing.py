"""What makes an outgoing email ours: the sender, the links of its reader, the return path, the signature."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from email.headerregistry import Address
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import quote

from bot.channels.email.message import Ways, written
from bot.channels.email.outgoing import OutgoingEmail
from bot.errors import SettingsError
from bot.settings import Settings
from bot.tokens import Links, Purpose

if TYPE_CHECKING:
    from bot.channels.email.signing import Signer


class Writer:
    """Writes for one sender; all secrets come in here, when a message is sent."""

    def __init__(self, sender: Address, settings: Settings) -> None:
        self.sender = sender
        self._bounces = settings.smtp_bounces
        self._has_page = bool(settings.bot_public_url)
        self._takes_commands = settings.imap_url is not None
        self.contact = settings.bot_contact or sender.addr_spec
        self.links: Links | None = None
        self._signer: Signer | None = None
        if settings.dkim_key:
            self._signer = _extra("signing", "DKIM_KEY").signer(
                settings.dkim_key, settings.dkim_selector, sender.domain
            )

    def link(self, links: Links) -> None:
        """Take what links are made with: without it, readers can only write to us to stop."""
        self.links = links

    @property
    def has_page(self) -> bool:
        """Whether readers have a page on which they may stop."""
        return self.links is not None and bool(self.links.public_url)

    def message(self, outgoing: OutgoingEmail, recipient: Address, now: datetime) -> bytes:
        """The whole message, signed; on one day, what it says is always the same, so that a repetition is one."""
        ways = self._ways(outgoing.destination, _today(now)) if outgoing.destination else None
        content = written(outgoing, self.sender, recipient, now, ways)
        return self._signer.signed(content) if self._signer else content

    def return_path(self, outgoing: OutgoingEmail, now: datetime) -> str:
        """Where a bounce goes: to an address that names the destination, where the mail server supports that."""
        if not (self._bounces and self.links and outgoing.destination):
            return self.sender.addr_spec
        token = self.links.tokens.sign(Purpose.BOUNCE, outgoing.destination, _today(now))
        return self._bounces.replace("{token}", token)

    @property
    def sample_return_path(self) -> str:
        """A return path as mails have it, to be tried; empty where it is the sender itself."""
        return self._bounces.replace("{token}", "a" * 40)

    async def lacking(self) -> list[str]:
        """What other servers and readers would like to have, one line each."""
        found = {
            "readers have no page on which they may stop (BOT_PUBLIC_URL)": not self._has_page,
            "bounces are not noticed (SMTP_BOUNCES)": not self._bounces,
            "the mail server has to sign, Sudi does not (DKIM_KEY)": self._signer is None,
        }
        try:
            records = await _extra("records", "records").lacking(self.sender.domain, self._signer)
        except SettingsError:
            records = ["SPF, DKIM and DMARC are not looked up (pip install 'sudi[email]')"]
        return [*(line for line, is_so in found.items() if is_so), *records]

    def _ways(self, destination: int, today: datetime) -> Ways:
        reader = self.sender.addr_spec if self._takes_commands else self.contact
        address = f"mailto:{quote(reader, safe='@')}?subject=unsubscribe"
        if self.links is None:
            return Ways(address)
        token = self.links.tokens.sign(Purpose.MANAGE, destination, today)
        return Ways(f"{address}%20{token}", self.links.manage(destination, today))


def _today(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _extra(name: str, setting: str) -> ModuleType:
    """A module of this room that needs libraries which not everybody has."""
    try:
        return importlib.import_module(f"bot.channels.email.{name}")
    except ModuleNotFoundError as error:
        raise SettingsError([f"{setting}: needs the library {error.name}: pip install 'sudi[email]'"]) from error
