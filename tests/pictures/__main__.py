"""`python -m tests.pictures`: make the pictures of the README from a fresh demo, with a real browser."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bot.channels.email.outgoing import LINK
from bot.channels.email.pages import emails
from bot.model import Language
from tests.pictures import mail, room, site
from tests.pictures.papers import demo_digest
from tests.pictures.terminal import animation

HERE = Path(__file__).parent
SHOWN = 110  # lines of the demo: what readers type, and the first papers
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.25",
]


def main() -> int:
    """Write demo.svg, digests as mails, the pages and, where it can be shown, Discord; 1 without a browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium here; install it (Debian: apt-get install chromium fonts-noto-cjk fonts-liberation)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot", "demo"]
        told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        rows = [line.rstrip() for line in told.stdout.splitlines()][:SHOWN]
        (HERE / "demo.svg").write_text(animation(rows), "utf-8")
        profile = f"--user-data-dir={folder}/profile"
        for name, language in (("digest", Language.BOTH), ("digest-zh", Language.ZH)):
            page = Path(folder, f"{name}.html")
            (one, *_rest) = emails(demo_digest("email", "ada@example.org", language), has_page=True)
            page.write_text(one.html.replace(LINK, "https://sudi.example.org/mail/t"), "utf-8")
            mail.shoot(page.resolve(), [browser, *FLAGS, profile], HERE / f"{name}.png")
        room.shoot(Path(folder), [browser, *FLAGS, profile], HERE / "room.png")
        first, *_others = asyncio.run(site.shoot(Path(folder), [browser, *FLAGS, profile]))
        shutil.copy(first, HERE / "manage.png")
        if find_spec("av"):
            shoot = importlib.import_module("tests.pictures.discord").shoot
            made = asyncio.run(shoot(Path(folder), [browser, *FLAGS, "--window-size=520,1290", profile]))
            shutil.copy(made, HERE / "discord.png")
        else:
            print("discord.png needs more: pip install 'simcord[preview]==3.2.1'")
    for picture in sorted(HERE.glob("*.*g")):
        print(f"{picture.name}: {picture.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
