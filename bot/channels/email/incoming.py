"""A mail that came in, read: who writes, and the lines that may be commands. Pure, and nothing in it is believed.

Quoted text, signatures and everything automatic are left out. https://www.rfc-editor.org/rfc/rfc3834
"""

from __future__ import annotations

import email
import email.errors
import email.header
import email.utils
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from email.message import Message

from bot.channels.email.letter import mailbox
from bot.channels.email.plain import text_of
from bot.text.harmless import one_line

_MOST_LINES = 100
_LONGEST_LINE = 2_000
_LONGEST_SUBJECT = 200
_LONGEST_ID = 250
_MOST_ABOVE = 10
_AUTOMATIC = ("list-id", "list-post", "x-autoreply", "x-autorespond", "x-auto-response-suppress", "x-loop")
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?_?reply|do-?not-?reply|bounces?|listserv|majordomo)(?:[+-].*)?"
)
_ANSWER = re.compile(r"^(?:(?:re|aw|sv|fwd?|回复|答复|转发)\s*[:：]\s*)+", re.IGNORECASE)
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{40}(?![a-z0-9])", re.IGNORECASE)
_MARKED_TOKEN = re.compile(rf"\[?{_TOKEN.pattern}\]?", re.IGNORECASE)
_ID = re.compile(r"<([!-;=?A-~]+@[!-;=?A-~]+)>")  # printable, of ASCII; what else is there is no id
_ATTRIBUTION = re.compile(r"^(?:on\b.*wrote|.*(?:wrote|写道|寫道))\s*[:：]$", re.IGNORECASE)
_BELOW = re.compile(
    r"^(?:-- ?|_{5,}|-{2,}\s*(?:original message|forwarded message|原始邮件|转发的邮件|原邮件).*|"
    r"(?:from|发件人|寄件者)\s*[:：].*)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one mail says."""

    key: str  # of this mail, the same whenever it is read
    sender: str
    subject: str  # without `Re:` and token
    lines: tuple[str, ...]  # of its own text
    thread: tuple[str, ...]  # what an answer refers to, the mail itself last; without angle brackets
    token: str  # a signed one, if it carries any


def parsed(raw: bytes) -> Message | None:
    """The message, None for what no program could have meant as one."""
    try:
        return email.message_from_bytes(raw)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        return None


def reason_for_silence(mail: Message, ours: Collection[str]) -> str:
    """Why a mail gets no answer: loops start with programs that answer programs. Empty when it gets one."""
    if _first(mail, "auto-submitted").lower() not in ("", "no"):
        return "it was sent by a program"
    if _first(mail, "precedence").lower() in ("bulk", "list", "junk"):
        return "it was sent to many"
    if _first(mail, "return-path") == "<>":
        return "it has no sender"
    if any(name in mail for name in _AUTOMATIC):
        return "it comes from a list or a program"
    if mail.get_content_type() == "multipart/report":
        return "it is a report"
    sender = sender_of(mail)
    if not sender:
        return "its sender is not one address"
    if sender in ours or _untagged(sender) in ours:
        return "it is from us"
    return "it is from a robot" if _ROBOTS.fullmatch(sender.partition("@")[0]) else ""


def sender_of(mail: Message) -> str:
    """The one address in From, in lower case; empty when there is none, or several."""
    headers = [str(one) for one in mail.get_all("from", [])]
    found = [address for _, address in email.utils.getaddresses(headers)]
    if len(found) != 1 or mailbox(found[0]) is None:
        return ""
    return found[0].lower()


def understood(mail: Message) -> Incoming:
    """What a mail says, as far as it is its own text."""
    message_id = _ID.search(_first(mail, "message-id")[:1_000])
    identity = message_id[1] if message_id and len(message_id[1]) <= _LONGEST_ID else ""
    sender = sender_of(mail)
    subject = one_line(_decoded(_first(mail, "subject")))[:_LONGEST_SUBJECT]
    token = _TOKEN.search(subject)
    above = [one for one in _ID.findall(_first(mail, "references")[:4_000]) if len(one) <= _LONGEST_ID]
    unique = identity or f"{_first(mail, 'date')} {subject}"
    return Incoming(
        key=hashlib.sha256(f"{sender} {unique}".encode("utf-8", "replace")).hexdigest(),
        sender=sender,
        subject=_ANSWER.sub("", _MARKED_TOKEN.sub("", subject)).strip(" ·"),
        lines=tuple(_own_lines(text_of(mail).splitlines())),
        thread=(*above[-_MOST_ABOVE:], identity) if identity else (),
        token=token[0].lower() if token else "",
    )


def _own_lines(lines: Iterable[str]) -> list[str]:
    """The lines that the person wrote: above what is quoted, or between it."""
    own: list[str] = []
    for line in lines:
        bare = one_line(line[:_LONGEST_LINE])
        if _BELOW.match(bare) or len(own) >= _MOST_LINES:
            break
        if bare and not bare.startswith(">") and not _ATTRIBUTION.match(bare):
            own.append(bare)
    return own


def _untagged(address: str) -> str:
    user, _, domain = address.partition("@")
    return f"{user.partition('+')[0]}@{domain}"


def _first(mail: Message, name: str) -> str:
    return str(mail.get(name, "")).strip()


def _decoded(header: str) -> str:
    """A header as people read it (RFC 2047); what cannot be decoded stays as it is."""
    try:
        return str(email.header.make_header(email.header.decode_header(header)))
    except (LookupError, ValueError, email.errors.MessageError):
        return header
