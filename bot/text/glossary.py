"""Established Chinese terms of arXiv's fields and their English: so that a Chinese term finds English texts.

It does not translate, and it knows no terms but those of `glossary.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from bot.text.variants import simplified


def english(term: str) -> tuple[str, ...]:
    """What a Chinese term is called in English; () for a term that is not known. White space does not matter, and
    neither does whether it is written in simplified or traditional characters.
    """
    return entries().get(simplified("".join(term.split())), ())


@cache
def entries() -> Mapping[str, tuple[str, ...]]:
    """All terms with their English names, the usual one first."""
    table = tomllib.loads(resources.files("bot.text").joinpath("glossary.toml").read_text("utf-8"))
    return MappingProxyType({term: tuple(names) for term, names in table.items()})
