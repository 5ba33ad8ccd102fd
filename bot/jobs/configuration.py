"""What is wrong with settings that can be read: told at the start, by `sudi doctor`, and while the bot runs."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pydantic_settings import DotEnvSettingsSource

from bot.environment import unknown_names
from bot.health import Kind, Trouble
from bot.settings import Settings


def misspelt() -> list[str]:
    """A line for each name of the environment and `.env` that looks like a setting of ours and is none."""
    return unknown_names(map(str.upper, (*os.environ, *DotEnvSettingsSource(Settings).env_vars)), Settings)


def of_settings(settings: Settings) -> Iterator[Trouble]:
    """What is wrong with these settings; none of it keeps the bot from its work."""
    for line in misspelt():
        yield Trouble(Kind.SETTING_UNKNOWN, {"line": line})
    deaf = {one.partition(":")[0] for one in settings.bot_admins} - set(settings.bot_channels)
    if deaf:
        yield Trouble(Kind.ADMINS_DEAF, {"channel": ", ".join(sorted(deaf))})
    is_mail_real = settings.smtp_url is not None and not settings.smtp_url.get_secret_value().startswith("file:")
    if "email" in settings.bot_channels and is_mail_real and not (settings.imap_url or settings.bot_public_url):
        yield Trouble(Kind.MAILS_UNREAD)
