"""What validators say about the HTML of mails: html-validate, and caniemail's tables of mail programs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.counterparts import npm

PACKAGES = ("html-validate@10.17.0", "caniemail@2.0.2")
FOLDER = npm.VAR / "mail"
_SCRIPT = Path(__file__).with_suffix(".mjs")

MAY_LACK = {
    "color-scheme CSS property": "then there is no dark mode",
    "color-scheme meta tag": "then there is no dark mode",
    "@media": "then there is no dark mode",
    "<style> element": "then there is no dark mode: all other styles stand in the elements",
    "<body> element": "then its colours come from the element in it, which has them too",
    "Local anchors": "then the table of contents is only a list",
    "display:none": "then the first titles are to be seen above the digest",
    "role attribute": "then a program that reads aloud may say that there is a table of one cell",
    "word-break": "then a very long word makes the mail wider",
}
"""What a mail program may not know, because the mail is as complete and readable without it."""


def missing() -> str | None:
    """Why there are no validators to be had, None when there are."""
    if shutil.which("node") is None:
        return "node is not installed (Debian: apt-get install npm)"
    if not all((FOLDER / "node_modules" / one.partition("@")[0]).is_dir() for one in PACKAGES):
        return f"the npm packages {', '.join(PACKAGES)} are not installed (`make counterparts`)"
    return None


def install() -> str | None:
    """Put them into a folder that git ignores; why that did not work."""
    return missing() and (npm.install(FOLDER, *PACKAGES) or missing())


def faults(pages: Sequence[Path]) -> list[str]:
    """What is wrong with pages, and what mail programs do not know though the mails need it."""
    node = shutil.which("node") or "node"
    command = [node, str(_SCRIPT), str(FOLDER), *map(str, pages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: list[str] = json.loads(done.stdout)
    return [one for one in found if one.partition(": ")[2] not in MAY_LACK]
