"""A pooler before PostgreSQL, as strict as PgBouncer: it refuses what that refuses, and counts connections.

It only passes bytes on, each connection by one of its own: that pools nothing, but what a pooler cannot do with a
client is seen in what the client says. https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

_KNOWN = {
    "user",
    "database",
    "application_name",
    "client_encoding",
    "datestyle",
    "timezone",
    "standard_conforming_strings",
}
"""What PgBouncer takes at start-up: https://www.pgbouncer.org/config.html#ignore_startup_parameters"""

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102


@dataclass
class Pooler:
    """What the pooler has seen."""

    url: str = ""
    open: int = 0
    most: int = 0
    prepared: list[bytes] = field(
        default_factory=list
    )  # names of statements that another connection will not know
    refused: list[str] = field(default_factory=list)


@asynccontextmanager
async def pooler(database_url: str) -> AsyncIterator[Pooler]:
    """A pooler on a loopback port before a database; its URL is written as hosts write it."""
    behind = make_url(database_url)
    seen = Pooler()

    async def serve(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            start = await _start(client, answers)
            if start is None or _refuses(seen, start, answers):
                return
            seen.open += 1
            seen.most = max(seen.most, seen.open)
            folder = Path(str(behind.query["host"]))
            server, upstream = await asyncio.open_unix_connection(folder / f".s.PGSQL.{behind.port or 5432}")
            upstream.write(struct.pack("!I", len(start) + 4) + start)
            back = asyncio.create_task(_pass(server, answers))
            try:
                await _watch(client, upstream, seen)
            finally:
                seen.open -= 1
                upstream.close()
                await back
        answers.close()

    listener = await asyncio.start_server(serve, "127.0.0.1")
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        seen.url = behind.set(drivername="postgres", host="127.0.0.1", port=port, query={}).render_as_string(False)
        yield seen


async def _start(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> bytes | None:
    """The start-up packet without its length; None when it is another's wish to cancel."""
    while True:
        (length,) = struct.unpack("!I", await client.readexactly(4))
        packet = await client.readexactly(length - 4)
        (code,) = struct.unpack("!I", packet[:4])
        if code not in (_SSL, _GSS):
            return None if code == _CANCEL else packet
        answers.write(b"N")


def _refuses(seen: Pooler, start: bytes, answers: asyncio.StreamWriter) -> bool:
    names = [name.decode() for name in start[4:].split(b"\0")[:-2:2]]
    for name in names:
        if name.lower() not in _KNOWN:
            seen.refused.append(name)
            said = f"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: {name}\0\0".encode()
            answers.write(b"E" + struct.pack("!I", len(said) + 4) + said)
            answers.close()
            return True
    return False


async def _watch(client: asyncio.StreamReader, upstream: asyncio.StreamWriter, seen: Pooler) -> None:
    """Pass on what the client says, and note the statements that it names."""
    while True:
        head = await client.readexactly(5)
        body = await client.readexactly(struct.unpack("!I", head[1:])[0] - 4)
        if head[:1] == b"P" and not body.startswith(b"\0"):
            seen.prepared.append(body.split(b"\0")[0])
        upstream.write(head + body)
        await upstream.drain()


async def _pass(server: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await server.read(65536):
            answers.write(data)
            await answers.drain()
