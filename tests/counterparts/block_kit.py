"""What Slack refuses of a message: the limits that slack_sdk's models know, and those that they do not.

https://docs.slack.dev/reference/block-kit/blocks and the comments of npm's @slack/types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

MOST = {"message": 50, "modal": 100, "home": 100}
LONGEST = 12_000  # characters of all blocks of a message; not documented, bolt-js#2509


def faults(message: Mapping[str, Any]) -> list[str]:
    """What is wrong with a message."""
    blocks = message.get("blocks") or []
    found = _of_blocks(blocks, "message")
    if not blocks and not message.get("text"):
        found.append("no_text")
    if len(message.get("text") or "") > 4_000:
        found.append("the text is longer than 4,000 characters")
    total = sum(len(text) for text in strings(blocks, "text", "url", "value", "action_id"))
    if total > LONGEST:
        found.append(f"msg_blocks_too_long: {total} characters")
    return found


def view_faults(view: Mapping[str, Any]) -> list[str]:
    """What is wrong with a modal or a home tab."""
    found = _of_blocks(view["blocks"], view["type"])
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as error:
        found.append(str(error))
    return found


def strings(piece: Any, *keys: str) -> Iterator[str]:
    """Every string under one of these keys, however deep."""
    if isinstance(piece, Mapping):
        for key, value in piece.items():
            if isinstance(value, str) and key in keys:
                yield value
            else:
                yield from strings(value, *keys)
    elif isinstance(piece, Sequence) and not isinstance(piece, str):
        for one in piece:
            yield from strings(one, *keys)


def _of_blocks(blocks: Sequence[Mapping[str, Any]], kind: str) -> list[str]:
    found = [] if len(blocks) <= MOST[kind] else [f"{len(blocks)} blocks"]
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        found.append("a block_id comes twice")
    for block in blocks:
        parsed = Block.parse(dict(block))
        if parsed is None:
            found.append(f"unknown type {block.get('type')}")
            continue
        try:
            parsed.validate_json()
        except SlackObjectFormationError as error:
            found.append(str(error))
        found += _unknown_to_the_models(block)
    return found


def _unknown_to_the_models(block: Mapping[str, Any]) -> list[str]:
    found = [f"a url of {len(url)} characters" for url in strings(block, "url") if not 0 < len(url) <= 3_000]
    found += ["an empty text" for text in strings(block, "text") if not text]
    found += ["a field over 2,000" for one in block.get("fields", []) if len(one["text"]) > 2_000]
    field = block.get("element", {})
    if len(field.get("initial_value", "")) > field.get("max_length", 3_000):
        found.append("an initial value longer than its field")
    actions = [
        one["action_id"] for one in block.get("elements", []) if isinstance(one, dict) and "action_id" in one
    ]
    if len(actions) != len(set(actions)):
        found.append("an action_id comes twice in a block")
    return found
