"""A short mail to one person, apart from digests. Pure."""

from __future__ import annotations

import hashlib
from datetime import date
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

from bot.channels.layout import NAME, harmless

_LONGEST_SUBJECT = 70


def note(text: str, sender: Address, recipient: Address, day: date) -> str:
    """The message but for its `Date`; the same text on the same day is the same message."""
    shown = harmless(text)
    first, *_ = shown.splitlines() or [""]
    mail = EmailMessage(policy=default.clone(cte_type="7bit"))
    mail["From"] = sender
    mail["To"] = recipient
    subject = first if len(first) <= _LONGEST_SUBJECT else f"{first[: _LONGEST_SUBJECT - 1]}…"
    mail["Subject"] = f"{NAME} · {subject}"
    unique = hashlib.sha256(f"{recipient.addr_spec} {day} {text}".encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<sudi.note.{unique}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(shown, cte="quoted-printable")
    return mail.as_string()
