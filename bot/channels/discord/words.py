"""Names and descriptions of commands in the languages of Discord's clients."""

from __future__ import annotations

from discord import Interaction, Locale
from discord.app_commands import TranslationContextTypes, Translator, locale_str

from bot.channels import Command
from bot.locale import TRADITIONAL, say, spoken
from bot.model import Language
from bot.text.normal import has_han
from bot.text.traditional import traditional


class Words(Translator):
    """Knows Chinese; for other languages Discord shows the English text."""

    async def translate(self, string: locale_str, locale: Locale, context: TranslationContextTypes) -> str | None:
        """The text in one language, None when it is not ours."""
        found = string.extras.get(locale.value)
        return None if found is None else str(found)


def described(key: str) -> locale_str:
    """A sentence or a label of the locale."""
    return locale_str(say(key, "en"), **{"zh-CN": say(key, "zh"), "zh-TW": say(key, TRADITIONAL)})


def named(command: Command) -> locale_str:
    """The verb; in Chinese it is the first Chinese alias."""
    simplified = next((alias for alias in command.aliases if has_han(alias)), command.name)
    return locale_str(command.name, **{"zh-CN": simplified, "zh-TW": traditional(simplified)})


def locale(interaction: Interaction) -> Language:
    """The language of a person's client, as far as we speak it."""
    return Language(spoken(interaction.locale.value) or Language.EN)
