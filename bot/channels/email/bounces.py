"""Reports that a mail did not arrive, read from messages that anybody may have written. Pure.

Reports for programs (RFC 3464, RFC 6533) are read here; the many forms that servers have for people are known to
flufl.bounce. Whether the token in a bounce is ours, and what follows from it, is decided in `receiver`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from bot.channels.email import charsets
from bot.channels.email.server import quoted
from bot.channels.email.verdicts import STATUS, is_gone, says_why

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it tells the whole log what it tries

_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{40}(?=[@+\-_.])", re.IGNORECASE)
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To")  # what delivers writes the first three
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_UNSPECIFIC = re.compile(r"\d\.0\.0")
_ORIGINAL = re.compile(
    r"^(?:-{3,}.*|received:.*|return-path:.*|message-id:.*|x-[\w-]+:.*)$", re.IGNORECASE | re.MULTILINE
)
_MOST_PARTS = 30  # of a message; real reports have three
_DEEPEST = 10  # parts in parts
_MOST_REPORTS = 20  # recipients in one report; ours have one
_LONGEST_FIELD = 2_000  # characters of a header; real ones have a few hundred
_LONGEST_TEXT = 20_000  # characters of a part
_LONGEST_LINE = 500
_LONGEST_REASON = 700  # characters below an address


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
    legible = _Copying().copy(message)
    actions = [fields for fields in _reports(legible) if fields.get("action")]
    failed = [_bounce(token, one) for one in actions if one["action"].lower().startswith(("fail", "error"))]
    if failed:
        return next((one for one in failed if one.is_hard), failed[0])
    return None if actions else _for_people(token, legible)


def _token(message: Message) -> str | None:
    """The token in the address to which the message came."""
    for name, value in message.raw_items():
        if name.title() in _ADDRESSED and (token := _TOKEN.search(str(value)[:_LONGEST_FIELD])):
            return token[0].lower()
    return None


class _Copying:
    """Copies a message as far as it can be a report: decoded, in short lines, and not more than such a one has."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def copy(self, part: Message, depth: int = 0) -> Message:
        """The part with those in it; reports for programs become texts, however they were encoded."""
        self._left -= 1
        made = Message()
        kind = part.get_content_type()
        for name, value in part.raw_items():
            if name.lower() != "content-transfer-encoding" and name.isascii():
                made[name] = "".join(one if one.isprintable() else " " for one in str(value)[:_LONGEST_FIELD])
        if kind in _REPORTS:
            made.set_payload(_short(_as_text(part)).encode("ascii", "replace").decode())
        elif part.is_multipart():
            content = part.get_payload()
            within = [one for one in content if isinstance(one, Message)] if depth < _DEEPEST else []
            made.set_payload([self.copy(one, depth + 1) for one in within if self._left > 0])
        else:
            named = part.get_content_charset() or ""
            raw = part.get_payload(decode=True)
            text = charsets.decoded(raw, named) if isinstance(raw, bytes) and kind.startswith("text/") else ""
            made.set_payload(_short(text).encode("ascii", "replace").decode())
        return made


def _short(text: str) -> str:
    return "\n".join(line[:_LONGEST_LINE] for line in text[:_LONGEST_TEXT].splitlines())


def _as_text(part: Message) -> str:
    """A report for programs as it stands in a mail; the parser takes it for headers, also where it is encoded."""
    if not part.is_multipart():
        content = part.get_payload(decode=True)
        return charsets.decoded(content) if isinstance(content, bytes) else ""
    try:
        inside = "\n\n".join(one.as_string() for one in part.get_payload() if isinstance(one, Message))
    except (ValueError, LookupError, TypeError, AttributeError):  # damaged beyond what the library writes again
        return ""
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in ("base64", "quoted-printable"):
        encoded = Message()
        encoded["Content-Transfer-Encoding"] = encoding
        encoded.set_payload(inside.strip())
        decoded = encoded.get_payload(decode=True)
        return charsets.decoded(decoded) if isinstance(decoded, bytes) else ""
    return inside


def _reports(message: Message) -> Iterator[Mapping[str, str]]:
    """The fields about each recipient, in the parts of a report that are for programs; names in lower case."""
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop()
        content = part.get_payload()
        if isinstance(content, list):
            waiting += [one for one in content if isinstance(one, Message)]
        elif part.get_content_type() in _REPORTS:
            for block in re.split(r"\n[ \t]*\n", str(content)):
                seen += 1
                if seen <= _MOST_REPORTS:
                    yield _fields(block)


def _fields(block: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
        name, colon, value = line.partition(":")
        if colon:
            found.setdefault(name.strip().lower(), " ".join(value.split()))
    return found


def _bounce(token: str, fields: Mapping[str, str]) -> Bounce:
    diagnostic, given = fields.get("diagnostic-code", ""), fields.get("status", "")
    status, said = STATUS.search(given), STATUS.search(diagnostic)
    # Servers that do not know say 5.0.0, while the other server's own words are more precise.
    chosen = said if status is None or (said and _UNSPECIFIC.fullmatch(status[0])) else status
    is_hard = is_gone(f"{status[0] if status else ''} {diagnostic}")
    return Bounce(token, is_hard, chosen[0] if chosen else "", quoted(diagnostic))


def _for_people(token: str, message: Message) -> Bounce | None:
    """What a report says that only people can read: where it names an address, and the reason below it."""
    try:
        _, permanent = all_failures(message)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return None
    if not permanent:
        return None
    text = "\n".join(_texts(message))
    reasons = [_reason(text, address.decode("ascii", "replace")) for address in sorted(permanent)]
    reason = next((one for one in reasons if says_why(one)), reasons[0])
    status = STATUS.search(reason)
    return Bounce(token, is_gone(reason), status[0] if status else "", quoted(reason))


def _texts(part: Message) -> Iterator[str]:
    content = part.get_payload()
    if isinstance(content, list):
        for one in content:
            if isinstance(one, Message) and part.get_content_type() != "message/rfc822":
                yield from _texts(one)
    else:
        yield str(content)


def _reason(text: str, address: str) -> str:
    """What stands at an address and below it, before the mail that did not arrive; else the beginning."""
    at = text.lower().find(address.lower())
    line = text.rfind("\n", 0, at) + 1 if at > 0 else 0
    below = text[line : line + _LONGEST_REASON]
    original = _ORIGINAL.search(below, len(address))
    return below[: original.start()] if original else below
