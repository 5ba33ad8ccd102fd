"""Whose mailboxes may be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

SECOND_CHANCE = timedelta(days=7)
"""After how long a mailbox that has refused or bounced is tried once more."""

_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})  # https://support.google.com/mail/answer/7436150


def mailbox_of(address: str) -> str:
    """The mailbox that an address reaches: without the tag that anybody may add to it, and Gmail's dots."""
    user, _, domain = address.casefold().rpartition("@")
    user = user.partition("+")[0] or user
    if domain in _WITHOUT_DOTS:
        user, domain = user.replace(".", ""), "gmail.com"
    return f"{user}@{domain}"


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes of an installation: all of them, or those of BOT_EMAIL_ALLOW."""

    allow: tuple[str, ...] = ()  # domains and addresses
    are_there: bool = True  # whether the bot sends mail at all
    address: str = ""  # that takes commands; empty where no mails are read

    def may(self, address: str) -> bool:
        """Whether somebody with this address may use the bot by mail."""
        known = {one.removeprefix("@").casefold() for one in self.allow}
        whole = address.casefold()
        return not known or whole in known or whole.rpartition("@")[2] in known


NOBODYS = Mailboxes(are_there=False)
"""Those of a bot that sends no mail."""
