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
    are_there = "email" in settings.bot_channels
    mailboxes = Mailboxes(settings.bot_email_allow, are_there, mailbox(settings) if are_there else "")
    return Defaults(Language(settings.bot_language), slot, mailboxes, settings.bot_digest_cap)


def mailbox(settings: Settings) -> str:
    """The address that takes commands by mail; empty where no mails are read."""
    return settings.smtp_from.rpartition("<")[2].rstrip("> ") if settings.imap_url else ""
