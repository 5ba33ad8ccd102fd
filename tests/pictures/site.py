"""The page on which a mailbox is managed, and the one that confirms, as browsers show them."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiohttp.test_utils import TestServer

from bot.channels import IncomingEmail, Reply
from bot.commands import Commands, Defaults
from bot.commands.email_workflow import EmailWorkflow
from bot.model import Language, Slot
from bot.store import Store
from bot.store.migrate import migrate
from bot.tokens import Links, Purpose, Tokens
from bot.web import Site

NOW = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
DEFAULTS = Defaults(Language.BOTH, Slot("Asia/Shanghai", 9 * 60))
ADA = "ada@reader.example.org"
LINES = ('subscribe cs.LG, cs.CL "kv cache", quantization -survey', "subscribe hep-th axion*", "订阅 cs.CV 注意力")
WIDE, PHONE = (760, 860), (500, 1000)  # headless browsers are never narrower than 500


async def shoot(folder: Path, browser: Sequence[str]) -> list[Path]:
    """The pages in a browser: light, dark, on a phone, in both languages."""
    store = Store.open(f"sqlite:///{folder / 'pages.db'}")
    await migrate(store)
    tokens = Tokens(b"k" * 32)
    commands, links = Commands(store, DEFAULTS, lambda: NOW), Links(tokens, "https://x.test")
    email_workflow = EmailWorkflow(commands, store, links, lambda: NOW)
    replies: list[Reply] = []

    async def keep(reply: Reply) -> None:
        replies.append(reply)

    for key in ("first", "second"):
        await email_workflow.receive(IncomingEmail(key, ADA, LINES), keep)
    await email_workflow.confirm(replies[0].token, "picture")
    async with store.read() as tx:
        (destination,) = await tx.subscribers.destinations()
    manage = f"/mail/{tokens.sign(Purpose.MANAGE, destination.id, NOW)}"
    made = []
    async with TestServer(Site(email_workflow).application()) as server:
        for name, path, size, flags in (
            ("manage", f"{manage}?lang=en", WIDE, []),
            ("manage-dark", f"{manage}?lang=zh", WIDE, ["--blink-settings=preferredColorScheme=0"]),
            ("manage-phone", f"{manage}?lang=zh", PHONE, []),
            ("manage-phone-dark", f"{manage}?lang=en", PHONE, ["--blink-settings=preferredColorScheme=0"]),
            ("confirm", f"/confirm/{replies[1].token}?lang=en", WIDE, []),
            ("confirm-zh", f"/confirm/{replies[1].token}?lang=zh", PHONE, []),
            ("old", "/confirm/x?lang=zh", PHONE, []),
        ):
            shot = folder / f"{name}.png"
            window = f"--window-size={size[0]},{size[1]}"
            url = str(server.make_url(path))
            command = [*browser, *flags, window, f"--screenshot={shot}", url]
            await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)
            made.append(shot)
    await store.close()
    return made
