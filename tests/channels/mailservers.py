"""Mail servers for the tests: aiosmtpd with rules for each mailbox, and scripted ones that break off."""

import asyncio
import base64
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests import PATIENCE
from tests.counterparts.needed import need

USER, PASSWORD = "papers@sudi.test", "p@ss:wörd/1"


class Mailboxes:
    """Takes mail, but for the refusals by mailbox, at RCPT or after DATA."""

    def __init__(self, refusals: dict[str, str] | None = None, after_data: str = "") -> None:
        self.taken: list[Envelope] = []
        self.greeted_by = ""
        self.connections = 0
        self._refusals = refusals or {}
        self._after_data = after_data

    async def handle_EHLO(self, _: SMTP, session: Session, __: Envelope, name: str, lines: list[str]) -> list[str]:
        session.host_name = self.greeted_by = name
        self.connections += 1
        return lines

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if refusal := self._refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        if self._after_data:
            return self._after_data
        self.taken.append(envelope)
        return "250 OK queued as 4F2A"


def authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    right = given.login == USER.encode() and given.password == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


class _Talk(SMTP):
    """A conversation that can be ended."""

    socket: asyncio.trsock.TransportSocket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.socket = transport.get_extra_info("socket")

    @property
    def is_open(self) -> bool:
        return self.socket is not None and self.socket.fileno() >= 0

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.abort()
        if self.socket is not None and self.is_open:  # a TLS transport that was closed twice aborts nothing
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


class FreePort(Controller):
    """A controller that takes any free port, knows which, and hangs up on everybody when it stops."""

    def factory(self) -> SMTP:
        self.talks = [*getattr(self, "talks", ()), _Talk(self.handler, **self.SMTP_kwargs)]
        return self.talks[-1]

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self._hang_up(), self.loop).result(PATIENCE)
        super().stop(no_assert)  # type: ignore[no-untyped-call]

    async def _hang_up(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        for listening in self.server.sockets:
            self.loop.remove_reader(listening.fileno())
        await asyncio.sleep(0)  # who was let in last is connected before the server is closed
        for talk in self.talks:
            talk.hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        while any(talk.is_open for talk in self.talks):  # noqa: ASYNC110  # a transport tells nobody
            await asyncio.sleep(0)

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def aiosmtpd(mailboxes: Mailboxes, **options: Any) -> Iterator[int]:
    """A real server on a free port of this machine; the port."""
    controller = FreePort(mailboxes, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@asynccontextmanager
async def scripted(answers: Sequence[str]) -> AsyncIterator[int]:
    """A server that gives these answers in turn, then hangs up; `...` waits for a whole message instead."""
    is_over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            if answer == "...":
                await reader.readuntil(b"\r\n.\r\n")
                continue
            writer.write(answer.encode() + b"\r\n")
            if not answer.startswith("354"):
                await reader.readline()
        writer.close()
        is_over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.wait_for(is_over.wait(), PATIENCE)


def signing_key(folder: Path) -> tuple[Path, str]:
    """A private key for DKIM in a file, and the TXT record with its public half."""
    _need_openssl()
    path = folder / "dkim.pem"
    make, publish = "openssl genrsa -out", "openssl rsa -pubout -outform DER -in"
    subprocess.run([*make.split(), str(path), "2048"], check=True, capture_output=True)
    public = subprocess.run([*publish.split(), str(path)], check=True, capture_output=True).stdout
    return path, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost that is its own authority, and a server's side of it."""
    _need_openssl()
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *names.split(), *files], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return cert, context


def _need_openssl() -> None:
    need("openssl", None if shutil.which("openssl") else "keys and certificates of the tests are made with it")
