"""A mail that came in, read: who writes, and the lines that may be commands. Pure, and nothing in it is believed.

Quoted text, signatures and everything automatic are left out. https://www.rfc-editor.org/rfc/rfc3834
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from email.policy import Compat32
from email.utils import parsedate_to_datetime

from bot.channels.email import charsets
from bot.channels.email.outgoing import mailbox
from bot.channels.email.plain import charset_of, text_of
from bot.channels.email.quoted import any_of, own_lines
from bot.text.harmless import one_line

_LONGEST_HEADER = 16_000  # bytes; the library takes seconds for a Content-Type of a megabyte
_LONGEST_SUBJECT = 200
_LONGEST_ID = 250
_LONGEST_SENDER = 1_000
_MOST_ABOVE = 10

# Nobody but programs writes these (https://www.rfc-editor.org/rfc/rfc3834#section-2, and what is in use besides).
_AUTOMATIC = re.compile(
    r"list-(?:id|post|unsubscribe|subscribe|help|owner|archive)|(?:x-|x-md)?mailing-list|x-loop|x-cron-env|x-oof|x-vacation"
    r"|(?!x-auto-response-suppress)(?:x-)?(?:[a-z]+-)?auto-?(?:reply|replied|respond|responder|response|generated)(?:-[a-z-]+)?|x-out-of-office"
    r"|x-fc-machinegenerated|x-failed-recipients|x-ms-exchange-generated-message-source|x-github-reason",
    re.IGNORECASE,
)
_SAYS_NO = ("no", "none", "false", "0")
_PRECEDENCE = ("precedence", "x-precedence", "preference")
_TO_MANY = ("bulk", "list", "junk")
_BY_PROGRAM = re.compile(r"auto[-_ ]?(?:reply|replied|response|generated)", re.IGNORECASE)
_AWAY = re.compile(rf"{any_of('away')}\s*[:：].*|{any_of('reports')}.*", re.IGNORECASE)
_ROBOTS = re.compile(
    r"(?:mailer-daemon|postmaster|no-?_?reply|do-?not-?reply|bounces?|listserv|majordomo)(?:[+-].*)?"
)

_COUNTED = r"\s?(?:[\[(（]\d{1,3}[\])）]|[\^*]?\d{1,3})?\s?[:：]"  # as in `Re[2]:` or `Re^3:`
_PREFIX = re.compile(rf"^(?:(?:{any_of('warnings')}|{any_of('prefixes')}{_COUNTED})\s*)+", re.IGNORECASE)
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{40}(?![a-z0-9])", re.IGNORECASE)
_MARKED_TOKEN = re.compile(rf"\[?{_TOKEN.pattern}\]?", re.IGNORECASE)
_ID = re.compile(r"<([!-;=?A-~]{1,250}@[!-;=?A-~]{1,250})>")  # printable, of ASCII; what else is there is no id

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_IN_BRACKETS = re.compile(r"<\s*(?:mailto:)?([^<>]*@[^<>]*?)\s*>")
_BARE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class ParsedEmail:
    """What one mail says."""

    key: str  # of this mail, the same whenever it is read
    sender: str
    subject: str  # without `Re:` and token
    lines: tuple[str, ...]  # of its own text
    thread: tuple[str, ...]  # what an answer refers to, the mail itself last; without angle brackets
    token: str  # a signed one, if it carries any
    offset: timedelta | None = None  # of the writer's clock from UTC, if the date says it


class _Bounded(Compat32):
    """The library's usual policy, for headers that people send."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Leave out what is beyond the limit."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_LONGEST_HEADER]


_POLICY = _Bounded()


def parsed(raw: bytes) -> Message | None:
    """The message, None for what no program could have meant as one."""
    try:
        return email.message_from_bytes(raw, policy=_POLICY)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        return None


