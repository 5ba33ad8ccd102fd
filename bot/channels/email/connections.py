"""Connections to one mail server: each carries many messages, one after another, and leaves when it is not needed.

How a message is handed over, and what the answers mean, is `server`'s.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

import aiosmtplib

from bot.channels.email.server import GREYLIST, Server
from bot.errors import ChannelError
from bot.pacing import RateLimit, Reserve

PER_DOMAIN = 2
"""Messages to one domain that are on their way at once: a slow one leaves room for the others."""

MOST_MESSAGES = 100
"""On one connection: many servers close it after some number of their own."""

IDLE_SECONDS = 15.0
"""How long a connection waits for the next message; servers wait for minutes."""

_GOOD_BYE = 421  # the server closes the connection (RFC 5321, 3.8)


@dataclass(slots=True)
class _Session:
    """One open connection."""

    client: aiosmtplib.SMTP
    carried: int = 0
    leaving: asyncio.TimerHandle | None = None


class Connections:
    """The way to one server; it may be shared by all who send."""

    def __init__(self, server: Server, idle_seconds: float = IDLE_SECONDS, spacing_seconds: float = 0.0) -> None:
        """`spacing_seconds` lie between the starts of two messages to one domain."""
        self._server = server
        self._spacing_seconds = spacing_seconds
        self._idle_seconds = idle_seconds
        self._idle: list[_Session] = []
        self._domains: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._rate_limits: dict[str, RateLimit] = {}  # by domain
        self.reserve: Reserve | None = None
        self._not_before = 0.0  # by the clock of the event loop

    async def deliver(self, sender: str, recipient: str, content: bytes) -> str:
        """Send one message to one recipient; the server's answer. Raises ChannelError and nothing else."""
        domain = recipient.rpartition("@")[2].lower()
        gate = self._domains.setdefault(domain, asyncio.Semaphore(PER_DOMAIN))
        async with gate:
            await self._wait_for_domain(domain)
            with self._server.translated():
                line = await self._begun(sender)
                return await self._through(line, recipient, content)

    async def _wait_for_domain(self, domain: str) -> None:
        """Wait until a domain may get the next message; few are in flight, so nobody waits long."""
        if self._spacing_seconds:
            if domain not in self._rate_limits:
                every = timedelta(seconds=self._spacing_seconds)
                self._rate_limits[domain] = RateLimit(f"mail:{domain}", every, reserve=self.reserve)
            await self._rate_limits[domain].wait()

    async def check(self, sender: str, bounces: str = "") -> str:
        """Connect, encrypt, log in, and offer the senders of our mails; one line that says what was reached."""
        return await self._server.check(sender, bounces)

    async def close(self) -> None:
        """Leave the server."""
        while self._idle:
            line = self._idle.pop()
            if line.leaving is not None:
                line.leaving.cancel()
            self._leave(line)

    async def _begun(self, sender: str) -> _Session:
        """Return a connection that has accepted the sender: an idle one if it still works, else a new one."""
        while self._idle:
            line = self._idle.pop()
            if line.leaving is not None:
                line.leaving.cancel()
            try:
                await line.client.mail(sender)
                return line
            except (aiosmtplib.SMTPException, OSError):
                line.client.close()  # nothing has been handed over yet, so another one may be tried
            except BaseException:
                line.client.close()
                raise
        now = asyncio.get_running_loop().time()
        if now < self._not_before:
            pause = timedelta(seconds=self._not_before - now)
            raise ChannelError(f"{self._server.host} has asked for a pause", retry_after=pause)
        return await self._new(sender)

    async def _new(self, sender: str) -> _Session:
        client = self._server.client(sender)
        try:
            await self._server.enter(client)
            await client.mail(sender)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            self._rest(error)
            raise
        except BaseException:
            client.close()
            raise
        return _Session(client)

    async def _through(self, line: _Session, recipient: str, content: bytes) -> str:
        try:
            await line.client.rcpt(recipient)
            answer = await self._server.transfer(line.client, content)
        except aiosmtplib.SMTPResponseException as error:
            if error.code == _GOOD_BYE:
                self._rest(error)
                line.client.close()
            else:  # the next message may be welcome
                await self._forget(line)
            raise
        except BaseException:
            line.client.close()
            raise
        self._keep(line)
        return answer

    def _rest(self, error: aiosmtplib.SMTPResponseException) -> None:
        """A server that is busy before it has heard of a recipient is left alone, for all of them."""
        if 400 <= error.code < 500:
            self._not_before = asyncio.get_running_loop().time() + GREYLIST.total_seconds()

    async def _forget(self, line: _Session) -> None:
        """Make the server forget a message that it did not take."""
        try:
            await line.client.rset()
        except (aiosmtplib.SMTPException, OSError):
            line.client.close()
        except BaseException:
            line.client.close()
            raise
        else:
            self._keep(line)

    def _keep(self, line: _Session) -> None:
        line.carried += 1
        if line.carried >= MOST_MESSAGES or not line.client.is_connected:
            self._leave(line)
            return
        line.leaving = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, line)
        self._idle.append(line)

    def _expire(self, line: _Session) -> None:
        self._idle.remove(line)
        self._leave(line)

    def _leave(self, line: _Session) -> None:
        """Say good-bye without waiting for the answer."""
        with suppress(aiosmtplib.SMTPException, OSError, RuntimeError):
            if line.client.protocol is not None:
                line.client.protocol.write(b"QUIT\r\n")
        line.client.close()
