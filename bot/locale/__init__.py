"""Every sentence that the bot says, in `en.toml` and `zh.toml`; nothing else lives here.

A key is `table.name`. A sentence is filled by `str.format` with named values; a sentence that counts is
a table `{ zero = "...", one = "...", other = "..." }` and is chosen by the value `n`; `other` has to be
there. The words "both languages" are the caller's business: say it twice.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

import opencc

LANGUAGES = ("en", "zh")
TRADITIONAL = "zh-hant"
_WHERE_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})

Sentence = str | Mapping[str, str]


def spoken(tag: str) -> str | None:
    """What we speak of a language named as in BCP 47: `en`, `zh`, or `zh-hant` where that is usual; else None."""
    name, *rest = tag.lower().replace("_", "-").split("-")
    if name == "zh" and _WHERE_TRADITIONAL.intersection(rest) and "hans" not in rest:
        return TRADITIONAL
    return name if name in LANGUAGES else None


@functools.cache
def sentences(language: str) -> Mapping[str, Sentence]:
    """All sentences of one language, by key: `en`, `zh`, or `zh-hant`, which is `zh` in traditional characters."""
    name = "zh" if language == TRADITIONAL else language
    text = resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
    tree = tomllib.loads(opencc.OpenCC("s2tw").convert(text) if language == TRADITIONAL else text)
    return {f"{table}.{name}": value for table, rows in tree.items() for name, value in rows.items()}


def say(key: str, language: str, /, **values: object) -> str:
    """One sentence, filled; raises KeyError for a key or a value that is not there."""
    sentence = sentences(language)[key]
    if not isinstance(sentence, str):
        form = "zero" if values["n"] == 0 else "one" if values["n"] == 1 else "other"
        sentence = sentence.get(form, sentence["other"])
    return sentence.format(**values)
