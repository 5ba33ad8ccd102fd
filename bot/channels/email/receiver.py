"""Reads the mailbox for as long as the bot runs, and gives each mail to whom it is for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.message import Message

from bot.channels import Correspondence, IncomingEmail, Reply
from bot.channels.email import answers, authentic, bounces, incoming
from bot.channels.email.inbox import Account, Inbox
from bot.channels.email.outgoing import OutgoingEmail
from bot.channels.email.plain import text_of
from bot.errors import ChannelError
from bot.health import Connection
from bot.supervision import BackOff, supervised
from bot.tokens import Links, Purpose

_FIRST_PAUSE = 1.0  # seconds before a broken connection is tried again
_LONGEST_PAUSE = 300.0
# A server that tells of a mail in the moment in which we begin to wait is not heard, so that we look again: soon
# at first, then rarely, but before firewalls forget the connection.
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 240.0
_ARXIV = "arxiv.org"
_WELL = 60.0  # a connection that held for so long was a good one

log = logging.getLogger(__name__)

Send = Callable[[str, OutgoingEmail], Awaitable[None]]


class Receiver:
    """What becomes of mails that come in: `send` sends an outgoing email to an address."""

    def __init__(
        self,
        ours: str,
        links: Links | None,
        email_workflow: Correspondence,
        send: Send,
        *,
        server: str = "",
        connection: Connection | None = None,
    ) -> None:
        """`ours` is the address that we write from; `server` vouches for the senders of mails, if any does."""
        self._ours = {ours.lower()}
        self._links = links
        self._email_workflow = email_workflow
        self._send = send
        self._server = server
        self._connection = connection or Connection()

    async def read_for_ever(self, account: Account) -> None:
        """Give every unread mail its due; a connection that breaks is made again."""
        backoff = BackOff(_FIRST_PAUSE, _LONGEST_PAUSE)
        while True:
            started, is_refused = time.monotonic(), False
            try:
                await self._read(account)
            except ChannelError as error:
                log.log(
                    logging.ERROR if error.permanent else logging.WARNING, "mailbox_lost reason=%s", error.reason
                )
                is_refused = error.permanent
                self._connection.away(error.reason)
                if is_refused:
                    self._connection.refused(error.reason)
            if time.monotonic() - started > _WELL:
                backoff.reset()
            await asyncio.sleep(_LONGEST_PAUSE if is_refused else backoff.pause())

    async def _read(self, account: Account) -> None:
        inbox = await Inbox.opened(account)
        self._connection.up()
        log.info("mailbox_opened host=%s", account.host)
        try:
            patience, left = _FIRST_WAIT, set[str]()
            while True:
                unread = await inbox.unseen()
                if not left.issuperset(unread):  # what cannot be dealt with at once is looked at again soon
                    patience = _FIRST_WAIT
                left.clear()
                for uid in unread:
                    if await self.is_over(await inbox.fetch(uid)):
                        await inbox.mark_seen(uid)
                    else:
                        left.add(uid)
                await inbox.wait(patience)
                patience = min(patience * 4, _LONGEST_WAIT)
        finally:
            await inbox.close()

    async def is_over(self, raw: bytes) -> bool:
        """Whether a mail is done with; an error in one mail leaves the others alone."""
        is_done: list[bool] = []

        async def read() -> None:
            is_done.append(await self.dealt_with(raw))

        return not await supervised("mail", read) or is_done[0]

    async def dealt_with(self, raw: bytes) -> bool:
        """Read a mail and give it to whom it is for; whether that is done."""
        found = await asyncio.to_thread(_taken_apart, raw)
        if found is None:
            log.info("mail_left reason=it cannot be read")
            return True
        mail, one, bounce = found
        if bounce is not None:
            return await self._bounced(one.key, bounce)
        if self._server and authentic.is_from(mail, _ARXIV, self._server):
            return await self._email_workflow.announced(text_of(mail))
        if why := incoming.reason_not_to_answer(mail, self._ours):
            log.info("mail_left key=%.8s reason=%s", one.key, why)
            return True

        async def send(reply: Reply) -> None:
            await self._send(one.sender, answers.answer(reply, one))

        return await self._email_workflow.receive(
            IncomingEmail(one.key, one.sender, (one.subject, *one.lines), one.token, one.offset), send
        )

    async def _bounced(self, key: str, bounce: bounces.Bounce) -> bool:
        number = self._links.tokens.read(Purpose.BOUNCE, bounce.token, datetime.now(UTC)) if self._links else None
        if number is None:
            log.info("bounce_left key=%.8s reason=its token is not ours, or old", key)
            return True
        reason = f"{bounce.status} {bounce.diagnostic}".strip()
        return await self._email_workflow.bounced(key, number, reason, permanent=bounce.is_hard)


def _taken_apart(raw: bytes) -> tuple[Message, incoming.ParsedEmail, bounces.Bounce | None] | None:
    """A mail, what it says, and the bounce that it may be; a hostile one may take a second of CPU."""
    mail = incoming.parsed(raw)
    return None if mail is None else (mail, incoming.understood(mail), bounces.read(mail))
