"""A loopback IMAP server with the manners of hosts that read the standard in their own way.

NetEase opens no mailbox before ID, Aliyun knows no CHARSET, Tencent ignores what a search asks for, and Microsoft
takes no password. What each does is in reports of those who wrote clients: paperless-ngx#6815, gitea#32504,
node-imap#686.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class OddImap:
    """One mailbox, and how its server behaves."""

    wants_id: bool = False
    refuses_charset: bool = False
    ignores_search: bool = False
    refuses_search: str = ""
    refuses_login: str = ""
    token: str = ""  # an access token instead of a password
    mails: dict[int, tuple[bytes, bool]] = field(default_factory=dict)  # content, and whether it was read
    sizes: dict[int, int] = field(default_factory=dict)  # where these are not the content's
    heard: list[str] = field(default_factory=list)
    fetched: list[int] = field(default_factory=list)
    port: int = 0

    def url(self, login: str = "u:p") -> str:
        """What IMAP_URL says."""
        return f"imap://{login}@127.0.0.1:{self.port}?tls=none"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        writer.write(b"* OK Coremail System IMap Server Ready(163com[fake])\r\n")
        is_known = False
        while line := (await reader.readline()).decode():
            tag, _, command = line.strip().partition(" ")
            verb = command.split()[0].upper()
            self.heard.append("LOGIN ..." if verb == "LOGIN" else command)
            if verb == "AUTHENTICATE":
                answer = await self._authenticate(command, reader, writer)
            elif verb == "ID":
                is_known, answer = True, ["* ID NIL", "{} OK done"]
            elif verb == "SELECT" and self.wants_id and not is_known:
                answer = ["{} NO SELECT Unsafe Login. Please contact kefu@188.com for help"]
            else:
                answer = self._answer(verb, command)
            for one in answer:
                writer.write(one.replace("{}", tag, 1).encode("latin-1") + b"\r\n")
            await writer.drain()
            if verb == "LOGOUT":
                break
        writer.close()

    async def _authenticate(
        self, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> list[str]:
        initial = command.split()[2:]
        if not initial:
            writer.write(b"+ \r\n")
            initial = [(await reader.readline()).decode().strip()]
        if f"auth=Bearer {self.token}\x01" in base64.b64decode(initial[0]).decode() and self.token:
            return ["{} OK done"]
        writer.write(b"+ " + base64.b64encode(b'{"status":"401"}') + b"\r\n")
        await reader.readline()
        return ["{} NO AUTHENTICATE failed."]

    def _answer(self, verb: str, command: str) -> list[str]:
        match verb:
            case "CAPABILITY":
                return [f"* CAPABILITY IMAP4rev1 UIDPLUS {'ID ' * self.wants_id}AUTH=XOAUTH2", "{} OK done"]
            case "LOGIN" if self.refuses_login or self.token:
                return [f"{{}} NO {self.refuses_login or 'LOGIN failed.'}"]
            case "SELECT":
                return [f"* {len(self.mails)} EXISTS", "* FLAGS (\\Seen)", "{} OK [READ-WRITE] done"]
            case "LOGOUT":
                return ["* BYE", "{} OK done"]
            case "UID":
                return self._of_mails(command)
        return ["{} OK done"]

    def _of_mails(self, command: str) -> list[str]:
        step = command.split()[1].upper()
        if step == "SEARCH":
            if self.refuses_search or (self.refuses_charset and "CHARSET" in command.upper()):
                return [f"{{}} BAD {self.refuses_search or 'not support'}"]
            found = [uid for uid, (_, seen) in self.mails.items() if self.ignores_search or not seen]
            return [f"* SEARCH {' '.join(map(str, found))}", "{} OK done"]
        uids = [int(one) for one in command.split()[2].split(",")]
        if step == "STORE":
            for uid in uids:
                self.mails[uid] = (self.mails[uid][0], True)
            return ["{} OK done"]
        rows = []
        for uid in uids:
            content, seen = self.mails[uid]
            if "BODY" in command:
                self.fetched.append(uid)
                rows.append(f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n{content.decode('latin-1')})")
            else:
                size = self.sizes.get(uid, len(content))
                rows.append(
                    f"* {uid} FETCH (UID {uid} FLAGS ({chr(92) + 'Seen' if seen else ''}) RFC822.SIZE {size})"
                )
        return [*rows, "{} OK done"]


@asynccontextmanager
async def running(odd: OddImap) -> AsyncIterator[OddImap]:
    """The server on a free port."""
    server = await asyncio.start_server(odd.serve, "127.0.0.1", 0)
    odd.port = server.sockets[0].getsockname()[1]
    async with server:
        yield odd


def simple(subject: str, sender: str = "ada@reader.test") -> bytes:
    """A mail with a command in its subject."""
    unique = re.sub(r"\W", "", subject)
    return f"From: {sender}\r\nSubject: {subject}\r\nMessage-ID: <{unique}@reader.test>\r\n\r\n".encode()
