"""Whether a mail is really from a domain, by the word of our own mail server (RFC 8601). Pure.

Anybody can write any header into a mail. Only the topmost `Authentication-Results` is looked at, and it must have
the name of our server, which takes out of incoming mails whatever claims to be its own.
"""

from __future__ import annotations

import re
from email.message import Message

from bot.channels.email.incoming import sender_of

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_DKIM = r"dkim\s*=\s*pass\b.*\bheader\.(?:d\s*=\s*|i\s*=\s*@){domain}(?![\w.-])"
_DMARC = r"dmarc\s*=\s*pass\b.*\bheader\.from\s*=\s*{domain}(?![\w.-])"


def is_from(mail: Message, domain: str, server: str) -> bool:
    """Whether our server vouches for it that a mail has been sent by a domain."""
    headers = mail.get_all("authentication-results", [])
    if not headers or sender_of(mail).rpartition("@")[2] != domain:
        return False
    said = _without_comments(_QUOTED.sub("", str(headers[0])))
    if said is None:
        return False
    name, *results = (" ".join(part.split()) for part in said.split(";"))
    proofs = [form.format(domain=re.escape(domain)) for form in (_DKIM, _DMARC)]
    return re.fullmatch(rf"{re.escape(server)}(?: 1)?", name, re.IGNORECASE) is not None and any(
        re.match(proof, one, re.IGNORECASE) for proof in proofs for one in results
    )


def _without_comments(text: str) -> str | None:
    """The text without what is in brackets; None where these do not match."""
    while (shorter := _COMMENT.sub(" ", text)) != text:
        text = shorter
    return None if set(text) & set('()"') else text
