"""What new destinations get until their people choose, as the admin has set it."""

from __future__ import annotations

from bot.commands.mailboxes import Mailboxes
from bot.commands.request import Defaults
from bot.model import Language, Slot
from bot.settings import Settings


def defaults(settings: Settings) -> Defaults:
    """The preferences of new destinations."""
    hour, minute = settings.bot_time.split(":")
    slot = Slot(settings.bot_timezone, int(hour) * 60 + int(minute))
    mailboxes = Mailboxes(settings.bot_email_allow, are_there="email" in settings.bot_channels)
    return Defaults(Language(settings.bot_language), slot, mailboxes, settings.bot_digest_cap)
