"""Mail under the contract: what Gmail cuts off, and a mail server on a loopback port."""

from __future__ import annotations

import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from bot.channels.email import channel
from bot.channels.email.outgoing import restored
from bot.channels.email.pages import MOST_BYTES
from bot.settings import Settings
from tests.channels import cards
from tests.channels.email.test_message import Receiver, parsed, raw
from tests.channels.mailservers import Mailboxes, aiosmtpd
from tests.channels.subjects import Counterpart, Shown, Subject

ADA = "ada@reader.test"
_ACTING = {"script", "iframe", "form", "object", "embed", "img", "base", "meta http-equiv"}


class _Mailboxes(Mailboxes):
    """Mailboxes whose answer may get lost, once."""

    def __init__(self) -> None:
        self.refusals = {"nobody@reader.test": "550 5.1.1 no such user here"}
        self.is_busy = self.is_losing = False
        super().__init__(self.refusals)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, more: list[str]
    ) -> str:
        if self.is_busy:
            self.is_busy = False
            return "451 4.7.1 try again later"
        return await super().handle_RCPT(server, session, envelope, address, more)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        if self.is_losing and server.transport is not None:
            self.is_losing = False
            server.transport.abort()
        return answer


class _Server(Counterpart):
    def __init__(self, mailboxes: _Mailboxes, port: int) -> None:
        self._mailboxes = mailboxes
        url = f"smtp://127.0.0.1:{port}?tls=none"
        self.channel = channel(cards.settings(smtp_url=url, smtp_from="papers@sudi.test"))

    def arrived(self) -> list[str]:
        mails = [
            email.message_from_bytes(bytes(one.content or b""), policy=default) for one in self._mailboxes.taken
        ]
        return [_shown(one).text for one in mails if isinstance(one, EmailMessage)]

    def refuse(self) -> None:
        self._mailboxes.refusals[ADA] = "550 5.1.1 no such user here"

    def fail_once(self) -> None:
        self._mailboxes.is_busy = True

    def lose_an_answer(self) -> None:
        self._mailboxes.is_losing = True


def _shown(mail: EmailMessage) -> Shown:
    text, html = (part.get_content() for part in mail.iter_parts())
    page = Receiver(html)
    links = (one for one in page.links if not one.startswith(("#", "mailto:papers@sudi.test")))
    calls = tuple(tag for tag in page.tags if tag in _ACTING)
    return Shown(f"{mail['Subject']}\n{page.text}", frozenset(links), calls, f"{mail['Subject']}\n{text}")


class _Subject(Subject):
    def settings(self) -> Settings:
        return cards.settings(smtp_url="smtp://127.0.0.1:25?tls=none", smtp_from="papers@sudi.test")

    def shown(self, body: str) -> Shown:
        return _shown(parsed(raw(restored(body))))

    def faults(self, body: str) -> list[str]:
        mail = parsed(raw(restored(body)))
        _, html = mail.iter_parts()
        wide = any(len(line) > 998 for line in raw(restored(body)).splitlines())
        return ["Gmail cuts it off"] * (len(html.as_bytes()) > MOST_BYTES + 1000) + ["a line over 998"] * wide

    @asynccontextmanager
    async def counterpart(self, folder: Path) -> AsyncIterator[Counterpart]:
        mailboxes = _Mailboxes()
        with aiosmtpd(mailboxes) as port:
            opened = _Server(mailboxes, port)
            try:
                yield opened
            finally:
                await opened.channel.close()


def subject() -> Subject:
    return _Subject(ADA)
