"""The texts of an answer, in whatever form they came: JSON, nested, encoded twice, tagged, with thoughts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.summaries import TextField

_THOUGHTS = r"(?:think(?:ing)?|reasoning|thoughts?|analysis|scratchpad)"
_THOUGHT_ENDS = re.compile(rf"</{_THOUGHTS}>", re.IGNORECASE)
_NOT_A_LETTER = re.compile(r"[^a-z]")
_MOST_OBJECTS = 40
_DEEPEST = 3
_MASK = re.compile(r"[XxＸｘ][ _]?[QqＱｑ][ _]?([0-9０-９]{1,4})[ _]?[XxＸｘ]")
_DECODER = json.JSONDecoder(strict=False)


def texts(content: str, fields: Sequence[TextField]) -> dict[TextField, str]:
    """The texts of an answer; those that are not there are left out."""
    bare = _THOUGHT_ENDS.split(content)[-1]
    keys = {_key(one.value): one for one in fields}
    best: dict[TextField, str] = {}
    whole = _inside(bare) if bare.lstrip().startswith('"') else ()  # encoded twice
    for found in (*whole, *_objects(bare)):
        chosen = _chosen(found, keys)
        best = chosen if len(chosen) >= len(best) and chosen else best
    return best or _tagged(bare, fields)


def with_plain_placeholders(text: str) -> str:
    """A text whose placeholders are written as we wrote them: `XQ 0 X` and full-width ones are taken for such."""
    return _MASK.sub(lambda found: f"XQ{int(found[1])}X", text)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in a text, one after the other; prose around them may have braces too."""
    at = text.find("{")
    for _ in range(_MOST_OBJECTS):
        if at < 0:
            return
        try:
            found, end = _DECODER.raw_decode(text, at)
            yield found
        except (ValueError, RecursionError):
            end = at + 1
        at = text.find("{", end)


def _inside(text: str) -> Iterator[Mapping[str, Any]]:
    """The object that a whole text is, also when it is encoded as a string."""
    try:
        found = json.loads(text, strict=False)
        found = json.loads(found, strict=False) if isinstance(found, str) else found
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        yield found


def _chosen(found: Mapping[str, Any], keys: Mapping[str, TextField], deep: int = 0) -> dict[TextField, str]:
    """The texts of an object, or else of an object inside it."""
    mine = {
        keys[_key(name)]: text for name, value in found.items() if _key(name) in keys and (text := _text(value))
    }
    if mine or deep >= _DEEPEST:
        return mine
    inner = (value for value in found.values() if isinstance(value, dict | str))
    objects = (one for value in inner for one in (_inside(value) if isinstance(value, str) else (value,)))
    return max((_chosen(one, keys, deep + 1) for one in objects), key=len, default={})


def _key(name: str) -> str:
    return _NOT_A_LETTER.sub("", name.lower())


def _text(value: Any) -> str:
    """A text, whole or given sentence by sentence."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = (" " if value and value[0].isascii() else "").join(value)
    return value if isinstance(value, str) and value.strip() else ""


def _tagged(text: str, fields: Sequence[TextField]) -> dict[TextField, str]:
    found = {one: re.search(rf"<{one}>(.*?)</{one}>", text, re.DOTALL | re.IGNORECASE) for one in fields}
    return {one: match[1] for one, match in found.items() if match and match[1].strip()}
