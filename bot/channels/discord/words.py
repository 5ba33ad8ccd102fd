"""Names and descriptions of commands in the languages of Discord's clients.

Simplified Chinese is the locale's; `traditional.toml` has what little a command menu says in traditional Chinese.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

from discord import Interaction, Locale
from discord.app_commands import TranslationContextTypes, Translator, locale_str

from bot.channels import Command
from bot.locale import say
from bot.model import Language
from bot.text.normal import has_han


class Words(Translator):
    """Knows Chinese; for other languages Discord shows the English text."""

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        """The text in one language, None when it is not ours."""
        found = string.extras.get(locale.value)
        return None if found is None else str(found)


def described(key: str) -> locale_str:
    """A sentence or a label of the locale."""
    return locale_str(
        say(key, "en"), **{"zh-CN": say(key, "zh"), "zh-TW": _traditional().get(key, say(key, "zh"))}
    )


def named(command: Command) -> locale_str:
    """The verb; in Chinese it is the first Chinese alias."""
    simplified = next((alias for alias in command.aliases if has_han(alias)), command.name)
    traditional = _traditional().get(f"verb.{command.name}", simplified)
    return locale_str(command.name, **{"zh-CN": simplified, "zh-TW": traditional})


def tongue(interaction: Interaction) -> Language:
    """The language of a person's client, as far as we speak it."""
    return {"zh-CN": Language.ZH, "zh-TW": Language.ZH_HANT}.get(interaction.locale.value, Language.EN)


@functools.cache
def _traditional() -> Mapping[str, str]:
    text = resources.files("bot.channels.discord").joinpath("traditional.toml").read_text("utf-8")
    return {f"{table}.{name}": row for table, rows in tomllib.loads(text).items() for name, row in rows.items()}
