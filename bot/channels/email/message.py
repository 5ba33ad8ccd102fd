"""A digest as one mail message. Pure: the same digest gives the same text, so that a retry repeats it exactly.

All texts of papers go through Jinja's escaping; no header holds any of them.
"""

from __future__ import annotations

import functools
import hashlib
import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from bot.channels.layout import digest_lines, interface
from bot.digest import Digest
from bot.locale import say

_ADDRESS = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
_CONTENTS_FROM = 4  # fewer cards need no table of contents
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def mailbox(address: str, name: str = "") -> Address | None:
    """A mail address that is safe in a header and in a command of SMTP, or None."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > _LONGEST_ADDRESS:
        return None
    return Address(display_name=name, username=found[1], domain=found[2])


def message(digest: Digest, sender: Address) -> str:
    """The message as text: headers, plain text first, then HTML; lines end in a bare newline."""
    language = interface(digest.destination.language)
    words = {
        "digest": (lines := digest_lines(digest)),
        "contents": say("email.contents", language) if len(lines.cards) >= _CONTENTS_FROM else "",
        "acknowledgement": say("email.acknowledgement", language),
    }
    text = _templates().get_template("digest.txt.jinja").render(words)
    html = _INLINER.inline(_templates().get_template("digest.html.jinja").render(words))
    mail = EmailMessage(policy=default.clone(cte_type="7bit"))
    _head(mail, digest, sender)
    mail["Subject"] = lines.title
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    # Stable, and `=_` stands in no quoted-printable text (RFC 2045, 6.7).
    mail.set_boundary("=_" + hashlib.sha256((text + html).encode()).hexdigest()[:32])
    return mail.as_string()


def _head(mail: EmailMessage, digest: Digest, sender: Address) -> None:
    """The headers of an automatic message (RFC 3834) of a list (RFC 2919)."""
    recipient = mailbox(digest.destination.address)
    mail["From"] = sender
    mail["To"] = recipient or "undisclosed-recipients:;"  # `send` refuses what is no address
    mail["Message-ID"] = f"<sudi.{re.sub('[^A-Za-z0-9-]', '-', digest.key)}.1@{sender.domain}>"
    mail["List-Id"] = f"<digest.sudi.{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Precedence"] = "bulk"


@functools.cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
