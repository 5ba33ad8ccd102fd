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

from tests.pictures import mail, room, site

HERE = Path(__file__).parent
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
    """Write digest.png, room.png, manage.png and, where it can be shown, discord.png; 1 without a browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("no Chromium here; install it (Debian: apt-get install chromium fonts-noto-cjk fonts-liberation)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bot", "demo"], cwd=folder, check=True, capture_output=True)
        (page,) = Path(folder, "demo", "mail").glob("*.html")
        shot = HERE / "digest.png"
        profile = f"--user-data-dir={folder}/profile"
        mail.shoot(page.resolve(), [browser, *FLAGS, profile], shot)
        room.shoot(Path(folder), [browser, *FLAGS, profile], HERE / "room.png")
        first, *_others = asyncio.run(site.shoot(Path(folder), [browser, *FLAGS, profile]))
        shutil.copy(first, HERE / "manage.png")
        if find_spec("av"):
            shoot = importlib.import_module("tests.pictures.discord").shoot
            made = asyncio.run(shoot(Path(folder), [browser, *FLAGS, "--window-size=520,1290", profile]))
            shutil.copy(made, HERE / "discord.png")
        else:
            print("discord.png needs more: pip install 'simcord[preview]==3.2.1'")
    print(f"{shot.relative_to(HERE.parents[1])}: {shot.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
