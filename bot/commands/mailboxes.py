"""Whose mailboxes may be written to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """The mailboxes of an installation: all of them, or those of BOT_EMAIL_ALLOW."""

    allow: tuple[str, ...] = ()  # domains and addresses
    are_there: bool = True  # whether the bot sends mail at all

    def may(self, address: str) -> bool:
        """Whether somebody with this address may use the bot by mail."""
        known = {one.removeprefix("@").casefold() for one in self.allow}
        whole = address.casefold()
        return not known or whole in known or whole.rpartition("@")[2] in known


NOBODYS = Mailboxes(are_there=False)
"""Those of a bot that sends no mail."""
