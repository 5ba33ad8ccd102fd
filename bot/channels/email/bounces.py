"""Reports that a mail did not arrive (RFC 3464), read from messages that anybody may have written. Pure.

Whether the token in one is ours, and what follows from it, is for who reads the mailbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from bot.channels.email.server import MAILBOX_STATUS, quoted

_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{40}(?=[@+\-_.])", re.IGNORECASE)
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")  # what delivers writes the first three
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_UNSPECIFIC = re.compile(r"\d\.0\.0")
_MOST_PARTS = 50  # of a message; real reports have three
_MOST_REPORTS = 20  # recipients in one report; ours have one
_LONGEST_FIELD = 2000  # characters of a header; real ones have a few hundred


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours did not arrive; `token` is that of its return path, still to be verified."""

    token: str
    is_hard: bool  # the mailbox itself does not exist any more; else it may mend itself
    status: str  # as in RFC 3463: 5.1.1
    diagnostic: str  # words of the other server: one printable line without addresses


def read(message: Message) -> Bounce | None:
    """The bounce that a message is, or None: also for reports of a delay, and of an arrival."""
    token = _token(message)
    if token is None:
        return None
    found = [
        _bounce(token, fields) for fields in _reports(message) if _field(fields, "Action").lower() == "failed"
    ]
    return next((one for one in found if one.is_hard), found[0] if found else None)


def _token(message: Message) -> str | None:
    """The token in the address to which the message came."""
    for name, value in message.raw_items():
        if name.title() in _ADDRESSED and (token := _TOKEN.search(str(value)[:_LONGEST_FIELD])):
            return token[0].lower()
    return None


def _reports(message: Message) -> Iterator[Message]:
    """The fields about each recipient, in the part of the report that is for programs."""
    seen = 0
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            return
        if part.get_content_type() not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            seen += 1
            if seen <= _MOST_REPORTS and isinstance(block, Message):
                yield block


def _bounce(token: str, fields: Message) -> Bounce:
    diagnostic = quoted(_field(fields, "Diagnostic-Code"))
    status = _STATUS.search(_field(fields, "Status"))
    said = _STATUS.search(diagnostic)
    # Servers that do not know say 5.0.0, while the other server's own words are more precise.
    chosen = said if status is None or (said and _UNSPECIFIC.fullmatch(status[0])) else status
    code = chosen[0] if chosen else ""
    return Bounce(token, MAILBOX_STATUS.fullmatch(code) is not None, code, diagnostic)


def _field(fields: Message, name: str) -> str:
    """One field as it was written, on one line."""
    for key, value in fields.raw_items():
        if key.lower() == name.lower():
            return " ".join(str(value)[:_LONGEST_FIELD].split())
    return ""
