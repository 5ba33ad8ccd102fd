"""What a real browser, axe and html-validate say of pages: Debian's chromium, the others from npm."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.counterparts import debian, npm

PACKAGES = ("puppeteer-core@24.43.1", "axe-core@4.14.1", "html-validate@10.17.0")
FOLDER = npm.VAR / "browser"
_SCRIPT = Path(__file__).with_suffix(".mjs")
_FONTS = ("fonts-noto-cjk", "fonts-liberation")
WIDTHS, THEMES = (390, 1280), ("light", "dark")


def missing() -> str | None:
    """Why there is no browser to be had, None when there is one."""
    if shutil.which("node") is None:
        return "node is not installed (Debian: apt-get install npm)"
    if shutil.which("chromium") is None:
        return "chromium is not installed (`make counterparts`)"
    if not all((FOLDER / "node_modules" / one.rpartition("@")[0]).is_dir() for one in PACKAGES):
        return f"the npm packages {', '.join(PACKAGES)} are not installed (`make counterparts`)"
    return None


def install() -> str | None:
    """Put them onto this machine, and into a folder that git ignores; why that did not work."""
    if shutil.which("chromium") is None and (why := debian.install("chromium", *_FONTS)):
        return why
    return missing() and (npm.install(FOLDER, *PACKAGES) or missing())


def faults(
    pages: Mapping[str, str],
    *,
    widths: Sequence[int] = WIDTHS,
    themes: Sequence[str] = THEMES,
    scripts: Sequence[bool] = (True,),
    tasks: Sequence[Mapping[str, Any]] = (),
    pictures: Path | None = None,
) -> list[str]:
    """What is wrong with pages, by name: sideways scroll, messages of the console, of axe and of html-validate.

    `scripts` says whether pages are looked at with scripts, without, or both ways. A task is done by keyboard
    alone, and without scripts unless it says `script`.
    """
    node, chromium = shutil.which("node") or "node", shutil.which("chromium") or "chromium"
    asked = {
        "pages": dict(pages),
        "widths": list(widths),
        "themes": list(themes),
        "scripts": list(scripts),
        "tasks": list(tasks),
        "pictures": str(pictures) if pictures else None,
    }
    command = [node, str(_SCRIPT), str(FOLDER), chromium]
    done = subprocess.run(command, check=False, capture_output=True, text=True, input=json.dumps(asked))
    if done.returncode != 0:
        return [f"the browser broke off: {done.stderr.strip()[:800]}"]
    found: list[str] = json.loads(done.stdout)
    return found
