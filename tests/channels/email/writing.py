"""People who write to the bot through a real mail server, and what they get back."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import smtplib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot import app as root
from bot.settings import Settings
from tests import PATIENCE
from tests.channels.slack.talk import NOON
from tests.counterparts import dovecot, postfix
from tests.counterparts.needed import need
from tests.fakes import HandClock

ADA, BOT = "ada@reader.test", "papers@sudi.test"
TOKEN = re.compile(r"\[([a-z2-7]{40})\]")


@dataclass
class Post:
    """A mail server, and the mailbox of the bot on it."""

    server: postfix.Postfix
    imap: dovecot.Dovecot
    authorities: Path
    _written: int = 0

    def write(self, subject: str, body: str = "", *, sender: str = ADA, **headers: str) -> str:
        """Send the bot a mail; its Message-ID."""
        self._written += 1
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"Ada <{sender}>", BOT, subject
        mail["Message-ID"] = f"<{self._written}.{id(self)}@{sender.partition('@')[2]}>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        return self.hand_in(mail, sender)

    def hand_in(self, mail: EmailMessage, sender: str = ADA) -> str:
        """Give a mail to the server, encrypted."""
        with smtplib.SMTP("localhost", self.server.port, timeout=PATIENCE) as session:
            session.starttls(context=ssl.create_default_context(cafile=str(self.authorities)))
            session.send_message(mail, sender, [BOT])
        return str(mail["Message-ID"])

    def answer(self, to: EmailMessage, body: str, **headers: str) -> str:
        """Answer a mail of the bot as mail programs do; the Message-ID."""
        quoted = "\n".join(f"> {line}" for line in text(to).splitlines())
        whole = f"{body}\n\nOn Wed, 10 Jun 2026 at 12:00, Sudi <{BOT}> wrote:\n{quoted}\n"
        above = {"In_Reply_To": str(to["Message-ID"]), "References": str(to["Message-ID"])}
        sender = headers.pop("sender", ADA)
        return self.write(f"Re: {to['Subject']}", whole, sender=sender, **above | headers)

    async def answered(self, message_id: str) -> EmailMessage:
        """The answer to a mail; waits for it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.mails():
                    if one["In-Reply-To"] == message_id:
                        return one
                await asyncio.sleep(0.05)

    def mails(self) -> list[EmailMessage]:
        """All that readers have got, oldest first."""
        found = [
            email.message_from_bytes(one, policy=email.policy.default) for one in self.server.mails("@reader.test")
        ]
        return [one for one in found if isinstance(one, EmailMessage)]

    async def all_read(self) -> None:
        """Wait until the bot has looked at all that lies in its mailbox."""
        async with asyncio.timeout(PATIENCE):
            while self.server.queued() or self.imap.unseen():  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@contextmanager
def post(folder: Path) -> Iterator[Post]:
    """A running postfix whose mailbox papers@sudi.test a running dovecot serves."""
    need("postfix", postfix.missing())
    need("dovecot", dovecot.missing())
    with (
        postfix.server([BOT, "@reader.test"]) as server,
        dovecot.server(server.maildir(BOT)) as imap,
    ):
        authorities = folder / "authorities.pem"
        authorities.write_bytes(server.certificate.read_bytes() + imap.certificate.read_bytes())
        yield Post(server, imap, authorities)


def settings(opened: Post, folder: Path, **changes: Any) -> Settings:
    """What an admin sets for that mail server."""
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": SecretStr(f"sqlite:///{folder / 'sudi.db'}"),
        "bot_channels": ("email",),
        "smtp_url": SecretStr(f"smtp://localhost:{opened.server.port}"),
        "smtp_from": f"Sudi 速递 <{BOT}>",
        "imap_url": SecretStr(opened.imap.url()),
        "bot_sources": (),  # nothing is read here
    }
    return Settings(**values | changes)


@asynccontextmanager
async def running(opened: Post, folder: Path, **changes: Any) -> AsyncIterator[tuple[root.App, HandClock]]:
    """The bot, reading its mailbox; SSL_CERT_FILE must name the authorities."""
    clock = HandClock(NOON)
    async with root.opened(settings(opened, folder, **changes), clock) as app:
        reading = asyncio.create_task(app.channels["email"].correspond(app.email_workflow))  # type: ignore[attr-defined]
        try:
            yield app, clock
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def text(mail: EmailMessage) -> str:
    """What a mail says as plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def token(mail: EmailMessage) -> str:
    """The token in a subject, if there is one."""
    found = TOKEN.search(str(mail["Subject"]))
    return found[1] if found else ""
