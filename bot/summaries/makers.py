"""Which makers an installation has, in the order in which they are asked."""

from __future__ import annotations

from bot.settings import Settings
from bot.summaries.chain import Chain
from bot.summaries.endpoints import endpoints
from bot.summaries.firefox import Firefox, folder, is_there
from bot.summaries.llm import Llm


def chain(settings: Settings) -> Chain:
    """The models of the settings, then the one on this machine; SettingsError for settings that do not fit."""
    at_once, per_minute = settings.llm_at_once, settings.llm_per_minute
    models = [Llm(one, at_once=at_once, per_minute=per_minute) for one in endpoints(settings)]
    where = folder(settings)
    return Chain([*models, *([Firefox(where)] if is_there(where) else [])], at_once=at_once)
