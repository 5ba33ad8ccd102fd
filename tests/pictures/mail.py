"""A mail as it looks: on a desk in the light, and on a phone in the dark."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

_DARK = "--blink-settings=preferredColorScheme=0"
_PAIR = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; padding: 24px; background: #dfe4ea; display: flex; gap: 24px; align-items: flex-start; }
img { border-radius: 12px; box-shadow: 0 2px 12px #0004; }
.phone { width: 390px; height: 980px; object-fit: cover; object-position: left; }
</style><img src="desk.png" width="700"><img class="phone" src="phone.png">"""


def shoot(page: Path, browser: Sequence[str], picture: Path) -> None:
    """Write a picture of one mail, both ways, beside one another."""
    folder = page.parent
    frame, pair = folder / "frame.html", folder / "pair.html"
    # A browser's window is never as narrow as a phone's.
    frame.write_text(
        f'<body style="margin:0"><iframe src="{page.name}" style="border:0;width:390px;height:980px">'
    )
    pair.write_text(_PAIR)
    for name, source, flags in [
        ("desk.png", page, ["--window-size=700,980"]),
        ("phone.png", frame, ["--window-size=500,980", _DARK]),
    ]:
        _shoot([*browser, *flags], source, folder / name)
    _shoot([*browser, "--window-size=1162,1028"], pair, picture)


def _shoot(browser: Sequence[str], page: Path, picture: Path) -> None:
    command = [*browser, f"--screenshot={picture}", page.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True)
