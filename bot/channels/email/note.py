"""A short mail to one person, apart from digests. Pure."""

from __future__ import annotations

import hashlib
from datetime import date

from bot.channels.email.outgoing import OutgoingEmail
from bot.presentation.cards import NAME
from bot.text.harmless import harmless

_LONGEST_SUBJECT = 70


def note(text: str, recipient: str, day: date) -> OutgoingEmail:
    """The outgoing email of a sentence; the same text to the same person on the same day is the same message."""
    shown = harmless(text)
    first, *_ = shown.splitlines() or [""]
    subject = first if len(first) <= _LONGEST_SUBJECT else f"{first[: _LONGEST_SUBJECT - 1]}…"
    unique = hashlib.sha256(f"{recipient} {day} {text}".encode()).hexdigest()[:32]
    return OutgoingEmail(id=f"sudi.note.{unique}", subject=f"{NAME} · {subject}", text=shown)
