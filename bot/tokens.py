"""Signed, expiring tokens for links and addresses in mails. Pure; what one permits is decided where it is used.

A token names one row by its number, for one purpose, until one instant; nobody can make one without the key.
It is 40 letters and digits in lower case, so that it survives mail programs that fold, wrap or change the
case of an address. It hides nothing, and it can be used until it expires: that something happens once is
written down in the store.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.epochs import Epoch, Kind, epoch_of

_NUMBER = 5  # bytes of an instant and of a row's number
_MAC = 15  # bytes: 120 bits; with both numbers 25 bytes, which base 32 writes without padding
_LENGTH = 40  # characters


class Purpose(enum.StrEnum):
    """What a token is for; one for something else is worth nothing."""

    CONFIRM = "confirm"  # do what a mail, or a person elsewhere, has asked for: the number of the request
    MANAGE = "manage"  # read and change what one mailbox gets: the number of the destination
    BOUNCE = "bounce"  # say that a mail did not arrive: the number of the destination
    DIGEST = "digest"  # read one digest, whole: the number of the delivery

    @property
    def lifetime(self) -> timedelta:
        """How long a token is good for."""
        return {
            Purpose.CONFIRM: timedelta(days=1),
            Purpose.MANAGE: timedelta(days=400),  # people unsubscribe from mails that they find again
            Purpose.BOUNCE: timedelta(days=30),
            Purpose.DIGEST: timedelta(days=4000),  # as long as the delivery is kept: BOT_KEEP_DAYS
        }[self]

    @property
    def kind(self) -> Kind:
        """What the number of a token is the id of."""
        return {Purpose.CONFIRM: Kind.UNCONFIRMED, Purpose.DIGEST: Kind.DELIVERY}.get(self, Kind.DESTINATION)


class Tokens:
    """Makes and reads tokens with one key; a row that only has the id of an earlier one is not that one."""

    def __init__(self, key: bytes, epochs: Sequence[Epoch] = ()) -> None:
        self._key = key
        self._epochs = epochs

    def sign(self, purpose: Purpose, number: int, now: datetime) -> str:
        """A token for a row, good for the lifetime of its purpose."""
        until = int((now + purpose.lifetime).timestamp())
        content = number.to_bytes(_NUMBER) + until.to_bytes(_NUMBER)
        return base64.b32encode(content + self._mac(purpose, number, content)).decode().lower()

    def read(self, purpose: Purpose, token: str, now: datetime) -> int | None:
        """The number of the row; None for a token that is wrong, old, or for another purpose."""
        if len(token) != _LENGTH:
            return None
        try:
            signed = base64.b32decode(token.upper())
        except (binascii.Error, ValueError):
            return None
        content, mac = signed[: 2 * _NUMBER], signed[2 * _NUMBER :]
        number = int.from_bytes(content[:_NUMBER])
        if not hmac.compare_digest(mac, self._mac(purpose, number, content)):
            return None
        until = datetime.fromtimestamp(int.from_bytes(content[_NUMBER:]), UTC)
        return number if now < until else None

    def _mac(self, purpose: Purpose, number: int, content: bytes) -> bytes:
        epoch = epoch_of(self._epochs, purpose.kind, number)
        return hmac.digest(self._key, purpose.encode() + b"\0" + content + epoch.encode(), "sha256")[:_MAC]


@dataclass(frozen=True, slots=True)
class Links:
    """The tokens of an installation, and the addresses of its pages."""

    tokens: Tokens
    public_url: str = ""  # without a slash at the end; empty where there is no site
    has_room: bool = False  # whether papers are read on the site

    def manage(self, destination_id: int, now: datetime) -> str:
        """The page on which a mailbox is managed, and the address of its one-click unsubscribing; or nothing."""
        return self._page("mail", self.tokens.sign(Purpose.MANAGE, destination_id, now))

    def confirm(self, request_id: int, now: datetime) -> str:
        """The page on which a request is confirmed; or nothing."""
        return self._page("confirm", self.tokens.sign(Purpose.CONFIRM, request_id, now))

    def digest(self, delivery_id: int, due: datetime) -> str:
        """The page with exactly the papers of a delivery, the same whenever it is asked for; or nothing."""
        page = self._page("digest", self.tokens.sign(Purpose.DIGEST, delivery_id, due)) if self.has_room else ""
        return page and f"{page}/"

    def _page(self, name: str, token: str) -> str:
        return f"{self.public_url}/{name}/{token}" if self.public_url else ""
