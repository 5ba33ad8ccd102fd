"""An outgoing email as bytes: all headers, both parts, encoded. Secrets are put in here, at the last moment."""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bot.channels.email.outgoing import LINK, OutgoingEmail

_POLICY = SMTP.clone(cte_type="7bit")
_FEEDBACK = "digest:sudi:email:sudi-papers"  # a:b:c:sender; complaints at Gmail are counted by these


@dataclass(frozen=True, slots=True)
class Ways:
    """How one reader may stop: a page, if there is one, that also takes a one-click POST; and a mail."""

    mail: str  # mailto:
    page: str = ""  # https://


def written(
    outgoing: OutgoingEmail, sender: Address, recipient: Address, now: datetime, ways: Ways | None = None
) -> bytes:
    """The whole message (RFC 5322) in ASCII with CRLF; but for `Date`, the same email gives the same bytes."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = recipient
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{outgoing.id}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-replied" if outgoing.is_answer else "auto-generated"  # RFC 3834
    if outgoing.is_answer:
        mail["X-Auto-Response-Suppress"] = "All"  # programs that are on holiday must not repeat a token
    unfolded = _subject(outgoing.subject) + _below(outgoing, sender.domain)
    if ways is not None:
        mail["Precedence"] = "bulk"
        mail["List-Id"] = f"<digest.sudi.{sender.domain}>"  # RFC 2919
        mail["Feedback-ID"] = _FEEDBACK
        unfolded += _unsubscribing(ways)
    link = (ways.page or ways.mail) if ways else ""
    text, html = (body.replace(LINK, link) for body in (outgoing.text, outgoing.html))
    _set(mail, text, "plain")
    if html:
        mail.make_alternative()
        part = EmailMessage(policy=_POLICY)
        _set(part, html, "html")
        del part["MIME-Version"]
        mail.attach(part)
        # Stable, and `=_` stands in no quoted-printable text (RFC 2045, 6.7).
        mail.set_boundary("=_" + hashlib.sha256((text + html).encode()).hexdigest()[:32])
    if outgoing.attachment:
        name, content = outgoing.attachment
        mail.add_attachment(content.encode(), maintype="text", subtype="x-bibtex", filename=name)
        mail.set_boundary("=_" + hashlib.sha256((text + content).encode()).hexdigest()[:32])
    return unfolded + mail.as_bytes()


def _subject(text: str) -> bytes:
    """By hand as well: the policy's folding loses a space between two words that both need encoding (RFC 2047)."""
    is_plain = text.isascii() and "=?" not in text
    encoded = Header(text, "us-ascii" if is_plain else "utf-8", header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {encoded}\r\n".encode("ascii")


def _below(outgoing: OutgoingEmail, domain: str) -> bytes:
    """The headers that put an email under others; written by hand because ids of others may be long."""
    above = [*(f"<{one}@{domain}>" for one in outgoing.above), *(f"<{one}>" for one in outgoing.answers)]
    if not above:
        return b""
    references = "\r\n ".join(above)
    return f"In-Reply-To: {above[-1]}\r\nReferences: {references}\r\n".encode("ascii")


def _unsubscribing(ways: Ways) -> bytes:
    """How programs unsubscribe (RFC 2369), by one click where there is a page for it (RFC 8058).

    By hand, because the library folds a long link by encoding it (RFC 2047), and nobody decodes it there.
    """
    named = ",\r\n ".join(f"<{way}>" for way in (ways.page, ways.mail) if way)
    post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if ways.page else ""
    return f"List-Unsubscribe: {named}\r\n{post}".encode("ascii")


def _set(part: EmailMessage, content: str, subtype: str) -> None:
    """Content in the lighter of the two encodings: English texts are quoted-printable, Chinese ones base64."""
    plain = content.encode()
    is_quoted = len(binascii.b2a_qp(plain)) <= len(plain) * 4 / 3 * 78 / 76
    part.set_content(content, subtype=subtype, cte="quoted-printable" if is_quoted else "base64")