def reason_not_to_answer(mail: Message, ours: Collection[str]) -> str:
    """Why a mail gets no answer: loops start with programs that answer programs. Empty when it gets one.

    `X-Auto-Response-Suppress` is none: Exchange writes it into the mails of people, too.
    """
    if _first(mail, "auto-submitted").lower() not in ("", "no"):
        return "it was sent by a program"
    precedence = {_first(mail, name).lower() for name in _PRECEDENCE}
    if precedence.intersection(_TO_MANY):
        return "it was sent to many"
    if any(map(_BY_PROGRAM.match, precedence)) or _AWAY.fullmatch(_subject(mail)):
        return "it was sent by a program"
    if _first(mail, "return-path") == "<>":
        return "it has no sender"
    given = ((name, str(value).strip().lower()) for name, value in mail.raw_items())
    if any(_AUTOMATIC.fullmatch(name) and value not in _SAYS_NO for name, value in given):
        return "it comes from a list or a program"
    if any("autoresponder" in _first(mail, name).lower() for name in ("delivered-to", "x-post-messageclass")):
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
    """The one address in From, in lower case; empty when there is none, or several.

    A name may hold commas and addresses, as mail programs write and read them: the address is what is in brackets.
    """
    given = _all(mail, "from")
    if len(given) != 1:
        return ""
    said = given[0][:_LONGEST_SENDER]
    found = _addresses(said) or _addresses(charsets.header(said))
    return found.pop() if len(found) == 1 else ""


def _addresses(said: str) -> set[str]:
    bare = _COMMENT.sub(" ", _QUOTED.sub(" ", said))
    bracketed = set(_IN_BRACKETS.findall(bare))
    if bracketed:
        pieces = re.split(r"[,;]", _IN_BRACKETS.sub(" <> ", bare))
        found = bracketed | {piece.strip() for piece in pieces if _BARE.fullmatch(piece.strip())}
    else:
        found = set(_BARE.findall(bare))
    return {one.lower().rstrip(".") for one in found if mailbox(one.rstrip(".")) is not None}


def understood(mail: Message) -> ParsedEmail:
    """What a mail says, as far as it is its own text."""
    message_id = _ID.search(_first(mail, "message-id")[:1_000])
    identity = message_id[1] if message_id and len(message_id[1]) <= _LONGEST_ID else ""
    sender = sender_of(mail)
    subject = _subject(mail)[:_LONGEST_SUBJECT]
    token = _TOKEN.search(subject)
    above = [one for one in _ID.findall(_first(mail, "references")[:4_000]) if len(one) <= _LONGEST_ID]
    unique = identity or f"{_first(mail, 'date')} {subject}"
    return ParsedEmail(
        key=hashlib.sha256(f"{sender} {unique}".encode("utf-8", "replace")).hexdigest(),
        sender=sender,
        subject=_PREFIX.sub("", _MARKED_TOKEN.sub("", subject).strip(" ·"), count=1).strip(" ·"),
        lines=tuple(own_lines(text_of(mail))),
        thread=(*above[-_MOST_ABOVE:], identity) if identity else (),
        token=token[0].lower() if token else "",
        offset=_offset(_first(mail, "date")),
    )


def _offset(said: str) -> timedelta | None:
    """The offset in a date; `-0000` says that nobody knows it: https://www.rfc-editor.org/rfc/rfc5322#section-3.3"""
    try:
        return parsedate_to_datetime(said).utcoffset()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _subject(mail: Message) -> str:
    return one_line(charsets.header(_first(mail, "subject"), charset_of(mail)))


def _untagged(address: str) -> str:
    user, _, domain = address.partition("@")
    return f"{user.partition('+')[0]}@{domain}"


def _first(mail: Message, name: str) -> str:
    """A header as it was written: bytes that are no ASCII stand in it as surrogates."""
    return next((value.strip() for value in _all(mail, name)), "")


def _all(mail: Message, name: str) -> list[str]:
    return [str(value) for key, value in mail.raw_items() if key.lower() == name]
