"""Which models are asked, at which addresses and prices: read from the settings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.errors import SettingsError
from bot.settings import Settings

_COMPLETIONS = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One model at one address; prices are for a million tokens in and out."""

    url: str
    key: str
    model: str
    prices: tuple[float, float] = (0.0, 0.0)

    @property
    def completions(self) -> str:
        """Where to post; the address may carry a query (Azure's api-version), or be that of completions itself."""
        address, mark, query = self.url.partition("?")
        path = address.rstrip("/").removesuffix(_COMPLETIONS)
        return f"{path}{_COMPLETIONS}{mark}{query}"

    @property
    def headers(self) -> dict[str, str]:
        """The key, as OpenAI's API takes it and as Azure's does: https://learn.microsoft.com/azure/ai-foundry/openai/reference"""
        if not self.key:
            return {}
        azure = {"api-key": self.key} if ".azure.com" in self.url else {}
        return {"Authorization": f"Bearer {self.key}"} | azure


def endpoints(settings: Settings) -> tuple[Endpoint, ...]:
    """The models to ask, in order; none when nothing is set. SettingsError says what does not fit together."""
    urls, keys = settings.openai_base_url, settings.openai_keys
    if not urls and not keys:
        return ()
    if urls and not settings.openai_model:
        raise SettingsError(["OPENAI_MODEL: name the model that the endpoint should use (for example: qwen-plus)"])
    models = settings.openai_model or ("gpt-4o-mini",)
    spread = {
        "OPENAI_BASE_URL": _spread(urls or ("https://api.openai.com/v1",), models),
        "OPENAI_API_KEY": _spread(keys or ("",), models),
        "LLM_PRICES": _spread(settings.llm_prices or ("0/0",), models),
    }
    if faults := [
        f"{name}: give one, or as many as OPENAI_MODEL" for name, values in spread.items() if not values
    ]:
        raise SettingsError(faults)
    if settings.llm_daily_cost and not settings.llm_prices:
        raise SettingsError(
            ["LLM_DAILY_COST: needs LLM_PRICES, in/out for a million tokens (for example: 0.28/0.42)"]
        )
    return tuple(
        Endpoint(url.rstrip("/"), key, model, _prices(price))
        for url, key, model, price in zip(
            spread["OPENAI_BASE_URL"], spread["OPENAI_API_KEY"], models, spread["LLM_PRICES"], strict=True
        )
    )


def _spread(values: tuple[str, ...], models: tuple[str, ...]) -> tuple[str, ...]:
    if len(values) == 1:
        return values * len(models)
    return values if len(values) == len(models) else ()


def _prices(text: str) -> tuple[float, float]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)/(\d+(?:\.\d+)?)", text.strip())
    if not found:
        raise SettingsError([f"LLM_PRICES: {text!r} is not in/out for a million tokens (for example: 0.28/0.42)"])
    return float(found[1]), float(found[2])
