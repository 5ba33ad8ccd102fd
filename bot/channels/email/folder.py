"""A folder instead of a mail server, for rehearsals: each message becomes a file to look at."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ChannelError
from bot.private import make_private

_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE | re.IGNORECASE)
_UNSAFE = re.compile(r"[^\w.@-]")


@dataclass(frozen=True, slots=True)
class Folder:
    """What `SMTP_URL=file:///folder` names; it takes messages as a server does."""

    path: Path

    async def deliver(self, sender: str, recipient: str, content: bytes) -> str:
        """Write one message, named by its recipient and Message-ID, so that a repetition is no second file."""
        found = _MESSAGE_ID.search(content)
        name = _UNSAFE.sub("_", f"{recipient}-{found[1].decode() if found else sender}")
        target = self.path / f"{name}.eml"
        try:
            await asyncio.to_thread(_write, target, content)
        except OSError as error:
            raise ChannelError(f"cannot write to {self.path}: {error.strerror}") from error
        return target.name

    async def check(self, sender: str, bounces: str = "") -> str:
        """Check that the folder exists."""
        if not await asyncio.to_thread(self.path.is_dir):
            raise ChannelError(f"there is no folder {self.path}; create it, or change SMTP_URL")
        return f"mails of {sender} are written into {self.path}, nothing is sent"

    async def close(self) -> None:
        """Nothing is held."""


def _write(target: Path, content: bytes) -> None:
    make_private(target)
    target.write_bytes(content)
