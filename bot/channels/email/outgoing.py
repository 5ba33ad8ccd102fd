"""One mail as it waits in the outbox: its texts, fixed, and nothing that is secret.

What is added when it is sent (the date, the links that let a reader stop, the signature) is `message`'s.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from email.headerregistry import Address

LINK = "\x1alink\x1a"
"""Where the texts of an email want the reader's own link; no text of a paper holds a control character."""

_ADDRESS = re.compile(r"([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+)@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """A mail without its envelope; `id` and `above` are what stands before the @ of Message-IDs."""

    id: str
    subject: str
    text: str
    html: str = ""  # short notes have none
    above: tuple[str, ...] = ()  # the messages that it belongs under, the oldest first
    answers: tuple[str, ...] = ()  # whole Message-IDs of others, last that of the mail that is answered
    is_answer: bool = False  # to what somebody has asked for
    attachment: tuple[str, ...] = ()  # the name of a file, and its text
    destination: int = 0  # 0 where there is none: mail to a person, apart from digests

    def stored(self) -> str:
        """As one string, for the outbox: a line of JSON, and then the texts as they are, which are long."""
        short = asdict(replace(self, text="", html="")) | {"length": len(self.text)}
        return f"{json.dumps(short, ensure_ascii=False)}\n{self.text}{self.html}"


def restored(body: str) -> OutgoingEmail:
    """The outgoing email that was stored, also by the versions before, which had the texts in their JSON."""
    line, _, texts = body.partition("\n")
    values = json.loads(line)
    if (length := values.pop("length", None)) is not None:
        values |= {"text": texts[:length], "html": texts[length:]}
    return OutgoingEmail(
        **values | {name: tuple(values.get(name, ())) for name in ("above", "answers", "attachment")}
    )


def mailbox(address: str, name: str = "") -> Address | None:
    """A mail address that is safe in a header and in a command of SMTP, or None."""
    found = _ADDRESS.fullmatch(address)
    if found is None or len(address) > _LONGEST_ADDRESS:
        return None
    return Address(display_name=name, username=found[1], domain=found[2])
